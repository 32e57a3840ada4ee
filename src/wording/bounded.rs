//! A text that ends at a bound: a template of a few words can make a long message.

use std::io::{Error, Result, Write};

/// Far above what any channel takes.
const LONGEST: usize = 512 * 1024;

/// What was written, up to the bound.
#[derive(Default)]
pub(super) struct Bounded {
    text: Vec<u8>,
    full: bool,
}

impl Bounded {
    /// Whether more was to be written than there is room for.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn into_text(self) -> String {
        String::from_utf8_lossy(&self.text).into_owned()
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        if self.text.len() + bytes.len() > LONGEST {
            self.full = true;
            return Err(Error::other("the text is too long"));
        }
        self.text.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
