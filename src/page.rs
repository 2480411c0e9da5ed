//! A report as one page of HTML that needs no network: for reviewers who do not read a log.
//!
//! The page is complete without scripts; a small one filters its tables. Every text is escaped by the template, and
//! a Content-Security-Policy forbids whatever could be loaded. Secrets are starred out before they get here.

use indexmap::IndexMap;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::{
    diag::{Finding, Severity},
    graph::Graph,
};

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/filter.js");

/// So many keys are open when the page is: a browser takes seconds for the rows of a large project.
const FEW_KEYS: usize = 150;

/// What the page shows. An empty section is left out.
#[derive(Debug, Default)]
pub struct Page {
    /// The name of the project.
    pub project: String,
    /// What was done, as in `convert`.
    pub command: &'static str,
    /// The result in a few words.
    pub result: String,
    /// A line for each environment.
    pub environments: Vec<String>,
    /// What people have to know, the worst first.
    pub blocks: Vec<Block>,
    /// Errors, warnings and notes.
    pub findings: Vec<Finding>,
    /// The services.
    pub graph: Graph,
    /// The variables of the services.
    pub variables: Variables,
    /// What became of each key.
    pub keys: Vec<Key>,
}

/// Lines under a title.
#[derive(Debug)]
pub struct Block {
    /// The title.
    pub title: String,
    /// The lines.
    pub lines: Vec<String>,
}

/// Variables by service and environment.
#[derive(Debug, Default)]
pub struct Variables {
    /// The environments: the columns.
    pub environments: Vec<String>,
    /// The services, each with its variables.
    pub services: Vec<ServiceVariables>,
}

/// The variables of a service.
#[derive(Debug)]
pub struct ServiceVariables {
    /// The service.
    pub service: String,
    /// The variables, each with a value for every environment, or none where it is not set.
    pub rows: Vec<(String, Vec<Option<Value>>)>,
}

/// The value of a variable in an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// The value; nothing if it is secret.
    pub text: Option<String>,
    /// Where it is set, as in `compose.yaml:12`, and what decides it there.
    pub place: String,
}

/// What became of a key.
#[derive(Debug)]
pub struct Key {
    /// What the key is of, as in `services.web`: keys of one element are shown together.
    pub element: String,
    /// The way to the key.
    pub path: String,
    /// File, line and column.
    pub place: String,
    /// `mapped`, `approximated`, `ignored` or `unsupported`.
    pub result: &'static str,
    /// The environments that have it.
    pub environments: String,
    /// Where it went, or why not.
    pub reason: String,
}

