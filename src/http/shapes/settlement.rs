//! What stands between a claim and the work, as it comes in: gates of a job or of a tenant, and the commands that pass them.

use std::time::Duration;

use baton_core::crew::Publish;
use baton_core::gates::{Dial, Gates, OwnGates};
use baton_core::job::release::HowReleased;
use baton_core::job::settlement::{Field as Detail, Fields};
use baton_core::job::weight::REFERENCE_MAX;
use baton_core::tenant::{DetailsAs, LateWinner, Patience, Settlement};
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::change::Change;
use crate::http::shapes::plan::duration;
use crate::http::strangers::Strangers;

const REASON: usize = 500;
const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_hours(366 * 24);

/// The words for who publishes a job in groups.
pub const PUBLISHERS: [(&str, Publish); 2] = [("engine", Publish::Engine), ("person", Publish::Person)];

/// The words for who passes a gate.
pub const DIALS: [(&str, Dial); 3] = [("off", Dial::Off), ("person", Dial::Person), ("engine", Dial::Engine)];

/// How released details are seen.
pub const DETAILS_AS: [(&str, DetailsAs); 2] = [("page", DetailsAs::Page), ("text", DetailsAs::Text)];

const LATE_WINNERS: [(&str, LateWinner); 2] = [("keeps", LateWinner::Keeps), ("returns", LateWinner::Returns)];

/// Who passes the gates behind a claim: `off` (there is none), `person` or `engine`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Gates)]
pub struct GatesShape {
    /// Who confirms the winner.
    #[schema(value_type = Option<String>, example = "person")]
    confirm: Given<String>,
    /// Who issues the invoice.
    #[schema(value_type = Option<String>, example = "off")]
    invoice: Given<String>,
    /// Who notes the payment.
    #[schema(value_type = Option<String>, example = "off")]
    payment: Given<String>,
    /// Who releases the private details.
    #[schema(value_type = Option<String>, example = "engine")]
    release: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// Who takes the steps of a job: publishes it in groups, and passes the gates behind a claim.
#[derive(Default, Hash, ToSchema)]
#[schema(as = JobGates)]
pub struct JobGatesShape {
    /// Who publishes it in a group: `person` or `engine`.
    #[schema(value_type = Option<String>, example = "person")]
    publish: Given<String>,
    /// Who confirms the winner: `off` (there is no such gate), `person` or `engine`.
    #[schema(value_type = Option<String>, example = "person")]
    confirm: Given<String>,
    /// Who issues the invoice.
    #[schema(value_type = Option<String>, example = "off")]
    invoice: Given<String>,
    /// Who notes the payment.
    #[schema(value_type = Option<String>, example = "off")]
    payment: Given<String>,
    /// Who releases the private details.
    #[schema(value_type = Option<String>, example = "engine")]
    release: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `invoice` and `paid`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = SettlementReference)]
pub struct ReferenceShape {
    /// The number of the invoice or of the payment.
    #[schema(value_type = Option<String>, max_length = 64, example = "INV-2027-0115")]
    reference: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// For `release`.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Release)]
pub struct ReleaseShape {
    /// Why the details go out although gates are not passed; without it, they do not. It stands in the timeline.
    #[schema(value_type = Option<String>, max_length = 500)]
    override_reason: Given<String>,
    /// Which of the details: `contact_name`, `phone`, `from_address`, `to_address`, `notes`, `extra`; all where it is left out.
    #[schema(value_type = Option<Vec<String>>, example = json!(["phone", "from_address"]))]
    fields: Given<Vec<Given<String>>>,
    /// How long they can be seen; as the tenant has set where it is left out.
    #[schema(value_type = Option<String>, example = "48h")]
    valid_for: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// What stands between a claim and the work.
#[derive(Default, Hash, ToSchema)]
#[schema(as = SettlementChange)]
pub struct SettlementShape {
    /// The gates of jobs that do not say otherwise.
    #[schema(value_type = Option<GatesShape>)]
    gates: Given<GatesShape>,
    /// How long released details can be seen.
    #[schema(value_type = Option<String>, example = "7d")]
    details_for: Given<String>,
    /// How long each step may take.
    #[schema(value_type = Option<PatienceShape>)]
    patience: Given<PatienceShape>,
    /// What becomes of a winner who does not pay or begin in time: `keeps` (the desk hears of it) or `returns`.
    #[schema(value_type = Option<String>, example = "keeps")]
    late_winner: Given<String>,
    /// How the winner sees released details: `page` (behind a link, which a withdrawal shuts) or `text` (in the private message, where
    /// nothing takes them back; longer ones go by the page).
    #[schema(value_type = Option<String>, example = "page")]
    details_as: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// How long each step may take, from the moment at which it is the next; `null`: as long as it takes.
#[derive(Default, Hash, ToSchema)]
#[schema(as = PatienceChange)]
pub struct PatienceShape {
    /// Until the winner is confirmed.
    #[schema(value_type = Option<String>, example = "15m")]
    confirm: Given<String>,
    /// Until the invoice is out.
    #[schema(value_type = Option<String>, example = "1h")]
    invoice: Given<String>,
    /// Until it is paid.
    #[schema(value_type = Option<String>, example = "24h")]
    payment: Given<String>,
    /// Until the details are released.
    #[schema(value_type = Option<String>, example = "15m")]
    release: Given<String>,
    /// Until the work begins.
    #[schema(value_type = Option<String>)]
    start: Given<String>,
    /// Until it is done.
    #[schema(value_type = Option<String>)]
    finish: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    GatesShape { confirm, invoice, payment, release }
    JobGatesShape { publish, confirm, invoice, payment, release }
    ReferenceShape { reference }
    ReleaseShape { override_reason, fields, valid_for }
    SettlementShape { gates, details_for, patience, late_winner, details_as }
    PatienceShape { confirm, invoice, payment, release, start, finish }
}

impl JobGatesShape {
    /// What a job says of them, or everything that is wrong with it.
    pub fn into_core(self) -> Result<(OwnGates, Option<Publish>), Vec<FieldError>> {
        Form::body(self, |form, shape| Some(shape.read(form)))
    }

