//! Every problem code: its status, its title and its page. The page is compiled in, so a code without one does not build.

use axum::http::StatusCode;
use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $word:literal, $title:literal;)*) => {
        /// Which problem. Clients may rely on the words: none is ever renamed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $title] $(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status it comes with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// What it is, the same for every case.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// Its page, in Markdown.
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$name => include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/problems/", $word, ".md")),)*
                }
            }
        }
    };
}

codes! {
    // What was sent.
    ValidationFailed = BAD_REQUEST, "validation-failed", "Some of what was sent is not valid";
    MalformedJson = BAD_REQUEST, "malformed-json", "The body is not JSON";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body has the wrong content type";
    BodyTooLarge = PAYLOAD_TOO_LARGE, "body-too-large", "The body is too large";
    BodyTooSlow = REQUEST_TIMEOUT, "body-too-slow", "The body did not arrive in time";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency-key-reused", "This idempotency key came with another body before";
    ExternalRefConflict = CONFLICT, "external-ref-conflict", "Something else has this external reference";
    VersionChanged = PRECONDITION_FAILED, "version-changed", "It has been changed in the meantime";

    // Who is asking.
    Unauthorized = UNAUTHORIZED, "unauthorized", "A valid API key is needed";
    Forbidden = FORBIDDEN, "forbidden", "This API key may not do that";
    HostNotAllowed = NOT_FOUND, "host-not-allowed", "Nothing is served under this host name";
    RateLimited = TOO_MANY_REQUESTS, "rate-limited", "Too many requests";

    // What is not there.
    NotFound = NOT_FOUND, "not-found", "There is nothing here";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method-not-allowed", "This cannot be done here";
    JobNotFound = NOT_FOUND, "job-not-found", "There is no such job";
    OfferNotFound = NOT_FOUND, "offer-not-found", "There is no such offer";
    AgentNotFound = NOT_FOUND, "agent-not-found", "There is no such agent";
    NotificationNotFound = NOT_FOUND, "notification-not-found", "There is no such notification";
    DriverNotFound = NOT_FOUND, "driver-not-found", "There is no such driver";
    VehicleNotFound = NOT_FOUND, "vehicle-not-found", "There is no such vehicle";
    RouteNotFound = NOT_FOUND, "route-not-found", "There is no such route";
    PlanNotFound = NOT_FOUND, "plan-not-found", "There is no such plan";
    TenantNotFound = NOT_FOUND, "tenant-not-found", "There is no such tenant";
    TenantExists = CONFLICT, "tenant-exists", "There is a tenant of this name";
    KeyNotFound = NOT_FOUND, "key-not-found", "There is no such API key";
    ChannelNotFound = NOT_FOUND, "channel-not-found", "There is no such channel account";
    LinkUnknown = NOT_FOUND, "link-unknown", "This link is not valid";
    LinkExpired = GONE, "link-expired", "This link has expired";

    // What the job says no to.
    JobNotApproved = CONFLICT, "job-not-approved", "The job has not been approved";
    JobNotOffering = CONFLICT, "job-not-offering", "The job is not being offered";
    JobAlreadyClaimed = CONFLICT, "job-already-claimed", "Somebody else has the job";
    JobNotClaimed = CONFLICT, "job-not-claimed", "Nobody has the job";
    JobClosed = CONFLICT, "job-closed", "The job is closed";
    JobOpen = CONFLICT, "job-open", "The job is not over";
    DetailsLocked = CONFLICT, "details-locked", "Other details would be lost";
    JobAlreadyStarted = CONFLICT, "job-already-started", "The job was started before";
    JobNotUnfilled = CONFLICT, "job-not-unfilled", "Only an unfilled job can be restarted";
    JobAlreadyApproved = CONFLICT, "job-already-approved", "The job was approved before";
    JobIsYours = CONFLICT, "job-is-yours", "You have the job";
    JobWornOut = CONFLICT, "job-worn-out", "The job cannot be offered any more";
    OfferClosed = CONFLICT, "offer-closed", "The offer is over";
    NotYourOffer = CONFLICT, "not-your-offer", "The offer was made to somebody else";
    NotTheWinner = CONFLICT, "not-the-winner", "Only the one who has the job can do that";
    GatesMissing = CONFLICT, "gates-missing", "Gates before this step are not passed";
    NoDetails = CONFLICT, "no-details", "The job has no private details";
    NoPrivateWay = CONFLICT, "no-private-way", "The winner cannot be told in private";
    NothingReleased = CONFLICT, "nothing-released", "Nothing is released";
    NothingToPublish = CONFLICT, "nothing-to-publish", "Nothing waits to be published";
    JobNotPublished = CONFLICT, "job-not-published", "The job is not published there";
    JobNotForAgent = CONFLICT, "job-not-for-agent", "The job is not for this agent";
    ReleaseOver = GONE, "release-over", "The details can no longer be seen by this link";

    // What the notification says no to.
    NotificationAlreadySent = CONFLICT, "notification-already-sent", "The notification has left";
    NotificationEnded = CONFLICT, "notification-ended", "The notification is over";

    // What the agent's own state says no to.
    AgentFull = CONFLICT, "agent-full", "The agent has as many jobs as they can take";
    AgentAssigned = CONFLICT, "agent-assigned", "The agent has another assignment";
    AgentBusy = CONFLICT, "agent-busy", "The agent has another job at that time";
    AgentInactive = CONFLICT, "agent-inactive", "The agent is not active";
    AgentUnreachable = CONFLICT, "agent-unreachable", "The agent cannot be reached";

    TooManyClaims = CONFLICT, "too-many-claims", "The agent has claimed enough for this hour";
    AgentCoolingDown = CONFLICT, "agent-cooling-down", "The agent gave a job back lately";
    GroupTaken = CONFLICT, "group-taken", "The chat is a group of another tenant";
    AddressTaken = CONFLICT, "address-taken", "Another agent has this address";

    // Templates.
    TemplateNotFound = NOT_FOUND, "template-not-found", "There is no such template";
    TemplateExists = CONFLICT, "template-exists", "There is this version of the template";
    TemplateInUse = CONFLICT, "template-in-use", "The template is or was in use";
    TemplatesFull = CONFLICT, "templates-full", "No more templates can be kept";
    TemplateNotActive = CONFLICT, "template-not-active", "The template is not active";

    // Sources.
    SourceNotFound = NOT_FOUND, "source-not-found", "There is no such source";
    SourcesFull = CONFLICT, "sources-full", "No more sources can be kept";

    // Endpoints for events.
    EndpointNotFound = NOT_FOUND, "endpoint-not-found", "There is no such endpoint";
    EndpointsFull = CONFLICT, "endpoints-full", "No more endpoints can be kept";
    DashboardExists = CONFLICT, "dashboard-exists", "The tenant has a dashboard";
    NoDashboard = CONFLICT, "no-dashboard", "The tenant has no dashboard";
    DashboardKey = CONFLICT, "dashboard-key", "The key of a dashboard is its own";
    BacklogFull = SERVICE_UNAVAILABLE, "backlog-full", "Too much waits for the dashboard";
    EventsOff = CONFLICT, "events-off", "No event log is kept";
    ReplaysFull = CONFLICT, "replays-full", "As many replays are under way as can be";

    // Replies.
    UnknownAgent = NOT_FOUND, "unknown-agent", "Nobody is known under this address";
    NoOpenOffer = CONFLICT, "no-open-offer", "Nothing is open for this agent";
    AmbiguousReply = CONFLICT, "ambiguous-reply", "Several offers are open: which one is meant?";
    UnrecognizedReply = UNPROCESSABLE_ENTITY, "unrecognized-reply", "The reply was not understood";

    // What is the matter with us.
    TelegramNotConfigured = SERVICE_UNAVAILABLE, "telegram-not-configured", "No Telegram bot is set up";
    Overloaded = SERVICE_UNAVAILABLE, "overloaded", "There is too much to do at the moment";
    RequestTimeout = SERVICE_UNAVAILABLE, "request-timeout", "The answer took too long";
    NotReady = SERVICE_UNAVAILABLE, "not-ready", "The server is not ready";
    NotThisRole = SERVICE_UNAVAILABLE, "not-this-role", "This process does not do that";
    RestoredCopy = SERVICE_UNAVAILABLE, "restored-copy", "This is a restored copy that nobody has released";
    NotStored = SERVICE_UNAVAILABLE, "not-stored", "It is not certain that this was stored";
    Quarantined = SERVICE_UNAVAILABLE, "quarantined", "The record is in quarantine";
    Internal = INTERNAL_SERVER_ERROR, "internal", "Something failed on our side";
}

