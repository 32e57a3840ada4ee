//! The table of all metrics.

use baton_actors::gauges as name;
use metrics::Unit;

use super::Kind::{Counter, Gauge, Histogram};
use super::Words::{Described, Listed};
use super::{Kind, Metric, Words};

const CHANNELS: Words = Listed(&["telegram", "whatsapp", "sms", "email", "console"]);
const PROVIDERS: Words =
    Listed(&["console", "telegram", "meta", "twilio_whatsapp", "twilio_sms", "resend", "sendgrid", "smtp"]);
const DASHBOARD: Words =
    Listed(&["customer.seen", "order.created", "order.status", "escalation.created", "escalation.resolved"]);
const ACCOUNT: &[(&str, Words)] = &[("channel", CHANNELS), ("provider", PROVIDERS)];
const ACTOR: &[(&str, Words)] = &[("kind", Listed(&["job", "agent", "notification", "channel", "shard", "roster"]))];

/// From a hundredth of a millisecond: work on the machine.
const MACHINE: Kind = Histogram(&[0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.025, 0.1]);
/// From half a millisecond: work that waits for a disk or a caller.
const SERVICE: Kind =
    Histogram(&[0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0]);
/// From ten milliseconds: calls to providers.
const PROVIDER: Kind = Histogram(&[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0, 60.0]);
/// From a second: people, who may take days.
const PEOPLE: Kind = Histogram(&[
    1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 28_800.0, 86_400.0, 172_800.0, 604_800.0,
]);

const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    labels: &'static [(&'static str, Words)],
    help: &'static str,
) -> Metric {
    Metric { name, kind, unit, labels, help }
}

