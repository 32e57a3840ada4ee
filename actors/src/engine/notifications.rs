//! Notifications, asked of their actors and read from the store.

use std::ops::ControlFlow;

use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, NotificationId, TenantId};
use baton_core::job::Actor;
use baton_core::notification::{self, NewNotification, Notification};
use baton_core::time::Timestamp;
use tokio::sync::oneshot;

use super::Engine;
use crate::error::Failure;
use crate::notification_actor::{Noted, NotificationMessage, Reply};
use crate::store::codec;
use crate::store::keys::{Key, Prefix, Space};

/// A page looks at no more notifications than this, however few of them are wanted.
const LOOKED_AT_MAX: usize = 5_000;

/// Which notifications are wanted.
#[derive(Clone, Debug, Default)]
pub struct NotificationFilter {
    /// In these states, by their words; empty: in any.
    pub statuses: Vec<String>,
    /// With a message on this channel, or meant for it.
    pub channel: Option<ChannelKind>,
    /// For this person.
    pub recipient: Option<AgentId>,
    /// About this, in the words of whoever asked.
    pub event_type: Option<String>,
    /// Not older.
    pub from: Option<Timestamp>,
    /// Not newer.
    pub to: Option<Timestamp>,
}

/// A page of a list.
#[derive(Default)]
pub struct Found {
    /// The newest first.
    pub notifications: Vec<Notification>,
    /// Where the next page begins, behind this one; none: this is the last.
    pub next: Option<(Timestamp, NotificationId)>,
}

impl NotificationFilter {
    fn wants(&self, notification: &Notification) -> bool {
        let intent = &notification.intent;
        let on = |kind: &ChannelKind| {
            intent.channels.contains(kind) || notification.deliveries.iter().any(|delivery| delivery.channel == *kind)
        };
        (self.statuses.is_empty() || self.statuses.iter().any(|status| status == notification.status()))
            && self.channel.as_ref().is_none_or(on)
            && self.recipient.is_none_or(|recipient| recipient == intent.recipient)
            && self.event_type.as_ref().is_none_or(|event_type| *event_type == intent.event_type)
    }
}

impl Engine {
    /// Brings a notification in; with `replace`, in the place of one with the same reference whose message has not left.
    pub async fn notify(&self, new: NewNotification, replace: bool, by: Actor) -> Result<Noted, Failure> {
        let _permit = self.admit_work()?;
        let id = new.id;
        let new = Box::new(new);
        self.ask_notification(id, |reply| NotificationMessage::Create { new, replace, by, reply }).await
    }

    /// Calls a notification off.
    pub async fn cancel_notification(
        &self,
        id: NotificationId,
        reason: Option<String>,
        by: Actor,
    ) -> Result<Noted, Failure> {
        let _permit = self.admit()?;
        self.ask_notification(id, |reply| NotificationMessage::Cancel { reason, by, reply }).await
    }

    /// Tells a notification what the world tells, and waits until what follows from it is stored. One that is gone has nobody to tell.
    pub async fn hear_of_notification(&self, id: NotificationId, report: notification::Report) -> Result<(), Failure> {
        let _permit = self.admit()?;
        match self.ask_notification(id, |reply| NotificationMessage::Hear(report, reply)).await {
            Ok(_) | Err(Failure::Notification(..)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    async fn ask_notification(
        &self,
        id: NotificationId,
        message: impl FnOnce(Reply) -> NotificationMessage,
    ) -> Result<Noted, Failure> {
        let (reply, answer) = oneshot::channel();
        self.directory()?.tell_notification(id, message(reply));
        answer.await.unwrap_or(Err(Failure::Fell))
    }

    /// A notification as it is stored.
    pub fn notification(&self, id: NotificationId) -> Result<Option<Notification>, Failure> {
        for key in [Key::LiveNotification(id), Key::EndedNotification(id)] {
            let record = self.house().store.get(&key.bytes()).map_err(|error| Failure::unreadable(&error))?;
            if let Some(record) = record {
                let opened = codec::open::<Notification>(&record).map_err(|error| Failure::unreadable(&error))?;
                return Ok(Some(opened.1));
            }
        }
        Ok(None)
    }

    /// Notifications of a tenant, the newest first, behind `after`. A page may be shorter than asked for where few are wanted: as
    /// long as it says where to go on, there may be more.
    pub fn notifications(
        &self,
        tenant: TenantId,
        filter: &NotificationFilter,
        after: Option<(Timestamp, NotificationId)>,
        limit: usize,
    ) -> Result<Found, Failure> {
        let start = match (after, filter.to) {
            (Some((created_at, id)), _) => Some(Key::NotificationLine { created_at, id }.bytes()),
            (None, Some(to)) => Some(Prefix::notifications_until(tenant, to)),
            (None, None) => None,
        };
        let mut lines = Vec::new();
        let mut more = false;
        let prefix = Prefix::tenant(Space::NotificationLines, tenant);
        let scan = self.house().store.scan(&prefix, start.as_deref(), &mut |key, _| {
            let Some(Key::NotificationLine { created_at, id }) = Key::parse(key) else {
                return ControlFlow::Continue(());
            };
            if filter.from.is_some_and(|from| created_at < from) {
                return ControlFlow::Break(());
            }
            if lines.len() >= LOOKED_AT_MAX {
                more = true;
                return ControlFlow::Break(());
            }
            lines.push((created_at, id));
            ControlFlow::Continue(())
        });
        scan.map_err(|error| Failure::unreadable(&error))?;
        let mut found = Found::default();
        let last = lines.last().copied();
        let mut behind = None;
        for line in lines {
            if found.notifications.len() >= limit {
                found.next = behind;
                return Ok(found);
            }
            behind = Some(line);
            // Removed by age between the line and the record.
            let notification = self.notification(line.1)?;
            found.notifications.extend(notification.filter(|notification| filter.wants(notification)));
        }
        found.next = last.filter(|_| more);
        Ok(found)
    }
}
