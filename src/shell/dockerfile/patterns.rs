//! Patterns for paths, as `COPY` and `.dockerignore` have them: `*`, `?`, and `**` for any number of folders. Ranges of
//! characters match nothing.

/// Whether a pattern matches a path, or something above it. Both are relative to one folder.
pub fn matches(pattern: &str, path: &str) -> bool {
    let parts_of = |text| -> Vec<&str> {
        str::split(text, '/').filter(|part| !part.is_empty() && *part != ".").collect()
    };
    let (pattern, path) = (parts_of(pattern), parts_of(path));
    let all =
        |parts: &[&str]| wild(&pattern, parts, |part| *part == "**", |pattern, part| is_alike(pattern, part));
    !pattern.is_empty() && (1..=path.len()).any(|length| path.get(..length).is_some_and(all))
}

fn is_alike(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    wild(&pattern, &text, |c| *c == '*', |pattern, c| *pattern == '?' || pattern == c)
}

/// Whether a pattern, some of whose items stand for any number of others, matches the items.
fn wild<P, T>(
    pattern: &[P],
    items: &[T],
    is_any: impl Fn(&P) -> bool,
    is_alike: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut at, mut item) = (0, 0);
    // Behind the last wildcard, and the item that it stands for up to.
    let mut again: Option<(usize, usize)> = None;
    while let Some(own) = items.get(item) {
        match pattern.get(at) {
            Some(wanted) if is_any(wanted) => {
                at += 1;
                again = Some((at, item));
            }
            Some(wanted) if is_alike(wanted, own) => {
                at += 1;
                item += 1;
            }
            _ => {
                let Some((behind, upto)) = again else { return false };
                at = behind;
                item = upto + 1;
                again = Some((behind, item));
            }
        }
    }
    pattern.iter().skip(at).all(is_any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, expected) in [
            ("src", "src", true),
            ("src", "src/a", true),
            ("./src/", "src/a/b", true),
            ("src/a", "src", false),
            ("*", "src/a", true),
            ("package*.json", "package-lock.json", true),
            ("package*.json", "src", false),
            ("a?c", "abc", true),
            ("**/x", "a/b/x", true),
            ("**/x", "x", true),
            ("a/**/x", "a/b/c/x/y", true),
            ("a/**/x", "b/x", false),
            ("*a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", false),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
    }
}
