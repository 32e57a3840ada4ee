//! The page behind a link that ends mails.

use askama::Template;

use crate::wording::Words;

/// The page. It names nobody: a mail may have been passed on.
#[derive(Template)]
#[template(path = "unsubscribe.html")]
pub struct UnsubscribePage {
    /// Whether they have ended.
    pub ended: bool,
    /// Where they choose what they hear, mails and all else.
    pub preferences: Option<String>,
    /// In their language.
    pub words: Words,
}
