//! A tenant's templates in memory, and what may become of them: pure decisions, stored and believed by the
//! [`Roster`](super::roster::Roster), their one writer.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::delivery::ChannelKind;
use baton_core::time::Timestamp;

use crate::records::{Part, ProviderTemplate, Template, TemplateId, TemplateState, Variable};

/// So many versions of templates a tenant may keep: all of them stand in memory.
pub const TEMPLATES_MAX: usize = 5_000;

/// A tenant's templates, in every version.
#[derive(Clone, Default)]
pub struct Library(BTreeMap<TemplateId, Arc<Template>>);

/// What is asked of a library.
pub enum TemplateAsk {
    /// A new version.
    Store {
        /// Which; none as its version: the next.
        key: String,
        /// For which channel.
        channel: ChannelKind,
        /// In which language.
        locale: String,
        /// Which version; none: the next.
        version: Option<u32>,
        /// Its beginning.
        state: TemplateState,
        /// Everything else.
        body: TemplateBody,
    },
    /// A draft or a disabled one becomes the active one, or an active one is taken out of use.
    Turn {
        /// Which.
        id: TemplateId,
        /// Into what.
        to: TemplateState,
    },
    /// A draft is thrown away.
    Delete {
        /// Which.
        id: TemplateId,
    },
}

/// What a template consists of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateBody {
    /// Its texts.
    pub parts: BTreeMap<Part, String>,
    /// What it is filled with.
    pub variables: Vec<Variable>,
    /// The same message as providers keep it.
    pub providers: Vec<ProviderTemplate>,
}

/// What is to be stored, and what to answer.
#[derive(Debug, PartialEq, Eq)]
pub struct TemplatesDecided {
    /// Stored over what was there.
    pub upserts: Vec<Template>,
    /// Removed.
    pub removed: Option<TemplateId>,
    /// The template that was asked about, as it is then.
    pub answer: Template,
}

/// Why a template was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateRefusal {
    /// This version is there.
    #[error("this version of the template is there already")]
    Exists,
    /// There is none like it.
    #[error("there is no such template")]
    NotFound,
    /// It was used, so it stays, for what was sent with it.
    #[error("only a draft can be deleted; one that was in use can be disabled")]
    NotADraft,
    /// What was in use does not become a draft again.
    #[error("a template that was in use does not become a draft again; store a new version")]
    NoDraftAgain,
    /// As many as can be kept.
    #[error("no more than {TEMPLATES_MAX} versions of templates can be kept; delete drafts that are not needed")]
    Full,
}

/// Whether a template can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// This one is.
    Active(Arc<Template>),
    /// It was taken out of use.
    Disabled,
    /// There are drafts alone.
    Draft,
    /// There is none.
    Unknown,
}

impl Library {
    /// A library of these.
    pub fn of(templates: impl IntoIterator<Item = Template>) -> Self {
        Self(templates.into_iter().map(|template| (template.id.clone(), Arc::new(template))).collect())
    }

