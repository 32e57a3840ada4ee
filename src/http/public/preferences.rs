//! `/public/preferences/{token}`: where a person says what they want to hear, where, in which order and when. Looking changes
//! nothing, because mail scanners look at links before people do; what was not touched on the page stays as it is by then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::agent::Agent;
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::pages::preferences::{PreferencesPage, Told};
use crate::http::problem::Problem;
use crate::http::public::approve::unknown;
use crate::http::public::fields::Fields;
use crate::http::public::words;
use crate::links::Purpose;
use crate::replies::consent::said;
use crate::wording::Words;

#[cfg(test)]
mod tests;
mod wishes;

use wishes::{Shown, Wishes};

/// Where what is said here comes from.
const SOURCE: &str = "preferences";

/// The page.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let agent = agent(&door, &token)?;
    page(&door, agent, StatusCode::OK, Told::Nothing)
}

/// What somebody chose. All of it is stored, or nothing.
pub async fn post(
    Path(token): Path<String>,
    State(door): State<Door>,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    let id = agent(&door, &token)?;
    let words = words::of_agent(&door, id);
    chosen(&door, id, fields, &words).await.map_err(|problem| problem.in_language(words.locale()))
}

async fn chosen(door: &Door, id: AgentId, fields: Result<Fields, Problem>, words: &Words) -> Result<Response, Problem> {
    let (fields, configured) = (fields?, configured(door, id));
    let agent = known(door, id)?;
    let wishes = match Wishes::read(&fields, &Shown::of(&agent, &configured), words)? {
        Ok(wishes) => wishes,
        Err(mistakes) => return page(door, id, StatusCode::BAD_REQUEST, Told::Mistakes(mistakes)),
    };
    let version = words.version(SOURCE);
    let is_whole = Arc::new(AtomicBool::new(true));
    let found = Arc::clone(&is_whole);
    said(&door.engine, id, move |agent, at| {
        found.store(wishes.onto(agent, &configured, SOURCE, &version, at), Ordering::Release);
    })
    .await?;
    page(door, id, StatusCode::OK, if is_whole.load(Ordering::Acquire) { Told::Saved } else { Told::TooOld })
}

fn page(door: &Door, id: AgentId, status: StatusCode, told: Told) -> Result<Response, Problem> {
    // Before what it shows is read: a no that comes meanwhile is newer than the page.
    let at = door.clock.now();
    let (agent, configured) = (known(door, id)?, configured(door, id));
    let shown = Shown::of(&agent, &configured);
    let words = words::of_agent(door, id);
    Ok(Page(status, PreferencesPage::of(&agent, &shown.channels, &shown.ordered, words, told, at)).into_response())
}

fn known(door: &Door, id: AgentId) -> Result<Arc<Agent>, Problem> {
    door.engine.tenants().view(id.tenant).roster.get(&id).cloned().ok_or_else(unknown)
}

fn configured(door: &Door, id: AgentId) -> Vec<ChannelKind> {
    door.engine.with_world(id.tenant, |world| world.channels.to_vec())
}

fn agent(door: &Door, token: &str) -> Result<AgentId, Problem> {
    match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Preferences(agent)) => Ok(agent),
        Ok(
            Purpose::Approve(_)
            | Purpose::Offer(_)
            | Purpose::Unsubscribe(_)
            | Purpose::Details(..)
            | Purpose::Route(_)
            | Purpose::Source(_),
        )
        | Err(_) => Err(unknown()),
    }
}
