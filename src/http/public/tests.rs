//! Links for people, as a browser follows them.

use baton_core::ids::{JobId, TenantId};
use baton_core::time::Timestamp;
use serde_json::Value;

use crate::http::sample::{Answered, House};
use crate::links::Purpose;

const FORM: [(&str, &str); 1] = [("content-type", "application/x-www-form-urlencoded")];

async fn job(house: &House, external_ref: &str) -> (Value, String) {
    let body = serde_json::json!({ "external_ref": external_ref, "brief": { "from": "Leeds" }, "approval": "link" });
    let job = house.ask("POST /api/v1/jobs", &body.to_string()).await.json;
    let id = JobId::parse(TenantId::DEFAULT, job["id"].as_str().unwrap()).unwrap();
    let token = house.door.links.token(Purpose::Approve(id), far());
    (job, format!("/public/approve/{token}"))
}

fn far() -> Timestamp {
    Timestamp(i64::from(u32::MAX) * 1_000)
}

async fn status(house: &House, job: &Value) -> String {
    let shown = house.ask(&format!("GET /api/v1/jobs/{}", job["id"].as_str().unwrap()), "").await;
    shown.json["status"].as_str().unwrap().to_owned()
}

fn is_page(answer: &Answered, status: u16, heading: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(answer.headers["content-security-policy"].to_str().unwrap().contains("form-action 'self'"));
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(answer.text.contains(&format!("<h1>{heading}</h1>")), "{}", answer.text);
}

#[tokio::test]
async fn a10_looking_changes_nothing_and_pressing_approves_once() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "VC8Y-3").await;
    for method in ["GET", "HEAD", "GET"] {
        let looked = house.send(&format!("{method} {link}"), &[], "").await;
        assert_eq!(looked.status, 200);
        if method == "GET" {
            is_page(&looked, 200, "Approve this job?");
            assert!(looked.text.contains("VC8Y-3"));
        }
    }
    assert_eq!(status(&house, &job).await, "needs_approval");
    is_page(&house.send(&format!("POST {link}"), &FORM, "action=approve").await, 200, "Approved");
    assert_eq!(status(&house, &job).await, "offering");
    is_page(&house.send(&format!("POST {link}"), &[], "").await, 200, "Approved");
    is_page(&house.send(&format!("POST {link}"), &FORM, "action=reject").await, 409, "Approved");
    is_page(&house.send(&format!("GET {link}"), &[], "").await, 200, "Approved");
}

#[tokio::test]
async fn a_form_that_cannot_be_read_decides_nothing() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "a").await;
    let large = format!("action=reject&x={}", "x".repeat(3 << 20));
    for (kind, body, expected) in [
        ("text/plain", "action=reject", 415),
        ("application/json", r#"{"action":"reject"}"#, 415),
        ("multipart/form-data; boundary=x", "--x", 415),
        (FORM[0].1, "action=reject&action=approve", 400),
        (FORM[0].1, large.as_str(), 413),
    ] {
        let answer = house.send(&format!("POST {link}"), &[("content-type", kind)], body).await;
        assert_eq!(answer.status, expected, "{kind} {body:.40}");
    }
    assert_eq!(house.send(&format!("POST {link}?action=reject"), &[], "").await.status, 400);
    assert_eq!(status(&house, &job).await, "needs_approval");
}

#[tokio::test]
async fn a_form_that_is_cut_off_is_no_yes() {
    use axum::body::Body;
    use axum::extract::{FromRequest, Request};
    use futures_util::stream;

    let cut = stream::iter([Ok("action=re"), Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof))]);
    let request = Request::post("/").header(FORM[0].0, FORM[0].1).body(Body::from_stream(cut)).unwrap();
    let settings = std::sync::Arc::new(crate::http::settings::Settings::default());
    assert!(super::fields::Fields::from_request(request, &settings).await.is_err());
}

