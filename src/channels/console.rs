//! The console: every message is a block of text on the server's own output, for trying Baton out without any account.

use std::collections::{HashSet, VecDeque};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use baton_actors::channel::{Budget, Channel, Errand};
use baton_actors::clock::BoxFuture;
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use parking_lot::Mutex;

use crate::wording::{Wording, one_line};

/// So many keys are remembered, to print a message once that is sent twice.
const REMEMBERED: usize = 4096;

/// Prints messages.
pub struct Console {
    wording: Arc<Wording>,
    printed: Option<Mutex<Printed>>,
}

struct Printed {
    out: Box<dyn Write + Send>,
    known: HashSet<String>,
    order: VecDeque<String>,
}

impl Console {
    /// Prints to the server's standard output.
    pub fn stdout(wording: Arc<Wording>) -> Self {
        Self::to(wording, Box::new(std::io::stdout()))
    }

    /// Prints to a writer.
    pub fn to(wording: Arc<Wording>, out: Box<dyn Write + Send>) -> Self {
        let printed = Printed { out, known: HashSet::new(), order: VecDeque::new() };
        Self { wording, printed: Some(Mutex::new(printed)) }
    }

    /// Words every message and prints none: for benches, where a terminal would be what is measured.
    pub fn quiet(wording: Arc<Wording>) -> Self {
        Self { wording, printed: None }
    }

    fn print(&self, errand: &Errand) -> Outcome {
        let text = match self.wording.plain(errand) {
            Ok(text) => text,
            Err(error) => return Outcome::Content(error.to_string()),
        };
        if let Some(printed) = &self.printed {
            // A lost terminal is no reason to hold a job up: whoever reads the console sees that it is gone.
            let _ = printed.lock().block(errand, &text);
        }
        Outcome::Accepted(Receipt { channel: ChannelKind::Console, message: errand.key.clone() })
    }
}

impl Printed {
    fn block(&mut self, errand: &Errand, text: &str) -> std::io::Result<()> {
        if !self.remember(&errand.key) {
            return Ok(());
        }
        let name = one_line(&errand.name);
        let name = if name.is_empty() { "somebody" } else { &name };
        let mut block = format!("--- to {name} ({})\n", errand.tenant);
        for line in text.lines() {
            let _ = writeln!(block, "    {line}");
        }
        self.out.write_all(block.as_bytes())?;
        self.out.flush()
    }

    /// Whether the key is new.
    fn remember(&mut self, key: &str) -> bool {
        if !self.known.insert(key.to_owned()) {
            return false;
        }
        self.order.push_back(key.to_owned());
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl Channel for Console {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Console
    }

    fn provider(&self) -> Provider {
        Provider::Console
    }

    fn idempotent(&self) -> bool {
        true
    }

    fn edits(&self) -> bool {
        false
    }

    fn budget(&self) -> Budget {
        Budget { in_flight: 64, ..Budget::default() }
    }

    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        Box::pin(async move { self.print(&errand) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wording::samples;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_message_sent_twice_is_printed_once() {
        let wording = Arc::new(Wording::builtin(samples::links()).expect("ours are valid"));
        let paper = Paper::default();
        let console = Console::to(wording, Box::new(paper.clone()));
        let errand = samples::errands("en").remove(0);
        let first = console.send(errand.clone()).await;
        assert_eq!(console.send(errand).await, first);
        let printed = String::from_utf8(paper.0.lock().clone()).expect("text");
        assert_eq!(printed.matches("--- to Driver One (default)").count(), 1, "{printed}");
        assert!(printed.contains("    Leeds to Manchester\n"), "{printed}");
    }
}