    /// Reads it as a part of a body.
    pub fn read(self, form: &mut Form) -> (OwnGates, Option<Publish>) {
        let publish = form.field("publish", self.publish).one_of(&PUBLISHERS);
        let Self { confirm, invoice, payment, release, .. } = self;
        let gates = GatesShape { confirm, invoice, payment, release, ..GatesShape::default() };
        (gates.read(form), publish)
    }
}

impl GatesShape {
    /// Reads them as a part of a body.
    pub fn read(self, form: &mut Form) -> OwnGates {
        OwnGates {
            confirm: form.field("confirm", self.confirm).one_of(&DIALS),
            invoice: form.field("invoice", self.invoice).one_of(&DIALS),
            payment: form.field("payment", self.payment).one_of(&DIALS),
            release: form.field("release", self.release).one_of(&DIALS),
        }
    }
}

impl ReferenceShape {
    /// The number, if there is one.
    pub fn into_core(self) -> Result<Option<String>, Vec<FieldError>> {
        Form::body(self, |form, shape| Some(form.field("reference", shape.reference).line(REFERENCE_MAX)))
    }
}

impl ReleaseShape {
    /// How the details are released, or everything that is wrong with it.
    pub fn into_core(self) -> Result<HowReleased, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let although = form.field("override_reason", shape.override_reason).prose(REASON);
            let words = Detail::ALL.map(|field| (field.as_str(), field));
            let fields = form
                .field("fields", shape.fields)
                .each(Detail::ALL.len(), |form, word| form.field("", Given::Is(word)).one_of(&words));
            if fields.as_ref().is_some_and(Vec::is_empty) {
                form.blame("fields", "is empty", "name at least one, or leave it out for all of them");
            }
            let lasts = duration(form.field("valid_for", shape.valid_for), SECOND, YEAR);
            Some(HowReleased { although, fields: fields.map(|fields| fields.into_iter().collect::<Fields>()), lasts })
        })
    }
}

/// What becomes of the settings.
#[derive(Clone, Default)]
pub struct SettlementChange {
    gates: OwnGates,
    details_for: Option<Duration>,
    patience: PatienceChange,
    late_winner: Option<LateWinner>,
    details_as: Option<DetailsAs>,
}

/// What becomes of the times.
#[derive(Clone, Default)]
struct PatienceChange([Change<Duration>; 6]);

impl SettlementShape {
    /// The change, or nothing where something is wrong with it.
    pub fn read(self, form: &mut Form) -> SettlementChange {
        SettlementChange {
            gates: form.field("gates", self.gates).within(|form, gates| Some(gates.read(form))).unwrap_or_default(),
            details_for: duration(form.field("details_for", self.details_for), SECOND, YEAR),
            patience: form
                .field("patience", self.patience)
                .within(|form, patience| Some(patience.read(form)))
                .unwrap_or_default(),
            late_winner: form.field("late_winner", self.late_winner).one_of(&LATE_WINNERS),
            details_as: form.field("details_as", self.details_as).one_of(&DETAILS_AS),
        }
    }
}

