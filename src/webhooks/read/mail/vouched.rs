//! Whether anybody vouches for who a mail says it is from: SPF for the domain on its envelope, DKIM for a domain that signed it.
//! Either counts only for that domain: a stranger's own signature says nothing about the name they borrowed.

/// What the provider found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vouched {
    /// Whether it looked at all.
    looked: bool,
    /// The domains for which something passed.
    passed: Vec<String>,
}

impl Vouched {
    /// What SPF came to, for the domain on the envelope.
    #[must_use]
    pub fn spf(mut self, result: &str, domain: &str) -> Self {
        self.found(result, domain);
        self
    }

    /// What DKIM came to, as `{@example.com : pass, @other.example : fail}`.
    #[must_use]
    pub fn dkim(mut self, results: &str) -> Self {
        let results = results.trim().trim_start_matches('{').trim_end_matches('}');
        for one in results.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            match one.split_once(':') {
                Some((domain, result)) => self.found(result, domain),
                None => self.found(one, ""),
            }
        }
        self
    }

    fn found(&mut self, result: &str, domain: &str) {
        let result = result.trim().to_ascii_lowercase();
        if result.is_empty() {
            return;
        }
        self.looked = true;
        let domain = domain.trim().trim_start_matches('@').to_ascii_lowercase();
        if result.starts_with("pass") && domain.contains('.') {
            self.passed.push(domain);
        }
    }

    /// Whether it looked, and nobody vouches for this address.
    pub fn doubts(&self, from: &str) -> bool {
        let domain = from.rsplit_once('@').map(|(_, domain)| domain).unwrap_or_default();
        let below = |a: &str, b: &str| a == b || a.strip_suffix(b).is_some_and(|rest| rest.ends_with('.'));
        self.looked && !self.passed.iter().any(|passed| below(passed, domain) || below(domain, passed))
    }
}

/// What an `Authentication-Results` header says.
pub fn results(header: &str) -> Vouched {
    header.split(';').skip(1).fold(Vouched::default(), |vouched, part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let value = |name: &str| {
            let word = words.iter().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            word.map(|word| word.rsplit_once('@').map_or(word, |(_, domain)| domain).trim_matches('"'))
        };
        let mut vouched = vouched;
        if let Some(result) = value("spf") {
            vouched.found(result, value("smtp.mailfrom").unwrap_or_default());
        }
        if let Some(result) = value("dkim") {
            vouched.found(result, value("header.d").or(value("header.i")).unwrap_or_default());
        }
        vouched
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrowed_name_is_doubted() {
        // What SPF says and for whom, what DKIM says, and whether ana@example.com is doubted.
        for (spf, envelope, dkim, doubted) in [
            ("pass", "example.com", "", false),
            ("pass", "bounce.example.com", "none", false),
            ("fail", "example.com", "{@example.com : pass}", false),
            ("softfail", "example.com", "{@mail.example.com : pass, @other.example : fail}", false),
            ("fail", "example.com", "{@example.com : fail}", true),
            ("none", "", "none", true),
            // Somebody else vouches for themselves.
            ("pass", "evil.example", "{@evil.example : pass}", true),
            ("pass", "notexample.com", "", true),
            // The provider did not look.
            ("", "", "", false),
        ] {
            let vouched = Vouched::default().spf(spf, envelope).dkim(dkim);
            assert_eq!(vouched.doubts("ana@example.com"), doubted, "{spf} {envelope} {dkim}");
        }
    }

    #[test]
    fn the_results_in_a_header_are_read() {
        let header =
            "mx.example.net; spf=pass smtp.mailfrom=ana@example.com; dkim=pass header.d=example.com header.s=a";
        assert!(!results(header).doubts("ana@example.com"));
        assert!(results("mx.example.net; spf=fail smtp.mailfrom=x@evil.example; dkim=none").doubts("ana@example.com"));
        assert!(!results("").doubts("ana@example.com"));
    }
}
