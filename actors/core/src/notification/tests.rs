//! What becomes of a notification, one case a line.

use std::time::Duration;

use super::*;
use crate::agent::Agent;
use crate::consent::{Consent, Status};
use crate::delivery::{Callback, Delivery as Told, DropReason, Progress, Provider, Receipt};
use crate::ids::TenantId;
use crate::phone::Phone;
use crate::tenant::Settings;

const T: TenantId = TenantId::DEFAULT;
const MORNING: Timestamp = Timestamp(1_800_000_000_000);
const CHANNELS: [ChannelKind; 3] = [ChannelKind::Whatsapp, ChannelKind::Sms, ChannelKind::Email];

/// One person, one notification, and a clock that is moved by hand.
struct Desk {
    agent: Option<Agent>,
    settings: Settings,
    now: Timestamp,
    job_is_over: bool,
    may_ask: bool,
    notification: Option<Notification>,
    wrote: u32,
    asked: Vec<EffectNo>,
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn consent(channel: ChannelKind, status: Status) -> Consent {
    let (source, purpose) = ("test".to_owned(), Purpose::NOTIFICATIONS);
    Consent { channel, purpose, status, source, at: MORNING, wording: None }
}

fn intent() -> Intent {
    Intent {
        reference: Some("n-1".to_owned()),
        source: "shop".to_owned(),
        event_type: "order.shipped".to_owned(),
        recipient: AgentId::of_reference(T, "ana"),
        channels: Vec::new(),
        purpose: Purpose::NOTIFICATIONS,
        template: "shipped".to_owned(),
        payload: SealedPayload { key: 1, sealed: vec![1, 2, 3] },
        locale: None,
        priority: Priority::Normal,
        critical: None,
        lifetime: None,
        schedule: Schedule::Now,
        job: None,
    }
}

impl Desk {
    fn new() -> Self {
        let mut agent = Agent::named(AgentId::of_reference(T, "ana"), "Ana", MORNING);
        agent.phone = Some(Phone::new("+447700900001").expect("E.164"));
        agent.email = Some("ana@example.com".to_owned());
        agent.consents = CHANNELS.map(|channel| consent(channel, Status::OptedIn)).to_vec();
        let settings = Settings { fallback_after: Some(seconds(60)), ..Settings::default() };
        Self {
            agent: Some(agent),
            settings,
            now: MORNING,
            job_is_over: false,
            may_ask: true,
            notification: None,
            wrote: 0,
            asked: Vec::new(),
        }
    }

    fn turn<T>(&mut self, act: impl FnOnce(&mut Turn<'_>) -> T) -> T {
        let notification = self.notification.take().expect("it came in");
        let mut turn = Turn::of(notification.clone(), self.world(), self.now);
        let answer = act(&mut turn);
        let step = turn.finish();
        self.store(step, Some(notification));
        answer
    }

    fn world(&self) -> World<'_> {
        World {
            agent: self.agent.as_ref(),
            settings: &self.settings,
            channels: &CHANNELS,
            lately: &[],
            job_is_over: self.job_is_over,
            can_be_asked: &[ChannelKind::Email],
            may_ask: self.may_ask,
        }
    }

    fn store(&mut self, step: Option<Step>, before: Option<Notification>) {
        let Some(step) = step else {
            self.notification = before;
            return;
        };
        assert!(step.notification.has_next(), "nothing happens next: {:?}", step.notification.stage);
        self.wrote += u32::from(step.wrote);
        self.asked.extend(step.ask);
        self.notification = Some(step.notification);
    }

    fn comes_in(mut self, intent: Intent) -> Self {
        let new = NewNotification { id: NotificationId::of_reference(T, "n-1"), fingerprint: [1; 16], intent };
        let step = Turn::create(new, Actor::Client("shop".to_owned()), self.world(), self.now).finish();
        self.store(step, None);
        self
    }

    fn is(&self) -> &Notification {
        self.notification.as_ref().expect("it came in")
    }

    fn status(&self) -> &'static str {
        self.is().status()
    }

    fn owes(&self) -> Vec<ChannelKind> {
        self.is().owed.iter().map(|owed| owed.channel).collect()
    }

    fn latest(&self) -> EffectNo {
        self.is().deliveries.last().expect("a delivery").no
    }

