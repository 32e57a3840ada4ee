//! What a driver reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_actors::channel::Say;
use secrecy::SecretSlice;

use super::*;
use crate::sealing::Keyring;
use crate::wording::samples;

fn worded(sheet: &Sheet, locale: &str) -> (String, Mail, String) {
    let keyring = Arc::new(Keyring::new(Some(SecretSlice::from(vec![7; 32])), BTreeMap::new()).unwrap());
    let mut shown = sample_shown(true);
    shown.sealed = sheet.seal(&keyring, shown.route).unwrap();
    let wording = Wording::builtin(samples::links()).unwrap().with_keyring(keyring);
    let errand = Errand { say: Say::Route(Box::new(shown)), possible_repeat: false, ..sample_errand(locale, true) };
    (wording.telegram(&errand).unwrap(), wording.mail(&errand).unwrap(), wording.sms(&errand).unwrap())
}

#[test]
fn e17_everything_is_said_and_nothing_that_is_not_there() {
    let mut sheet = sample(3);
    sheet.distance_km = Some(0.0);
    sheet.stops[1] = Stop { sequence: 2, duration_minutes: Some(0.0), ..Stop::default() };
    for locale in ["en", "ru", "he"] {
        let (telegram, mail, sms) = worded(&sheet, locale);
        for text in [&telegram, &mail.text, &mail.html] {
            for part in
                ["North", "N-7", "1 Example Street", "ring twice", "Deep clean", "14:30", "08:00", "AB12 CDE", "3."]
            {
                assert!(text.contains(part), "{part} in {text}");
            }
            for not in ["{{", "{%", "undefined", "null", "none", "None"] {
                assert!(!text.contains(not), "{not} in {text}");
            }
        }
        assert!(sms.contains("North") && !sms.contains("ring twice"), "{sms}");
    }
    let (telegram, mail, _) = worded(&sheet, "en");
    for text in [telegram, mail.text] {
        let stop = text.split("2. Unknown client").nth(1).unwrap();
        assert!(text.contains("Distance: 0 km"), "{text}");
        assert!(stop.contains("Address not available") || stop.contains('<'), "{text}");
        assert!(stop.contains("Service: 0 min"), "{stop}");
        assert!(text.contains("3 stops") && text.contains("Wed 30 Jan 2030"), "{text}");
    }
    assert_eq!(mail.subject, "Route assignment: North - Wed 30 Jan 2030");
}

#[test]
fn e18_no_value_becomes_markup() {
    let hostile = Some("_*[]()<script>alert(1)</script>&\"".to_owned());
    let mut sheet = sample(1);
    sheet.name = hostile.clone();
    let stop = &mut sheet.stops[0];
    (stop.client, stop.address, stop.instructions, stop.service, stop.time) =
        (hostile.clone(), hostile.clone(), hostile.clone(), hostile.clone(), hostile);
    let (telegram, mail, _) = worded(&sheet, "en");
    for html in [telegram, mail.html] {
        assert!(!html.contains("<script") && html.contains("_*[]()&lt;script&gt;"), "{html}");
    }
    assert!(!mail.subject.contains('\n'));
}

#[test]
fn links_lead_to_where_the_stops_are() {
    let (telegram, _, _) = worded(&sample(3), "en");
    let telegram = telegram.replace("&#x2f;", "/");
    assert!(
        telegram.contains("https://www.google.com/maps/dir/?api=1&amp;destination=53.800000%2C-1.490000"),
        "{telegram}"
    );
    assert!(telegram.contains("waypoints="), "{telegram}");
    assert!(way(&sample(3)).is_some() && way(&sample(30)).is_none() && way(&Sheet::default()).is_none());
    let no_point = Stop { address: Some("1 Example Street".to_owned()), ..Stop::default() };
    assert_eq!(map_of(&no_point).unwrap(), "https://www.google.com/maps/dir/?api=1&destination=1+Example+Street");
    assert_eq!(map_of(&Stop::default()), None);
}

#[test]
fn the_templates_of_routes_have_no_mistakes() {
    let wording = Wording::builtin(samples::links()).unwrap();
    let mistakes: Vec<String> = wording.mistakes_of_route().iter().map(ToString::to_string).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
}