/// Every metric, in the order of the documentation.
pub const TABLE: &[Metric] = &[
    metric(
        name::JOBS,
        Gauge,
        Unit::Count,
        &[(
            "stage",
            Listed(&[
                "needs_approval",
                "scheduled",
                "offering",
                "claimed",
                "unfilled",
                "rejected",
                "cancelled",
                "expired",
                "completed",
                "failed",
                "confirmed",
                "invoiced",
                "paid",
                "released",
                "in_progress",
            ]),
        )],
        "Jobs that are kept in memory, by where they stand; closed ones leave it.",
    ),
    metric(name::JOBS_CREATED, Counter, Unit::Count, &[], "Jobs created."),
    metric(
        name::JOBS_CLOSED,
        Counter,
        Unit::Count,
        &[("outcome", Listed(&["completed", "failed", "no_show", "rejected", "cancelled", "expired"]))],
        "Jobs that came to an end.",
    ),
    metric(
        name::JOBS_WITHOUT_NEXT_ACTION,
        Gauge,
        Unit::Count,
        &[],
        "Open jobs that have neither a timer nor a party they wait for. Must be 0 (promise P7).",
    ),
    metric(
        name::INVARIANTS_BROKEN,
        Counter,
        Unit::Count,
        &[(
            "invariant",
            Listed(&["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14", "I15"]),
        )],
        "Checks of an invariant that failed; actors/core/src/job/invariants.rs says what each number means. Must not move.",
    ),
    metric(name::NOTIFICATIONS_CREATED, Counter, Unit::Count, &[], "Notifications taken in."),
    metric(
        name::NOTIFICATIONS_ENDED,
        Counter,
        Unit::Count,
        &[("status", Listed(&["sent", "delivered", "read", "failed", "suppressed", "expired", "canceled"]))],
        "Notifications that came to an end, or further after it: one that was sent and then read counts under both.",
    ),
    metric(
        name::NOTIFICATIONS_LIVE,
        Gauge,
        Unit::Count,
        &[],
        "Notifications that wait, or whose messages are on their way.",
    ),
    metric(
        name::NOTIFICATIONS_WITHOUT_NEXT_ACTION,
        Gauge,
        Unit::Count,
        &[],
        "Notifications that are not over and have no next action. Promise P7: zero.",
    ),
    metric(name::OFFERS_MADE, Counter, Unit::Count, &[], "Offers made to agents."),
    metric(
        name::OFFERS,
        Counter,
        Unit::Count,
        &[("outcome", Listed(&["claimed", "declined", "timed_out", "taken", "skipped", "undelivered", "closed"]))],
        "Offers that are over.",
    ),
    metric(name::OFFERS_OPEN, Gauge, Unit::Count, &[], "Offers that wait for an answer."),
    metric(
        name::CLAIMS,
        Counter,
        Unit::Count,
        &[("verdict", Listed(&["won", "standby", "lost", "already"]))],
        "Attempts to claim a job: won, or lost and why.",
    ),
    metric(
        name::CASCADE_DEPTH,
        Histogram(&[1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 34.0, 55.0, 100.0, 256.0]),
        Unit::Count,
        &[],
        "How many agents were asked until a job was claimed.",
    ),
    metric(name::TIME_TO_CLAIM, PEOPLE, Unit::Seconds, &[], "From the start of offering until a job was claimed."),
    metric(name::TIMER_LAG, SERVICE, Unit::Seconds, &[], "How late timers ring."),
    metric(name::TIMERS, Gauge, Unit::Count, &[], "Deadlines that are set."),
    metric(
        name::TIMERS_CATCHING_UP,
        Gauge,
        Unit::Count,
        &[],
        "1 while jobs that fell due during an outage are being woken at a bounded pace, else 0.",
    ),
    metric(
        name::COMMIT_GROUP_SIZE,
        Histogram(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 192.0, 256.0]),
        Unit::Count,
        &[],
        "Steps that shared one flush.",
    ),
    metric(
        name::COMMIT_SECONDS,
        SERVICE,
        Unit::Seconds,
        &[],
        "From handing a group to the store until it was on disk.",
    ),
    metric(
        name::COMMITS,
        Counter,
        Unit::Count,
        &[("verdict", Listed(&["stored", "conflict", "refused", "unknown"]))],
        "Steps handed to the store, by what became of them.",
    ),
    metric(name::COMMIT_QUEUE, Gauge, Unit::Count, &[], "Steps that wait for the committer."),
    metric(name::SNAPSHOT_SECONDS, MACHINE, Unit::Seconds, &[], "How long encoding the snapshot of one record takes."),
    metric(
        name::RECORDS_QUARANTINED,
        Gauge,
        Unit::Count,
        &[("kind", Listed(&["job", "agent", "notification", "settings", "key", "other"]))],
        "Records that could not be read and were put aside, byte for byte.",
    ),
    metric(name::STORE_BYTES, Gauge, Unit::Bytes, &[], "What the store takes on disk."),
    metric(name::DISK_FREE, Gauge, Unit::Bytes, &[], "What is free on the store's disk."),
    metric(name::OUTBOX_DEPTH, Gauge, Unit::Count, ACCOUNT, "Messages that are owed and not settled yet."),
    metric(
        name::OUTBOX_HELD,
        Gauge,
        Unit::Count,
        &[],
        "1 while nothing is sent or taken in, because the store is a restored copy that was not released; else 0.",
    ),
    metric(
        name::SENDS,
        Counter,
        Unit::Count,
        &[
            ("channel", CHANNELS),
            ("provider", PROVIDERS),
            (
                "class",
                Listed(&[
                    "accepted",
                    "retry_after",
                    "retry",
                    "unknown",
                    "recipient",
                    "window",
                    "moved",
                    "content",
                    "sender",
                    "noop",
                ]),
            ),
        ],
        "Attempts to send, by what they came to.",
    ),
    metric(name::SEND_SECONDS, PROVIDER, Unit::Seconds, ACCOUNT, "How long an attempt to send takes."),
    metric(
        name::SENDS_DROPPED,
        Counter,
        Unit::Count,
        &[
            ("channel", CHANNELS),
            ("provider", PROVIDERS),
            ("reason", Listed(&["offer_over", "late", "recipient_gone", "unwanted", "no_consent"])),
        ],
        "Messages dropped unsent because they were worth nothing any more.",
    ),
    metric(
        name::SMS_SEGMENTS,
        Counter,
        Unit::Count,
        &[],
        "Segments of SMS that were sent: what carriers limit and bill.",
    ),
    metric(
        name::FAILOVERS,
        Counter,
        Unit::Count,
        &[("channel", CHANNELS), ("from", PROVIDERS), ("class", Listed(&["sender", "retry", "unknown", "paused"]))],
        "Messages that another account of the same channel took over.",
    ),
    metric(name::SENDS_FAILED, Counter, Unit::Count, ACCOUNT, "Messages that failed for good."),
    metric(
        name::SENDS_REPEATED,
        Counter,
        Unit::Count,
        ACCOUNT,
        "Messages sent again though an earlier attempt may have arrived, and marked so.",
    ),
    metric(
        name::BUDGET_USED,
        Gauge,
        Unit::Count,
        ACCOUNT,
        "The part of the account's rate that is used up, from 0 to 1.",
    ),
    metric(name::CHANNEL_PAUSED, Gauge, Unit::Count, ACCOUNT, "1 while a channel's account is paused, else 0."),
    metric(
        name::MAILBOX_DEPTH,
        Gauge,
        Unit::Count,
        &[("kind", Listed(&["directory"]))],
        "Messages that wait in the mailboxes of the shards, through which every job and agent is reached.",
    ),
    metric(name::ACTORS_AWAKE, Gauge, Unit::Count, ACTOR, "Actors awake."),
    metric(name::ACTORS_SLEPT, Counter, Unit::Count, ACTOR, "Actors put to sleep for having nothing to do."),
    metric(name::ACTOR_RESTARTS, Counter, Unit::Count, ACTOR, "Actors restarted after a crash."),
    metric(
        name::QUARANTINED,
        Gauge,
        Unit::Count,
        ACTOR,
        "Actors that crashed too often and are parked until an operator looks.",
    ),
    metric(
        name::HTTP_REQUESTS,
        Counter,
        Unit::Count,
        &[
            ("route", Described("the route's template, such as /api/v1/jobs/{id}; other where none fits")),
            ("status", Described("the status code")),
        ],
        "Requests answered.",
    ),
    metric(
        name::HTTP_SECONDS,
        SERVICE,
        Unit::Seconds,
        &[("route", Described("the route's template; other where none fits"))],
        "How long requests take.",
    ),
    metric(name::HTTP_CONNECTIONS, Gauge, Unit::Count, &[], "Connections open."),
    metric(
        name::ADMISSION_REFUSED,
        Counter,
        Unit::Count,
        &[("reason", Listed(&["rate_limited", "full", "outbox", "job", "notification", "closed", "restored"]))],
        "Requests turned away with 429 or 503 before anything was done.",
    ),
    metric(name::ADMISSION_USED, Gauge, Unit::Count, &[], "Requests let in and not yet answered by the engine."),
    metric(
        name::INBOUND,
        Counter,
        Unit::Count,
        &[("channel", CHANNELS), ("outcome", Listed(&["taken", "repeat", "failed", "unanswered", "unreadable"]))],
        "What people and providers sent in, what was not answered because somebody had enough answers, and what could not be read.",
    ),
    metric(
        name::RETENTION_REMOVED,
        Counter,
        Unit::Count,
        &[(
            "kind",
            Listed(&[
                "closed_job",
                "notification",
                "token",
                "told",
                "lately",
                "events",
                "deliveries",
                "dashboards",
                "synced",
            ]),
        )],
        "What was removed by age.",
    ),
    metric(
        name::EVENT_DELIVERIES,
        Counter,
        Unit::Count,
        &[("result", Listed(&["delivered", "failed", "given_up", "lost"]))],
        "Attempts to tell endpoints of events; `given_up` is the last of an event, `lost` one that the log no longer keeps.",
    ),
    metric(name::EVENT_DELIVERY_SECONDS, PROVIDER, Unit::Seconds, &[], "How long attempts to tell endpoints take."),
    metric(
        name::ENDPOINTS,
        Gauge,
        Unit::Count,
        &[("state", Listed(&["on", "away", "off"]))],
        "Endpoints: `away` are those where several events in a row did not arrive, `off` those that are told nothing.",
    ),
    metric(
        name::ENDPOINTS_SWITCHED_OFF,
        Counter,
        Unit::Count,
        &[],
        "Endpoints switched off because they are gone, or because nothing arrived there for too long.",
    ),
    metric(
        name::EVENTS_WAITING,
        Gauge,
        Unit::Count,
        &[],
        "Events that wait to be tried again, or behind one that does.",
    ),
    metric(
        name::EVENTS_BEHIND,
        Gauge,
        Unit::Count,
        &[],
        "How many events the endpoint that is furthest behind has not read yet.",
    ),
    metric(
        name::DASHBOARDS,
        Gauge,
        Unit::Count,
        &[("state", Listed(&["on", "away", "off"]))],
        "Dashboards: `away` are those where several events in a row did not arrive, `off` those that are told nothing.",
    ),
    metric(name::DASHBOARD_BACKLOG, Gauge, Unit::Count, &[], "Events that wait for dashboards."),
    metric(
        name::DASHBOARD_EVENTS,
        Counter,
        Unit::Count,
        &[("event", DASHBOARD), ("result", Listed(&["queued", "debounced", "known", "full"]))],
        "What was handed in for dashboards: `debounced` was told a moment ago, `known` are orders that were handed in before, \
         `full` was refused because too much waits.",
    ),
    metric(
        name::DASHBOARD_UNMAPPED,
        Counter,
        Unit::Count,
        &[("door", Listed(&["handed_in", "sync"]))],
        "Words for the status of an order that are not known: they are kept as they are.",
    ),
    metric(
        name::CANARY_STEP,
        SERVICE,
        Unit::Seconds,
        &[("step", Listed(&["create", "approve", "offer", "claim", "confirm", "release", "complete", "whole"]))],
        "How long a step of the canary's runs takes; `whole`: a run that came to its end.",
    ),
    metric(
        name::CANARY_RUNS,
        Counter,
        Unit::Count,
        &[("outcome", Listed(&["ok", "failed"]))],
        "Runs of the canary: a job that is created, approved, offered, claimed, confirmed and released. Its jobs are among those that all other metrics count.",
    ),
    metric(
        name::CANARY_FAILING,
        Gauge,
        Unit::Count,
        &[],
        "1 while the canary's last run failed; else, and where there is no canary, 0.",
    ),
    metric(
        name::CANARY_LAST,
        Gauge,
        Unit::Seconds,
        &[],
        "When the canary's last good run ended, in seconds since 1970; before the first, when the process began; 0: there is no canary.",
    ),
    metric(
        name::HEARTBEATS,
        Counter,
        Unit::Count,
        &[("outcome", Listed(&["ok", "failed"]))],
        "Calls of canary.heartbeat_url, which are made only while all is well.",
    ),
    metric(
        name::BACKUP_LAST,
        Gauge,
        Unit::Seconds,
        &[],
        "When the last backup was finished, in seconds since 1970; where backups are switched on and there is none yet, when the process began; 0: they are switched off.",
    ),
    metric(
        name::BUILD_INFO,
        Gauge,
        Unit::Count,
        &[("version", Described("the version that runs"))],
        "What runs. Always 1.",
    ),
];
