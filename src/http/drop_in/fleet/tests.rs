//! What cannot be waited for from outside: links that are a day old.

use std::time::Duration;

use baton_core::ids::{RouteId, TenantId};
use uuid::Uuid;

use crate::config::drop_in::{DropIn, System};
use crate::http::sample::House;
use crate::http::settings::Settings;
use crate::links::Purpose;

#[tokio::test]
async fn e19_a_link_whose_time_is_over_is_gone() {
    let drop_in = DropIn { enabled: vec![System::Fleet], ..DropIn::default() };
    let house = House::with(Settings { drop_in, ..Settings::default() }).await;
    let route = RouteId { tenant: TenantId::DEFAULT, local: Uuid::from_u128(7) };
    let path = format!("PUT /api/v1/routes/{}", route.local);
    assert_eq!(house.ask(&path, r#"{"stops":[{"client":"Test Person","lat":1.5,"lng":2}]}"#).await.status, 201);
    let now = house.door.clock.now();
    let look = async |purpose, until| {
        let token = house.door.links.token(purpose, until);
        house.send(&format!("GET /api/v1/public/route/{token}"), &[], "").await
    };
    let seen = look(Purpose::Route(route), now + Duration::from_mins(1)).await;
    assert_eq!(seen.status, 200);
    assert!(seen.text.contains("1.5") && !seen.text.contains("Test Person"), "{}", seen.text);
    let late = look(Purpose::Route(route), now - Duration::from_mins(1)).await;
    assert_eq!((late.status, &late.json["error"]["code"]), (410, &"GONE".into()), "{}", late.text);
    let agent = baton_core::ids::AgentId { tenant: route.tenant, local: route.local };
    let other = look(Purpose::Unsubscribe(agent), now + Duration::from_mins(1)).await;
    assert_eq!((other.status, &other.json["error"]["code"]), (404, &"NOT_FOUND".into()), "{}", other.text);
}
