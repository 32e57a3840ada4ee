//! When people are written to, and by which provider, as a change of it comes in: what is left out stays.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_core::agent::QuietHours;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::tenant::{Cap, Messages, WhenQuiet};
use utoipa::ToSchema;

use crate::http::form::{Field, Form, value};
use crate::http::given::{Given, object};
use crate::http::shapes::agent::QuietHoursShape;
use crate::http::shapes::change::Change;
use crate::http::shapes::plan::duration;
use crate::http::strangers::Strangers;

const EVENTS: usize = 200;
const EVENT: usize = 100;
const CAPS: usize = 8;
const CAP_COUNT: u32 = 1000;
const MINUTE: Duration = Duration::from_mins(1);
const MONTH: Duration = Duration::from_hours(31 * 24);

/// The words of what becomes of a message in somebody's quiet hours.
pub const WHEN_QUIET: [(&str, WhenQuiet); 2] = [("defer", WhenQuiet::Defer), ("skip", WhenQuiet::Skip)];

/// When people are written to, and when they are left alone.
#[derive(Default, Hash, ToSchema)]
#[schema(as = MessagesChange)]
pub struct MessagesShape {
    /// Whether offers, too, go only to those who have opted in.
    #[schema(value_type = Option<bool>)]
    dispatch_needs_opt_in: Given<bool>,
    /// Events whose notifications need no opt-in. An opt-out holds for them as well.
    #[schema(value_type = Option<Vec<String>>, max_items = 200, example = json!(["account_locked"]))]
    exempt_events: Given<Vec<Given<String>>>,
    /// How many messages a person gets at most, over all channels; every one of them holds.
    #[schema(value_type = Option<Vec<CapShape>>, max_items = 8)]
    caps: Given<Vec<Given<CapShape>>>,
    /// What becomes of a message in somebody's quiet hours.
    #[schema(value_type = Option<QuietShape>)]
    quiet: Given<QuietShape>,
    /// The quiet hours of people who have none of their own; `null`: none.
    #[schema(value_type = Option<QuietHoursShape>)]
    quiet_hours: Given<QuietHoursShape>,
    /// A message of which nothing was heard for so long is asked about, where its provider can be asked; `null`: never.
    #[schema(value_type = Option<String>, example = "30m")]
    poll_after: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// So many messages in any span of that length.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Cap)]
pub struct CapShape {
    /// How many.
    #[schema(value_type = u32, minimum = 1, maximum = 1000, example = 5)]
    count: Given<u32>,
    /// The length of the span.
    #[schema(value_type = String, example = "24h")]
    per: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// What becomes of a message in somebody's quiet hours, by its class: `defer` or `skip`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = QuietChange)]
pub struct QuietShape {
    /// Of mass messages.
    #[schema(value_type = Option<String>, example = "skip")]
    bulk: Given<String>,
    /// Of ordinary ones.
    #[schema(value_type = Option<String>, example = "defer")]
    normal: Given<String>,
    /// Of urgent ones.
    #[schema(value_type = Option<String>, example = "defer")]
    high: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Which providers carry a channel, the first of them first; an empty list: as configured.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Routes)]
pub struct RoutesShape {
    /// Telegram's.
    #[schema(value_type = Option<Vec<String>>, example = json!(["telegram"]))]
    telegram: Given<Vec<Given<String>>>,
    /// Those of WhatsApp.
    #[schema(value_type = Option<Vec<String>>, example = json!(["meta", "twilio_whatsapp"]))]
    whatsapp: Given<Vec<Given<String>>>,
    /// Those of SMS.
    #[schema(value_type = Option<Vec<String>>, example = json!(["twilio_sms"]))]
    sms: Given<Vec<Given<String>>>,
    /// Those of e-mail.
    #[schema(value_type = Option<Vec<String>>, example = json!(["resend", "sendgrid", "smtp"]))]
    email: Given<Vec<Given<String>>>,
    /// The console's.
    #[schema(value_type = Option<Vec<String>>, example = json!(["console"]))]
    console: Given<Vec<Given<String>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    MessagesShape { dispatch_needs_opt_in, exempt_events, caps, quiet, quiet_hours, poll_after }
    CapShape { count, per }
    QuietShape { bulk, normal, high }
    RoutesShape { telegram, whatsapp, sms, email, console }
}

/// What becomes of the settings about messages.
#[derive(Clone, Default)]
pub struct MessagesChange {
    dispatch_needs_opt_in: Change<bool>,
    exempt_events: Change<BTreeSet<String>>,
    caps: Change<Vec<Cap>>,
    quiet: [Option<WhenQuiet>; 3],
    quiet_hours: Change<QuietHours>,
    poll_after: Change<Duration>,
}

/// What becomes of the routes.
pub type RoutesChange = Vec<(ChannelKind, Vec<Provider>)>;

impl MessagesShape {
    /// The change, or nothing where something is wrong with it.
    pub fn read(self, form: &mut Form) -> MessagesChange {
        MessagesChange {
            dispatch_needs_opt_in: Change::of(form.field("dispatch_needs_opt_in", self.dispatch_needs_opt_in), value),
            exempt_events: Change::of(form.field("exempt_events", self.exempt_events), |field| {
                field.lines(EVENTS, EVENT).map(|events| events.into_iter().collect())
            }),
            caps: Change::of(form.field("caps", self.caps), |field| field.each(CAPS, |form, cap| cap.read(form))),
            quiet: form.field("quiet", self.quiet).within(|form, quiet| Some(quiet.read(form))).unwrap_or_default(),
            quiet_hours: Change::of(form.field("quiet_hours", self.quiet_hours), |field| {
                field.within(|form, shape| shape.read(form))
            }),
            poll_after: Change::of(form.field("poll_after", self.poll_after), |field| duration(field, MINUTE, MONTH)),
        }
    }
}

impl CapShape {
    fn read(self, form: &mut Form) -> Option<Cap> {
        let count = form.field("count", self.count).required().between(1, CAP_COUNT);
        let per = duration(form.field("per", self.per).required(), MINUTE, MONTH);
        Some(Cap { count: count?, per: per? })
    }
}

impl QuietShape {
    fn read(self, form: &mut Form) -> [Option<WhenQuiet>; 3] {
        [
            form.field("bulk", self.bulk).one_of(&WHEN_QUIET),
            form.field("normal", self.normal).one_of(&WHEN_QUIET),
            form.field("high", self.high).one_of(&WHEN_QUIET),
        ]
    }
}

impl MessagesChange {
    /// The settings as they are to be stored.
    pub fn onto(self, messages: &mut Messages) {
        self.dispatch_needs_opt_in.onto_or(&mut messages.dispatch_needs_opt_in, false);
        self.exempt_events.onto_or(&mut messages.exempt_events, BTreeSet::new());
        self.caps.onto_or(&mut messages.caps, Vec::new());
        let quiet = &mut messages.quiet;
        for (setting, new) in [&mut quiet.bulk, &mut quiet.normal, &mut quiet.high].into_iter().zip(self.quiet) {
            *setting = new.unwrap_or(*setting);
        }
        self.quiet_hours.onto(&mut messages.quiet_hours);
        self.poll_after.onto(&mut messages.poll_after);
    }
}

impl RoutesShape {
    /// The change, or nothing where something is wrong with it.
    pub fn read(self, form: &mut Form) -> RoutesChange {
        let channels = [
            (ChannelKind::Telegram, "telegram", self.telegram),
            (ChannelKind::Whatsapp, "whatsapp", self.whatsapp),
            (ChannelKind::Sms, "sms", self.sms),
            (ChannelKind::Email, "email", self.email),
            (ChannelKind::Console, "console", self.console),
        ];
        let route = |(kind, name, given): (ChannelKind, &'static str, _)| {
            let read = |field: Field<'_, Vec<Given<String>>>| providers(field, kind);
            match Change::of(form.field(name, given), read) {
                Change::Keep => None,
                Change::Clear => Some((kind, Vec::new())),
                Change::Set(providers) => Some((kind, providers)),
            }
        };
        channels.into_iter().filter_map(route).collect()
    }
}

/// Providers of one channel, each named once.
fn providers(field: Field<'_, Vec<Given<String>>>, kind: ChannelKind) -> Option<Vec<Provider>> {
    let mut named = BTreeSet::new();
    field.each(Provider::ALL.len(), |form, word| {
        form.field("", Given::Is(word)).parsed(|word| match word.parse::<Provider>() {
            Err(unknown) => Err(unknown.to_string()),
            Ok(provider) if provider.channel() != kind => Err(format!("name a provider that carries {kind}")),
            Ok(provider) if !named.insert(provider) => Err("name each provider once".to_owned()),
            Ok(provider) => Ok(provider),
        })
    })
}

/// The routes as they are to be stored.
pub fn route(routes: &mut BTreeMap<ChannelKind, Vec<Provider>>, change: RoutesChange) {
    for (kind, providers) in change {
        if providers.is_empty() {
            routes.remove(&kind);
        } else {
            routes.insert(kind, providers);
        }
    }
}
