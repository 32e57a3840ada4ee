use super::*;
use crate::wording::samples;

fn wording() -> Wording {
    Wording::builtin(samples::links()).expect("a wording")
}

fn sheet(brief: Brief) -> CrewSheet {
    let job = JobId::parse(TenantId::DEFAULT, "6a2f8f1f-3f0e-4c57-9b60-0a110952ef82").expect("an id");
    CrewSheet::of(&CrewView { job, code: job.code(), brief })
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn documented() -> Brief {
    Brief {
        from: Some("Haifa".into()),
        to: Some("Kiryat Ata".into()),
        date: Some(jiff::civil::date(2027, 2, 23)),
        window: Some("morning".into()),
        volume: Some("1br".into()),
        services: words(&["pickup 1 floor 3 no lift", "delivery floor 2 no lift", "fridge", "washing_machine"]),
        price: Some(Price { from: 850, to: 950, currency: "ILS".into() }),
        ..Brief::default()
    }
}

#[test]
fn c2_the_message_is_the_documented_one() {
    let expected = "🧰 Job #0952ef82\n\nRoute: Haifa → Kiryat Ata\nDate: 23 Feb (Morning)\nVolume: 1BR\nFloors: 3 → 2 (No elevator)\n\
        Extras: Fridge, Washing machine\nEstimate: ₪850–₪950";
    assert_eq!(wording().crew_text(&sheet(documented()), "en").expect("a text"), expected);
}

#[test]
fn c4_what_is_missing_is_not_specified_or_not_there() {
    let expected =
        "🧰 Job #0952ef82\n\nRoute: not specified\nDate: not specified\nVolume: not specified\nFloors: not specified";
    assert_eq!(wording().crew_text(&sheet(Brief::default()), "en").expect("a text"), expected);
    let half = Brief { from: Some("Haifa".into()), services: words(&["delivery floor 0"]), ..Brief::default() };
    let text = wording().crew_text(&sheet(half), "en").expect("a text");
    assert!(text.contains("Route: Haifa → not specified") && text.contains("Floors: not specified → 0"), "{text}");
}

#[test]
fn c5_several_pickups_are_chained_with_a_line_of_floors_each() {
    let several =
        |via: &[&str], stops: &[&str]| sheet(Brief { via: words(via), services: words(stops), ..documented() });
    let two = several(&["Tel Aviv"], &["pickup 1 floor 3 no lift", "pickup 2 floor 1 lift", "delivery floor 2"]);
    let text = wording().crew_text(&two, "en").expect("a text");
    assert!(text.contains("Route: Haifa → Tel Aviv → Kiryat Ata\n"), "{text}");
    assert!(
        text.contains("Floors:\nPickup 1: 3 (No elevator)\nPickup 2: 1 (Elevator)\nDelivery: 2\nEstimate"),
        "{text}"
    );
    let three = several(&["Tel Aviv", "Lod"], &["pickup 1 floor 3", "pickup 2", "pickup 3 floor 0"]);
    let text = wording().crew_text(&three, "en").expect("a text");
    assert!(text.contains("Route: Haifa → Tel Aviv → Lod → Kiryat Ata\n"), "{text}");
    assert!(text.contains("Pickup 1: 3\nPickup 2: not specified\nPickup 3: 0\nDelivery: not specified"), "{text}");
}

#[test]
fn c5_every_language_has_its_own_labels() {
    let items = vec![Item { kind: "box".into(), quantity: 10 }, Item { kind: "sofa".into(), quantity: 1 }];
    let several = sheet(Brief { items, via: words(&["Lod"]), ..documented() });
    for (locale, expected) in [
        ("en", ["Route: ", "(Morning)", "Pickup 1: 3 (No elevator)", "Items: Box ×10, Sofa\n", "Estimate: ₪850–₪950"]),
        (
            "ru",
            [
                "Маршрут: ",
                "23 февр. (Утро)",
                "Забор 1: 3 (без лифта)",
                "Вещи: Коробка ×10, Диван\n",
                "Оценка: ₪850–₪950",
            ],
        ),
        ("he", ["מסלול: ", "(בוקר)", "איסוף 1: 3 (ללא מעלית)", "פריטים: ארגז ×10, ספה\n", "₪850–₪950"]),
    ] {
        let text = wording().crew_text(&several, locale).expect("a text");
        for part in expected {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
}

#[test]
fn every_word_is_worded_in_every_language() {
    assert_eq!(wording().mistakes_of_crew().len(), 0);
}
