//! The journal of attempts: what leaves stands in the store before it leaves, where the provider does not tell repeats apart.

use std::collections::HashSet;
use std::ops::ControlFlow;

use baton_core::ids::{DebtId, TenantId};
use ractor::{ActorProcessingErr, ActorRef};

use super::{Account, ChannelActor, ChannelMessage};
use crate::committer::{NotStored, Pending};
use crate::records::{Attempting, ChannelMemory};
use crate::resolve::is_owed;
use crate::store::codec;
use crate::store::keys::{Key, Prefix, Space};
use crate::store::{StepWrites, StoreError, Write};

/// So many attempts stand on a page of the journal: it stays well below the largest value of the store.
const JOURNAL_PAGE: usize = 1_000;

impl ChannelActor {
    pub(super) fn account_key(&self) -> Key {
        Key::Channel { tenant: TenantId::DEFAULT, account: self.word().to_owned(), page: 0 }
    }

    pub(super) fn attempts_key(&self, page: u64) -> Key {
        Key::Attempts { tenant: TenantId::DEFAULT, account: self.word().to_owned(), seq: page }
    }

    /// What the journal of an account holds, and on how many pages.
    pub(super) fn journaled(&self, account: &str) -> Result<(HashSet<DebtId>, u64), StoreError> {
        let (mut before, mut pages) = (HashSet::new(), 0);
        let prefix = Prefix::account(Space::Attempts, TenantId::DEFAULT, account);
        self.house.store.scan(&prefix, None, &mut |key, record| {
            if let Some(Key::Attempts { seq, .. }) = Key::parse(key) {
                pages = pages.max(seq + 1);
            }
            before.extend(codec::open::<Attempting>(record).into_iter().flat_map(|(_, attempting)| attempting.0));
            ControlFlow::Continue(())
        })?;
        Ok((before, pages))
    }

    /// When a channel had one account, its rows stood under the channel's name: the first account of it takes them over, so that
    /// an attempt that was interrupted then stays marked.
    pub(super) fn take_over(&self) -> Result<(), ActorProcessingErr> {
        let old = self.channel_word();
        if old == self.word() || !self.house.outbox.is_first(self.provider()) {
            return Ok(());
        }
        let memory = Key::Channel { tenant: TenantId::DEFAULT, account: old.to_owned(), page: 0 };
        let remembered = self.house.store.get(&memory.bytes())?;
        let (attempts, pages) = self.journaled(old)?;
        if remembered.is_none() && pages == 0 {
            return Ok(());
        }
        let (mut own, mut own_pages) = self.journaled(self.word())?;
        own.extend(attempts);
        own.retain(|debt| is_owed(&self.house, *debt));
        let own: Vec<DebtId> = own.into_iter().collect();
        let mut writes = vec![Write { key: memory.bytes(), value: None }];
        if remembered.is_some() && self.house.store.get(&self.account_key().bytes())?.is_none() {
            writes.push(Write { key: self.account_key().bytes(), value: remembered });
        }
        writes.extend((0..pages).map(|seq| {
            let key = Key::Attempts { tenant: TenantId::DEFAULT, account: old.to_owned(), seq };
            Write { key: key.bytes(), value: None }
        }));
        let mut filled = 0;
        for chunk in own.chunks(JOURNAL_PAGE) {
            let page = codec::seal(&Attempting(chunk.to_vec()), 1, self.house.epoch)?;
            writes.push(Write { key: self.attempts_key(filled).bytes(), value: Some(page) });
            filled += 1;
        }
        own_pages = own_pages.max(filled);
        writes.extend((filled..own_pages).map(|page| Write { key: self.attempts_key(page).bytes(), value: None }));
        self.house.store.commit(&[StepWrites { check: None, writes }])?;
        Ok(())
    }

    pub(super) fn journal(&self, me: &ActorRef<ChannelMessage>, account: &mut Account, debts: Vec<DebtId>) {
        let now = self.house.clock.now();
        let memory =
            ChannelMemory { paused_until: account.paused_until, buckets: account.buckets.remember(now), offset: None };
        let row = |page, value| Write { key: self.attempts_key(page).bytes(), value };
        let sealed = codec::seal(&memory, 1, self.house.epoch).and_then(|memory| {
            let pages = debts.chunks(JOURNAL_PAGE);
            let pages: Result<Vec<Vec<u8>>, _> =
                pages.map(|page| codec::seal(&Attempting(page.to_vec()), 1, self.house.epoch)).collect();
            Ok((pages?, memory))
        });
        let me = me.clone();
        match sealed {
            Ok((pages, memory)) => {
                let filled = pages.len() as u64;
                let mut writes = vec![Write { key: self.account_key().bytes(), value: Some(memory) }];
                writes.extend((0..).zip(pages).map(|(page, attempting)| row(page, Some(attempting))));
                writes.extend((filled..account.pages).map(|page| row(page, None)));
                account.pages = filled;
                let done = Box::new(move |result| drop(me.cast(ChannelMessage::Journaled(result))));
                self.house.committer.store(Pending {
                    writes: StepWrites { check: None, writes },
                    facts: None,
                    events: None,
                    done,
                });
            }
            // Neither can be too large; if one ever is, the actor falls and what it had in hand is put back.
            Err(_) => drop(me.cast(ChannelMessage::Journaled(Err(NotStored::TooLarge)))),
        }
    }
}
