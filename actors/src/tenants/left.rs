//! What people said no to, kept under a print of the address when they are removed or move, and taken up again by whoever comes to
//! that address. The print is made with a secret of the deployment: the address cannot be told from it.

use std::collections::BTreeMap;

use baton_core::agent::Agent;
use baton_core::consent::{AddressKind, Consent};
use baton_core::ids::TenantId;
use baton_core::time::Timestamp;

use super::roster::ChangeFailure;
use crate::house::House;
use crate::records::Refused;
use crate::store::codec;
use crate::store::keys::Key;

/// The refusals that one change of agents touches, by their rows.
pub(super) struct Left<'a> {
    house: &'a House,
    tenant: TenantId,
    changed: BTreeMap<[u8; 32], Vec<Consent>>,
}

impl<'a> Left<'a> {
    pub(super) fn of(house: &'a House, tenant: TenantId) -> Self {
        Self { house, tenant, changed: BTreeMap::new() }
    }

    /// Somebody is removed, or is another from now on.
    pub(super) fn leaves(&mut self, before: &Agent, after: Option<&Agent>) -> Result<(), ChangeFailure> {
        for kind in AddressKind::ALL {
            let Some(address) = before.address(kind) else { continue };
            if after.is_some_and(|after| after.address(kind).as_ref() == Some(&address)) {
                continue;
            }
            let refused = before.refused_at(kind);
            if refused.is_empty() {
                continue;
            }
            let Some(print) = self.print(kind, &address) else { continue };
            let mut kept = self.kept(print)?;
            kept.retain(|old| refused.iter().all(|new| (new.channel, new.purpose) != (old.channel, old.purpose)));
            kept.extend(refused);
            self.changed.insert(print, kept);
        }
        Ok(())
    }

    /// Somebody is stored: at an address that is new to them they take up what was said there; what they say yes to themselves is
    /// no longer refused there.
    pub(super) fn arrives(
        &mut self,
        before: Option<&Agent>,
        after: &mut Agent,
        now: Timestamp,
    ) -> Result<(), ChangeFailure> {
        for kind in AddressKind::ALL {
            let Some(address) = after.address(kind) else { continue };
            let stayed = before.filter(|before| before.address(kind).as_ref() == Some(&address));
            if stayed.is_some_and(|before| before.consents == after.consents) {
                continue;
            }
            let Some(print) = self.print(kind, &address) else { continue };
            let kept = self.kept(print)?;
            if kept.is_empty() {
                continue;
            }
            if stayed.is_none() {
                after.refused_before(&kept, now);
                continue;
            }
            let still: Vec<Consent> = kept.iter().filter(|no| after.still_refuses(no)).cloned().collect();
            if still.len() < kept.len() {
                self.changed.insert(print, still);
            }
        }
        Ok(())
    }

    /// The rows that are to be stored with the agents.
    pub(super) fn rows(self) -> Vec<(Key, Option<Result<Vec<u8>, ChangeFailure>>)> {
        let (tenant, epoch) = (self.tenant, self.house.epoch);
        let row = |(print, refused): ([u8; 32], Vec<Consent>)| {
            let value = (!refused.is_empty()).then(|| {
                let sealed = codec::seal(&Refused(refused), 1, epoch);
                sealed.map_err(|error| ChangeFailure::Broken(error.to_string()))
            });
            (Key::Refused { tenant, print }, value)
        };
        self.changed.into_iter().map(row).collect()
    }

    fn print(&self, kind: AddressKind, address: &str) -> Option<[u8; 32]> {
        self.house.address_print.get().map(|print| print(self.tenant, kind, address))
    }

    fn kept(&self, print: [u8; 32]) -> Result<Vec<Consent>, ChangeFailure> {
        if let Some(changed) = self.changed.get(&print) {
            return Ok(changed.clone());
        }
        let broken = |error: &dyn std::fmt::Display| ChangeFailure::Broken(error.to_string());
        let key = Key::Refused { tenant: self.tenant, print }.bytes();
        let Some(record) = self.house.store.get(&key).map_err(|error| broken(&error))? else { return Ok(Vec::new()) };
        Ok(codec::open::<Refused>(&record).map_err(|error| broken(&error))?.1.0)
    }
}
