//! `[channels]`: the ways to reach people. None where a channel is off.

use super::console::Console;
use super::email::Email;
use super::reader::Reader;
use super::telegram::Telegram;

/// The ways to reach people.
#[derive(Clone, Debug)]
pub struct Channels {
    /// The server's own output.
    pub console: Option<Console>,
    /// Telegram.
    pub telegram: Option<Telegram>,
    /// E-mail.
    pub email: Option<Email>,
}

impl Channels {
    pub(super) fn read(reader: &mut Reader<'_>, dev: bool) -> Self {
        Self {
            console: Console::read(&mut reader.section("channels.console"), dev),
            telegram: Telegram::read(&mut reader.section("channels.telegram")),
            email: Email::read(reader),
        }
    }
}