impl PatienceShape {
    fn read(self, form: &mut Form) -> PatienceChange {
        let time = |field: Field<'_, String>| duration(field, SECOND, YEAR);
        PatienceChange([
            Change::of(form.field("confirm", self.confirm), time),
            Change::of(form.field("invoice", self.invoice), time),
            Change::of(form.field("payment", self.payment), time),
            Change::of(form.field("release", self.release), time),
            Change::of(form.field("start", self.start), time),
            Change::of(form.field("finish", self.finish), time),
        ])
    }
}

impl SettlementChange {
    /// The settings as they are to be stored.
    pub fn onto(self, settlement: &mut Settlement) {
        let Gates { .. } = settlement.gates;
        settlement.gates = self.gates.over(settlement.gates);
        settlement.details_for = self.details_for.unwrap_or(settlement.details_for);
        settlement.late_winner = self.late_winner.unwrap_or(settlement.late_winner);
        settlement.details_as = self.details_as.unwrap_or(settlement.details_as);
        let Patience { confirm, invoice, payment, release, start, finish } = &mut settlement.patience;
        for (time, change) in [confirm, invoice, payment, release, start, finish].into_iter().zip(self.patience.0) {
            change.onto(time);
        }
    }
}

/// The word for what becomes of a late winner.
pub fn late_winner(what: LateWinner) -> &'static str {
    LATE_WINNERS.iter().find(|(_, known)| *known == what).map_or("", |(word, _)| word)
}

/// The word for how released details are seen.
pub fn details_as(how: DetailsAs) -> &'static str {
    DETAILS_AS.iter().find(|(_, known)| *known == how).map_or("", |(word, _)| word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;

    #[test]
    fn a_release_names_its_fields_its_time_and_why() {
        let body = br#"{"override_reason":"the client called","fields":["phone","notes"],"valid_for":"2h"}"#;
        let how = json::parse::<ReleaseShape>(body).unwrap().into_core().ok().unwrap();
        assert_eq!(how.although.as_deref(), Some("the client called"));
        assert_eq!(
            how.fields.map(|fields| fields.iter().collect::<Vec<_>>()),
            Some(vec![Detail::Phone, Detail::Notes])
        );
        assert_eq!(how.lasts, Some(Duration::from_hours(2)));
        assert_eq!(json::parse::<ReleaseShape>(b"{}").unwrap().into_core().ok().unwrap(), HowReleased::default());
    }

    #[test]
    fn what_is_wrong_with_a_release_or_a_gate_is_named() {
        let errors = |body: &[u8]| json::parse::<ReleaseShape>(body).unwrap().into_core().err().unwrap();
        let fields = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.field).collect::<Vec<_>>();
        let wrong = errors(br#"{"fields":["phone","shoe"],"valid_for":"0s","zebra":1}"#);
        assert_eq!(fields(wrong), ["zebra", "fields[1]", "valid_for"]);
        assert_eq!(fields(errors(br#"{"fields":[]}"#)), ["fields"]);
        let gates = json::parse::<JobGatesShape>(br#"{"publish":"off","confirm":"maybe","release":"engine"}"#).unwrap();
        assert_eq!(fields(gates.into_core().err().unwrap()), ["publish", "confirm"]);
        let gates = json::parse::<JobGatesShape>(br#"{"publish":"person","confirm":"engine"}"#).unwrap();
        let confirm = OwnGates { confirm: Some(Dial::Engine), ..OwnGates::default() };
        assert_eq!(gates.into_core().ok().unwrap(), (confirm, Some(Publish::Person)));
    }

    #[test]
    fn settings_about_the_settlement_are_changed_one_by_one() {
        let mut settlement = Settlement::default();
        let mut change = |body: &[u8]| {
            let shape: SettlementShape = json::parse(body).unwrap();
            let mut form_of = None;
            let read: Result<(), Vec<FieldError>> = Form::read(|form| {
                form_of = Some(shape.read(form));
                Some(())
            });
            assert!(read.is_ok());
            form_of.unwrap().onto(&mut settlement);
            settlement.clone()
        };
        let set = change(
            br#"{"gates":{"invoice":"off","release":"engine"},"patience":{"confirm":"15m"},"late_winner":"returns"}"#,
        );
        assert_eq!((set.gates.confirm, set.gates.invoice, set.gates.release), (Dial::Person, Dial::Off, Dial::Engine));
        assert_eq!((set.patience.confirm, set.late_winner), (Some(Duration::from_mins(15)), LateWinner::Returns));
        let less = change(br#"{"patience":{"confirm":null},"details_for":"1h","details_as":"text"}"#);
        assert_eq!(less.details_as, DetailsAs::Text);
        assert_eq!(
            (less.patience.confirm, less.details_for, less.gates.invoice),
            (None, Duration::from_hours(1), Dial::Off)
        );
    }
}
