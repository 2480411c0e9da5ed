//! The short syntax of `volumes`: compose specification, `volumes`, "Short syntax".

use super::ValueError;

/// Where the data of a mount comes from, as far as the short syntax can say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum VolumeType {
    /// A volume, with a name or without.
    #[default]
    Volume,
    /// A file or directory of the host.
    Bind,
}

/// One mount.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VolumeSpec {
    /// `type`
    pub volume_type: VolumeType,
    /// The name of the volume or the path on the host, as written; `None` for an anonymous volume.
    pub source: Option<String>,
    /// Where it appears in the container, as written; [`clean_target`] gives it its final form.
    pub target: String,
    /// `ro`
    pub read_only: bool,
    /// `nocopy`
    pub nocopy: bool,
    /// One of `shared`, `slave`, `private` and their recursive forms such as `rshared`.
    pub propagation: Option<String>,
    /// `z` or `Z`
    pub selinux: Option<String>,
    /// Options that docker compose ignores, as written.
    pub unknown_options: Vec<String>,
}

/// Reads `[source:]target[:options]`.
///
/// A letter before a colon is taken for a Windows drive, so that a volume cannot have a name of one
/// letter: `v:/data` is an anonymous volume at that very target. Colons within `${…}` do not count.
///
/// # Errors
/// On an empty section and on a fourth one.
pub fn parse(text: &str) -> Result<VolumeSpec, ValueError> {
    if text.is_empty() {
        return Err(ValueError::whole(text, "expected a target path"));
    }
    if text.len() <= 2 {
        return Ok(VolumeSpec { target: text.to_owned(), ..VolumeSpec::default() });
    }
    let sections = sections(text);
    if let Some(empty) = sections.iter().find(|section| section.is_empty()) {
        return Err(ValueError::part(text, empty, "there is nothing between these colons"));
    }
    let (source, target, options) = match sections.as_slice() {
        [target] => (None, *target, ""),
        [source, target] => (Some(*source), *target, ""),
        [source, target, options] => (Some(*source), *target, *options),
        [_, _, _, rest @ ..] => {
            let from = rest.first().copied().unwrap_or_default();
            return Err(ValueError::part(text, from, "too many colons, expected `source:target:options`"));
        }
        [] => (None, text, ""),
    };
    // Docker compose loses a section whose `${` has no end: as a target it would be missing.
    if options.is_empty() && open_substitution(target) {
        return Err(ValueError::part(text, target, "the `${` in this path has no end"));
    }
    let volume_type = match source {
        Some(source) if is_path(source) => VolumeType::Bind,
        _ => VolumeType::Volume,
    };
    let source = source.map(str::to_owned);
    let mut volume = VolumeSpec { volume_type, source, target: target.to_owned(), ..VolumeSpec::default() };
    if open_substitution(options) {
        volume.unknown_options.push(options.to_owned());
        return Ok(volume);
    }
    for option in options.split(',') {
        apply_option(&mut volume, option);
    }
    Ok(volume)
}

/// The form that docker compose gives to a target: no `.`, no `..` that can be resolved, and no slash
/// that is not needed.
pub fn clean_target(target: &str) -> String {
    let rooted = target.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => match kept.last() {
                Some(&last) if last != ".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(".."),
            },
            part => kept.push(part),
        }
    }
    match (rooted, kept.is_empty()) {
        (_, true) if target.is_empty() => String::new(),
        (false, true) => ".".to_owned(),
        (true, _) => format!("/{}", kept.join("/")),
        (false, false) => kept.join("/"),
    }
}

/// Whether a `${` stands in the text whose brace is missing.
fn open_substitution(text: &str) -> bool {
    let open = text.char_indices().fold(0usize, |open, (offset, character)| match character {
        '$' if text[offset + 1..].starts_with('{') => open + 1,
        '}' => open.saturating_sub(1),
        _ => open,
    });
    open > 0
}

/// Cuts at the colons, but for those behind a drive and within `${…}`.
fn sections(text: &str) -> Vec<&str> {
    let mut sections = Vec::new();
    let mut start = 0;
    let mut substitutions = 0usize;
    for (offset, character) in text.char_indices() {
        match character {
            '$' if text[offset + 1..].starts_with('{') => substitutions += 1,
            '}' => substitutions = substitutions.saturating_sub(1),
            ':' if substitutions == 0 && !is_drive(&text[start..offset]) => {
                sections.push(&text[start..offset]);
                start = offset + 1;
            }
            _ => {}
        }
    }
    sections.push(&text[start..]);
    sections
}

