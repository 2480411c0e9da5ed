//! The page of a rule: what `explain` prints, and what `docs/rules/` has.

use super::{
    RULES,
    rule::{Category, Example, Rule},
};

/// The page as Markdown.
pub fn page(rule: &Rule) -> String {
    let mut page = format!("# {} {}\n\n{}.\n\n", rule.code, rule.name, sentence(rule.summary));
    page.push_str("| severity | category | on by default | fix |\n| --- | --- | --- | --- |\n");
    let default = if rule.category.is_default() { "yes" } else { "no" };
    page.push_str(&format!(
        "| {} | {} | {default} | {} |\n\n{}\n\n",
        rule.severity.word(),
        rule.category.name(),
        rule.fix.name(),
        rule.explain.trim()
    ));
    page.push_str(&format!("## Found\n\n{}", example(rule.bad)));
    page.push_str(&format!("\n## Not found\n\n{}", example(rule.good)));
    page.push_str(&format!(
        "\n## Allow it\n\nWrite a comment on the line or above it:\n\n```yaml\n# kustompose: ignore[{}] why this is right here\n```\n",
        rule.name
    ));
    page
}

/// The list of all rules as Markdown, each with the address of its page.
pub fn index() -> String {
    let mut text =
        String::from("# Rules\n\nEach rule has a page. `kustompose explain CODE` prints the same page.\n");
    for category in Category::ALL {
        let default = if category.is_default() { "" } else { " (off by default)" };
        text.push_str(&format!(
            "\n## {}{default}\n\n| rule | name | severity | fix | what is found |\n| --- | --- | --- | --- | --- |\n",
            category.name()
        ));
        for rule in RULES.iter().filter(|rule| rule.category == category) {
            text.push_str(&format!(
                "| [{code}]({code}.md) | {} | {} | {} | {} |\n",
                rule.name,
                rule.severity.word(),
                rule.fix.name(),
                rule.summary,
                code = rule.code,
            ));
        }
    }
    text
}

fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().collect::<String>() + letters.as_str())
        .unwrap_or_default()
}

fn example(files: Example) -> String {
    let block = |(path, text): &(&str, &str)| {
        let language = if path.ends_with("yaml") { "yaml" } else { "sh" };
        format!("`{path}`:\n\n```{language}\n{text}```\n")
    };
    files.iter().map(block).collect::<Vec<_>>().join("\n")
}
