//! Who writes from where: agents by phone number, chat and mailbox, shared between views like the roster itself.

use std::borrow::Borrow;

use baton_core::agent::Agent;
use baton_core::ids::AgentId;
use rpds::RedBlackTreeMapSync;

/// Agents by what they write from.
#[derive(Clone, Default)]
pub(super) struct Writers {
    phones: Addresses<String>,
    chats: Addresses<i64>,
    mailboxes: Addresses<String>,
}

/// Those at an address, in the order of asking: hardly ever more than one.
type Addresses<A> = RedBlackTreeMapSync<A, Vec<(i32, AgentId)>>;

impl Writers {
    pub(super) fn add(&mut self, agent: &Agent) {
        let place = (agent.priority, agent.id);
        if let Some(phone) = &agent.phone {
            add(&mut self.phones, phone.as_str().to_owned(), place);
        }
        if let Some(chat) = agent.telegram {
            add(&mut self.chats, chat, place);
        }
        if let Some(email) = &agent.email {
            add(&mut self.mailboxes, email.to_lowercase(), place);
        }
    }

    pub(super) fn remove(&mut self, agent: &Agent) {
        if let Some(phone) = &agent.phone {
            remove(&mut self.phones, phone.as_str().to_owned(), agent.id);
        }
        if let Some(chat) = agent.telegram {
            remove(&mut self.chats, chat, agent.id);
        }
        if let Some(email) = &agent.email {
            remove(&mut self.mailboxes, email.to_lowercase(), agent.id);
        }
    }

    pub(super) fn phone(&self, phone: &str) -> &[(i32, AgentId)] {
        at(&self.phones, phone)
    }

    pub(super) fn telegram(&self, chat: i64) -> &[(i32, AgentId)] {
        at(&self.chats, &chat)
    }

    /// In small letters.
    pub(super) fn email(&self, email: &str) -> &[(i32, AgentId)] {
        at(&self.mailboxes, email)
    }
}

fn at<'a, A: Ord + Borrow<B>, B: Ord + ?Sized>(all: &'a Addresses<A>, address: &B) -> &'a [(i32, AgentId)] {
    all.get(address).map_or(&[], Vec::as_slice)
}

fn add<A: Ord>(all: &mut Addresses<A>, address: A, place: (i32, AgentId)) {
    let mut there = at(all, &address).to_vec();
    there.push(place);
    there.sort_unstable();
    all.insert_mut(address, there);
}

fn remove<A: Ord>(all: &mut Addresses<A>, address: A, id: AgentId) {
    let mut there = at(all, &address).to_vec();
    there.retain(|(_, other)| *other != id);
    if there.is_empty() {
        all.remove_mut(&address);
    } else {
        all.insert_mut(address, there);
    }
}
