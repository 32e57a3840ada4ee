//! The desk's commands in chat: what a typed one and a pressed one say, in a few of the 64 bytes that a button has room for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_core::ids::{Code, JobId, OfferNo, TenantId};
use baton_core::job::Deed;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What the desk asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// To do something.
    Do(Deed),
    /// How a job stands.
    Status,
    /// Who has it, and who waits behind them.
    Who,
}

/// The deeds that can be typed; the others have a button where they make sense.
const TYPED: [Deed; 9] = [
    Deed::Confirm,
    Deed::Refuse,
    Deed::Invoice,
    Deed::Paid,
    Deed::Release,
    Deed::Cancel,
    Deed::Publish,
    Deed::NoShow,
    Deed::NoShowAgain,
];

impl Order {
    /// The word of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Do(deed) => deed.as_str(),
            Self::Status => "status",
            Self::Who => "who",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        match word {
            "status" => Some(Self::Status),
            "who" => Some(Self::Who),
            // Commands of Telegram have no hyphens.
            "noshow_again" => Some(Self::Do(Deed::NoShowAgain)),
            word => TYPED.into_iter().find(|deed| deed.as_str() == word).map(Self::Do),
        }
    }
}

/// A command as it was typed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Typed {
    /// What is asked for, in its word.
    order: String,
    /// The job, by its code or its id.
    pub job: String,
    /// What stands behind it.
    pub words: String,
}

impl Typed {
    /// Reads what was typed, without its slash and whom it was for. Only what names a job is a command: `cancel` alone is how some
    /// people say that they want no more messages.
    pub fn read(said: &str) -> Option<Self> {
        let mut parts = said.splitn(3, char::is_whitespace).map(str::trim);
        let order = Order::of_word(&parts.next()?.to_lowercase())?;
        let job = parts.next()?.trim_start_matches('#');
        let names_one = job.parse::<Code>().is_ok() || JobId::parse(TenantId::DEFAULT, job).is_ok();
        let words = parts.next().unwrap_or_default().to_owned();
        names_one.then(|| Self { order: order.as_str().to_owned(), job: job.to_owned(), words })
    }

    /// What is asked for.
    pub fn order(&self) -> Option<Order> {
        Order::of_word(&self.order)
    }
}

/// A button of the desk's: the tenant is not part of it, and follows from who pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskPress {
    /// What is to be done.
    pub deed: Deed,
    /// The job, within the presser's tenant.
    pub job: Uuid,
    /// The claim it was made for, by the number of its offer; 0: none.
    pub claim: OfferNo,
}

impl DeskPress {
    /// As a button carries it.
    pub fn to_data(self) -> String {
        format!("{}:{}.{}", self.deed.as_str(), URL_SAFE_NO_PAD.encode(self.job.as_bytes()), self.claim)
    }

    /// Reads what a button carried; none where it is not one of these.
    pub fn from_data(data: &str) -> Option<Self> {
        let (deed, rest) = data.split_once(':')?;
        let (job, claim) = rest.split_once('.')?;
        let job = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(job).ok()?).ok()?;
        Some(Self { deed: Deed::read(deed)?, job, claim: claim.parse().ok()? })
    }
}

/// Written as a button carries it.
impl Serialize for DeskPress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_data())
    }
}

impl<'de> Deserialize<'de> for DeskPress {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = String::deserialize(deserializer)?;
        Self::from_data(&data).ok_or_else(|| serde::de::Error::custom("no button of the desk's"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_reads_back_as_it_was_made_and_fits() {
        for deed in Deed::ALL {
            let press = DeskPress { deed, job: Uuid::from_u128(7), claim: OfferNo::MAX };
            assert!(press.to_data().len() <= 64, "{}", press.to_data());
            assert_eq!(DeskPress::from_data(&press.to_data()), Some(press));
        }
        for foreign in
            ["", "confirm:", "c:AAAAAAAAAAAAAAAAAAAAAA.1", "confirm:AAAA.1", "confirm:AAAAAAAAAAAAAAAAAAAAAA"]
        {
            assert_eq!(DeskPress::from_data(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn only_a_command_that_names_a_job_is_one() {
        // typed                              order      job         behind it
        for (typed, read) in [
            ("release 0952ef82", Some(("release", "0952ef82", ""))),
            ("Release #0952ef82  paid in cash ", Some(("release", "0952ef82", "paid in cash"))),
            ("invoice 0952ef82 INV-7", Some(("invoice", "0952ef82", "INV-7"))),
            ("who 0952ef82", Some(("who", "0952ef82", ""))),
            ("noshow 0952ef82 nobody opened", Some(("noshow", "0952ef82", "nobody opened"))),
            ("noshow_again 0952ef82", Some(("noshow-again", "0952ef82", ""))),
            ("cancel", None),
            ("cancel my order", None),
            ("status", None),
            ("retry 0952ef82", None),
            ("claim 0952ef82", None),
        ] {
            let found = Typed::read(typed);
            let found = found.as_ref().map(|typed| (typed.order.as_str(), typed.job.as_str(), typed.words.as_str()));
            assert_eq!(found, read, "{typed}");
        }
    }
}