    fn tells(&mut self, delivery: Told) {
        let no = self.latest();
        self.turn(|turn| turn.observe(Report::Delivery { no, delivery, provider: Some(Provider::TwilioSms) }));
    }

    fn sends(&mut self) {
        let channel = self.owes()[0];
        self.tells(Told::Sent(Receipt { channel, message: "m-1".to_owned() }));
    }

    fn fails(&mut self) {
        self.tells(Told::Failed { class: "recipient".to_owned(), reason: "30005".to_owned() });
    }

    fn calls_back(&mut self, no: EffectNo, progress: Progress) {
        let receipt = Receipt { channel: ChannelKind::Whatsapp, message: "m-1".to_owned() };
        let (topic, class, reason) = ("notification".to_owned(), "recipient".to_owned(), "131026".to_owned());
        let callback = Callback { progress, receipt, topic, class, reason, again: false };
        self.turn(|turn| turn.observe(Report::CalledBack { no, callback }));
    }

    fn later(&mut self, span: Duration) {
        self.now = self.now + span;
        self.turn(|turn| turn.observe(Report::Ring));
    }

    fn cancels(&mut self, withdrawn: bool) -> Result<Answer, Refusal> {
        let withdrawn = if withdrawn { self.is().owed.iter().map(|owed| owed.no).collect() } else { Vec::new() };
        let command = Command::Cancel { reason: None, withdrawn };
        self.turn(|turn| turn.decide(command, Actor::Operator("desk".to_owned())))
    }

    fn deliveries(&self) -> Vec<(ChannelKind, &'static str)> {
        self.is().deliveries.iter().map(|delivery| (delivery.channel, delivery.state.as_str())).collect()
    }
}

#[test]
fn f5_a_message_goes_out_and_its_arrival_is_followed() {
    let mut desk = Desk::new().comes_in(intent());
    assert_eq!((desk.status(), desk.owes()), ("queued", vec![ChannelKind::Whatsapp]));
    desk.sends();
    assert_eq!(desk.status(), "sent");
    let no = desk.latest();
    desk.calls_back(no, Progress::Delivered);
    assert_eq!(desk.status(), "delivered");
    assert!(desk.is().is_ended() && desk.is().due().is_none());
    // In any order, more than once, and never back: also after its end.
    for (told, status) in [
        (Progress::Sent, "delivered"),
        (Progress::Failed, "delivered"),
        (Progress::Read, "read"),
        (Progress::Delivered, "read"),
    ] {
        desk.calls_back(no, told);
        assert_eq!(desk.status(), status, "{told:?}");
    }
    assert_eq!(desk.is().deliveries[0].callbacks.len(), 5);
    assert_eq!(desk.wrote, 1);
}

#[test]
fn x10_a_callback_that_comes_first_is_the_answer_to_the_call() {
    let mut desk = Desk::new().comes_in(intent());
    let no = desk.latest();
    desk.calls_back(no, Progress::Delivered);
    assert_eq!((desk.status(), desk.owes()), ("delivered", vec![]));
    desk.tells(Told::Sent(Receipt { channel: ChannelKind::Whatsapp, message: "m-1".to_owned() }));
    assert_eq!(desk.status(), "delivered");
}

#[test]
fn what_fails_goes_to_the_next_channel_until_there_is_none() {
    let mut desk = Desk::new().comes_in(intent());
    desk.fails();
    assert_eq!(desk.owes(), [ChannelKind::Sms]);
    desk.sends();
    let sms = desk.latest();
    // The provider took it, and says later that it did not arrive.
    desk.calls_back(sms, Progress::Failed);
    assert_eq!(desk.owes(), [ChannelKind::Email]);
    desk.fails();
    assert_eq!(desk.status(), "failed");
    let failed = [(ChannelKind::Whatsapp, "failed"), (ChannelKind::Sms, "failed"), (ChannelKind::Email, "failed")];
    assert_eq!(desk.deliveries(), failed);
    assert_eq!(desk.wrote, 1, "a person is written to once, however many channels are tried");
}

#[test]
fn what_is_not_delivered_in_time_goes_by_the_next_channel_and_the_first_to_arrive_counts() {
    let mut desk = Desk::new().comes_in(intent());
    desk.sends();
    assert_eq!(desk.is().due(), Some(MORNING + seconds(60)));
    desk.later(seconds(59));
    assert_eq!(desk.owes(), []);
    desk.later(seconds(1));
    assert_eq!(desk.owes(), [ChannelKind::Sms]);
    let whatsapp = desk.is().deliveries[0].no;
    desk.sends();
    desk.calls_back(whatsapp, Progress::Delivered);
    assert_eq!(desk.status(), "delivered");
    assert!(desk.is().is_ended());
}

