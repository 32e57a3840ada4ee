//! One path, from end to end.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::answers::{is_refused, reaches};
use super::server::{Server, until};
use super::stub::{BOT_SECRET, BOT_TOKEN, End, Given, Stub, person};
use super::{Path, Seen};
use crate::cli::demo::folder::Folder;
use crate::http::public::webhooks::telegram::PATH as TELEGRAM_PATH;
use crate::simulator::provider::callback::Callback;

/// What Telegram puts its secret into.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The template of the notification, and what stands in it.
const TEMPLATE: &str = "parcel_ready";
const WORDING: &str = "Your parcel is ready to be fetched.";

/// Walks a path; what is missing where it is not whole.
pub async fn walk(path: Path, folder: &Folder, seen: &mut Seen) -> Result<(), String> {
    write_wording(folder)?;
    let stub = Stub::start(path).await?;
    seen.checked.push(stub.turns_strangers_away().await?);
    let server = Server::start(folder, &stub.configuration()).await?;
    set_up_the_webhook(&stub, &server, seen).await?;
    let walk = Walk { path, stub, server };
    walk.people().await?;
    walk.cascade(seen).await?;
    walk.notification(seen).await?;
    walk.stub.kept_to()?;
    seen.checked.push("the stub refused nothing that Baton sent, and its limits were kept".to_owned());
    Ok(())
}

struct Walk {
    path: Path,
    stub: Stub,
    server: Server,
}

impl Walk {
    /// Two who can take jobs.
    async fn people(&self) -> Result<(), String> {
        let agents = json!({ "agents": [person(1), person(2)] });
        self.server.asks(Method::POST, "/api/v1/agents/sync", Some(agents)).await?;
        Ok(())
    }

    /// Ana is asked and says no; Bo is asked and says yes.
    async fn cascade(&self, seen: &mut Seen) -> Result<(), String> {
        let job = json!({ "external_ref": "PROVIDERS-1", "brief": { "from": "Leeds", "to": "York", "window": "10:00",
            "items": [{ "kind": "box", "quantity": 6 }] },
            "plan": { "waves": [{ "mode": "one_by_one", "claim_within": "30m" }] } });
        let job = self.server.asks(Method::POST, "/api/v1/jobs", Some(job)).await?;
        let code = job["code"].as_str().unwrap_or_default().to_owned();
        let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap_or_default());
        let first = self.arrives("the first offer", 1, &code).await?;
        seen.offer_sent = true;
        seen.checked.push(format!("the stub was given the address {}", self.stub.address(1)));
        seen.checked.push("the offer keeps to the contract of its provider".to_owned());
        self.stub.answers(&self.server, &first, 1, false).await?;
        let second = self.arrives("the second offer", 2, &code).await?;
        seen.checked.push("a no by the first lets the second be asked".to_owned());
        if !self.path.tells().is_empty() {
            self.tells(&second).await?;
            let timeline = format!("{path}/timeline");
            until("the delivery in the job's timeline", async || {
                let timeline = self.server.asks(Method::GET, &timeline, None).await?;
                let events = timeline["items"].as_array().into_iter().flatten();
                Ok(events.clone().any(|entry| entry["event"] == "offer_delivered").then_some(()))
            })
            .await?;
            let calls = self.path.tells().join(", ");
            seen.checked.push(format!("signed calls about the offer are believed ({calls})"));
        }
        self.stub.answers(&self.server, &second, 2, true).await?;
        seen.answered_by = Some(self.path.answer());
        until("the claim", async || {
            let job = self.server.asks(Method::GET, &path, None).await?;
            Ok((job["status"] == "claimed" && job["claim"]["agent"]["ref"] == "bo").then_some(()))
        })
        .await?;
        seen.claimed = true;
        self.arrives("the news for the winner", 2, "yours").await?;
        seen.checked.push("the winner was told".to_owned());
        Ok(())
    }

    async fn notification(&self, seen: &mut Seen) -> Result<(), String> {
        let wanted = json!({ "external_ref": "parcel-1", "event_type": "parcel.ready", "recipient": { "contact": self.reader() },
            "channel": self.path.channel(), "template": TEMPLATE });
        let made = self.server.asks(Method::POST, "/api/v1/notifications", Some(wanted)).await?;
        let path = format!("/api/v1/notifications/{}", made["id"].as_str().unwrap_or_default());
        let given = self.arrives("the notification", 3, WORDING).await?;
        let shown = self.stands(&path, "sent", |delivery| delivery["sent_at"].is_string()).await?;
        if shown["provider"] != self.path.provider() {
            return Err(format!("the delivery was carried by {}", shown["provider"]));
        }
        seen.notified = true;
        if let Given::Taken(taken) = &given
            && matches!(self.path, Path::Meta | Path::TwilioWhatsapp)
        {
            let is_template = taken.body.contains("\"template\"") || taken.body.contains("ContentSid");
            if !is_template {
                return Err("somebody who has not written was sent free text".to_owned());
            }
            seen.checked.push("somebody who has not written for a day is sent a template".to_owned());
        }
        let Some(furthest) = self.path.tells().last() else {
            seen.delivered = Some("not told");
            return Ok(());
        };
        let forged = self.stub.tells(&given, "failed").ok_or("the provider tells nothing")?.forged();
        let refused = is_refused(&forged, &self.server).await?;
        seen.checked.push(format!("a forged call is refused ({refused})"));
        self.tells(&given).await?;
        let shown = self.stands(&path, furthest, |delivery| delivery["status"] == *furthest).await?;
        let news = shown["callbacks"].as_array().into_iter().flatten().filter(|call| call["news"] == true).count();
        seen.delivered = Some(furthest);
        seen.checked
            .push(format!("the notification is {furthest}: {news} calls were news, the others came late or again"));
        Ok(())
    }

    /// Cleo takes no jobs, and wants to be written to.
    fn reader(&self) -> Value {
        let mut person = person(3);
        person["consents"] = json!([{ "channel": self.path.channel(), "status": "opted_in", "source": "demo" }]);
        if let Some(fields) = person.as_object_mut() {
            fields.remove("priority");
        }
        person
    }

    /// Waits for a message to a person.
    async fn arrives(&self, what: &str, no: u16, text: &str) -> Result<Given, String> {
        until(what, async || {
            self.stub.kept_to()?;
            Ok(self.stub.given(no, text))
        })
        .await
    }

    /// The provider tells all it can of a message.
    async fn tells(&self, given: &Given) -> Result<(), String> {
        for progress in self.path.tells() {
            let call = self.stub.tells(given, progress).ok_or("the provider tells nothing")?;
            reaches(&call, &self.server, 200).await?;
        }
        Ok(())
    }

    /// Waits until the only delivery of a notification stands so; gives it back.
    async fn stands(&self, path: &str, what: &str, so: impl Fn(&Value) -> bool) -> Result<Value, String> {
        until(&format!("a notification that is {what}"), async || {
            let shown = self.server.asks(Method::GET, path, None).await?;
            Ok(shown["deliveries"].get(0).filter(|delivery| so(delivery)).cloned())
        })
        .await
    }
}

