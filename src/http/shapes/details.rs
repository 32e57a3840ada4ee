//! The private part of a job, as it comes in. No Debug, no Serialize: it leaves this file only on its way to being sealed.

use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::details::{Details, Extra};
use crate::http::form::{Form, value};
use crate::http::given::{Given, object};
use crate::http::strangers::Strangers;
use crate::phones;

const LINE: usize = 200;
const NOTES: usize = 4_000;

/// What only the winner learns, once it is released: sealed at rest, never shown to a crew, never logged.
#[derive(Default, Hash, ToSchema)]
#[schema(as = Details)]
pub struct DetailsShape {
    /// The client's name.
    #[schema(value_type = Option<String>, max_length = 200, example = "Test Person")]
    contact_name: Given<String>,
    /// The client's number, in international form.
    #[schema(value_type = Option<String>, example = "+447700900123")]
    phone: Given<String>,
    /// Where it starts.
    #[schema(value_type = Option<String>, max_length = 200, example = "1 Example Street")]
    from_address: Given<String>,
    /// Where it ends.
    #[schema(value_type = Option<String>, max_length = 200, example = "2 Example Road")]
    to_address: Given<String>,
    /// What else there is to say.
    #[schema(value_type = Option<String>, max_length = 4000, example = "ring twice")]
    notes: Given<String>,
    /// Further fields of the client's own: at most 20.
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    extra: Given<BTreeMap<String, Given<String>>>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    DetailsShape { contact_name, phone, from_address, to_address, notes, extra }
}

impl DetailsShape {
    /// The details, to be sealed at once.
    pub fn read(self, form: &mut Form) -> Option<Details> {
        Some(Details {
            contact_name: form.field("contact_name", self.contact_name).line(LINE),
            phone: form.field("phone", self.phone).parsed(|text| phones::read(&text)),
            from_address: form.field("from_address", self.from_address).prose(LINE),
            to_address: form.field("to_address", self.to_address).prose(LINE),
            notes: form.field("notes", self.notes).prose(NOTES),
            extra: form.field("extra", self.extra).refine(value, extra).unwrap_or_default(),
            original: None,
        })
    }
}

/// The names are the client's own and may be private themselves, so a mistake names only the field they stand in.
fn extra(form: &mut Form, name: &'static str, given: BTreeMap<String, Given<String>>) -> Option<Extra> {
    let mut extra = Extra::default();
    for (key, value) in given {
        let key = form.field(name, Given::Is(key)).line(Extra::NAME_MAX);
        let value = form.field(name, value).prose(Extra::VALUE_MAX);
        let (Some(key), Some(value)) = (key, value) else { continue };
        if let Err(refused) = extra.add(&key, &value) {
            form.blame(name, "is not valid", refused.to_string());
            return None;
        }
    }
    Some(extra)
}