#[test]
fn f3_who_said_no_is_never_written_to_and_who_said_nothing_neither() {
    let mut desk = Desk::new();
    desk.agent.as_mut().expect("ana").consents = vec![consent(ChannelKind::Sms, Status::OptedOut)];
    let desk = desk.comes_in(intent());
    assert_eq!((desk.status(), desk.owes()), ("suppressed", vec![]));
    assert_eq!(desk.wrote, 0);
    let mut desk = Desk::new();
    let agent = desk.agent.as_mut().expect("ana");
    assert!(agent.says(Consent { at: MORNING + seconds(1), ..consent(ChannelKind::Whatsapp, Status::OptedOut) }));
    let desk = desk.comes_in(intent());
    assert_eq!(desk.owes(), [ChannelKind::Sms], "an opt-out wins over an opt-in, and holds for its channel");
}

#[test]
fn d12_an_exempt_event_needs_no_yes_but_a_no_still_wins() {
    let mut desk = Desk::new();
    desk.settings.messages.exempt_events.insert("order.shipped".to_owned());
    desk.agent.as_mut().expect("ana").consents = vec![consent(ChannelKind::Whatsapp, Status::OptedOut)];
    let desk = desk.comes_in(intent());
    assert_eq!(desk.owes(), [ChannelKind::Sms]);
}

#[test]
fn f7_what_is_scheduled_waits_and_f9_can_be_called_off() {
    let at = MORNING + seconds(3600);
    let mut desk = Desk::new().comes_in(Intent { schedule: Schedule::At(at), ..intent() });
    assert_eq!((desk.status(), desk.is().due()), ("scheduled", Some(at)));
    desk.later(seconds(10));
    assert_eq!(desk.owes(), []);
    assert_eq!(desk.cancels(true), Ok(Answer::Done));
    assert_eq!(desk.status(), "canceled");
    assert_eq!(desk.cancels(true), Ok(Answer::Already));
    desk.later(seconds(3600));
    assert_eq!((desk.status(), desk.owes()), ("canceled", vec![]));
}

#[test]
fn f9_what_is_queued_can_be_called_off_and_what_is_leaving_cannot() {
    let mut desk = Desk::new().comes_in(intent());
    assert_eq!(desk.cancels(false), Err(Refusal::AlreadySent { status: "queued" }));
    assert_eq!(desk.owes(), [ChannelKind::Whatsapp]);
    assert_eq!(desk.cancels(true), Ok(Answer::Done));
    assert_eq!((desk.status(), desk.owes()), ("canceled", vec![]));
    let mut desk = Desk::new().comes_in(intent());
    desk.sends();
    assert_eq!(desk.cancels(true), Err(Refusal::AlreadySent { status: "sent" }));
}

#[test]
fn x15_what_is_worth_nothing_any_more_is_not_sent() {
    let late = Intent { lifetime: Some(seconds(30)), ..intent() };
    let mut desk = Desk::new().comes_in(late.clone());
    desk.tells(Told::Dropped(DropReason::Late));
    assert_eq!(desk.status(), "expired");
    let mut desk = Desk::new().comes_in(late);
    desk.now = desk.now + seconds(31);
    desk.fails();
    assert_eq!((desk.status(), desk.owes()), ("failed", vec![]), "there is no time left for the next channel");
}

#[test]
fn x8_who_is_gone_and_a_job_that_is_over_end_it_cleanly() {
    let at = Schedule::At(MORNING + seconds(60));
    let mut desk = Desk::new().comes_in(Intent { schedule: at.clone(), ..intent() });
    desk.agent = None;
    desk.later(seconds(60));
    assert_eq!(desk.status(), "failed");
    let mut desk = Desk::new().comes_in(Intent { schedule: at, ..intent() });
    desk.job_is_over = true;
    desk.later(seconds(60));
    assert_eq!(desk.status(), "suppressed");
}

