//! References to images: compose specification, `image`.

use std::fmt;

/// The parts of a reference, as written. Nothing is filled in: `redis` has no registry and no tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reference {
    /// The host to pull from, with its port.
    pub registry: Option<String>,
    /// The path of the image there.
    pub repository: String,
    /// What stands behind the colon.
    pub tag: Option<String>,
    /// What stands behind the `@`, with its algorithm: `sha256:…`.
    pub digest: Option<String>,
}

impl Reference {
    /// Takes a reference apart. It never fails, and checks nothing: docker compose does neither.
    ///
    /// The first section of the path is a registry if it holds a dot or a colon, is `localhost`, or
    /// has upper-case letters, which no repository can have.
    pub fn parse(text: &str) -> Self {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text, None),
        };
        let last_section = name.rfind('/').map_or(0, |slash| slash + 1);
        let (path, tag) = match name[last_section..].split_once(':') {
            Some((last, tag)) => (&name[..last_section + last.len()], Some(tag.to_owned())),
            None => (name, None),
        };
        let (registry, repository) = match path.split_once('/') {
            Some((first, rest)) if is_registry(first) => (Some(first.to_owned()), rest),
            _ => (None, path),
        };
        Self { registry, repository: repository.to_owned(), tag, digest }
    }

    /// What is wrong with it; nothing if registries take it. The grammar is that of the
    /// [distribution specification](https://github.com/distribution/reference).
    pub fn fault(&self) -> Option<&'static str> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_tag = |tag: &String| {
            tag.len() <= LONGEST_TAG
                && tag.starts_with(is_word)
                && tag.chars().all(|c| is_word(c) || c == '.' || c == '-')
        };
        let is_digest = |digest: &String| {
            digest.split_once(':').is_some_and(|(algorithm, hex)| {
                !algorithm.is_empty()
                    && hex.len() >= SHORTEST_DIGEST
                    && hex.bytes().all(|byte| byte.is_ascii_hexdigit())
            })
        };
        if !self.registry.as_deref().is_none_or(is_host) {
            Some("its registry is no host name")
        } else if self.repository.chars().any(char::is_uppercase) {
            Some("its name has capitals")
        } else if !self.repository.split('/').all(is_section) {
            Some("its name is none that a registry can have")
        } else if self.tag.as_ref().is_some_and(String::is_empty) {
            Some("its tag is empty")
        } else if !self.tag.as_ref().is_none_or(is_tag) {
            Some("its tag is none that a registry can have")
        } else if !self.digest.as_ref().is_none_or(is_digest) {
            Some("its digest is none")
        } else {
            None
        }
    }

    /// Registry and repository: what images of one kind share, whatever their version.
    pub fn name(&self) -> String {
        match &self.registry {
            Some(registry) => format!("{registry}/{}", self.repository),
            None => self.repository.clone(),
        }
    }

    /// The last parts of the repository, as many as there are up to `count`.
    pub fn last_parts(&self, count: usize) -> &str {
        let slash = self.repository.rmatch_indices('/').nth(count.saturating_sub(1));
        slash.map_or(self.repository.as_str(), |(at, _)| &self.repository[at + 1..])
    }

    /// Who publishes the image: the part before the last one. Empty for official images and in a registry of one's
    /// own.
    pub fn maker(&self) -> &str {
        self.repository.rsplit('/').nth(1).unwrap_or_default()
    }
}

/// Characters of the longest tag.
const LONGEST_TAG: usize = 128;

/// Hexadecimal digits of the shortest digest.
const SHORTEST_DIGEST: usize = 32;

/// `registry.example.com:5000`, or an address of IPv6 within brackets.
fn is_host(text: &str) -> bool {
    let host = text.rsplit_once(':').map_or(text, |(host, port)| {
        let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        if is_port { host } else { text }
    });
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let is_address = host.starts_with('[') && host.ends_with(']');
    is_address || !host.is_empty() && host.chars().all(is_name)
}

/// Whether it is a part of a repository's path: letters and digits, between them one `.`, one or two `_`, or any number
/// of `-`.
fn is_section(section: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = || section.split(is_plain).filter(|between| !between.is_empty());
    section.starts_with(is_plain)
        && section.ends_with(is_plain)
        && separators()
            .all(|between| matches!(between, "." | "_" | "__") || between.chars().all(|c| c == '-'))
}

fn is_registry(section: &str) -> bool {
    section.contains(['.', ':']) || section == "localhost" || section.chars().any(char::is_uppercase)
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = &self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(&self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_references_apart() {
        let cases = [
            ("redis", None, "redis", None, None),
            ("redis:7-alpine", None, "redis", Some("7-alpine"), None),
            ("library/redis", None, "library/redis", None, None),
            ("docker.io/library/redis:7", Some("docker.io"), "library/redis", Some("7"), None),
            ("localhost/app", Some("localhost"), "app", None, None),
            ("localhost:5000/app", Some("localhost:5000"), "app", None, None),
            ("registry:5000/team/app:1", Some("registry:5000"), "team/app", Some("1"), None),
            ("[::1]:5000/app:1", Some("[::1]:5000"), "app", Some("1"), None),
            ("HOST/app", Some("HOST"), "app", None, None),
            ("app@sha256:ab", None, "app", None, Some("sha256:ab")),
            ("r.io/app:1@sha256:ab", Some("r.io"), "app", Some("1"), Some("sha256:ab")),
            ("app:", None, "app", Some(""), None),
            ("", None, "", None, None),
        ];
        for (text, registry, repository, tag, digest) in cases {
            let reference = Reference::parse(text);
            assert_eq!(reference.registry.as_deref(), registry, "{text}");
            assert_eq!(reference.repository, repository, "{text}");
            assert_eq!(reference.tag.as_deref(), tag, "{text}");
            assert_eq!(reference.digest.as_deref(), digest, "{text}");
        }
    }

    #[test]
    fn repositories_end_in_their_last_parts() {
        let reference = Reference::parse("registry:5000/team/shop/app:1");
        assert_eq!((reference.last_parts(1), reference.last_parts(2)), ("app", "shop/app"));
        assert_eq!((reference.last_parts(5), reference.maker()), ("team/shop/app", "shop"));
        assert_eq!((Reference::parse("app").last_parts(2), Reference::parse("app").maker()), ("app", ""));
    }

    proptest! {
        #[test]
        fn writes_what_it_read(text in r"([a.:/@]|\PC){0,16}") {
            prop_assert_eq!(Reference::parse(&text).to_string(), text);
        }
    }

    #[test]
    fn references_that_no_registry_takes() {
        for (text, expected) in [
            ("redis", None),
            ("redis:7-alpine", None),
            ("a.b/c__d/e-f--g:1_2", None),
            ("registry.example.com:5000/shop/web:1", None),
            ("localhost/web", None),
            ("[::1]:5000/web", None),
            ("web@sha256:0123456789abcdef0123456789abcdef", None),
            ("", Some("its name is none that a registry can have")),
            ("x y", Some("its name is none that a registry can have")),
            ("web/", Some("its name is none that a registry can have")),
            ("a___b", Some("its name is none that a registry can have")),
            ("-web", Some("its name is none that a registry can have")),
            ("shop/Web:1", Some("its name has capitals")),
            ("web:", Some("its tag is empty")),
            ("web:.1", Some("its tag is none that a registry can have")),
            ("web:1+2", Some("its tag is none that a registry can have")),
            ("web@sha256:1", Some("its digest is none")),
            ("ex ample.com/web", Some("its registry is no host name")),
        ] {
            assert_eq!(Reference::parse(text).fault(), expected, "{text}");
        }
    }
}