fn is_drive(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(char::is_alphabetic) && characters.next().is_none()
}

fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~'])
        || source.starts_with(r"\\")
        || source.split_once(':').is_some_and(|(drive, _)| is_drive(drive))
}

fn apply_option(volume: &mut VolumeSpec, option: &str) {
    match option {
        "" => {}
        "ro" => volume.read_only = true,
        "rw" => volume.read_only = false,
        "nocopy" => volume.nocopy = true,
        "z" | "Z" => volume.selinux = Some(option.to_owned()),
        "shared" | "rshared" | "slave" | "rslave" | "private" | "rprivate" => {
            volume.propagation = Some(option.to_owned());
        }
        _ => volume.unknown_options.push(option.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_sources_and_targets() {
        use VolumeType::{Bind, Volume};
        let cases = [
            ("a", Volume, None, "a"),
            ("~", Volume, None, "~"),
            ("/d", Volume, None, "/d"),
            ("/data", Volume, None, "/data"),
            ("db:/data", Volume, Some("db"), "/data"),
            ("a/b:/c", Volume, Some("a/b"), "/c"),
            ("./a:/b/", Bind, Some("./a"), "/b/"),
            ("..:/b", Bind, Some(".."), "/b"),
            ("/a b:/c d", Bind, Some("/a b"), "/c d"),
            ("~user/x:/b", Bind, Some("~user/x"), "/b"),
            ("/b:ro", Bind, Some("/b"), "ro"),
            // One letter is a drive.
            ("v:/d", Volume, None, "v:/d"),
            ("é:/d", Volume, None, "é:/d"),
            ("v:/d:ro", Bind, Some("v:/d"), "ro"),
            ("1:/d", Volume, Some("1"), "/d"),
            (r"c:\x:/y", Bind, Some(r"c:\x"), "/y"),
            (r"C:\a:D:\b", Bind, Some(r"C:\a"), r"D:\b"),
            (r"\\.\pipe\x:/b", Bind, Some(r"\\.\pipe\x"), "/b"),
            ("./a:c:", Bind, Some("./a"), "c:"),
            // References that were not replaced.
            ("${X:-db}:/b", Volume, Some("${X:-db}"), "/b"),
            ("./${X:-${Y:-a}}:/b", Bind, Some("./${X:-${Y:-a}}"), "/b"),
        ];
        for (text, volume_type, source, target) in cases {
            let source = source.map(str::to_owned);
            let expected =
                VolumeSpec { volume_type, source, target: target.to_owned(), ..VolumeSpec::default() };
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn reads_options() {
        let volume = parse("./a:/b:ro,nocopy,rshared,slave,z,Z,cached, x,").unwrap();
        assert!(volume.read_only && volume.nocopy);
        assert_eq!(volume.propagation.as_deref(), Some("slave"));
        assert_eq!(volume.selinux.as_deref(), Some("Z"));
        assert_eq!(volume.unknown_options, ["cached", " x"]);
        assert!(!parse("./a:/b:ro,rw").unwrap().read_only);
        let volume = parse("./a:/b:ro,${X").unwrap();
        assert_eq!((volume.read_only, volume.unknown_options), (false, vec!["ro,${X".to_owned()]));
    }

    #[test]
    fn says_what_is_wrong_where() {
        let cases = [
            ("", 0..0),
            (":/b", 0..0),
            ("./a::ro", 4..4),
            ("/a:/b:", 6..6),
            ("./a:/b:ro:z", 10..11),
            ("db:/a${X:ro", 3..11),
        ];
        for (text, range) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text}: {error}");
        }
    }

    #[test]
    fn cleans_targets() {
        let cases = [
            ("", ""),
            ("/", "/"),
            ("/b/", "/b"),
            ("/b/../c//d", "/c/d"),
            ("/../a/.", "/a"),
            ("a/..", "."),
            ("../../a", "../../a"),
            (".", "."),
            ("//a", "/a"),
        ];
        for (target, expected) in cases {
            assert_eq!(clean_target(target), expected, "{target}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([a/.:~,$\\{}]|ro|\PC){0,12}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.offset..error.offset + error.len).is_some());
            }
        }

        #[test]
        fn cleaning_is_done_once(target in "[/.a]{0,12}") {
            let clean = clean_target(&target);
            prop_assert_eq!(clean_target(&clean), clean);
        }
    }
}
