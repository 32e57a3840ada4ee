//! The names of all metrics, for whoever records one. What each means, with kind and labels, stands in docs/METRICS.md.
//!
//! Labels hold words of fixed lists only (a channel, a verdict, a route's template): never an id, a tenant or a text.

/// Jobs by where they stand: `stage`.
pub const JOBS: &str = "baton_jobs";
/// Jobs created.
pub const JOBS_CREATED: &str = "baton_jobs_created_total";
/// Jobs that came to an end: `outcome`.
pub const JOBS_CLOSED: &str = "baton_jobs_closed_total";
/// Jobs that are open and have neither a timer nor a party they wait for. Promise P7: zero.
pub const JOBS_WITHOUT_NEXT_ACTION: &str = "baton_jobs_without_next_action";
/// Checks of an invariant that failed: `invariant`.
pub const INVARIANTS_BROKEN: &str = "baton_invariants_broken_total";

/// Notifications taken in.
pub const NOTIFICATIONS_CREATED: &str = "baton_notifications_created_total";
/// Notifications that came to an end, or further after it: `status`.
pub const NOTIFICATIONS_ENDED: &str = "baton_notifications_ended_total";
/// Notifications that are not over.
pub const NOTIFICATIONS_LIVE: &str = "baton_notifications_live";
/// Notifications that are not over and have no next action. Promise P7: zero.
pub const NOTIFICATIONS_WITHOUT_NEXT_ACTION: &str = "baton_notifications_without_next_action";

/// Offers made.
pub const OFFERS_MADE: &str = "baton_offers_made_total";
/// Offers that are over: `outcome`.
pub const OFFERS: &str = "baton_offers_total";
/// Offers that wait for an answer now.
pub const OFFERS_OPEN: &str = "baton_offers_open";
/// Attempts to claim: `verdict`.
pub const CLAIMS: &str = "baton_claims_total";
/// How many agents were asked until somebody claimed.
pub const CASCADE_DEPTH: &str = "baton_cascade_depth";
/// From the start of offering to the claim.
pub const TIME_TO_CLAIM: &str = "baton_time_to_claim_seconds";

/// How late a timer rings.
pub const TIMER_LAG: &str = "baton_timer_lag_seconds";
/// Deadlines that are set.
pub const TIMERS: &str = "baton_timers";
/// 1 while overdue jobs are being woken after an outage, else 0.
pub const TIMERS_CATCHING_UP: &str = "baton_timers_catching_up";

/// Steps that shared one flush.
pub const COMMIT_GROUP_SIZE: &str = "baton_commit_group_size";
/// From handing a group to the store until it was on disk.
pub const COMMIT_SECONDS: &str = "baton_commit_seconds";
/// Steps: `verdict`.
pub const COMMITS: &str = "baton_commits_total";
/// Steps that wait for the committer.
pub const COMMIT_QUEUE: &str = "baton_commit_queue";
/// How long a snapshot of one record takes to encode.
pub const SNAPSHOT_SECONDS: &str = "baton_snapshot_seconds";
/// Records that could not be read and were put aside: `kind`.
pub const RECORDS_QUARANTINED: &str = "baton_records_quarantined";
/// What the store takes on disk.
pub const STORE_BYTES: &str = "baton_store_bytes";
/// What is free on the store's disk.
pub const DISK_FREE: &str = "baton_disk_free_bytes";

/// Messages that are owed and not yet settled: `channel`, `provider`.
pub const OUTBOX_DEPTH: &str = "baton_outbox_depth";
/// 1 while nothing is sent, because the store was restored and not released; else 0.
pub const OUTBOX_HELD: &str = "baton_outbox_held";
/// Attempts to send: `channel`, `provider`, `class`.
pub const SENDS: &str = "baton_sends_total";
/// How long an attempt takes: `channel`, `provider`.
pub const SEND_SECONDS: &str = "baton_send_seconds";
/// Messages that were not worth sending any more: `channel`, `reason`.
pub const SENDS_DROPPED: &str = "baton_sends_dropped_total";
/// Messages that another account of their channel took over: `channel`, `from`, `class`.
pub const FAILOVERS: &str = "baton_failovers_total";
/// Messages that have failed for good with their last account: `channel`, `provider`.
pub const SENDS_FAILED: &str = "baton_sends_failed_total";
/// Messages sent again though an earlier attempt may have arrived: `channel`, `provider`.
pub const SENDS_REPEATED: &str = "baton_sends_possibly_repeated_total";
/// Segments of SMS that were sent.
pub const SMS_SEGMENTS: &str = "baton_sms_segments_total";
/// The part of an account's budget that is used up, 0 to 1: `channel`, `provider`.
pub const BUDGET_USED: &str = "baton_budget_used_ratio";
/// Whether an account is paused, 1 or 0: `channel`, `provider`.
pub const CHANNEL_PAUSED: &str = "baton_channel_paused";

