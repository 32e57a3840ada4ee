//! `[drop_in]`: the old routes that answer beside our own.

use baton_core::ids::TenantId;

use super::reader::Section;

/// A system whose clients find their old routes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The offer router.
    Router,
    /// The notification dispatcher.
    Notifier,
    /// The crew layer.
    Crew,
    /// The fleet dispatch service.
    Fleet,
    /// The dashboard that bots tell what they see.
    Dashboard,
}

impl System {
    const WORDS: [(&'static str, Self); 5] = [
        ("router", Self::Router),
        ("notifier", Self::Notifier),
        ("crew", Self::Crew),
        ("fleet", Self::Fleet),
        ("dashboard", Self::Dashboard),
    ];
}

/// The old routes that answer.
#[derive(Clone, Debug, Default)]
pub struct DropIn {
    /// Whose.
    pub enabled: Vec<System>,
    /// What old clients call a tenant, and which it is.
    pub tenant_ids: Vec<(String, TenantId)>,
    /// Where the fleet's own web application lives; empty: where Baton does.
    pub fleet_app_url: String,
}

impl DropIn {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        let named = section.get::<Vec<String>>("enabled");
        let mut enabled = Vec::new();
        for word in &named {
            let known = System::WORDS.iter().find(|(name, _)| name == word).map(|(_, system)| *system);
            section.expect("enabled", known.is_some(), || {
                let words = System::WORDS.map(|(word, _)| format!("\"{word}\"")).join(", ");
                (format!("\"{word}\" is none of its words"), format!("write one or more of {words}"))
            });
            enabled.extend(known.filter(|system| !enabled.contains(system)));
        }
        let mut tenant_ids = Vec::new();
        for pair in section.get::<Vec<String>>("tenant_ids") {
            let read = pair.rsplit_once('=').and_then(|(theirs, ours)| {
                let theirs = Some(theirs.trim()).filter(|theirs| !theirs.is_empty())?;
                Some((theirs.to_owned(), TenantId::new(ours.trim()).ok()?))
            });
            section.expect("tenant_ids", read.is_some(), || {
                let cure = "write what the clients say, =, and the tenant's name here (1 to 16 of a-z, 0-9 and -)";
                (format!("\"{pair}\" names no tenant"), cure.to_owned())
            });
            tenant_ids.extend(read);
        }
        Self { enabled, tenant_ids, fleet_app_url: section.get("fleet_app_url") }
    }

    /// Whether a system's old routes answer.
    pub fn has(&self, system: System) -> bool {
        self.enabled.contains(&system)
    }

    /// The tenant that an old client names: by the name it has here, or by the one that was entered for it.
    pub fn tenant(&self, named: &str) -> Option<TenantId> {
        let entered = self.tenant_ids.iter().find(|(theirs, _)| theirs == named).map(|(_, ours)| *ours);
        entered.or_else(|| TenantId::new(named).ok())
    }

    /// What old clients call a tenant.
    pub fn tenant_name(&self, tenant: TenantId) -> String {
        let entered = self.tenant_ids.iter().find(|(_, ours)| *ours == tenant).map(|(theirs, _)| theirs.clone());
        entered.unwrap_or_else(|| tenant.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn d20_a_tenant_is_known_by_its_own_name_and_by_the_one_of_old_clients() {
        let north = TenantId::new("north").unwrap();
        let theirs = "6f1d7a52-2b0e-4a39-9c39-6c1f1f0f2a10";
        let known = DropIn { tenant_ids: vec![(theirs.to_owned(), north)], ..DropIn::default() };
        assert_eq!(
            (known.tenant(theirs), known.tenant("north"), known.tenant("No Slug")),
            (Some(north), Some(north), None)
        );
        assert_eq!(
            (known.tenant_name(north), known.tenant_name(TenantId::DEFAULT)),
            (theirs.to_owned(), "default".to_owned())
        );
    }
}
