//! `GET /docs`: the document of this API, to read and to try. Everything comes from the binary.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::Response;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The page sets styles on its elements itself; its scripts are files of ours.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
);

/// The page and its files.
pub fn router<S: Clone + Send + Sync + 'static>(link_path: &str) -> Router<S> {
    let document = format!("{link_path}/openapi.json");
    let page = SwaggerUi::new("/docs").config(Config::new([document]).try_it_out_enabled(true));
    Router::from(page).layer(axum::middleware::map_response(allow))
}

async fn allow(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    response
}
