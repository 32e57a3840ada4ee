//! The ways to reach people, as they are set up.

use std::sync::Arc;

use baton_actors::channel::Channel;
use baton_actors::clock::Clock;
use baton_actors::house::Role;

use super::ServeError;
use crate::channels::call::CallerError;
use crate::channels::console::Console;
use crate::channels::email::ReplyTo;
use crate::channels::email::Unsubscribe;
use crate::channels::email::resend::Resend;
use crate::channels::email::resend::received::Received;
use crate::channels::email::sendgrid::SendGrid;
use crate::channels::email::smtp::Email;
use crate::channels::sms::Sms;
use crate::channels::telegram::{Client, ClientSettings, Telegram};
use crate::channels::twilio::Account;
use crate::channels::whatsapp::Windows;
use crate::channels::whatsapp::meta::Meta;
use crate::channels::whatsapp::twilio::TwilioWhatsapp;
use crate::config::email::Route;
use crate::config::telegram::Mode;
use crate::config::whatsapp::Whatsapp;
use crate::config::{self, Config};
use crate::http::public::webhooks;
use crate::links::Links;
use crate::telegram_desk::TelegramDesk;
use crate::webhooks::Forms;
use crate::wording::Wording;

pub(super) async fn telegram(config: &Config, wording: &Arc<Wording>) -> Result<Option<Arc<TelegramDesk>>, ServeError> {
    let Some(set) = &config.channels.telegram else { return Ok(None) };
    let client = Client::new(&ClientSettings::from(set))?;
    let bot = match &set.bot_username {
        Some(name) => Some(name.clone()),
        // Who only takes in calls nobody.
        None if config.server.role == Role::Intake => None,
        // Without a name there are no registration links; everything else works, so an absent Telegram stops no start.
        None => match client.get_me().await {
            Ok(user) => Some(user.username),
            Err(fault) => {
                tracing::warn!(%fault, "Telegram does not tell the bot's name; registration links need channels.telegram.bot_username");
                None
            }
        },
    };
    Ok(Some(Arc::new(TelegramDesk {
        client,
        bot,
        link_base: set.link_base.clone(),
        registration_ttl: config.links.registration_ttl,
        is_called: set.mode == Mode::Webhook,
        secret: set.webhook_secret.clone(),
        moves: Arc::default(),
        wording: Arc::clone(wording),
    })))
}

/// How mails end: as the operator has set, and on a page of our own where mail programs reach it safely.
pub(super) fn unsubscribe(config: &Config, set: &config::email::Email, links: &Arc<Links>) -> Unsubscribe {
    let base = config.server.public_url.clone().filter(|url| url.starts_with("https://"));
    let Some(base) = base else { return set.unsubscribe.clone() };
    let links = Arc::clone(links);
    let own = move |agent| format!("{base}/public/unsubscribe/{}", links.unsubscribe(agent));
    set.unsubscribe.clone().with_own(Arc::new(own))
}

pub(super) fn channels(
    config: &Config,
    wording: &Arc<Wording>,
    links: &Arc<Links>,
    desk: Option<&TelegramDesk>,
    windows: &Arc<Windows>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Channel>>, ServeError> {
    let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
    if let (Some(set), Some(desk)) = (&config.channels.telegram, desk) {
        let client = desk.client.clone();
        let telegram = Telegram::new(client, Arc::clone(wording), set.budget, Arc::clone(clock));
        channels.push(Arc::new(telegram.telling(Arc::clone(&desk.moves))));
    }
    channels.extend(phones(config, wording, windows, clock)?);
    if let Some(set) = &config.channels.email {
        for route in &set.routes {
            let (unsubscribe, wording) = (unsubscribe(config, set, links), Arc::clone(wording));
            let answers = ReplyTo::at(&set.reply_domain, links);
            channels.push(match route {
                Route::Smtp(set) => {
                    Arc::new(Email::new(set, unsubscribe, wording, Arc::clone(clock))?.answered_at(answers))
                }
                Route::Resend(set) => Arc::new(Resend::new(set, unsubscribe, wording)?.answered_at(answers)),
                Route::SendGrid(set) => {
                    Arc::new(SendGrid::new(set, unsubscribe, wording, Arc::clone(clock))?.answered_at(answers))
                }
            });
        }
    }
    if needs_stub(config) {
        channels.push(Arc::new(Console::quiet(Arc::clone(wording))));
    }
    if let Some(set) = &config.channels.console {
        let wording = Arc::clone(wording);
        channels.push(Arc::new(if set.quiet { Console::quiet(wording) } else { Console::stdout(wording) }));
    }
    Ok(channels)
}

/// Whether there is a console for the canary alone.
pub(super) fn needs_stub(config: &Config) -> bool {
    config.channels.console.is_none() && config.canary.needs_stub()
}

/// The way to the mails that came in at Resend.
pub(super) fn received(config: &Config) -> Result<Option<Received>, CallerError> {
    config.channels.email.as_ref().and_then(|set| set.resend()).map(Received::new).transpose()
}

/// What people who have not written for a day can be sent.
pub(super) fn forms(config: &Config, wording: &Arc<Wording>) -> Forms {
    let any = |has: fn(&Whatsapp) -> bool| config.channels.whatsapp.iter().any(has);
    let offers = any(|way| match way {
        Whatsapp::Meta(set) => set.templates.offer.is_some(),
        Whatsapp::Twilio(set) => set.contents.offer.is_some(),
    });
    let texts = any(|way| match way {
        Whatsapp::Meta(set) => set.templates.message.is_some(),
        Whatsapp::Twilio(set) => set.contents.message.is_some(),
    });
    Forms { offers, texts, wording: Some(Arc::clone(wording)) }
}

/// What reaches phones without an app of ours.
pub(super) fn phones(
    config: &Config,
    wording: &Arc<Wording>,
    windows: &Arc<Windows>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Channel>>, ServeError> {
    let mut phones: Vec<Arc<dyn Channel>> = Vec::new();
    // Twilio calls back at a public address only; without one nothing is told.
    let callback = config.server.public_url.as_ref().map(|url| format!("{url}{}", webhooks::twilio::STATUS));
    let account = config.channels.twilio.as_ref().map(|set| Account::new(set, callback)).transpose()?;
    for way in &config.channels.whatsapp {
        let (windows, wording, clock) = (Arc::clone(windows), Arc::clone(wording), Arc::clone(clock));
        match (way, &account) {
            (Whatsapp::Meta(set), _) => phones.push(Arc::new(Meta::new(set, windows, wording, clock)?)),
            (Whatsapp::Twilio(set), Some(account)) => {
                phones.push(Arc::new(TwilioWhatsapp::new(account.clone(), set, windows, wording, clock)));
            }
            // The configuration has refused it.
            (Whatsapp::Twilio(_), None) => {}
        }
    }
    if let (Some(set), Some(account)) = (&config.channels.sms, account) {
        phones.push(Arc::new(Sms::new(account, set, Arc::clone(wording), Arc::clone(clock))));
    }
    Ok(phones)
}
