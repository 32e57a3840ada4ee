//! Relayed answers.

use crate::http::sample::House;

async fn answer(house: &House, from: &str, text: &str, job: Option<&str>) -> crate::http::sample::Answered {
    let body = serde_json::json!({ "from": from, "text": text, "job": job });
    house.ask("POST /api/v1/replies", &body.to_string()).await
}

#[tokio::test]
async fn b3_to_b7_every_reply_has_its_answer() {
    let house = House::with_people().await;
    let job = house.ask("POST /api/v1/jobs", r#"{"external_ref":"a","brief":{"from":"Leeds"}}"#).await.json;
    let (ana, bo) = ("+447700900001", "+44 7700 900002");
    assert_eq!(answer(&house, "+447700900099", "YES", None).await.problem(), (404, "unknown-agent"));
    let national = answer(&house, "07700 900001", "YES", None).await;
    assert_eq!(national.problem(), (404, "unknown-agent"));
    assert!(national.json["detail"].as_str().unwrap().contains("such as +447700900001"), "{}", national.text);
    assert_eq!(answer(&house, bo, "YES", None).await.problem(), (409, "no-open-offer"));
    let odd = answer(&house, ana, "maybe", None).await;
    assert_eq!((odd.problem(), &odd.json["expected"][0]), ((422, "unrecognized-reply"), &"YES".into()));
    assert_eq!(answer(&house, ana, "help", None).await.json["outcome"], "help");
    let no = answer(&house, ana, " no ", None).await;
    assert_eq!((no.status, &no.json["outcome"]), (200, &"declined".into()), "{}", no.text);
    assert_eq!(no.json["job"]["offers"][1]["agent"]["ref"], "bo");
    let yes = answer(&house, bo, " Yes ", job["code"].as_str()).await;
    assert_eq!((&yes.json["outcome"], &yes.json["job"]["status"]), (&"claimed".into(), &"claimed".into()));
    let late = answer(&house, ana, "YES", job["id"].as_str()).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert_eq!(answer(&house, ana, "YES", Some("00000000")).await.problem(), (404, "job-not-found"));
    assert_eq!(house.ask("POST /api/v1/replies", "{}").await.json["errors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn b7_two_open_offers_and_no_job_are_asked_about() {
    let house = House::with_people().await;
    for reference in ["a", "b"] {
        house.ask("POST /api/v1/jobs", &format!(r#"{{"external_ref":"{reference}","brief":{{}}}}"#)).await;
    }
    let which = answer(&house, "+447700900001", "YES", None).await;
    assert_eq!(which.problem(), (409, "ambiguous-reply"));
    let offers = which.json["offers"].as_array().unwrap().clone();
    assert_eq!(offers.len(), 2);
    let code = offers[1]["code"].as_str().unwrap();
    let yes = answer(&house, "+447700900001", "YES", Some(code)).await;
    assert_eq!((&yes.json["outcome"], &yes.json["job"]["code"]), (&"claimed".into(), &code.into()));
}