#[test]
fn a_series_goes_on_whatever_becomes_of_one_of_its_messages() {
    let anchor = MORNING + seconds(100_000);
    let leads = vec![seconds(90_000), seconds(3_600)];
    let mut desk = Desk::new().comes_in(Intent { schedule: Schedule::Before { anchor, leads }, ..intent() });
    desk.later(seconds(10_000));
    for _ in 0..3 {
        desk.fails();
    }
    assert_eq!((desk.status(), desk.is().run), ("scheduled", 2));
    assert!(matches!(desk.is().runs[0].ending, Ending::Failed { .. }));
    desk.later(seconds(86_400));
    desk.sends();
    let no = desk.latest();
    desk.calls_back(no, Progress::Read);
    assert_eq!(desk.status(), "read");
    assert!(desk.is().is_ended());
}

#[test]
fn another_intent_takes_the_place_of_one_that_waits() {
    let waits = |at| Intent { schedule: Schedule::At(MORNING + seconds(at)), ..intent() };
    let mut desk = Desk::new().comes_in(waits(60));
    let replace = |fingerprint| Command::Replace { intent: Box::new(waits(90)), fingerprint };
    let by = || Actor::Client("shop".to_owned());
    assert_eq!(desk.turn(|turn| turn.decide(replace([2; 16]), by())), Ok(Answer::Done));
    assert_eq!(desk.is().due(), Some(MORNING + seconds(90)));
    assert_eq!(desk.turn(|turn| turn.decide(replace([2; 16]), by())), Ok(Answer::Already));
    desk.later(seconds(90));
    let refused = desk.turn(|turn| turn.decide(replace([3; 16]), by()));
    assert_eq!(refused, Err(Refusal::AlreadySent { status: "queued" }));
}

#[test]
fn a_provider_that_can_be_asked_is_asked_once_nothing_was_heard() {
    let mut desk = Desk::new();
    desk.settings.messages.poll_after = Some(seconds(30));
    let mut desk = desk.comes_in(Intent { channels: vec![ChannelKind::Email], ..intent() });
    desk.sends();
    let no = desk.latest();
    desk.later(seconds(30));
    assert_eq!(desk.asked, [no]);
    assert_eq!(desk.status(), "sent");
    desk.calls_back(no, Progress::Delivered);
    assert_eq!(desk.status(), "delivered");
}

#[test]
fn a_question_that_finds_no_place_waits_for_the_next_time() {
    let mut desk = Desk::new();
    desk.settings.messages.poll_after = Some(seconds(30));
    let mut desk = desk.comes_in(Intent { channels: vec![ChannelKind::Email], ..intent() });
    desk.sends();
    let no = desk.latest();
    desk.may_ask = false;
    for round in 1..=3 {
        desk.later(seconds(30));
        assert_eq!((desk.asked.len(), desk.is().due()), (0, Some(desk.now + seconds(30))), "{round}");
        assert!(!desk.is().is_ended());
    }
    desk.may_ask = true;
    desk.later(seconds(30));
    assert_eq!(desk.asked, [no]);
    // Who asks no more in the meantime does not wait for ever.
    let mut desk = Desk::new();
    desk.settings.messages.poll_after = Some(seconds(30));
    let mut desk = desk.comes_in(Intent { channels: vec![ChannelKind::Email], ..intent() });
    desk.sends();
    desk.may_ask = false;
    desk.settings.messages.poll_after = None;
    desk.later(seconds(30));
    assert!(desk.is().is_ended());
}

#[test]
fn the_record_stays_small_however_long_a_series_is() {
    let daily = Schedule::Every { cron: "0 8 * * *".to_owned(), zone: "UTC".to_owned(), until: None };
    let mut desk = Desk::new().comes_in(Intent { schedule: daily, ..intent() });
    for day in 0..60 {
        let due = desk.is().due().expect("the next day");
        desk.now = due;
        desk.turn(|turn| turn.observe(Report::Ring));
        desk.sends();
        let no = desk.latest();
        desk.calls_back(no, Progress::Delivered);
        assert_eq!((desk.is().run, desk.status()), (day + 2, "scheduled"));
    }
    assert!(desk.is().history.len() <= HISTORY_KEPT && desk.is().deliveries.len() <= DELIVERIES_KEPT);
    assert_eq!(desk.is().runs.len(), RUNS_KEPT);
    assert_eq!(desk.is().history[0].event.name(), "created");
}