    /// All of them, in the order of their keys, channels, languages and versions.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Template>> {
        self.0.values()
    }

    /// One of them.
    pub fn get(&self, id: &TemplateId) -> Option<&Arc<Template>> {
        self.0.get(id)
    }

    /// What would be sent for a key on a channel to somebody who reads these languages, the first that there is.
    /// A disabled one is passed over for the next language, and outweighs drafts.
    pub fn standing<'a>(
        &self,
        key: &str,
        channel: ChannelKind,
        locales: impl IntoIterator<Item = &'a str>,
    ) -> Standing {
        let of_key: Vec<_> = self.of_key(key, channel).collect();
        for locale in locales {
            let active = |template: &&&Arc<Template>| {
                template.state == TemplateState::Active && template.id.locale.eq_ignore_ascii_case(locale)
            };
            if let Some(template) = of_key.iter().find(active) {
                return Standing::Active(Arc::clone(template));
            }
        }
        let is = |state| of_key.iter().any(|template| template.state == state);
        if is(TemplateState::Disabled) {
            Standing::Disabled
        } else if of_key.is_empty() {
            Standing::Unknown
        } else if is(TemplateState::Draft) {
            Standing::Draft
        } else {
            // Active in languages this person does not read.
            Standing::Unknown
        }
    }

    fn of_key(&self, key: &str, channel: ChannelKind) -> impl Iterator<Item = &Arc<Template>> {
        let first = TemplateId { key: key.to_owned(), channel, locale: String::new(), version: 0 };
        let own = (first.key.clone(), channel);
        self.0
            .range(first..)
            .take_while(move |(id, _)| (&id.key, id.channel) == (&own.0, own.1))
            .map(|(_, template)| template)
    }

    fn versions<'a>(&'a self, id: &'a TemplateId) -> impl Iterator<Item = &'a Arc<Template>> {
        self.of_key(&id.key, id.channel).filter(|template| template.id.locale == id.locale)
    }

    /// What an ask comes to. At most one version of a template is active: who activates one disables the one before, in the
    /// same step.
    pub fn decide(&self, ask: TemplateAsk, by: &str, now: Timestamp) -> Result<TemplatesDecided, TemplateRefusal> {
        match ask {
            TemplateAsk::Store { key, channel, locale, version, state, body } => {
                let mut id = TemplateId { key, channel, locale, version: 0 };
                let newest = self.versions(&id).last().map_or(0, |newest| newest.id.version);
                id.version = version.unwrap_or(newest.saturating_add(1));
                if self.get(&id).is_some() {
                    return Err(TemplateRefusal::Exists);
                }
                if self.0.len() >= TEMPLATES_MAX {
                    return Err(TemplateRefusal::Full);
                }
                let TemplateBody { parts, variables, providers } = body;
                let by = by.to_owned();
                let template = Template {
                    id,
                    state,
                    parts,
                    variables,
                    providers,
                    created_at: now,
                    created_by: by.clone(),
                    changed_at: now,
                    changed_by: by,
                };
                Ok(self.with_the_other_disabled(template))
            }
            TemplateAsk::Turn { id, to } => {
                let template = self.get(&id).ok_or(TemplateRefusal::NotFound)?;
                if template.state == to {
                    let answer = Template::clone(template);
                    return Ok(TemplatesDecided { upserts: Vec::new(), removed: None, answer });
                }
                if to == TemplateState::Draft {
                    return Err(TemplateRefusal::NoDraftAgain);
                }
                Ok(self.with_the_other_disabled(template.turned(to, by, now)))
            }
            TemplateAsk::Delete { id } => {
                let template = self.get(&id).ok_or(TemplateRefusal::NotFound)?;
                match template.state {
                    TemplateState::Draft => Ok(TemplatesDecided {
                        upserts: Vec::new(),
                        removed: Some(id),
                        answer: Template::clone(template),
                    }),
                    TemplateState::Active | TemplateState::Disabled => Err(TemplateRefusal::NotADraft),
                }
            }
        }
    }

    fn with_the_other_disabled(&self, template: Template) -> TemplatesDecided {
        let mut upserts = Vec::new();
        if template.state == TemplateState::Active {
            let others = self.versions(&template.id).filter(|other| other.id != template.id);
            let active = others.filter(|other| other.state == TemplateState::Active);
            let disabled = |other: &Arc<Template>| {
                other.turned(TemplateState::Disabled, &template.changed_by, template.changed_at)
            };
            upserts.extend(active.map(disabled));
        }
        upserts.push(template.clone());
        TemplatesDecided { upserts, removed: None, answer: template }
    }

    /// The library after a decision.
    #[must_use]
    pub fn after(&self, decided: &TemplatesDecided) -> Self {
        let mut next = self.0.clone();
        if let Some(removed) = &decided.removed {
            next.remove(removed);
        }
        next.extend(decided.upserts.iter().map(|template| (template.id.clone(), Arc::new(template.clone()))));
        Self(next)
    }
}

