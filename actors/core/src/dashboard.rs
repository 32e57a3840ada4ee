//! What a tenant's dashboard is told, in the five words of its wire: what bots hand in for it, and what becomes of jobs as orders.

use serde::{Deserialize, Serialize};

use crate::job::{Ending, Event};

pub mod backlog;

/// What a dashboard is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Wire {
    /// A customer has written.
    CustomerSeen,
    /// An order came in.
    OrderCreated,
    /// An order has another status.
    OrderStatus,
    /// A person is needed.
    EscalationCreated,
    /// A person has seen to it.
    EscalationResolved,
}

impl Wire {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::CustomerSeen, Self::OrderCreated, Self::OrderStatus, Self::EscalationCreated, Self::EscalationResolved];

    /// Its name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CustomerSeen => "customer.seen",
            Self::OrderCreated => "order.created",
            Self::OrderStatus => "order.status",
            Self::EscalationCreated => "escalation.created",
            Self::EscalationResolved => "escalation.resolved",
        }
    }

    /// The one of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.as_str() == name)
    }
}

/// How far an order is, in the order in which that goes. A cancelled one is over, like a delivered one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    /// It came in.
    Created,
    /// It is taken.
    Confirmed,
    /// It is being made.
    Cooking,
    /// It is on its way.
    Delivering,
    /// It has arrived.
    Delivered,
    /// It is called off.
    Cancelled,
}

impl Status {
    const ALL: [Self; 6] =
        [Self::Created, Self::Confirmed, Self::Cooking, Self::Delivering, Self::Delivered, Self::Cancelled];

    /// Its word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Confirmed => "confirmed",
            Self::Cooking => "cooking",
            Self::Delivering => "delivering",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// What a word of the wire or of a point of sale stands for. A word that is not known stands for nothing: it is kept as it is,
    /// and never taken for a confirmation.
    pub fn meant_by(word: &str) -> Option<Self> {
        let word = word.trim();
        let of_wire = Self::ALL.into_iter().find(|status| status.as_str().eq_ignore_ascii_case(word));
        of_wire.or(match word {
            "CookingStarted" => Some(Self::Cooking),
            "OnWay" => Some(Self::Delivering),
            "Closed" => Some(Self::Delivered),
            _ => None,
        })
    }

    /// Whether an order that is so far may be found that far later on. It never goes back, and what is over stays over.
    pub fn leads_to(self, next: Self) -> bool {
        match self {
            Self::Delivered | Self::Cancelled => false,
            Self::Created | Self::Confirmed | Self::Cooking | Self::Delivering => next > self,
        }
    }
}

/// What a dashboard has heard of an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// It knows the order.
    pub created: bool,
    /// It waits for a person.
    pub escalated: bool,
    /// The last status it was told of by us.
    pub status: Option<Status>,
}

/// What a dashboard is told of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tells {
    /// It came in.
    Created,
    /// It has come so far.
    Status(Status),
    /// A person is needed: why.
    Escalated(&'static str),
    /// A person is no longer needed: why.
    Resolved(&'static str),
}

impl Tells {
    /// What that is on the wire.
    pub fn wire(self) -> Wire {
        match self {
            Self::Created => Wire::OrderCreated,
            Self::Status(_) => Wire::OrderStatus,
            Self::Escalated(_) => Wire::EscalationCreated,
            Self::Resolved(_) => Wire::EscalationResolved,
        }
    }
}

/// What a dashboard is told of what became true of a job, and what it has heard from then on. Of a job that it does not know, because
/// that was there before it, it is told nothing.
pub fn tells(event: &Event, heard: &mut Heard) -> Vec<Tells> {
    let mut told = Vec::new();
    if *event == Event::Created {
        if !heard.created {
            heard.created = true;
            told.push(Tells::Created);
        }
        return told;
    }
    if !heard.created {
        return told;
    }
    if let Some(why) = resolved_by(event)
        && heard.escalated
    {
        heard.escalated = false;
        told.push(Tells::Resolved(why));
    }
    if let Some(status) = status_after(event)
        && heard.status.unwrap_or(Status::Created).leads_to(status)
    {
        heard.status = Some(status);
        told.push(Tells::Status(status));
    }
    if let Some(why) = needs_a_person(event)
        && !heard.escalated
    {
        heard.escalated = true;
        told.push(Tells::Escalated(why));
    }
    told
}

fn status_after(event: &Event) -> Option<Status> {
    match event {
        Event::Claimed { .. } => Some(Status::Confirmed),
        Event::WorkStarted => Some(Status::Delivering),
        Event::Closed { outcome, .. } => Some(match outcome {
            Ending::Completed => Status::Delivered,
            Ending::Rejected | Ending::Cancelled | Ending::Expired | Ending::Failed | Ending::NoShow => {
                Status::Cancelled
            }
        }),
        _ => None,
    }
}

fn needs_a_person(event: &Event) -> Option<&'static str> {
    match event {
        Event::Unfilled { .. } => Some("Nobody took the job"),
        Event::Escalated { .. } => Some("A step of the job is late"),
        _ => None,
    }
}

fn resolved_by(event: &Event) -> Option<&'static str> {
    match event {
        Event::RoundStarted { .. } => Some("The job is offered again"),
        Event::Claimed { .. } => Some("The job is claimed"),
        Event::GatePassed { .. } | Event::Released { .. } | Event::WorkStarted => Some("The job goes on"),
        Event::ClaimEnded { .. } => Some("The job was given to others"),
        Event::Closed { .. } => Some("The job is over"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
