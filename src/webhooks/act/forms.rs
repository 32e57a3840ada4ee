//! Whether what a shut window kept back can be said in the form that WhatsApp lets through.

use std::sync::Arc;

use baton_core::delivery::ChannelKind;
use baton_core::ids::DebtId;

use super::{Desk, NotDone};
use crate::wording::Wording;

/// What can be said to people who have not written for a day.
#[derive(Clone, Default)]
pub struct Forms {
    /// A template carries offers, with their buttons.
    pub offers: bool,
    /// A template carries any text.
    pub texts: bool,
    /// Where notifications have forms of their own.
    pub wording: Option<Arc<Wording>>,
}

impl Desk {
    /// Whether the message of a debt would be sent again as something other than free text.
    pub(super) fn has_another_form(&self, debt: DebtId, topic: &str) -> Result<bool, NotDone> {
        let forms = &self.means.forms;
        let (id, no) = match debt {
            DebtId::Job(_) => return Ok(if topic == "offer" { forms.offers } else { forms.texts }),
            DebtId::Notification(id, no) => (id, no),
        };
        if forms.texts {
            return Ok(true);
        }
        let (Some(wording), Some(notification)) = (&forms.wording, self.engine.notification(id)?) else {
            return Ok(false);
        };
        let view = self.engine.tenants().view(id.tenant);
        let intent = &notification.intent;
        let theirs = || view.roster.get(&intent.recipient).and_then(|agent| agent.locale.clone());
        let locale = intent.locale.clone().or_else(theirs).unwrap_or_else(|| view.settings.locale.clone());
        let carried = notification.deliveries.iter().find(|delivery| delivery.no == no);
        let provider = carried.filter(|delivery| delivery.channel == ChannelKind::Whatsapp).and_then(|d| d.provider);
        Ok(wording.has_form(id.tenant, &intent.template, &locale, provider))
    }
}