/// Messages that wait in the mailboxes of a kind of actor: `kind`.
pub const MAILBOX_DEPTH: &str = "baton_mailbox_depth";
/// Actors awake: `kind`.
pub const ACTORS_AWAKE: &str = "baton_actors_awake";
/// Actors put to sleep: `kind`.
pub const ACTORS_SLEPT: &str = "baton_actors_put_to_sleep_total";
/// Actors restarted after a crash: `kind`.
pub const ACTOR_RESTARTS: &str = "baton_actor_restarts_total";
/// Actors that crashed too often and are parked: `kind`.
pub const QUARANTINED: &str = "baton_quarantined";

/// Requests answered: `route`, `status`.
pub const HTTP_REQUESTS: &str = "baton_http_requests_total";
/// How long a request takes: `route`.
pub const HTTP_SECONDS: &str = "baton_http_seconds";
/// Connections open.
pub const HTTP_CONNECTIONS: &str = "baton_http_connections";
/// Requests turned away before anything was done: `reason`.
pub const ADMISSION_REFUSED: &str = "baton_admission_refused_total";
/// Requests that are let in and not yet answered by the engine.
pub const ADMISSION_USED: &str = "baton_admission_used";
/// What providers and people sent in: `channel`, `outcome`.
pub const INBOUND: &str = "baton_inbound_total";

/// Things removed by age: `kind`.
pub const RETENTION_REMOVED: &str = "baton_retention_removed_total";
/// Attempts to tell endpoints of events, by `result`.
pub const EVENT_DELIVERIES: &str = "baton_event_deliveries_total";
/// How long they take.
pub const EVENT_DELIVERY_SECONDS: &str = "baton_event_delivery_seconds";
/// Endpoints, by `state`.
pub const ENDPOINTS: &str = "baton_endpoints";
/// Endpoints that were switched off because nothing arrived there.
pub const ENDPOINTS_SWITCHED_OFF: &str = "baton_endpoints_switched_off_total";
/// Events that wait for endpoints that are away or refuse them.
pub const EVENTS_WAITING: &str = "baton_events_waiting";
/// How far the endpoint that is furthest behind is behind the log.
pub const EVENTS_BEHIND: &str = "baton_events_behind";
/// Dashboards, by `state`.
pub const DASHBOARDS: &str = "baton_dashboards";
/// Events that wait for dashboards.
pub const DASHBOARD_BACKLOG: &str = "baton_dashboard_backlog";
/// What was handed in for dashboards: `event`, `result`.
pub const DASHBOARD_EVENTS: &str = "baton_dashboard_events_total";
/// Words for the status of an order that are not known: `door`.
pub const DASHBOARD_UNMAPPED: &str = "baton_dashboard_unmapped_total";
/// How long the steps of the canary's runs take: `step`.
pub const CANARY_STEP: &str = "baton_canary_step_seconds";
/// Runs of the canary: `outcome`.
pub const CANARY_RUNS: &str = "baton_canary_runs_total";
/// Whether the canary's last run failed.
pub const CANARY_FAILING: &str = "baton_canary_failing";
/// When the canary's last good run ended, in seconds since 1970.
pub const CANARY_LAST: &str = "baton_canary_last_success_timestamp_seconds";
/// Calls of the heartbeat's address: `outcome`.
pub const HEARTBEATS: &str = "baton_heartbeats_total";
/// When the last backup was finished, in seconds since 1970.
pub const BACKUP_LAST: &str = "baton_backup_last_timestamp_seconds";
/// What runs: `version`. Always 1.
pub const BUILD_INFO: &str = "baton_build_info";