#[tokio::test]
async fn a11_a_wrong_link_is_told_to_a_person() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "a").await;
    let id = JobId::parse(TenantId::DEFAULT, job["id"].as_str().unwrap()).unwrap();
    let expired = house.door.links.token(Purpose::Approve(id), Timestamp(1));
    is_page(&house.send(&format!("GET /public/approve/{expired}"), &[], "").await, 410, "This link has expired");
    is_page(&house.send(&format!("POST /public/approve/{expired}"), &[], "").await, 410, "This link has expired");
    is_page(&house.send(&format!("GET {link}x"), &[], "").await, 404, "This link is not valid");
    is_page(&house.send("GET /public/approve", &[], "").await, 400, "Some of what was sent is not valid");
    is_page(
        &house.send(&format!("POST {link}"), &FORM, "action=burn").await,
        400,
        "Some of what was sent is not valid",
    );
    let of_an_offer = house.door.links.token(Purpose::Offer(id.offer(1)), far());
    is_page(&house.send(&format!("GET /public/approve/{of_an_offer}"), &[], "").await, 404, "This link is not valid");
    let program = house.send(&format!("GET {link}x"), &[("accept", "application/json")], "").await;
    assert_eq!(program.problem(), (404, "link-unknown"));
    assert_eq!(status(&house, &job).await, "needs_approval");
}

#[tokio::test]
async fn a12_what_a_client_wrote_never_becomes_markup() {
    let house = House::with_people().await;
    let (_, link) = job(&house, "<script>alert(1)</script>").await;
    let page = house.send(&format!("GET {link}"), &[], "").await;
    assert!(page.status == 200 && !page.text.contains("<script"), "{}", page.text);
}

#[tokio::test]
async fn an_offer_is_answered_on_its_page() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "a").await;
    house.send(&format!("POST {link}"), &FORM, "action=approve").await;
    let id = JobId::parse(TenantId::DEFAULT, job["id"].as_str().unwrap()).unwrap();
    let offer = |no| format!("/public/offers/{}", house.door.links.token(Purpose::Offer(id.offer(no)), far()));
    is_page(&house.send(&format!("GET {}", offer(1)), &[], "").await, 200, "Do you take this job?");
    is_page(&house.send(&format!("POST {}", offer(1)), &FORM, "").await, 400, "Some of what was sent is not valid");
    assert_eq!(status(&house, &job).await, "offering");
    is_page(&house.send(&format!("POST {}", offer(1)), &FORM, "answer=no").await, 200, "You said no");
    is_page(&house.send(&format!("POST {}", offer(2)), &FORM, "answer=yes").await, 200, "The job is yours");
    assert_eq!(status(&house, &job).await, "claimed");
    is_page(&house.send(&format!("POST {}", offer(1)), &FORM, "answer=yes").await, 409, "Somebody was faster");
    let timeline = house.ask(&format!("GET /api/v1/jobs/{}/timeline", job["id"].as_str().unwrap()), "").await;
    let claimed = timeline.json["items"].as_array().unwrap().iter().find(|e| e["event"] == "claimed").unwrap().clone();
    assert_eq!((&claimed["cause"], &claimed["actor"]["agent"]["ref"]), (&"page".into(), &"bo".into()));
}

#[tokio::test]
async fn an_expired_link_still_tells_the_winner_that_they_have_the_job_and_everybody_else_that_it_is_too_late() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "a").await;
    house.send(&format!("POST {link}"), &FORM, "action=approve").await;
    let id = JobId::parse(TenantId::DEFAULT, job["id"].as_str().unwrap()).unwrap();
    let offer = |until| format!("/public/offers/{}", house.door.links.token(Purpose::Offer(id.offer(1)), until));
    let (late, good) = (offer(Timestamp(1)), offer(far()));
    for method in ["GET", "POST"] {
        let refused = house.send(&format!("{method} {late}"), &FORM, "answer=yes").await;
        is_page(&refused, 410, "This link has expired");
        assert!(refused.text.contains("The time to answer is over"), "{}", refused.text);
    }
    assert_eq!(status(&house, &job).await, "offering");
    is_page(&house.send(&format!("POST {good}"), &FORM, "answer=yes").await, 200, "The job is yours");
    is_page(&house.send(&format!("GET {late}"), &[], "").await, 200, "The job is yours");
    is_page(&house.send(&format!("POST {late}"), &FORM, "answer=no").await, 200, "The job is yours");
    assert_eq!(status(&house, &job).await, "claimed");
}

