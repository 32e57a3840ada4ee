//! Splits a message that is longer than Telegram takes: between lines where it can, between words where it must, never
//! inside a tag or an entity; tags that are open where it is cut are closed there and opened again behind.

/// What Telegram takes, counted after the markup is gone; in UTF-16 units, which are never fewer than its characters.
pub(super) const LIMIT: usize = 4096;

/// The parts of a message in Telegram's HTML, each with at most `limit` units of visible text. A message without visible
/// text is one part: what to say to that is Telegram's business.
pub(super) fn split(html: &str, limit: usize) -> Vec<String> {
    let mut parts = Vec::new();
    let mut part = Part::default();
    for atom in atoms(html) {
        while part.units + atom.units() > limit && part.units > 0 {
            let (head, tail) = part.cut();
            parts.push(head);
            part = tail;
        }
        part.push(atom);
    }
    if part.is_visible() || parts.is_empty() {
        parts.push(part.finish());
    }
    parts
}

/// What cannot be cut: a tag, an entity, a character.
#[derive(Clone, Copy)]
enum Atom<'a> {
    Opening(&'a str),
    Closing(&'a str),
    Entity(&'a str),
    Char(&'a str),
}

impl<'a> Atom<'a> {
    fn raw(self) -> &'a str {
        match self {
            Self::Opening(raw) | Self::Closing(raw) | Self::Entity(raw) | Self::Char(raw) => raw,
        }
    }

    fn units(self) -> usize {
        match self {
            Self::Opening(_) | Self::Closing(_) => 0,
            // One character each; the rarest of them take two units.
            Self::Entity(_) => 2,
            Self::Char(raw) => raw.chars().map(char::len_utf16).sum(),
        }
    }
}

fn atoms(html: &str) -> impl Iterator<Item = Atom<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let whole = |end: char| rest.find(end).map(|at| at + 1);
        let (len, atom): (usize, fn(&str) -> Atom<'_>) = match (first, whole('>'), whole(';')) {
            ('<', Some(len), _) if rest.starts_with("</") => (len, |raw| Atom::Closing(raw)),
            ('<', Some(len), _) => (len, |raw| Atom::Opening(raw)),
            ('&', _, Some(len)) if len <= 10 => (len, |raw| Atom::Entity(raw)),
            _ => (first.len_utf8(), |raw| Atom::Char(raw)),
        };
        let (raw, behind) = rest.split_at(len);
        rest = behind;
        Some(atom(raw))
    })
}

#[derive(Default)]
struct Part<'a> {
    atoms: Vec<Atom<'a>>,
    units: usize,
}

impl<'a> Part<'a> {
    fn push(&mut self, atom: Atom<'a>) {
        self.units += atom.units();
        self.atoms.push(atom);
    }

    fn is_visible(&self) -> bool {
        self.atoms.iter().any(|atom| atom.units() > 0 && !atom.raw().trim().is_empty())
    }

    /// What goes out now, and what the next part begins with.
    fn cut(self) -> (String, Part<'a>) {
        let last = |wanted: &str| self.atoms.iter().rposition(|atom| atom.raw() == wanted).filter(|at| *at > 0);
        let (head, tail) = match last("\n").or_else(|| last(" ")) {
            Some(at) => (&self.atoms[..at], &self.atoms[at + 1..]),
            None => (&self.atoms[..], &self.atoms[..0]),
        };
        let mut next = Part::default();
        for atom in open_at_end(head).into_iter().chain(tail.iter().copied()) {
            next.push(atom);
        }
        (Part { atoms: head.to_vec(), units: 0 }.finish(), next)
    }

    fn finish(self) -> String {
        let mut html: String = self.atoms.iter().map(|atom| atom.raw()).collect();
        for tag in open_at_end(&self.atoms).into_iter().rev() {
            html.push_str("</");
            html.push_str(name(tag.raw()));
            html.push('>');
        }
        html
    }
}

/// The tags that are open behind the last of these, outermost first.
fn open_at_end<'a>(atoms: &[Atom<'a>]) -> Vec<Atom<'a>> {
    let mut open = Vec::new();
    for atom in atoms {
        match atom {
            Atom::Opening(_) => open.push(*atom),
            Atom::Closing(_) => drop(open.pop()),
            Atom::Entity(_) | Atom::Char(_) => {}
        }
    }
    open
}

/// The name of `<a href="…">`.
fn name(tag: &str) -> &str {
    tag.trim_start_matches('<').trim_end_matches('>').split_whitespace().next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn visible(html: &str) -> String {
        atoms(html).filter(|atom| atom.units() > 0).map(Atom::raw).collect::<String>()
    }

    fn words(html: &str) -> Vec<String> {
        visible(html).split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(split("<b>Leeds</b> &amp; more", 20), ["<b>Leeds</b> &amp; more"]);
        assert_eq!(split("", 20), [""]);
    }

    #[test]
    fn it_is_cut_between_lines_and_tags_reopen() {
        assert_eq!(split("<b>one\ntwo</b>\nthree", 8), ["<b>one\ntwo</b>", "three"]);
        assert_eq!(split("<b>one two\nthree</b>", 8), ["<b>one two</b>", "<b>three</b>"]);
        assert_eq!(split("<a href=\"x y\">one two</a>", 4), ["<a href=\"x y\">one</a>", "<a href=\"x y\">two</a>"]);
    }

    #[test]
    fn an_entity_stays_whole() {
        assert_eq!(split("aaa&lt;b", 4), ["aaa", "&lt;b"]);
    }

    #[test]
    fn sixty_stops_make_several_messages_and_lose_none() {
        let stop = |no| format!("{no}. <b>{}</b> &amp; back", "Long Lane ".repeat(12));
        let stops = (0..60).map(stop).collect::<Vec<_>>().join("\n");
        let parts = split(&stops, LIMIT);
        assert!(parts.len() > 1);
        assert!(parts.iter().all(|part| visible(part).encode_utf16().count() <= LIMIT + 60 * 4));
        assert_eq!(parts.iter().flat_map(|part| words(part)).collect::<Vec<_>>(), words(&stops));
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_no_part_is_too_long(text in "[a-z \\n😀é]{0,80}", bold in 0usize..40, limit in 4usize..20) {
            let at = text.char_indices().nth(bold).map_or(text.len(), |(at, _)| at);
            let html = format!("<i>{}<b>{}</b></i>&lt;", &text[..at], &text[at..]);
            let parts = split(&html, limit);
            for part in &parts {
                let units: usize = atoms(part).map(Atom::units).sum();
                prop_assert!(units <= limit, "{units} in {part}");
                prop_assert!(open_at_end(&atoms(part).collect::<Vec<_>>()).is_empty(), "{part}");
            }
            let whole = |html: &str| visible(html).split_whitespace().collect::<String>();
            prop_assert_eq!(parts.iter().map(|part| whole(part)).collect::<String>(), whole(&html));
        }
    }
}
