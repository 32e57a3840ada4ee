//! `[channels.whatsapp]`: which way WhatsApp goes.

use super::meta::Meta;
use super::reader::Reader;
use super::twilio::TwilioWhatsapp;

/// The WhatsApp channel, when it is on.
#[derive(Clone, Debug)]
pub enum Whatsapp {
    /// By Meta's Cloud API.
    Meta(Box<Meta>),
    /// By Twilio.
    Twilio(Box<TwilioWhatsapp>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Provider {
    Meta,
    Twilio,
}

impl Whatsapp {
    pub(super) fn read(reader: &mut Reader<'_>, has_account: bool) -> Option<Self> {
        let meta = Meta::read(&mut reader.section("channels.whatsapp.meta"));
        let twilio = TwilioWhatsapp::read(&mut reader.section("channels.whatsapp.twilio"), has_account);
        let mut section = reader.section("channels.whatsapp");
        let provider = section.word("provider", &[("meta", Provider::Meta), ("twilio", Provider::Twilio)]);
        let other = match provider {
            Provider::Meta => twilio.as_ref().map(|_| "twilio"),
            Provider::Twilio => meta.as_ref().map(|_| "meta"),
        };
        if let Some(other) = other {
            section.fault(
                "provider",
                format!("channels.whatsapp.{other} is set up as well, and messages go one way only"),
                format!("write provider = \"{other}\", or enabled = \"off\" in channels.whatsapp.{other}"),
            );
        }
        match provider {
            Provider::Meta => meta.map(|set| Self::Meta(Box::new(set))),
            Provider::Twilio => twilio.map(|set| Self::Twilio(Box::new(set))),
        }
    }
}
