//! Names that people may have meant by names that are not known.

use strsim::damerau_levenshtein;

/// More edits than this make another name of any.
const MOST_EDITS: usize = 3;

/// The known name that is spelled most like `name`, the first of several. None if none is near: one edit for a short
/// name, one more for every four letters, up to three.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distances = known.into_iter().map(|known| (known, damerau_levenshtein(known, name)));
    let (near, distance) = distances.min_by_key(|(_, distance)| *distance)?;
    (distance <= MOST_EDITS.min(1 + name.chars().count() / 4)).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_near_that_differ_in_a_few_letters() {
        let known = ["ports", "image", "healthcheck", "up"];
        for (name, near) in [
            ("prots", Some("ports")),
            ("Image", Some("image")),
            ("helthchek", Some("healthcheck")),
            ("hltchk", None),
            ("xy", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), near, "{name}");
        }
    }
}
