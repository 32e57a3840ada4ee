//! `[tenants.….crew]`: groups in which jobs are published, and what is allowed to those who claim.

use std::time::Duration;

use baton_core::crew::{ClaimCaps, Crew, CrewGroup, GROUP_NAME_MAX, GROUPS_MAX, Publish};

use super::reader::Section;

pub(super) fn read(section: &mut Section<'_, '_>) -> Crew {
    let texts = section.get::<Vec<String>>("groups");
    section.expect("groups", texts.len() <= GROUPS_MAX, || {
        (format!("there are {} groups", texts.len()), format!("name at most {GROUPS_MAX}"))
    });
    let mut crew = Crew { publish: section.word("publish", &PUBLISH), ..Crew::default() };
    for text in texts {
        let group = group(&text).filter(|(name, _)| !crew.groups.contains_key(name));
        section.expect("groups", group.is_some(), || {
            let cure = "write a name, the chat with its topic, and the language, such as \"movers -1001234/7 he\"";
            (format!("\"{text}\" is no group, or named twice"), cure.to_owned())
        });
        crew.groups.extend(group);
    }
    let most = |count: u64| Some(count as u32).filter(|count| *count > 0);
    crew.caps = ClaimCaps {
        open: most(section.within::<u64>("open_claims", 0..=100_000)),
        an_hour: most(section.within::<u64>("claims_an_hour", 0..=1_000)),
        cool_down: Some(section.get::<Duration>("cool_down")).filter(|span| !span.is_zero()),
    };
    crew
}

const PUBLISH: [(&str, Publish); 2] = [("engine", Publish::Engine), ("person", Publish::Person)];

/// `movers -1001234/7 he`: topic and language may be left out.
fn group(text: &str) -> Option<(String, CrewGroup)> {
    let mut parts = text.split_whitespace();
    let name = parts.next().filter(|name| name.len() <= GROUP_NAME_MAX)?;
    let place = parts.next()?;
    let (chat, topic) = match place.split_once('/') {
        Some((chat, topic)) => (chat, Some(topic.parse().ok()?)),
        None => (place, None),
    };
    let chat = chat.parse().ok().filter(|chat: &i64| *chat < 0)?;
    let locale = parts.next().map(str::to_owned);
    parts.next().is_none().then(|| (name.to_owned(), CrewGroup { chat, topic, locale }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_name_a_chat_and_what_else_there_is() {
        let of = |chat, topic, locale: Option<&str>| {
            Some(("movers".to_owned(), CrewGroup { chat, topic, locale: locale.map(str::to_owned) }))
        };
        assert_eq!(group("movers -1001234/7 he"), of(-1_001_234, Some(7), Some("he")));
        assert_eq!(group("movers -5"), of(-5, None, None));
        for bad in ["", "movers", "movers 5", "movers -5/x", "movers -5 he more"] {
            assert_eq!(group(bad), None, "{bad}");
        }
    }
}
