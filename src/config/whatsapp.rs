//! `[channels.whatsapp]`: which ways WhatsApp goes.

use super::meta::Meta;
use super::reader::Reader;
use super::twilio::TwilioWhatsapp;

/// One way of the WhatsApp channel.
#[derive(Clone, Debug)]
pub enum Whatsapp {
    /// By Meta's Cloud API.
    Meta(Box<Meta>),
    /// By Twilio.
    Twilio(Box<TwilioWhatsapp>),
}

impl Whatsapp {
    /// In the order in which they are tried; none where the channel is off.
    pub(super) fn read(reader: &mut Reader<'_>, has_account: bool) -> Vec<Self> {
        let meta = Meta::read(&mut reader.section("channels.whatsapp.meta"));
        let twilio = TwilioWhatsapp::read(&mut reader.section("channels.whatsapp.twilio"), has_account);
        let meta = meta.map(|set| Self::Meta(Box::new(set)));
        let twilio = twilio.map(|set| Self::Twilio(Box::new(set)));
        let all = vec![("meta", meta.as_ref()), ("twilio", twilio.as_ref())];
        reader.section("channels.whatsapp").providers("provider", all).into_iter().cloned().collect()
    }

    /// Meta's Cloud API, where it is one of them.
    pub fn meta(all: &[Self]) -> Option<&Meta> {
        all.iter().find_map(|one| match one {
            Self::Meta(set) => Some(&**set),
            Self::Twilio(_) => None,
        })
    }
}