impl Template {
    fn turned(&self, to: TemplateState, by: &str, now: Timestamp) -> Self {
        Self { state: to, changed_at: now, changed_by: by.to_owned(), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(locale: &str, version: u32) -> TemplateId {
        TemplateId { key: "pickup".to_owned(), channel: ChannelKind::Sms, locale: locale.to_owned(), version }
    }

    fn store(locale: &str, version: Option<u32>, state: TemplateState) -> TemplateAsk {
        let TemplateId { key, channel, locale, .. } = id(locale, 0);
        TemplateAsk::Store { key, channel, locale, version, state, body: TemplateBody::default() }
    }

    fn states(library: &Library) -> Vec<(u32, &'static str)> {
        library.iter().map(|template| (template.id.version, template.state.as_str())).collect()
    }

    fn after(library: Library, asks: impl IntoIterator<Item = TemplateAsk>) -> Library {
        asks.into_iter()
            .fold(library, |library, ask| library.after(&library.decide(ask, "desk", Timestamp(1)).unwrap()))
    }

    #[test]
    fn f4_a_version_is_stored_once_and_without_one_it_is_the_next() {
        let library = after(
            Library::default(),
            [
                store("en", None, TemplateState::Draft),
                store("en", Some(7), TemplateState::Draft),
                store("en", None, TemplateState::Draft),
                store("ru", None, TemplateState::Draft),
            ],
        );
        let versions: Vec<_> = library.iter().map(|t| (t.id.locale.as_str(), t.id.version)).collect();
        assert_eq!(versions, [("en", 1), ("en", 7), ("en", 8), ("ru", 1)]);
        let again = library.decide(store("en", Some(7), TemplateState::Active), "desk", Timestamp(2));
        assert_eq!(again.unwrap_err(), TemplateRefusal::Exists);
    }

    #[test]
    fn f4_at_most_one_version_is_active_and_an_older_one_can_come_back() {
        let turn = |version, to| TemplateAsk::Turn { id: id("en", version), to };
        let library = after(
            Library::default(),
            [store("en", None, TemplateState::Active), store("en", None, TemplateState::Active)],
        );
        assert_eq!(states(&library), [(1, "disabled"), (2, "active")]);
        let library = after(library, [turn(1, TemplateState::Active)]);
        assert_eq!(states(&library), [(1, "active"), (2, "disabled")]);
        let unchanged = library.decide(turn(1, TemplateState::Active), "desk", Timestamp(9)).unwrap();
        assert!(unchanged.upserts.is_empty());
        assert_eq!(
            library.decide(turn(1, TemplateState::Draft), "desk", Timestamp(9)).unwrap_err(),
            TemplateRefusal::NoDraftAgain
        );
        assert_eq!(
            library.decide(turn(3, TemplateState::Active), "desk", Timestamp(9)).unwrap_err(),
            TemplateRefusal::NotFound
        );
    }

    #[test]
    fn x8_only_drafts_are_deleted() {
        let delete = |version| TemplateAsk::Delete { id: id("en", version) };
        let library = after(
            Library::default(),
            [store("en", None, TemplateState::Active), store("en", None, TemplateState::Draft), delete(2)],
        );
        assert_eq!(states(&library), [(1, "active")]);
        assert_eq!(library.decide(delete(1), "desk", Timestamp(9)).unwrap_err(), TemplateRefusal::NotADraft);
    }

    #[test]
    fn f4_what_is_sent_is_the_active_one_in_the_first_language_that_has_one() {
        let standing = |library: &Library, locales: &[&str]| match library.standing(
            "pickup",
            ChannelKind::Sms,
            locales.iter().copied(),
        ) {
            Standing::Active(template) => template.id.locale.clone(),
            other => format!("{other:?}"),
        };
        let mut library = after(Library::default(), [store("en", None, TemplateState::Draft)]);
        assert_eq!(standing(&library, &["en"]), "Draft");
        library = after(library, [TemplateAsk::Turn { id: id("en", 1), to: TemplateState::Active }]);
        library = after(library, [store("ru", None, TemplateState::Active)]);
        assert_eq!(standing(&library, &["RU", "en"]), "ru");
        assert_eq!(standing(&library, &["he", "en"]), "en");
        library = after(library, [TemplateAsk::Turn { id: id("ru", 1), to: TemplateState::Disabled }]);
        assert_eq!(standing(&library, &["ru", "en"]), "en");
        library = after(library, [TemplateAsk::Turn { id: id("en", 1), to: TemplateState::Disabled }]);
        assert_eq!(standing(&library, &["ru", "en"]), "Disabled");
        assert!(library.standing("pickup2", ChannelKind::Sms, ["en"]) == Standing::Unknown);
        assert!(library.standing("pickup", ChannelKind::Email, ["en"]) == Standing::Unknown);
    }

    #[test]
    fn a_library_has_a_bound() {
        let of = |version| Template {
            id: id("en", version),
            state: TemplateState::Draft,
            parts: BTreeMap::new(),
            variables: Vec::new(),
            providers: Vec::new(),
            created_at: Timestamp(0),
            created_by: String::new(),
            changed_at: Timestamp(0),
            changed_by: String::new(),
        };
        let full = Library::of((1..=TEMPLATES_MAX as u32).map(of));
        let refused = full.decide(store("en", None, TemplateState::Draft), "desk", Timestamp(1));
        assert_eq!(refused.unwrap_err(), TemplateRefusal::Full);
    }
}
