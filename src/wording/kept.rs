//! What a template may say that came in by the API: whoever wrote it is not whoever runs the server, so it can neither call nor
//! pile up anything, and it nests so far only that no reader of it runs out of stack.
//!
//! It is looked at before it is parsed, because parsing is what a hostile one brings down; and again whenever it is filled,
//! because one may be stored that was never looked at.

use minijinja::machinery::{Token, tokenize};
use minijinja::syntax::SyntaxConfig;

/// So many signs and words stand in one tag at most.
const TOKENS: usize = 200;

/// Brackets within brackets.
const BRACKETS: usize = 12;

/// Blocks within blocks; each `elif` counts as one, for that is what it is to the parser.
const BLOCKS: usize = 40;

/// Loops within loops.
const LOOPS: usize = 3;

/// Filters in one tag: each may copy what it gets.
const FILTERS: usize = 8;

/// `~` and `+` in one tag, for the same reason.
const JOINED: usize = 8;

/// Those whose result is bounded by what they are given, or by [`super::filters`].
const ALLOWED: [&str; 31] = [
    "abs",
    "capitalize",
    "count",
    "d",
    "date",
    "default",
    "e",
    "escape",
    "first",
    "float",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lower",
    "max",
    "min",
    "moment",
    "money",
    "number",
    "plural",
    "replace",
    "reverse",
    "round",
    "safe",
    "time",
    "title",
    "trim",
    "upper",
    "urlencode",
];

/// What is wrong with a template, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// In which line, from 1.
    pub(super) line: usize,
    /// What is wrong, and what to do about it.
    pub(super) reason: String,
}

/// The first thing that a kept template must not say. What is no template at all is left to the parser.
pub(super) fn check(source: &str) -> Result<(), Refused> {
    let (mut tag, mut blocks) = (Tag::default(), Blocks::default());
    for token in tokenize(source, false, SyntaxConfig::default()) {
        // The parser stumbles there as well, and has gone no further.
        let Ok((token, span)) = token else { return Ok(()) };
        let refused = |reason: String| Refused { line: usize::from(span.start_line), reason };
        match &token {
            Token::TemplateData(_) => {}
            Token::VariableStart => tag = Tag::default(),
            Token::BlockStart => tag = Tag { statement: true, ..Tag::default() },
            token => {
                if tag.statement && tag.tokens == 0 {
                    blocks.enter(token).map_err(refused)?;
                }
                tag.take(token).map_err(refused)?;
            }
        }
    }
    Ok(())
}

/// A tag that is being read.
#[derive(Default)]
struct Tag {
    statement: bool,
    tokens: usize,
    filters: usize,
    joined: usize,
    /// Of what is open, whether it is a list that the template writes out.
    brackets: Vec<bool>,
    before: Was,
    /// It names the layout.
    extends: bool,
}

/// What stood before a token.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Was {
    /// Nothing, or a sign.
    #[default]
    Sign,
    Dot,
    Pipe,
    /// `is`, or `is not`.
    Is,
    /// A word of the language, such as `in` or `not`.
    Keyword,
    /// The name of a filter or test, which may have arguments.
    Able,
    /// Something that has a value.
    Thing,
}

impl Tag {
    fn take(&mut self, token: &Token<'_>) -> Result<(), String> {
        self.tokens += 1;
        if self.tokens > TOKENS {
            return Err(format!("a tag has {TOKENS} words and signs at most; part it into several"));
        }
        let listed = self.brackets.last().copied().unwrap_or_default();
        if self.extends && !matches!(token, Token::Str(_) | Token::String(_) | Token::BlockEnd) {
            return Err("extends takes the name of a file, such as \"layout.email.html\"".to_owned());
        }
        self.before = match token {
            Token::Ident(word) => self.word(word, listed)?,
            Token::Pipe => {
                self.filters += 1;
                if self.filters > FILTERS {
                    return Err(format!("a tag has {FILTERS} filters at most; leave some out"));
                }
                Was::Pipe
            }
            Token::Tilde | Token::Plus => {
                self.joined += 1;
                if self.joined > JOINED {
                    return Err(format!("a tag has {JOINED} of ~ and + at most; write one {{{{ … }}}} behind another"));
                }
                Was::Sign
            }
            Token::Mul | Token::Pow => return Err("* and ** cannot be used; give the product as a variable".to_owned()),
            Token::BraceOpen => return Err("an object cannot be written out; give it as a variable".to_owned()),
            Token::ParenOpen | Token::BracketOpen => {
                if matches!(token, Token::ParenOpen) && self.before == Was::Thing {
                    return Err("nothing can be called; give what it makes as a variable, or use a filter".to_owned());
                }
                if self.brackets.len() >= BRACKETS {
                    return Err(format!("brackets stand {BRACKETS} deep at most; give a part of it as a variable"));
                }
                let writes_out = matches!(token, Token::BracketOpen) && self.before != Was::Thing;
                self.brackets.push(listed || writes_out);
                Was::Sign
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                self.brackets.pop();
                Was::Thing
            }
            Token::Dot => Was::Dot,
            Token::Str(_) | Token::String(_) | Token::Int(_) | Token::Int128(_) | Token::Float(_) => Was::Thing,
            _ => Was::Sign,
        };
        Ok(())
    }

    fn word(&mut self, word: &str, listed: bool) -> Result<Was, String> {
        if self.statement && self.tokens == 1 {
            self.extends = word == "extends";
            return Ok(Was::Keyword);
        }
        match (self.before, word) {
            (Was::Pipe, filter) if ALLOWED.contains(&filter) => Ok(Was::Able),
            (Was::Pipe, filter) => Err(format!("the filter {filter} cannot be used; there are {}", ALLOWED.join(", "))),
            (Was::Dot, _) => Ok(Was::Thing),
            (Was::Is, "not") => Ok(Was::Is),
            (Was::Is, _) => Ok(Was::Able),
            (_, "is") => Ok(Was::Is),
            (_, "recursive") => Err("a loop cannot be recursive; write the loops into each other".to_owned()),
            (_, "and" | "or" | "not" | "in" | "if" | "else") => Ok(Was::Keyword),
            (_, "true" | "false" | "none" | "True" | "False" | "None") => Ok(Was::Thing),
            _ if listed => Err("a list that is written out holds texts and numbers; give it as a variable".to_owned()),
            _ => Ok(Was::Thing),
        }
    }
}

/// What is open around a place.
#[derive(Default)]
struct Blocks {
    /// Whether it is a loop, and how many steps it is deep.
    open: Vec<(bool, usize)>,
}

impl Blocks {
    fn enter(&mut self, token: &Token<'_>) -> Result<(), String> {
        let Token::Ident(word) = token else { return Ok(()) };
        match *word {
            "if" | "for" | "block" => self.open.push((*word == "for", 1)),
            "elif" => {
                if let Some((_, steps)) = self.open.last_mut() {
                    *steps += 1;
                }
            }
            "endif" | "endfor" | "endblock" => {
                self.open.pop();
            }
            "else" | "extends" => {}
            other => {
                let known = "if, elif, else, endif, for, endfor, extends, block and endblock";
                return Err(format!("{other} cannot be used; there are {known}"));
            }
        }
        if self.open.iter().map(|(_, steps)| steps).sum::<usize>() > BLOCKS {
            return Err(format!("if, elif, for and block stand {BLOCKS} deep at most; write fewer into each other"));
        }
        if self.open.iter().filter(|(is_loop, _)| *is_loop).count() > LOOPS {
            return Err(format!("loops stand {LOOPS} deep at most; write fewer into each other"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
