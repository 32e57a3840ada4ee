//! `/public/unsubscribe/{token}`: where mails end. A mail program posts here when its reader presses "unsubscribe" (RFC 8058),
//! without looking and without cookies; a person sees a page with a button, and looking changes nothing.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::consent::{Purpose as About, Status};
use baton_core::delivery::ChannelKind;
use baton_core::ids::AgentId;

use crate::http::door::Door;
use crate::http::json::collect;
use crate::http::pages::Page;
use crate::http::pages::unsubscribe::UnsubscribePage;
use crate::http::problem::Problem;
use crate::http::public::approve::unknown;
use crate::http::public::words;
use crate::links::Purpose;
use crate::replies::consent::said;

/// The page.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let agent = agent(&door, &token)?;
    let view = door.engine.tenants().view(agent.tenant);
    let known = view.roster.get(&agent).ok_or_else(unknown)?;
    let ended = baton_core::consent::standing(known, ChannelKind::Email, About::EVERY) == Some(Status::OptedOut);
    Ok(page(&door, agent, ended))
}

/// No more mails. What stands in the body is of no interest: whoever posts here wants that.
pub async fn post(Path(token): Path<String>, State(door): State<Door>, request: Request) -> Result<Response, Problem> {
    let agent = agent(&door, &token)?;
    let words = words::of_agent(&door, agent);
    let in_words = |problem: Problem| problem.in_language(words.locale());
    collect(request, door.settings.body_limit).await.map_err(in_words)?;
    let view = door.engine.tenants().view(agent.tenant);
    let known = view.roster.get(&agent).ok_or_else(unknown)?;
    // What ends is mails to this mailbox, whoever shares it.
    let others = known.email.as_deref().map(|email| view.agents_by_email(email)).unwrap_or_default();
    let others = others.into_iter().filter(|other| *other != agent);
    for one in std::iter::once(agent).chain(others) {
        let noted = said(&door.engine, one, |agent, at| {
            agent.wants_nothing(ChannelKind::Email, "unsubscribe", at);
        });
        noted.await.map_err(|failure| in_words(failure.into()))?;
    }
    Ok(page(&door, agent, true))
}

fn page(door: &Door, agent: AgentId, ended: bool) -> Response {
    let (preferences, words) = (door.wording.preferences_url(agent), words::of_agent(door, agent));
    Page(StatusCode::OK, UnsubscribePage { ended, preferences, words }).into_response()
}

fn agent(door: &Door, token: &str) -> Result<AgentId, Problem> {
    match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Unsubscribe(agent)) => Ok(agent),
        Ok(
            Purpose::Approve(_)
            | Purpose::Offer(_)
            | Purpose::Preferences(_)
            | Purpose::Details(..)
            | Purpose::Route(_)
            | Purpose::Source(_),
        )
        | Err(_) => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use crate::http::sample::{House, agent};

    #[tokio::test]
    async fn one_click_ends_mails_and_a_look_ends_nothing() {
        let house = House::with_people().await;
        let path = format!("/public/unsubscribe/{}", house.door.links.unsubscribe(agent("ana")));
        let status = async || house.ask("GET /api/v1/agents/ana/consents", "").await.text;
        let looked = house.send(&format!("GET {path}"), &[], "").await;
        assert_eq!(looked.status, 200);
        assert!(looked.text.contains("<button") && !status().await.contains("opted_out"), "{}", status().await);
        // As a mail program posts it, in either of the forms it may choose.
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let clicked = house.send(&format!("POST {path}"), &form, "List-Unsubscribe=One-Click").await;
        assert_eq!(clicked.status, 200);
        assert!(status().await.contains("opted_out"), "{}", status().await);
        let parts = [("content-type", "multipart/form-data; boundary=x")];
        let body = "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n";
        assert_eq!(house.send(&format!("POST {path}"), &parts, body).await.status, 200);
        let again = house.send(&format!("GET {path}"), &[], "").await;
        assert!(!again.text.contains("<button"), "{}", again.text);
    }

    #[tokio::test]
    async fn d12_one_click_ends_mails_to_everybody_with_that_mailbox() {
        let house = House::with_people().await;
        for who in ["ana", "bo"] {
            let mailbox = r#"{"email":"Family@example.com"}"#;
            assert_eq!(house.ask(&format!("PATCH /api/v1/agents/{who}"), mailbox).await.status, 200);
        }
        let path = format!("/public/unsubscribe/{}", house.door.links.unsubscribe(agent("ana")));
        assert_eq!(house.send(&format!("POST {path}"), &[], "").await.status, 200);
        for who in ["ana", "bo"] {
            let consents = house.ask(&format!("GET /api/v1/agents/{who}/consents"), "").await.text;
            assert!(consents.contains("opted_out"), "{who}: {consents}");
        }
    }

    #[tokio::test]
    async fn a_link_that_is_none_of_ours_ends_nothing() {
        let house = House::with_people().await;
        assert_eq!(house.send("POST /public/unsubscribe/AAAA", &[], "").await.status, 404);
        let gone = house.door.links.unsubscribe(agent("nobody"));
        assert_eq!(house.send(&format!("POST /public/unsubscribe/{gone}"), &[], "").await.status, 404);
    }
}
