//! The desk: it publishes jobs and looks at them.

use serde_json::{Value, json};

use super::door::{Answer, Door};
use super::wait::until;

#[derive(Clone)]
pub struct Desk {
    pub door: Door,
}

/// A job that was published.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: String,
    pub code: String,
    pub approve_url: Value,
}

/// A job to be published.
#[derive(Clone)]
pub struct Order(pub Value);

/// A job of this reference, offered one by one with half an hour each.
pub fn order(reference: &str) -> Order {
    Order(json!({
        "external_ref": reference,
        "brief": { "from": "Leeds", "to": "Manchester", "date": "2030-01-30", "window": "14:30", "vehicle": "van" },
        "details": {
            "contact_name": "Test Person", "phone": "+447700900123",
            "from_address": "1 Example Street", "to_address": "2 Example Road", "notes": "ring twice",
        },
    }))
}

impl Order {
    pub fn asking(mut self, waves: Value) -> Self {
        self.0["plan"]["waves"] = waves;
        self
    }

    pub fn one_by_one(self, claim_within: &str) -> Self {
        self.asking(json!([{ "mode": "one_by_one", "claim_within": claim_within }]))
    }

    pub fn everybody(self) -> Self {
        self.asking(json!([{ "mode": "everybody", "claim_within": "30m" }]))
    }

    pub fn with_plan(mut self, field: &str, value: Value) -> Self {
        self.0["plan"][field] = value;
        self
    }

    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.0[field] = value;
        self
    }

    pub fn needing_approval(self) -> Self {
        self.with("approval", json!("link"))
    }
}

impl Job {
    pub fn of(view: &Value) -> Self {
        let text = |field: &str| view[field].as_str().expect("a job").to_owned();
        Self { id: text("id"), code: text("code"), approve_url: view["approve_url"].clone() }
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/api/v1/jobs/{}{rest}", self.id)
    }
}

impl Desk {
    pub async fn posts(&self, order: &Order) -> Answer {
        self.door.post("/api/v1/jobs", order.0.clone()).await
    }

    pub async fn publishes(&self, order: Order) -> Job {
        Job::of(&self.posts(&order).await.is(201))
    }

    pub async fn sees(&self, job: &Job) -> Value {
        self.door.get(&job.path("")).await.is(200)
    }

    /// Waits until a job stands so; gives it back.
    pub async fn sees_it(&self, job: &Job, status: &str) -> Value {
        self.waits(job, status, |job| job["status"] == status).await
    }

    /// Waits until a job is so; gives it back.
    pub async fn waits(&self, job: &Job, what: &str, so: impl Fn(&Value) -> bool) -> Value {
        until(what, async || Some(self.sees(job).await).filter(&so)).await
    }

    /// Waits until an agent's offer has a status; gives the offer back.
    pub async fn sees_offer(&self, job: &Job, agent: &str, status: &str) -> Value {
        let stands = |job: &Value| offer_of(job, agent).is_some_and(|offer| offer["status"] == status);
        let seen = self.waits(job, &format!("{agent}'s offer is {status}"), stands).await;
        offer_of(&seen, agent).unwrap().clone()
    }

    /// A command on a job.
    pub async fn tells(&self, job: &Job, command: &str, body: Value) -> Answer {
        self.door.post(&job.path(&format!("/{command}")), body).await
    }

    /// An agent's claim, made for them.
    pub async fn claims_for(&self, offer: &Value) -> Answer {
        self.door.post(&format!("/api/v1/offers/{}/claim", offer["id"].as_str().unwrap()), json!({})).await
    }

    /// What an agent answered in some other way.
    pub async fn relays(&self, from: &str, text: &str, job: Option<&Job>) -> Answer {
        let mut body = json!({ "from": from, "text": text });
        if let Some(job) = job {
            body["job"] = json!(job.id);
        }
        self.door.post("/api/v1/replies", body).await
    }

    /// Every job there is, a page at a time.
    pub async fn sees_all(&self) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let mut page = self.door.get(&format!("/api/v1/jobs?limit=100{cursor}")).await.is(200);
            all.append(page["items"].as_array_mut().unwrap());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }

    pub async fn timeline(&self, job: &Job) -> Vec<Value> {
        self.door.get(&job.path("/timeline")).await.is(200)["items"].as_array().unwrap().clone()
    }

    pub async fn explains(&self, job: &Job) -> Value {
        self.door.get(&job.path("/explain")).await.is(200)
    }
}

/// The latest offer to an agent.
pub fn offer_of<'a>(job: &'a Value, agent: &str) -> Option<&'a Value> {
    job["offers"].as_array()?.iter().rfind(|offer| offer["agent"]["ref"] == agent)
}

/// How many offers of a job are open.
pub fn open_offers(job: &Value) -> usize {
    job["offers"].as_array().unwrap().iter().filter(|offer| offer["status"] == "open").count()
}
