//! Merge conflicts that git left in a text.

/// How git marks the sides, each at the beginning of a line.
const OURS: &[u8] = b"<<<<<<<";
const ANCESTOR: &[u8] = b"|||||||";
const THEIRS: &[u8] = b"=======";
const END: &[u8] = b">>>>>>>";

/// Which side a line is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Both,
    Ours,
    Ancestor,
    Theirs,
}

/// The text as either side has it. None if there is no conflict, or if its marks do not fit together.
pub(super) fn sides(text: &[u8]) -> Option<[Vec<u8>; 2]> {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let (mut at, mut has_conflict) = (At::Both, false);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        at = match (at, mark(line)) {
            (At::Both, Some(OURS)) => At::Ours,
            (At::Ours, Some(ANCESTOR)) => At::Ancestor,
            (At::Ours | At::Ancestor, Some(THEIRS)) => At::Theirs,
            (At::Theirs, Some(END)) => {
                has_conflict = true;
                At::Both
            }
            // A line of this form alone is a heading underlined.
            (_, None) | (At::Both, Some(THEIRS)) => {
                if matches!(at, At::Both | At::Ours) {
                    ours.extend(line);
                }
                if matches!(at, At::Both | At::Theirs) {
                    theirs.extend(line);
                }
                at
            }
            (_, Some(_)) => return None,
        };
    }
    (has_conflict && at == At::Both).then_some([ours, theirs])
}

/// The mark that a line is: seven times the same character, and a name after a space.
fn mark(line: &[u8]) -> Option<&'static [u8]> {
    let line = line.trim_ascii_end();
    let is =
        |mark: &&'static [u8]| line.strip_prefix(*mark).is_some_and(|rest| matches!(rest, [] | [b' ', ..]));
    [OURS, ANCESTOR, THEIRS, END].into_iter().find(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_has_two_sides() {
        for (text, expected) in [
            ("a\n", None),
            ("a\n=======\nb\n", None),
            ("a\n<<<<<<< HEAD\nb\n=======\nc\n>>>>>>> other\nd\n", Some(("a\nb\nd\n", "a\nc\nd\n"))),
            ("<<<<<<< HEAD\nb\n||||||| 0a1b2c\nx\n=======\n>>>>>>> other\n", Some(("b\n", ""))),
            ("<<<<<<<\r\nb\r\n=======\r\nc\r\n>>>>>>>\r\n", Some(("b\r\n", "c\r\n"))),
            ("<<<<<<< HEAD\nb\n=======\nc\n", None),
            ("<<<<<<< HEAD\nb\n>>>>>>> other\n", None),
            ("<<<<<<< HEAD\n<<<<<<< HEAD\nb\n=======\n>>>>>>> other\n", None),
            ("<<<<<<<<\nb\n", None),
        ] {
            let sides = sides(text.as_bytes());
            let sides = sides.map(|sides| sides.map(|side| String::from_utf8(side).unwrap_or_default()));
            let expected = expected.map(|(ours, theirs)| [ours.to_owned(), theirs.to_owned()]);
            assert_eq!(sides, expected, "{text:?}");
        }
    }
}
