//! What becomes of calls before anything of them is believed.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;

use super::{meta, resend, telegram, twilio};
use crate::http::sample::{HOOK, House};

/// A call whose body never ends.
fn endless() -> Request {
    let body = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    Request::new(Body::from_stream(body))
}

#[tokio::test]
async fn s4_a_call_without_a_signature_is_refused_before_its_body_is_there() {
    let house = House::open().await;
    let (name, door) = (|| Path("default".to_owned()), || State(house.door.clone()));
    let forbidden = meta::post(name(), door(), endless()).await.into_response();
    assert_eq!(forbidden.status(), StatusCode::FORBIDDEN);
    let unauthorized = [
        twilio::post(name(), door(), endless()).await.into_response(),
        resend::post(name(), door(), endless()).await.into_response(),
        telegram::post(name(), door(), endless()).await.into_response(),
    ];
    for refused in unauthorized {
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn s4_a_call_is_as_large_as_its_provider_makes_them() {
    let house = House::open().await;
    let calls = [
        ("twilio", "x-twilio-signature", 64, 401),
        ("meta", "x-hub-signature-256", 3 * 1024, 403),
        ("telegram", "x-telegram-bot-api-secret-token", 1024, 200),
    ];
    for (provider, signature, kib, answer) in calls {
        let send = async |bytes: usize| {
            let body = " ".repeat(bytes);
            house.send(&format!("POST /public/webhooks/{provider}/default"), &[(signature, HOOK)], &body).await.status
        };
        assert_eq!((send(kib * 1024).await, send(kib * 1024 + 1).await), (answer, 413), "{provider}");
    }
}

#[tokio::test]
async fn f6_an_update_that_cannot_be_read_does_not_come_again() {
    let house = House::open().await;
    let signed = [("x-telegram-bot-api-secret-token", HOOK)];
    for odd in ["{}", r#"{"update_id":"seven"}"#, "", "{bad"] {
        let answer = house.send(&format!("POST {}", telegram::PATH), &signed, odd).await;
        assert_eq!(answer.status, 200, "{odd}: {}", answer.text);
    }
}
