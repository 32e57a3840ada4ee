//! What an offer's buttons carry: yes or no, the job and which of its offers, in 30 of the 64 bytes that Telegram has room for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_core::ids::{JobId, OfferId, OfferNo};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// What a pressed button means. The tenant is not part of it: whose job it can be follows from who pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Press {
    /// Yes or no.
    pub verdict: Verdict,
    /// The job, within the presser's tenant.
    pub job: Uuid,
    /// Which of its offers; 0 where the button is about the job itself.
    pub no: OfferNo,
}

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Claim,
    /// No.
    Decline,
    /// They have the route that was handed to them.
    Acknowledge,
}

impl Press {
    /// The button of an offer.
    pub fn on(offer: OfferId, verdict: Verdict) -> Self {
        Self { verdict, job: offer.job.local, no: offer.no }
    }

    /// The button below a route that was handed over.
    pub fn acknowledging(job: JobId) -> Self {
        Self { verdict: Verdict::Acknowledge, job: job.local, no: 0 }
    }

    /// As a button carries it.
    pub fn to_data(self) -> String {
        let verdict = match self.verdict {
            // As the fleet service wrote it: buttons below its messages still work.
            Verdict::Acknowledge => return format!("ack:{}", self.job.hyphenated()),
            Verdict::Claim => 'c',
            Verdict::Decline => 'd',
        };
        format!("{verdict}:{}.{}", URL_SAFE_NO_PAD.encode(self.job.as_bytes()), self.no)
    }

    /// Reads what a button carried; none where it is not ours.
    pub fn from_data(data: &str) -> Option<Self> {
        let (verdict, offer) = data.split_once(':')?;
        let verdict = match verdict {
            "c" => Verdict::Claim,
            "d" => Verdict::Decline,
            "ack" => {
                return Some(Self { verdict: Verdict::Acknowledge, job: Uuid::try_parse(offer).ok()?, no: 0 });
            }
            _ => return None,
        };
        let (job, no) = offer.split_once('.')?;
        let job = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(job).ok()?).ok()?;
        let no = no.parse().ok().filter(|no| *no > 0)?;
        Some(Self { verdict, job, no })
    }
}

/// Written as a button carries it.
impl Serialize for Press {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_data())
    }
}

impl<'de> Deserialize<'de> for Press {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = String::deserialize(deserializer)?;
        Self::from_data(&data).ok_or_else(|| serde::de::Error::custom("no button of ours"))
    }
}

#[cfg(test)]
mod tests {
    use baton_core::ids::TenantId;

    use super::*;

    #[test]
    fn a_button_reads_back_as_it_was_made_and_fits() {
        let offer = JobId::of_reference(TenantId::DEFAULT, "a").offer(OfferNo::MAX);
        let acknowledging = Press::acknowledging(offer.job);
        for press in [Press::on(offer, Verdict::Claim), Press::on(offer, Verdict::Decline), acknowledging] {
            assert!(press.to_data().len() <= 64, "{}", press.to_data());
            assert_eq!(Press::from_data(&press.to_data()), Some(press));
        }
    }

    #[test]
    fn what_is_not_ours_is_no_press() {
        for foreign in [
            "",
            "c:",
            "x:AAAAAAAAAAAAAAAAAAAAAA.1",
            "c:AAAA.1",
            "c:AAAAAAAAAAAAAAAAAAAAAA.0",
            "c:AAAAAAAAAAAAAAAAAAAAAA",
            "ack:",
            "ack:AAAAAAAAAAAAAAAAAAAAAA.1",
        ] {
            assert_eq!(Press::from_data(foreign), None, "{foreign}");
        }
    }
}