#[tokio::test]
async fn a_problem_that_there_is_not_is_told_to_a_person() {
    let house = House::open().await;
    for (path, status) in [("/problems/zebra", 404), ("/problems/", 200), ("/problems", 200)] {
        let page = house.send(&format!("GET {path}"), &[], "").await;
        assert_eq!(
            (page.status, &page.headers["content-type"]),
            (status, &"text/html; charset=utf-8".parse().unwrap())
        );
        assert!(page.text.contains("/problems"), "{}", page.text);
    }
}

#[tokio::test]
async fn f4_pages_speak_the_language_of_the_person_or_their_tenant_and_else_that_of_the_browser() {
    let house = House::with_people().await;
    let (job, link) = job(&house, "a").await;
    house.send(&format!("POST {link}"), &FORM, "action=approve").await;
    let id = JobId::parse(TenantId::DEFAULT, job["id"].as_str().unwrap()).unwrap();
    let offer = |until| format!("/public/offers/{}", house.door.links.token(Purpose::Offer(id.offer(1)), until));
    let ana = crate::http::sample::agent("ana");
    let unsubscribe = format!("/public/unsubscribe/{}", house.door.links.unsubscribe(ana));
    assert_eq!(house.ask("PATCH /api/v1/agents/ana", r#"{"locale":"he"}"#).await.status, 200);
    assert_eq!(house.ask("PATCH /api/v1/tenants/default", r#"{"locale":"ru"}"#).await.status, 200);
    let expired = house.door.links.token(Purpose::Approve(id), Timestamp(1));
    let browser = ("accept-language", "fr, ru;q=0.3, he;q=0.2");
    let hebrew = ("accept-language", "he-IL");
    for (line, headers, body, direction, said) in [
        ("GET", offer(far()), "", "rtl", "לוקחים את העבודה הזאת?"),
        ("POST", offer(far()), "answer=perhaps", "rtl", "משהו ממה שנשלח אינו תקין"),
        ("GET", offer(Timestamp(1)), "", "rtl", "תוקף הקישור פג"),
        ("GET", unsubscribe.clone(), "", "rtl", "להפסיק את הדואר?"),
        ("GET", link.clone(), "", "ltr", "Одобрен"),
        ("POST", link.clone(), "action=burn", "ltr", "Часть отправленного не подходит"),
        ("GET", format!("/public/approve/{expired}"), "", "ltr", "Срок действия ссылки истёк"),
    ]
    .map(|(method, path, body, direction, said)| (format!("{method} {path}"), [FORM[0], hebrew], body, direction, said))
    {
        let headers = if direction == "rtl" { [FORM[0], ("accept-language", "ru")] } else { headers };
        let page = house.send(&line, &headers, body).await.text;
        assert!(page.contains(&format!("dir=\"{direction}\"")) && page.contains(&format!("<h1>{said}</h1>")), "{page}");
    }
    let nobody = house.send("GET /public/approve/AAAA", &[browser], "").await;
    is_page(&nobody, 404, "Эта ссылка недействительна");
    is_page(&house.send("GET /public/approve/AAAA", &[], "").await, 404, "This link is not valid");
    let program = house.send("GET /public/approve/AAAA", &[browser, ("accept", "application/json")], "").await;
    assert_eq!(program.json["title"], "This link is not valid", "programs are told in English");
}