#[test]
fn s_who_says_no_while_it_waits_for_its_channel_is_not_written_to() {
    let mut desk = Desk::new().comes_in(Intent { channels: vec![ChannelKind::Sms], ..intent() });
    let ended = |desk: &Desk| match &desk.is().stage {
        Stage::Ended { ending: Ending::Suppressed { code }, .. } => code.clone(),
        stage => panic!("{stage:?}"),
    };
    desk.tells(Told::Dropped(DropReason::Unwanted));
    assert_eq!((desk.owes(), ended(&desk).as_str()), (vec![], "opted-out"));
    // A yes that was taken back is no no.
    let mut desk = Desk::new().comes_in(Intent { channels: vec![ChannelKind::Sms], ..intent() });
    desk.tells(Told::Dropped(DropReason::NoConsent));
    assert_eq!((desk.owes(), ended(&desk).as_str()), (vec![], "no-consent"));
    // The next channel is one they want.
    let mut desk = Desk::new().comes_in(Intent { channels: vec![ChannelKind::Sms, ChannelKind::Email], ..intent() });
    desk.tells(Told::Dropped(DropReason::NoConsent));
    assert_eq!(desk.owes(), [ChannelKind::Email]);
    desk.tells(Told::Dropped(DropReason::Unwanted));
    assert_eq!((desk.owes(), ended(&desk).as_str()), (vec![], "opted-out"), "the last rule counts");
}

#[test]
fn x9_in_somebodys_rest_a_message_waits_or_is_left_out_and_a_critical_one_goes() {
    let mut desk = Desk::new();
    desk.settings.time_zone = "UTC".to_owned();
    // The morning of all tests is at 08:00 UTC.
    let rest =
        crate::agent::QuietHours { from: "22:00".parse().expect("a time"), to: "09:30".parse().expect("a time") };
    desk.agent.as_mut().expect("ana").quiet_hours = Some(rest);
    let mut desk = desk.comes_in(intent());
    assert_eq!((desk.status(), desk.is().due()), ("deferred", Some(MORNING + seconds(90 * 60))));
    desk.later(seconds(90 * 60));
    assert_eq!((desk.status(), desk.owes()), ("queued", vec![ChannelKind::Whatsapp]));

    let resting = |rule| {
        let mut desk = Desk::new();
        desk.settings.messages.quiet.normal = rule;
        desk.agent.as_mut().expect("ana").quiet_hours = Some(rest);
        desk
    };
    assert_eq!(resting(crate::tenant::WhenQuiet::Skip).comes_in(intent()).status(), "suppressed");
    let flood = Intent { critical: Some("a flood".to_owned()), ..intent() };
    let desk = resting(crate::tenant::WhenQuiet::Skip).comes_in(flood.clone());
    assert_eq!(desk.owes(), [ChannelKind::Whatsapp]);
    let bypass = Event::CriticalBypass { reason: "a flood".to_owned() };
    assert!(desk.is().history.iter().any(|line| line.event == bypass), "why is recorded");
    // What is critical goes over a rest, never over a no.
    let mut desk = resting(crate::tenant::WhenQuiet::Defer);
    desk.agent.as_mut().expect("ana").consents = vec![consent(ChannelKind::Sms, Status::OptedOut)];
    assert_eq!(desk.comes_in(flood).status(), "suppressed");
    // A message that would be worth nothing after the rest is not kept for it.
    let short = Intent { lifetime: Some(seconds(60)), ..intent() };
    assert_eq!(resting(crate::tenant::WhenQuiet::Defer).comes_in(short).status(), "suppressed");
}

#[test]
fn x10_what_was_given_up_and_arrives_all_the_same_has_arrived() {
    let mut desk = Desk::new().comes_in(Intent { channels: vec![ChannelKind::Sms], ..intent() });
    // One attempt left it with the provider, and the others met a provider that wanted no more.
    desk.tells(Told::Failed { class: "retry".to_owned(), reason: "20429".to_owned() });
    assert_eq!(desk.status(), "failed");
    let no = desk.latest();
    desk.calls_back(no, Progress::Sent);
    assert_eq!(desk.status(), "sent");
    desk.calls_back(no, Progress::Delivered);
    assert_eq!(desk.status(), "delivered");
    // What was called off stays so, whatever is told.
    let mut desk = Desk::new().comes_in(intent());
    let no = desk.latest();
    assert_eq!(desk.cancels(true), Ok(Answer::Done));
    desk.calls_back(no, Progress::Delivered);
    assert_eq!(desk.status(), "canceled");
}