/// The words of the notification, as a customer puts them beside those that are built in.
fn write_wording(folder: &Folder) -> Result<(), String> {
    let place = folder.path().join("wording/en");
    let written = std::fs::create_dir_all(&place).and_then(|()| {
        std::fs::write(place.join(format!("{TEMPLATE}.plain.text")), WORDING)?;
        std::fs::write(place.join(format!("{TEMPLATE}.email.subject")), "Your parcel")
    });
    written.map_err(|error| format!("the wording cannot be written: {error}"))
}

/// Tells Telegram where to call: the server's own address, because the public one leads nowhere here.
async fn set_up_the_webhook(stub: &Stub, server: &Server, seen: &mut Seen) -> Result<(), String> {
    let End::Telegram { .. } = &stub.end else { return Ok(()) };
    let hook = json!({ "url": format!("{}{TELEGRAM_PATH}", server.url()), "secret_token": BOT_SECRET });
    let http = crate::cli::client::http(Duration::from_secs(5)).map_err(|failure| failure.message)?;
    let call = format!("{}/bot{BOT_TOKEN}/setWebhook", stub.url());
    let answer = http.post(call).json(&hook).send().await.map_err(|_| "the stub does not answer".to_owned())?;
    if !answer.status().is_success() {
        return Err(format!("setWebhook was answered with {}", answer.status()));
    }
    let kind = ("content-type", "application/json".to_owned());
    let forged = |secret: Option<&str>| Callback {
        path: TELEGRAM_PATH.to_owned(),
        headers: secret.map(|secret| (SECRET_HEADER, secret.to_owned())).into_iter().chain([kind.clone()]).collect(),
        body: json!({ "update_id": 1 }).to_string().into_bytes(),
    };
    for secret in [None, Some("another-secret")] {
        is_refused(&forged(secret), server).await?;
    }
    seen.checked.push("an update without the secret, or with another, is refused".to_owned());
    Ok(())
}
