//! Which rules run: selected and ignored by code, name, prefix of a code, or category.

use std::str::FromStr;

use super::{
    RULES,
    rule::{Category, Rule},
};

/// The word that selects every rule.
const ALL: &str = "all";

/// One word of `--select` or `--ignore`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// Every rule.
    All,
    /// The rules of a category.
    Category(Category),
    /// The rules whose codes begin so, two letters or more: `KC`, `KC0`.
    Prefix(String),
    /// One rule, by its code or its name.
    Rule(&'static str),
}

impl Selector {
    /// Whether it selects this rule.
    pub fn has(&self, rule: &Rule) -> bool {
        match self {
            Selector::All => true,
            Selector::Category(category) => rule.category == *category,
            Selector::Prefix(prefix) => rule.code.starts_with(prefix.as_str()),
            Selector::Rule(code) => rule.code == *code,
        }
    }

    /// Of two that speak about one rule, the more specific one has its way.
    pub(super) fn specificity(&self) -> usize {
        match self {
            Selector::All => 0,
            Selector::Category(_) => 1,
            Selector::Prefix(prefix) => prefix.len(),
            Selector::Rule(_) => LONGEST,
        }
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case(ALL) {
            return Ok(Selector::All);
        }
        if let Some(category) = Category::ALL.into_iter().find(|category| category.name() == text) {
            return Ok(Selector::Category(category));
        }
        if let Some(rule) = super::rule(text) {
            return Ok(Selector::Rule(rule.code));
        }
        let prefix = text.to_ascii_uppercase();
        if prefix.len() >= 2
            && GROUPS.iter().any(|group| prefix.starts_with(group))
            && is_code_prefix(&prefix)
        {
            return Ok(Selector::Prefix(prefix));
        }
        Err(unknown(text))
    }
}

/// More than any prefix has letters.
const LONGEST: usize = 100;

/// What codes begin with.
const GROUPS: &[&str] = &["KC", "KE", "KS", "KK", "KX"];

fn is_code_prefix(text: &str) -> bool {
    text.len() <= 5 && text[2..].bytes().all(|byte| byte.is_ascii_digit())
}

fn unknown(text: &str) -> String {
    let names = RULES.iter().map(|rule| rule.name);
    let names = names.chain(Category::ALL.iter().map(|category| category.name()));
    let nearest = names.min_by_key(|name| strsim::damerau_levenshtein(name, text));
    match nearest.filter(|name| strsim::damerau_levenshtein(name, text) <= 3) {
        Some(name) => format!("there is no rule `{text}`; did you mean `{name}`?"),
        None => format!("there is no rule `{text}`"),
    }
}

/// The selectors of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// In place of the default categories, if there are any.
    pub select: Vec<Selector>,
    /// Beside the others.
    pub extend: Vec<Selector>,
    /// Not these.
    pub ignore: Vec<Selector>,
}

impl Selection {
    /// Is the rule selected? The most specific selector decides; between equals, `ignore` does.
    pub fn has(&self, rule: &Rule) -> bool {
        let strongest = |selectors: &[Selector]| {
            let strengths = selectors.iter().filter(|selector| selector.has(rule));
            strengths.map(|selector| selector.specificity() + 1).max().unwrap_or_default()
        };
        let by_default = self.select.is_empty() && rule.category.is_default();
        let selected = strongest(&self.select).max(strongest(&self.extend)).max(usize::from(by_default));
        selected > strongest(&self.ignore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(select: &str, extend: &str, ignore: &str) -> Selection {
        let read = |text: &str| text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        Selection { select: read(select), extend: read(extend), ignore: read(ignore) }
    }

    fn has(selection: &Selection, name: &str) -> bool {
        selection.has(crate::lint::rule(name).unwrap())
    }

    #[test]
    fn the_most_specific_selector_decides() {
        let cases = [
            ("", "", "", "KC001", true),
            ("", "", "", "KC012", false),
            ("", "pedantic", "", "KC012", true),
            ("", "", "KC", "KC001", false),
            ("", "KC001", "KC", "KC001", true),
            ("", "KC001", "floating-image-tag", "KC001", false),
            ("KC001", "", "", "KC012", false),
            ("all", "", "migration", "KC001", false),
            ("all", "", "", "KC012", true),
            ("KC0", "", "KC", "KC001", true),
        ];
        for (select, extend, ignore, rule, expected) in cases {
            let selection = selection(select, extend, ignore);
            assert_eq!(has(&selection, rule), expected, "{select} + {extend} - {ignore}: {rule}");
        }
    }

    #[test]
    fn unknown_words_are_told_with_the_nearest_name() {
        let error = "floating-image-tags".parse::<Selector>().unwrap_err();
        assert_eq!(error, "there is no rule `floating-image-tags`; did you mean `floating-image-tag`?");
        for text in ["K", "KZ001", "KC0011", "KCé", "nothing-of-the-kind"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
