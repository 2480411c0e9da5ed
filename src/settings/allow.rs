//! Lists of what is allowed, each entry with its reason: `check: allow:` and lists like it.
//!
//! There is one form of an entry, and one reader. What a list may allow are kinds of findings, by code or name.

use super::{date::Date, glob::Glob, keys, text, texts, wrong};
use crate::{
    diag::{Code, Diagnostic, Report, codes},
    text::{Span, Spanned, nearest},
    yaml::{Node, Value},
};

/// Kinds of findings that are listed where a name is unknown.
const MOST_LISTED: usize = 20;

/// One entry: findings of one kind are allowed, for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What kind of finding.
    pub code: Code,
    /// The services that it is about; all of them if none is named.
    pub service: Option<Spanned<Glob>>,
    /// The environments that it is about; all of them if none is named.
    pub environments: Vec<Spanned<String>>,
    /// The part of a service, or the file, that it is about.
    pub path: Option<Spanned<Glob>>,
    /// Why it is allowed.
    pub reason: Spanned<String>,
    /// The last day on which it is allowed.
    pub until: Option<Spanned<Date>>,
    /// The entry.
    pub span: Span,
}

/// What an entry is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// The kind of finding.
    pub code: Code,
    /// The service, if the finding is about one.
    pub service: Option<&'a str>,
    /// The environment, if the finding is about one.
    pub environment: Option<&'a str>,
    /// The part of the service, or the file.
    pub path: &'a str,
}

impl Entry {
    /// Whether the entry is about this finding.
    pub fn is_about(&self, subject: &Subject<'_>) -> bool {
        let is_service = |glob: &Spanned<Glob>| subject.service.is_some_and(|name| glob.matches(name));
        let is_environment = |name: &Spanned<String>| subject.environment == Some(name.as_str());
        self.code.id == subject.code.id
            && self.service.as_ref().is_none_or(is_service)
            && (self.environments.is_empty() || self.environments.iter().any(is_environment))
            && self.path.as_ref().is_none_or(|glob| glob.matches(subject.path))
    }

    /// Whether its last day has passed.
    pub fn is_expired(&self, today: Date) -> bool {
        self.until.as_ref().is_some_and(|until| until.value < today)
    }
}

/// A list of entries on a day, with which of them were met.
#[derive(Debug)]
pub struct Allowed<'a> {
    entries: &'a [Entry],
    today: Date,
    met: Vec<bool>,
}

impl<'a> Allowed<'a> {
    /// The list as it holds on a day.
    pub fn new(entries: &'a [Entry], today: Date) -> Self {
        Self { entries, today, met: vec![false; entries.len()] }
    }

