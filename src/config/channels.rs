//! `[channels]`: the ways to reach people. None where a channel is off.

use super::console::Console;
use super::email::Email;
use super::reader::Reader;
use super::telegram::Telegram;
use super::twilio::{Twilio, TwilioSms};
use super::whatsapp::Whatsapp;

/// The ways to reach people.
#[derive(Clone, Debug)]
pub struct Channels {
    /// The server's own output.
    pub console: Option<Console>,
    /// Telegram.
    pub telegram: Option<Telegram>,
    /// WhatsApp, by its providers in the order in which they are tried; empty: it is off.
    pub whatsapp: Vec<Whatsapp>,
    /// SMS.
    pub sms: Option<TwilioSms>,
    /// The account at Twilio, for SMS and for WhatsApp.
    pub twilio: Option<Twilio>,
    /// E-mail.
    pub email: Option<Email>,
}

impl Channels {
    pub(super) fn read(reader: &mut Reader<'_>, dev: bool) -> Self {
        let twilio = Twilio::read(&mut reader.section("channels.twilio"));
        Self {
            console: Console::read(&mut reader.section("channels.console"), dev),
            telegram: Telegram::read(&mut reader.section("channels.telegram")),
            whatsapp: Whatsapp::read(reader, twilio.is_some()),
            sms: TwilioSms::read(&mut reader.section("channels.sms.twilio"), twilio.is_some()),
            twilio,
            email: Email::read(reader),
        }
    }
}
