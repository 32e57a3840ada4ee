//! The companies behind the channels.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ChannelKind;

/// Who carries a channel's messages. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Provider {
    /// The server itself prints.
    Console,
    /// Telegram's Bot API.
    Telegram,
    /// WhatsApp by Meta's Cloud API.
    Meta,
    /// WhatsApp by Twilio.
    TwilioWhatsapp,
    /// SMS by Twilio.
    TwilioSms,
    /// Mail by Resend.
    Resend,
    /// Mail by `SendGrid`.
    SendGrid,
    /// Mail by a server that speaks SMTP.
    Smtp,
}

impl Provider {
    /// Every provider; those of one channel in the order in which they are tried where nobody says otherwise.
    pub const ALL: [Self; 8] = [
        Self::Console,
        Self::Telegram,
        Self::Meta,
        Self::TwilioWhatsapp,
        Self::TwilioSms,
        Self::Resend,
        Self::SendGrid,
        Self::Smtp,
    ];

    /// The word on the wire, in configuration and in metric labels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Telegram => "telegram",
            Self::Meta => "meta",
            Self::TwilioWhatsapp => "twilio_whatsapp",
            Self::TwilioSms => "twilio_sms",
            Self::Resend => "resend",
            Self::SendGrid => "sendgrid",
            Self::Smtp => "smtp",
        }
    }

    /// Whether it ever says that a message has arrived: where it does not, that it took one is all there is to know.
    pub fn tells_of_arrival(self) -> bool {
        self != Self::Smtp && self.channel().tells_of_arrival()
    }

    /// The channel it carries.
    pub fn channel(self) -> ChannelKind {
        match self {
            Self::Console => ChannelKind::Console,
            Self::Telegram => ChannelKind::Telegram,
            Self::Meta | Self::TwilioWhatsapp => ChannelKind::Whatsapp,
            Self::TwilioSms => ChannelKind::Sms,
            Self::Resend | Self::SendGrid | Self::Smtp => ChannelKind::Email,
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Provider {
    type Err = UnknownProvider;
    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|provider| provider.as_str() == text).ok_or(UnknownProvider)
    }
}

/// Not the name of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a provider is one of console, telegram, meta, twilio_whatsapp, twilio_sms, resend, sendgrid, smtp")]
pub struct UnknownProvider;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_provider_is_read_as_it_is_written_and_every_channel_has_one() {
        for provider in Provider::ALL {
            assert_eq!(provider.as_str().parse(), Ok(provider));
            assert!(UnknownProvider.to_string().contains(provider.as_str()), "{provider}");
        }
        for channel in ChannelKind::ALL {
            assert!(Provider::ALL.iter().any(|provider| provider.channel() == channel), "{channel}");
        }
        assert_eq!("fax".parse::<Provider>(), Err(UnknownProvider));
    }
}
