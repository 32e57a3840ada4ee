//! Whom a message is for, and where it reaches them.

use baton_core::agent::NoWay;
use baton_core::consent::Purpose;
use baton_core::delivery::{ChannelKind, Delivery, DropReason};
use baton_core::message::Recipient;

use crate::channel::Address;
use crate::tenants::TenantView;

/// Where a message goes, and how it is worded there.
pub struct Person {
    /// Where.
    pub address: Address,
    /// What they are called.
    pub name: String,
    /// Their language.
    pub locale: String,
    /// Their zone.
    pub time_zone: String,
}

/// What a message is about: a person's consent depends on it.
#[derive(Clone, Copy)]
pub struct About {
    /// Its purpose.
    pub purpose: Purpose,
    /// Whether it goes only to those who have opted in.
    pub needs_opt_in: bool,
}

impl About {
    /// A job of a tenant.
    pub fn a_job(tenant: &TenantView) -> Self {
        Self { purpose: Purpose::DISPATCH, needs_opt_in: tenant.settings.messages.dispatch_needs_opt_in }
    }
}

/// The recipient of a message on a channel.
pub fn person(tenant: &TenantView, to: Recipient, channel: ChannelKind, about: About) -> Result<Person, Delivery> {
    let settings = &tenant.settings;
    match to {
        // A group's address is its publication's.
        Recipient::Group => Err(no_address()),
        Recipient::Desk => {
            let address = match channel {
                ChannelKind::Telegram => {
                    let thread = settings.desk.telegram_topic;
                    settings.desk.telegram.map(|chat| Address::Telegram { chat, thread })
                }
                ChannelKind::Email => settings.desk.email.clone().map(Address::Email),
                ChannelKind::Console => Some(Address::Console),
                ChannelKind::Whatsapp | ChannelKind::Sms => None,
            };
            Ok(Person {
                address: address.ok_or_else(no_address)?,
                name: String::new(),
                locale: settings.locale.clone(),
                time_zone: settings.time_zone.clone(),
            })
        }
        Recipient::Agent(id) => {
            let Some(agent) = tenant.roster.get(&id) else {
                return Err(Delivery::Dropped(DropReason::RecipientGone));
            };
            match agent.bar(channel, about.purpose, about.needs_opt_in) {
                // Whatever was owed before they said so: nobody is written to who said no.
                Some(NoWay::OptedOut) => return Err(Delivery::Dropped(DropReason::Unwanted)),
                Some(NoWay::NoConsent) => return Err(Delivery::Dropped(DropReason::NoConsent)),
                Some(NoWay::Paused) => return Err(paused()),
                // A provider that still refuses says so itself.
                Some(NoWay::NoAddress | NoWay::Blocked) | None => {}
            }
            let address = match channel {
                ChannelKind::Console => Some(Address::Console),
                ChannelKind::Telegram => agent.telegram.map(|chat| Address::Telegram { chat, thread: None }),
                ChannelKind::Email => agent.email.clone().map(Address::Email),
                ChannelKind::Whatsapp | ChannelKind::Sms => agent.phone.clone().map(Address::Phone),
            };
            Ok(Person {
                address: address.ok_or_else(no_address)?,
                name: agent.name.clone(),
                locale: agent.locale.clone().unwrap_or_else(|| settings.locale.clone()),
                time_zone: agent.time_zone.clone().unwrap_or_else(|| settings.time_zone.clone()),
            })
        }
    }
}

fn paused() -> Delivery {
    Delivery::Failed {
        class: "recipient".to_owned(),
        reason: "the address is paused: nothing arrives there any more".to_owned(),
    }
}

pub(super) fn no_address() -> Delivery {
    Delivery::Failed {
        class: "recipient".to_owned(),
        reason: "there is no address for this channel any more".to_owned(),
    }
}