    /// The entry by which a finding is allowed, if there is one. Every entry about it is met.
    pub fn entry(&mut self, subject: &Subject<'_>) -> Option<&'a Entry> {
        let mut found = None;
        for (entry, met) in self.entries.iter().zip(&mut self.met) {
            if entry.is_about(subject) {
                *met = true;
                found = found.or((!entry.is_expired(self.today)).then_some(entry));
            }
        }
        found
    }

    /// Warns of entries whose last day has passed, and of those that nothing met. `was_seen` says whether what an
    /// entry is about was looked at in this run: only then can it be of no use.
    pub fn warn(
        &self,
        (expired, unused): (Code, Code),
        was_seen: impl Fn(&Entry) -> bool,
        report: &mut Report,
    ) {
        for (entry, met) in self.entries.iter().zip(&self.met) {
            if let Some(until) = entry.until.as_ref().filter(|_| entry.is_expired(self.today)) {
                let message = format!("`{}` was allowed until {}", entry.code.name, until.value);
                let help = "fix what it allowed and remove the entry, or set a later date";
                report.push(Diagnostic::warning(expired, message).at(until.span, "has passed").help(help));
            } else if !met && was_seen(entry) {
                let message = format!("nothing is found that this entry for `{}` allows", entry.code.name);
                report.push(Diagnostic::warning(unused, message).at(entry.span, "unused").help("remove it"));
            }
        }
    }
}

/// Reads a list. `allowable` are the kinds of findings that it may name.
pub fn read(node: &Node, allowable: &[Code], report: &mut Report) -> Vec<Entry> {
    match &node.value {
        Value::Seq(items) => items.iter().filter_map(|item| entry(item, allowable, report)).collect(),
        Value::Null => Vec::new(),
        _ => wrong::<()>(node, "a list", report).map(|()| Vec::new()).unwrap_or_default(),
    }
}

fn entry(node: &Node, allowable: &[Code], report: &mut Report) -> Option<Entry> {
    if node.as_map().is_none() {
        return wrong(node, "a mapping with `kind` and `reason`", report);
    }
    let (mut named, mut reason) = (None, None);
    let (mut service, mut path, mut environments, mut until) = (None, None, Vec::new(), None);
    let before = report.diagnostics().len();
    let glob = |value: &Node, report: &mut Report| text(value, report).map(|it| it.map(Glob::new));
    super::each(node, keys::ALLOW, report, |key, value, report| match key {
        "kind" | "code" => named = text(value, report).and_then(|name| code(&name, allowable, report)),
        "service" => service = glob(value, report),
        "environment" => environments = texts(value, report),
        "path" => path = glob(value, report),
        "reason" => reason = text(value, report).filter(|reason| !reason.trim().is_empty()),
        _ => until = date(value, report),
    });
    let is_sound = report.diagnostics().len() == before;
    let has = |key: &str| node.get(key).is_some();
    if !has("kind") && !has("code") {
        lacks(node, "`kind`", "add `kind: KIND`, or `code: CODE`", report);
    }
    if reason.is_none() && (!has("reason") || is_sound) {
        lacks(node, "`reason`", "add `reason: …`: it says why this is allowed", report);
    }
    Some(Entry { code: named?, service, environments, path, reason: reason?, until, span: node.span })
        .filter(|_| is_sound)
}

fn lacks(node: &Node, what: &str, help: &str, report: &mut Report) {
    let diagnostic = Diagnostic::error(codes::INVALID_SETTING, format!("this entry has no {what}"));
    report.push(diagnostic.at(node.span, "here").help(help));
}

/// The code that an id or a name means.
fn code(named: &Spanned<String>, allowable: &[Code], report: &mut Report) -> Option<Code> {
    let found = find(named, allowable);
    if found.is_none() {
        let help = match nearest(named, allowable.iter().flat_map(|code| [code.name, code.id])) {
            Some(name) => format!("did you mean `{name}`?"),
            None if allowable.len() > MOST_LISTED => "name it by its code or its name".to_owned(),
            None => {
                let names: Vec<&str> = allowable.iter().map(|code| code.name).collect();
                format!("known are {}", names.join(", "))
            }
        };
        let message = format!("`{}` is not a kind of finding that can be allowed here", named.value);
        report.push(Diagnostic::error(codes::INVALID_SETTING, message).at(named.span, "unknown").help(help));
    }
    found
}

/// The code with this id or name.
pub fn find(named: &str, allowable: &[Code]) -> Option<Code> {
    allowable.iter().find(|code| code.id.eq_ignore_ascii_case(named) || code.name == named).copied()
}

fn date(node: &Node, report: &mut Report) -> Option<Spanned<Date>> {
    let (Value::Timestamp(written) | Value::String(written)) = &node.value else {
        return wrong(node, "a date such as `2027-03-31`", report);
    };
    let date = Date::parse(written);
    if date.is_none() {
        let message = format!("`{written}` is not a date");
        let diagnostic = Diagnostic::error(codes::INVALID_SETTING, message).at(node.span, "here");
        report.push(diagnostic.help("write it as YEAR-MONTH-DAY, such as `2027-03-31`"));
    }
    date.map(|date| Spanned::new(date, node.span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{settings::check, text::Sources, yaml::parse};

    const ALLOWABLE: &[Code] = &[codes::COMMAND, codes::ENV_MISSING];

    fn read_text(text: &str) -> (Vec<Entry>, Vec<String>) {
        let (mut sources, mut report) = (Sources::default(), Report::default());
        let id = sources.add("kustompose.yaml", text);
        let documents = parse::documents(&sources, id, &mut report).unwrap();
        let entries = read(&documents[0], ALLOWABLE, &mut report);
        (entries, shown(&report, &sources))
    }

    fn shown(report: &Report, sources: &Sources) -> Vec<String> {
        let line = |it: &Diagnostic| format!("{}: {}", sources.location(it.span().unwrap()).line, it.message);
        report.diagnostics().iter().map(line).collect()
    }

    #[test]
    fn entries_are_about_what_they_name() {
        let (entries, problems) = read_text(
            "- {kind: command, reason: r}\n\
             - {code: KM008, service: api*, environment: [staging, production], path: argv, reason: r}\n\
             - {kind: KM002, environment: local, reason: r, until: 2027-03-31}\n",
        );
        assert_eq!(problems, [""; 0]);
        let about = |code, service, environment, path| {
            let subject = Subject { code, service, environment, path };
            entries.iter().map(|entry| entry.is_about(&subject)).collect::<Vec<_>>()
        };
        let (command, missing) = (codes::COMMAND, codes::ENV_MISSING);
        assert_eq!(about(command, Some("api-1"), Some("staging"), "argv"), [true, true, false]);
        assert_eq!(about(command, Some("web"), Some("staging"), "argv"), [true, false, false]);
        assert_eq!(about(command, Some("api"), Some("local"), "argv"), [true, false, false]);
        assert_eq!(about(command, Some("api"), Some("staging"), "user"), [true, false, false]);
        assert_eq!(about(command, None, None, ""), [true, false, false]);
        assert_eq!(about(missing, Some("api"), Some("local"), "env.A"), [false, false, true]);
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_an_error_at_its_line() {
        for (text, problem) in [
            ("- kind: command\n", "1: this entry has no `reason`"),
            ("- kind: command\n  reason: ' '\n", "1: this entry has no `reason`"),
            ("- reason: r\n", "1: this entry has no `kind`"),
            (
                "- reason: r\n  kind: weather\n",
                "2: `weather` is not a kind of finding that can be allowed here",
            ),
            ("- kind: image\n  reason: r\n", "1: `image` is not a kind of finding that can be allowed here"),
            ("- kind: command\n  reason: r\n  until: soon\n", "3: `soon` is not a date"),
            (
                "- kind: command\n  reason: r\n  until: 5\n",
                "3: expected a date such as `2027-03-31`, found integer",
            ),
            ("- kind: command\n  reason: [r]\n", "2: expected a string, found list"),
            ("- kind: command\n  reason: r\n  services: a\n", "3: there is no setting `services` here"),
            ("- command\n", "1: expected a mapping with `kind` and `reason`, found string"),
            ("kind: command\n", "1: expected a list, found mapping"),
        ] {
            let (entries, problems) = read_text(text);
            assert_eq!((entries.len(), problems), (0, vec![problem.to_owned()]), "{text}");
        }
    }

    #[test]
    fn an_entry_holds_until_its_day_and_has_to_be_of_use() {
        let text = "- {kind: command, reason: r, until: 2027-03-31}\n- {kind: env-missing, reason: r}\n";
        let (entries, _) = read_text(text);
        let subject =
            Subject { code: codes::COMMAND, service: Some("a"), environment: Some("b"), path: "argv" };
        let on = |day: &str, met: bool, was_seen: bool| {
            let mut allowed = Allowed::new(&entries, Date::parse(day).unwrap());
            let is_allowed = met && allowed.entry(&subject).is_some();
            let mut report = Report::default();
            allowed.warn(check::WAIVERS, |_| was_seen, &mut report);
            (is_allowed, report.diagnostics().iter().map(|it| it.code.id).collect::<Vec<_>>())
        };
        assert_eq!(on("2027-03-31", true, true), (true, vec!["KM021"]));
        assert_eq!(on("2027-03-31", false, true), (false, vec!["KM021", "KM021"]));
        assert_eq!(on("2027-03-31", false, false), (false, vec![]));
        assert_eq!(on("2027-04-01", true, true), (false, vec!["KM020", "KM021"]));
    }
}
