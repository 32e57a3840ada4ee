//! Crew groups, and what is allowed to those who claim, as a change of a tenant's settings brings them.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::crew::{Crew, CrewGroup, GROUP_NAME_MAX, GROUPS_MAX, Publish};
use utoipa::ToSchema;

use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::shapes::agent;
use crate::http::shapes::change::Change;
use crate::http::shapes::plan::duration;
use crate::http::shapes::settlement::PUBLISHERS;
use crate::http::strangers::Strangers;

/// So many jobs are counted within an hour.
pub const AN_HOUR_MAX: u32 = 1_000;

/// Groups in which jobs are published, and what is allowed to those who claim.
#[derive(Default, Hash, ToSchema)]
#[schema(as = CrewChange)]
pub struct CrewShape {
    /// All the groups there are.
    #[schema(value_type = Option<Vec<CrewGroupShape>>, max_items = 64)]
    groups: Given<Vec<Given<CrewGroupShape>>>,
    /// Who publishes a job in a group: `engine` when the wave comes, or `person` with `POST …/publish`.
    #[schema(value_type = Option<String>, example = "engine")]
    publish: Given<String>,
    /// How much one agent may claim.
    #[schema(value_type = Option<ClaimCapsShape>)]
    claims: Given<ClaimCapsShape>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// A chat in which jobs are published.
#[derive(Default, Hash, ToSchema)]
#[schema(as = CrewGroup)]
pub struct CrewGroupShape {
    /// What plans call it.
    #[schema(value_type = String, max_length = 32, example = "movers")]
    name: Given<String>,
    /// The Telegram group: a number below zero.
    #[schema(value_type = i64, example = -1_001_234)]
    telegram_chat_id: Given<i64>,
    /// The topic in it, where it is a forum.
    #[schema(value_type = Option<i64>)]
    telegram_topic: Given<i64>,
    /// The language spoken there; the tenant's where it is left out.
    #[schema(value_type = Option<String>, example = "he")]
    locale: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

/// How much one agent may claim by themselves; `null`: any number. What the desk gives them is not counted against it.
#[derive(Default, Hash, ToSchema)]
#[schema(as = ClaimCapsChange)]
pub struct ClaimCapsShape {
    /// Jobs claimed and not closed.
    #[schema(value_type = Option<u32>, minimum = 1)]
    open: Given<u32>,
    /// Jobs won in any hour.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 1000)]
    an_hour: Given<u32>,
    /// After they gave a job back, they can claim none for so long.
    #[schema(value_type = Option<String>, example = "30m")]
    cool_down: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    CrewShape { groups, publish, claims }
    CrewGroupShape { name, telegram_chat_id, telegram_topic, locale }
    ClaimCapsShape { open, an_hour, cool_down }
}

/// What becomes of them.
#[derive(Clone, Default)]
pub struct CrewChange {
    groups: Option<BTreeMap<String, CrewGroup>>,
    publish: Option<Publish>,
    open: Change<u32>,
    an_hour: Change<u32>,
    cool_down: Change<Duration>,
}

impl CrewShape {
    /// Reads it as a part of a body.
    pub fn read(self, form: &mut Form) -> CrewChange {
        let mut named = BTreeMap::new();
        let groups = form.field("groups", self.groups).each(GROUPS_MAX, |form, group| {
            let (name, group) = group.read(form)?;
            if named.contains_key(&name) {
                form.blame("name", "is there twice", "give each group a name of its own");
                return None;
            }
            if named.values().any(|other: &CrewGroup| (other.chat, other.topic) == (group.chat, group.topic)) {
                form.blame("telegram_chat_id", "is there twice", "give each chat and topic one name");
                return None;
            }
            named.insert(name, group);
            Some(())
        });
        let publish = form.field("publish", self.publish).one_of(&PUBLISHERS);
        let caps = form.field("claims", self.claims).within(|form, claims| Some(claims.read(form))).unwrap_or_default();
        CrewChange { groups: groups.map(|_| named), publish, ..caps }
    }
}

impl CrewGroupShape {
    fn read(self, form: &mut Form) -> Option<(String, CrewGroup)> {
        let name = form.field("name", self.name).required().line(GROUP_NAME_MAX);
        let name = name.filter(|name| {
            let fits = name.len() <= GROUP_NAME_MAX;
            if !fits {
                form.blame("name", "is too long", "give at most 32 bytes");
            }
            fits
        });
        let chat = group(form.field("telegram_chat_id", self.telegram_chat_id).required());
        let topic = agent::chat(form.field("telegram_topic", self.telegram_topic));
        let locale = agent::locale(form.field("locale", self.locale));
        Some((name?, CrewGroup { chat: chat?, topic, locale }))
    }
}

impl ClaimCapsShape {
    fn read(self, form: &mut Form) -> CrewChange {
        let span = |field: Field<'_, String>| duration(field, Duration::from_secs(1), Duration::from_hours(31 * 24));
        CrewChange {
            open: Change::of(form.field("open", self.open), |field| field.between(1, 100_000)),
            an_hour: Change::of(form.field("an_hour", self.an_hour), |field| field.between(1, AN_HOUR_MAX)),
            cool_down: Change::of(form.field("cool_down", self.cool_down), span),
            ..CrewChange::default()
        }
    }
}

impl CrewChange {
    /// As it is to be stored.
    pub fn onto(self, crew: &mut Crew) {
        if let Some(groups) = self.groups {
            crew.groups = groups;
        }
        if let Some(publish) = self.publish {
            crew.publish = publish;
        }
        self.open.onto(&mut crew.caps.open);
        self.an_hour.onto(&mut crew.caps.an_hour);
        self.cool_down.onto(&mut crew.caps.cool_down);
    }
}

/// A group's chat: those of people are above zero.
fn group(field: Field<'_, i64>) -> Option<i64> {
    field.parsed(|chat| if chat < 0 { Ok(chat) } else { Err("give the group's number, which is below zero") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::json;
    use crate::http::problem::FieldError;

    fn read(body: &str) -> Result<Crew, Vec<FieldError>> {
        let shape: CrewShape = json::parse(body.as_bytes()).unwrap();
        let change = Form::body(shape, |form, shape| Some(shape.read(form)))?;
        let mut crew = Crew::default();
        change.onto(&mut crew);
        Ok(crew)
    }

    #[test]
    fn groups_are_read_as_a_whole_and_caps_one_by_one() {
        let crew = read(
            r#"{"groups":[{"name":"movers","telegram_chat_id":-5,"telegram_topic":7,"locale":"he"},
                {"name":"vans","telegram_chat_id":-6}],"publish":"person",
                "claims":{"open":2,"an_hour":3,"cool_down":"30m"}}"#,
        )
        .unwrap();
        assert_eq!(crew.groups.keys().collect::<Vec<_>>(), ["movers", "vans"]);
        assert_eq!(crew.groups["movers"], CrewGroup { chat: -5, topic: Some(7), locale: Some("he".to_owned()) });
        assert_eq!((crew.publish, crew.caps.open, crew.caps.an_hour), (Publish::Person, Some(2), Some(3)));
        assert_eq!(crew.caps.cool_down, Some(Duration::from_mins(30)));
    }

    #[test]
    fn c7_a_chat_has_one_name() {
        let twice = r#"{"groups":[{"name":"a","telegram_chat_id":-5},{"name":"b","telegram_chat_id":-5}]}"#;
        let errors = read(twice).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["groups[1].telegram_chat_id"]);
        let topics =
            r#"{"groups":[{"name":"a","telegram_chat_id":-5},{"name":"b","telegram_chat_id":-5,"telegram_topic":7}]}"#;
        assert_eq!(read(topics).unwrap().groups.len(), 2);
    }

    #[test]
    fn everything_that_is_wrong_is_named() {
        let errors = read(
            r#"{"groups":[{"name":"a","telegram_chat_id":5},{"telegram_chat_id":-5},{"name":"b","telegram_chat_id":-5},
                {"name":"b","telegram_chat_id":-6}],"publish":"off","claims":{"open":0,"an_hour":1001,"cool_down":"0s"}}"#,
        )
        .unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let expected = [
            "groups[0].telegram_chat_id",
            "groups[1].name",
            "groups[3].name",
            "publish",
            "claims.open",
            "claims.an_hour",
            "claims.cool_down",
        ];
        assert_eq!(fields, expected);
    }
}
