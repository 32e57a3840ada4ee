//! Commands: `/start <token>`, `/claim 0952ef82`, and what they look like in groups, where they name whom they are for.

/// What a text is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command<'a> {
    /// `/start`, with what a link carried.
    Start(&'a str),
    /// Any other command of ours, as a person without a slash key would have typed it: `claim 0952ef82`.
    Said(String),
    /// A command for another bot.
    Theirs,
    /// No command.
    None,
}

impl<'a> Command<'a> {
    /// Reads a text. `bot` is our name, where we know it.
    pub(super) fn of(text: &'a str, bot: Option<&str>) -> Self {
        let Some(command) = text.trim_start().strip_prefix('/') else {
            return Self::None;
        };
        let (word, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let (word, addressee) = word.split_once('@').map_or((word, None), |(word, addressee)| (word, Some(addressee)));
        if let (Some(addressee), Some(bot)) = (addressee, bot)
            && !addressee.eq_ignore_ascii_case(bot)
        {
            return Self::Theirs;
        }
        if word.eq_ignore_ascii_case("start") {
            return Self::Start(rest.split_whitespace().next().unwrap_or_default());
        }
        Self::Said(format!("{word} {rest}").trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_in_any_case_and_for_us_only() {
        for (text, command) in [
            ("/start tok_en-1", Command::Start("tok_en-1")),
            ("/START@Baton_Bot  tok_en-1 more", Command::Start("tok_en-1")),
            ("/start", Command::Start("")),
            ("/start@other_bot x", Command::Theirs),
            ("/claim@baton_bot 0952ef82", Command::Said("claim 0952ef82".into())),
            ("/help", Command::Said("help".into())),
            ("/started x", Command::Said("started x".into())),
            ("yes/no", Command::None),
            ("yes", Command::None),
        ] {
            assert_eq!(Command::of(text, Some("baton_bot")), command, "{text}");
        }
        assert_eq!(Command::of("/start@any x", None), Command::Start("x"));
    }
}
