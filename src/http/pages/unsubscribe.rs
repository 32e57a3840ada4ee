//! The page behind a link that ends mails.

use askama::Template;

/// The page. It names nobody: a mail may have been passed on.
#[derive(Template)]
#[template(path = "unsubscribe.html")]
pub struct UnsubscribePage {
    /// Whether they have ended.
    pub ended: bool,
}
