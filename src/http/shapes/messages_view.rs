//! When people are written to, and by which provider, as it goes out.

use std::collections::BTreeMap;

use baton_core::delivery::{ChannelKind, Provider};
use baton_core::tenant::{Cap, Messages, WhenQuiet};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::agent_view::QuietHoursView;
use crate::http::shapes::messages::WHEN_QUIET;
use crate::http::shapes::shown::Span;

/// When people are written to, and when they are left alone.
#[derive(Serialize, ToSchema)]
#[schema(as = Messages)]
pub struct MessagesView<'a> {
    /// Whether offers, too, go only to those who have opted in.
    dispatch_needs_opt_in: bool,
    /// Events whose notifications need no opt-in.
    exempt_events: Vec<&'a str>,
    /// How many messages a person gets at most, over all channels.
    caps: Vec<CapView>,
    /// What becomes of a message in somebody's quiet hours.
    quiet: QuietView,
    /// The quiet hours of people who have none of their own.
    quiet_hours: Option<QuietHoursView>,
    /// After how long a message of which nothing was heard is asked about; `null`: never.
    #[schema(value_type = Option<String>)]
    poll_after: Option<Span>,
}

/// So many messages in any span of that length.
#[derive(Serialize, ToSchema)]
pub struct CapView {
    /// How many.
    count: u32,
    /// The length of the span.
    #[schema(value_type = String)]
    per: Span,
}

/// What becomes of a message in somebody's quiet hours, by its class: `defer` or `skip`.
#[derive(Serialize, ToSchema)]
#[schema(as = Quiet)]
pub struct QuietView {
    /// Of mass messages.
    bulk: &'static str,
    /// Of ordinary ones.
    normal: &'static str,
    /// Of urgent ones.
    high: &'static str,
}

impl<'a> MessagesView<'a> {
    /// Shows the settings about messages.
    pub fn of(messages: &'a Messages) -> Self {
        let cap = |cap: &Cap| CapView { count: cap.count, per: Span(cap.per) };
        let quiet = &messages.quiet;
        Self {
            dispatch_needs_opt_in: messages.dispatch_needs_opt_in,
            exempt_events: messages.exempt_events.iter().map(String::as_str).collect(),
            caps: messages.caps.iter().map(cap).collect(),
            quiet: QuietView { bulk: word(quiet.bulk), normal: word(quiet.normal), high: word(quiet.high) },
            quiet_hours: messages.quiet_hours.map(QuietHoursView::of),
            poll_after: messages.poll_after.map(Span),
        }
    }
}

/// The routes by the words of their channels.
pub fn routes(routes: &BTreeMap<ChannelKind, Vec<Provider>>) -> BTreeMap<&'static str, Vec<&'static str>> {
    let words = |providers: &Vec<Provider>| providers.iter().map(|provider| provider.as_str()).collect();
    routes.iter().map(|(kind, providers)| (kind.as_str(), words(providers))).collect()
}

fn word(when: WhenQuiet) -> &'static str {
    WHEN_QUIET.iter().find(|(_, known)| *known == when).map_or("", |(word, _)| word)
}