impl Code {
    /// The code of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_has_one_page_and_every_page_a_code() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/problems");
        let pages: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "README.md")
            .collect();
        let codes: BTreeSet<String> = Code::ALL.iter().map(|code| format!("{}.md", code.as_str())).collect();
        assert_eq!(pages, codes);
    }

    #[test]
    fn every_page_begins_with_its_title_and_says_what_to_do() {
        for code in Code::ALL {
            let page = code.page();
            let heading = format!("# {}\n", code.title());
            assert!(page.starts_with(&heading), "{}.md must begin with {heading:?}", code.as_str());
            for part in ["## What happened", "## Who acts", "## What to do"] {
                assert!(page.contains(part), "{}.md lacks {part:?}", code.as_str());
            }
            let status = format!("Status {}, code `{}`.", code.status().as_u16(), code.as_str());
            assert!(page.contains(&status), "{}.md lacks {status:?}", code.as_str());
        }
    }

    #[test]
    fn the_index_lists_every_code() {
        let index = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/problems/README.md"));
        let rows: Vec<&str> = index.lines().filter(|line| line.contains(".md)")).collect();
        let wanted: Vec<String> = Code::ALL
            .iter()
            .map(|code| {
                let (status, word, title) = (code.status().as_u16(), code.as_str(), code.title());
                format!("| {status} | [`{word}`]({word}.md) | {title} |")
            })
            .collect();
        assert_eq!(rows, wanted);
    }

    #[test]
    fn a_word_names_one_code() {
        let words: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::named(code.as_str()), Some(*code));
        }
        assert_eq!(Code::named("nothing-of-ours"), None);
    }
}
