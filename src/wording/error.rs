//! What is wrong with a template: which one, where, and about which variable.

use std::path::PathBuf;

use baton_core::delivery::ChannelKind;
use minijinja::ErrorKind;

use super::kept::Refused;

/// A template that cannot be read or filled.
#[derive(Debug, thiserror::Error)]
pub enum WordingError {
    /// A template names something that no message has.
    #[error("template {file}, line {line}: {variable} is not defined")]
    UnknownVariable {
        /// Which template.
        file: String,
        /// Where in it.
        line: usize,
        /// The expression that stands for nothing.
        variable: String,
    },
    /// A template is not valid, or does not come to an end.
    #[error("template {file}, line {line}: {reason}")]
    Invalid {
        /// Which template.
        file: String,
        /// Where in it.
        line: usize,
        /// What the template engine says.
        reason: String,
    },
    /// A message has no wording at all.
    #[error("template {file} is missing")]
    Missing {
        /// Which template.
        file: String,
    },
    /// An offer has two buttons: the first takes it, the second declines it.
    #[error("template {file}: two buttons are wanted, one a line")]
    Buttons {
        /// Which template.
        file: String,
    },
    /// A template makes an endless message.
    #[error("template {file}: the text would be too long")]
    TooLong {
        /// Which template.
        file: String,
    },
    /// A notification names a template that nobody wrote.
    #[error("there is no template {key} for {channel} in {locale}, nor in a language to fall back on")]
    NoTemplate {
        /// Its key.
        key: String,
        /// For which channel.
        channel: ChannelKind,
        /// In which language it was wanted.
        locale: String,
    },
    /// A notification names a template that is not in use.
    #[error("the template {key} for {channel} is {state}")]
    Inactive {
        /// Its key.
        key: String,
        /// For which channel.
        channel: ChannelKind,
        /// `a draft` or `disabled`.
        state: &'static str,
    },
    /// A notification came without what its template needs.
    #[error("template {template} needs values that were not given: {variables}")]
    MissingValues {
        /// Which template.
        template: String,
        /// Their names.
        variables: String,
    },
    /// The values of a notification cannot be opened, or are none.
    #[error("the values of the notification cannot be opened")]
    Sealed,
    /// The folder with one's own templates cannot be read.
    #[error("templates in {} cannot be read", folder.display())]
    Unreadable {
        /// Which folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl WordingError {
    pub(super) fn missing(name: &str, part: &str) -> Self {
        Self::Missing { file: format!("{name}.{part}") }
    }

    pub(super) fn refused(file: &str, refused: Refused) -> Self {
        Self::Invalid { file: file.to_owned(), line: refused.line, reason: refused.reason }
    }

    /// Explains an error that came out of filling `file`; it may lie in a template which that one includes.
    pub(super) fn of(file: &str, error: &minijinja::Error) -> Self {
        let innermost = innermost(error);
        let file = innermost.name().unwrap_or(file).to_owned();
        let line = innermost.line().unwrap_or(0);
        if innermost.kind() == ErrorKind::UndefinedError {
            let variable = innermost
                .range()
                .and_then(|range| innermost.template_source()?.get(range))
                .unwrap_or("a variable")
                .to_owned();
            return Self::UnknownVariable { file, line, variable };
        }
        let reason = match innermost.detail() {
            Some(detail) => format!("{}: {detail}", innermost.kind()),
            None => innermost.kind().to_string(),
        };
        Self::Invalid { file, line, reason }
    }
}

/// An include or a block wraps the error of what it includes.
fn innermost(error: &minijinja::Error) -> &minijinja::Error {
    let mut innermost = error;
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        if let Some(inner) = source.downcast_ref::<minijinja::Error>() {
            innermost = inner;
        }
        next = source.source();
    }
    innermost
}
