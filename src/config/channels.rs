//! `[channels]`: the ways to reach people. None where a channel is off.

use super::console::Console;
use super::reader::Reader;
use super::smtp::Smtp;
use super::telegram::Telegram;

/// The ways to reach people.
#[derive(Clone, Debug)]
pub struct Channels {
    /// The server's own output.
    pub console: Option<Console>,
    /// Telegram.
    pub telegram: Option<Telegram>,
    /// E-mail by SMTP.
    pub smtp: Option<Smtp>,
}

impl Channels {
    pub(super) fn read(reader: &mut Reader<'_>, dev: bool) -> Self {
        Self {
            console: Console::read(&mut reader.section("channels.console"), dev),
            telegram: Telegram::read(&mut reader.section("channels.telegram")),
            smtp: Smtp::read(&mut reader.section("channels.email.smtp")),
        }
    }
}