impl Page {
    /// The page.
    pub fn html(&self) -> String {
        let title = format!("{}: kustompose {}", self.project, self.command);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy"
                        content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";
                    link rel="icon" href="data:,";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    a class="skip" href="#main" { "Skip to the content" }
                    header {
                        h1 { (self.project) " " span { "kustompose " (self.command) } }
                        p { (self.result) }
                        (self.navigation())
                    }
                    main id="main" {
                        (self.overview())
                        (self.findings())
                        (self.topology())
                        (self.variables())
                        (self.keys())
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        page.into_string()
    }

    fn navigation(&self) -> Markup {
        let sections = [
            ("overview", "Overview", true, None),
            ("findings", "Findings", !self.findings.is_empty(), Some(self.findings.len())),
            ("services", "Services", !self.graph.services.is_empty(), Some(self.graph.services.len())),
            ("variables", "Variables", !self.variables.services.is_empty(), None),
            ("keys", "Keys", !self.keys.is_empty(), Some(self.keys.len())),
        ];
        html! {
            nav aria-label="Sections" {
                ul {
                    @for (id, title, _, count) in sections.into_iter().filter(|(_, _, is_shown, _)| *is_shown) {
                        li { a href={ "#" (id) } { (title) @if let Some(count) = count { " " span { (count) } } } }
                    }
                }
            }
        }
    }

    fn overview(&self) -> Markup {
        html! {
            section id="overview" {
                h2 { "Overview" }
                @if self.blocks.is_empty() {
                    p {
                        @if !self.keys.is_empty() { "Nothing behaves differently." }
                        @else if self.findings.is_empty() { "Nothing was found." }
                        @else { "See the " a href="#findings" { "findings" } "." }
                    }
                }
                @for (number, block) in self.blocks.iter().enumerate() {
                    div class={ "block b" (number) } {
                        h3 { (block.title) }
                        ul { @for line in &block.lines { li { (line) } } }
                    }
                }
                @if !self.environments.is_empty() {
                    h3 { "Environments" }
                    ul { @for line in &self.environments { li { (line) } } }
                }
            }
        }
    }

    fn findings(&self) -> Markup {
        html! {
            @if !self.findings.is_empty() {
                section id="findings" {
                    h2 { "Findings" }
                    (filter("findings", "Filter findings", &["error", "warning", "info"]))
                    ul class="findings" {
                        @for finding in &self.findings { (one(finding)) }
                    }
                }
            }
        }
    }

    fn topology(&self) -> Markup {
        html! {
            @if !self.graph.services.is_empty() {
                section id="services" {
                    h2 { "Services" }
                    p { "An arrow leads to what a service depends on. A dashed box is not in every environment." }
                    div class="picture" tabindex="0" role="group" aria-label="Picture of the services, can be scrolled" {
                        (PreEscaped(self.graph.svg()))
                    }
                    @if !self.graph.networks.is_empty() {
                        h3 { "Networks" }
                        dl {
                            @for (network, services) in &self.graph.networks {
                                dt { (network) }
                                dd { (services.iter().cloned().collect::<Vec<_>>().join(", ")) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn variables(&self) -> Markup {
        let environments = &self.variables.environments;
        html! {
            @if !self.variables.services.is_empty() {
                section id="variables" {
                    h2 { "Variables" }
                    p { "Where each value comes from. Secrets are starred out." }
                    div class="filter" data-for="variables" {
                        label { "Filter variables " input type="search" autocomplete="off"; }
                        @if environments.len() > 1 {
                            label { input type="checkbox"; " only those that differ between environments" }
                        }
                        output aria-live="polite" {}
                    }
                    @for service in &self.variables.services {
                        details open[self.variables.services.len() <= 12] {
                            summary { (service.service) " " span { (service.rows.len()) } }
                            div class="table" {
                                table {
                                    thead { tr {
                                        th scope="col" { "Variable" }
                                        @for name in environments { th scope="col" { (name) } }
                                    } }
                                    tbody { @for (name, values) in &service.rows { (variable(name, values)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn keys(&self) -> Markup {
        html! {
            @if !self.keys.is_empty() {
                section id="keys" {
                    h2 { "Keys" }
                    p { "What became of every key of the Compose files." }
                    (filter("keys", "Filter keys", &["unsupported", "approximated", "ignored", "mapped"]))
                    @for (element, keys) in &by_element(&self.keys) {
                        details open[self.keys.len() <= FEW_KEYS] {
                            summary { (element) " " span { (keys.len()) } }
                            (table_of_keys(keys))
                        }
                    }
                }
            }
        }
    }
}

/// Keys by what they are of, in the order of the first of each.
fn by_element(keys: &[Key]) -> IndexMap<&str, Vec<&Key>> {
    let mut elements: IndexMap<&str, Vec<&Key>> = IndexMap::new();
    for key in keys {
        elements.entry(&key.element).or_default().push(key);
    }
    elements
}

fn table_of_keys(keys: &[&Key]) -> Markup {
    html! {
        div class="table" {
            table {
                thead { tr {
                    th scope="col" { "Key" }
                    th scope="col" { "Place" }
                    th scope="col" { "Result" }
                    th scope="col" { "Environments" }
                    th scope="col" { "Where to, or why" }
                } }
                tbody {
                    @for key in keys {
                        tr data-kind=(key.result) {
                            td { code { (key.path) } }
                            td { (key.place) }
                            td { span class={ "tag " (key.result) } { (key.result) } }
                            td { (key.environments) }
                            td { (key.reason) }
                        }
                    }
                }
            }
        }
    }
}

/// A field for words, and one for kinds. The script shows both where it runs.
fn filter(section: &str, label: &str, kinds: &[&str]) -> Markup {
    html! {
        div class="filter" data-for=(section) {
            label { (label) " " input type="search" autocomplete="off"; }
            label {
                "Kind "
                select {
                    option value="" { "all" }
                    @for kind in kinds { option value=(kind) { (kind) } }
                }
            }
            output aria-live="polite" {}
        }
    }
}

fn one(finding: &Finding) -> Markup {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    html! {
        li data-kind=(severity) {
            span class={ "tag " (severity) } { (severity) } " "
            code { (finding.code.id) } " " (finding.message)
            @if !finding.labels.is_empty() {
                ul {
                    @for label in &finding.labels {
                        li { (label.file) ":" (label.line) ":" (label.column)
                            @if !label.text.is_empty() { ": " (label.text) } }
                    }
                }
            }
            @if let Some(help) = &finding.help { p class="help" { (help) } }
        }
    }
}

fn variable(name: &str, values: &[Option<Value>]) -> Markup {
    let differs = values.windows(2).any(|pair| match pair {
        [Some(one), Some(other)] => one.text != other.text,
        [one, other] => one.is_some() != other.is_some(),
        _ => false,
    });
    html! {
        tr data-differs[differs] {
            th scope="row" { code { (name) } }
            @for value in values {
                td {
                    @match value {
                        None => span class="none" { "not set" },
                        Some(value) => {
                            @match &value.text {
                                Some(text) => code { (text) },
                                None => span class="secret" title="secret" { "********" },
                            }
                            div class="place" { (value.place) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_project_is_escaped() {
        let hostile = "</script><script>alert(1)</script>";
        let page = Page {
            project: hostile.into(),
            command: "convert",
            result: hostile.into(),
            environments: vec![hostile.into()],
            blocks: vec![Block { title: "Will not start".into(), lines: vec![hostile.into()] }],
            variables: Variables {
                environments: vec![hostile.into()],
                services: vec![ServiceVariables {
                    service: hostile.into(),
                    rows: vec![(
                        hostile.into(),
                        vec![Some(Value { text: Some(hostile.into()), place: hostile.into() })],
                    )],
                }],
            },
            keys: vec![Key {
                element: hostile.into(),
                path: hostile.into(),
                place: hostile.into(),
                result: "mapped",
                environments: hostile.into(),
                reason: hostile.into(),
            }],
            ..Page::default()
        };
        let html = page.html();
        assert_eq!(html.matches("<script>").count(), 1);
        assert!(!html.contains("alert(1)</script>"));
    }

    #[test]
    fn a_variable_differs_where_a_value_or_its_absence_does() {
        let value = |text: &str| Some(Value { text: Some(text.into()), place: String::new() });
        let differs = |values: &[Option<Value>]| variable("A", values).into_string().contains("data-differs");
        assert!(!differs(&[value("1"), value("1")]));
        assert!(differs(&[value("1"), value("2")]));
        assert!(differs(&[value("1"), None]));
    }
}
