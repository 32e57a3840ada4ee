//! What Telegram tells: one update a call, or many when it is asked.

use crate::channels::telegram::Inbound;
use crate::webhooks::news::{News, Told};

/// The news of an update; none where it is of no interest.
pub fn read(update: Inbound) -> Option<Told> {
    let Inbound { update_id, what } = update;
    // With zeros in front, so that they stand in their order.
    what.matters().then(|| Told { id: format!("{update_id:012}"), news: News::Telegram(what) })
}
