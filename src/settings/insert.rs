//! An entry more in a list of `kustompose.yaml`, with every other byte left as it is.

use crate::{
    diag::Report,
    text::Sources,
    yaml::{
        Map, Node, Value,
        emit::{self, Entry, Yaml},
        parse, scalar,
    },
};

/// The key of lists of what is allowed.
const LIST: &str = "allow";

/// The text with an entry more in the list `allow` of a section. Where there is no such section or list, there is
/// one then. The error says why the text cannot be changed.
pub fn allow(text: &str, section: &str, fields: &[(&str, Yaml)]) -> Result<String, String> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add(super::FILE_NAME, text);
    let documents = parse::documents(&sources, id, &mut report).filter(|_| !report.has_errors());
    let documents = documents.ok_or("it is not valid YAML")?;
    let edit = Edit { text, fields };
    let root = documents.first();
    let Some(top) = mapping(root, "the file")? else {
        return Ok(edit.at_end(text.len(), &edit.section(section, 0)));
    };
    if root.is_some_and(|root| edit.is_flow(root)) {
        return Err("it is one mapping in braces".to_owned());
    }
    let Some((key, value)) = top.get_key_value(section) else {
        let is_last = documents.len() == 1 && !text.lines().any(|line| line.trim_end() == "...");
        let end = root.filter(|_| !is_last).map_or(text.len(), |root| edit.line_end(root.span.end as usize));
        return Ok(edit.at_end(end, &edit.section(section, 0)));
    };
    let list = |indent| edit.list(indent);
    match mapping(Some(value), section)? {
        None => Ok(edit.in_place_of_nothing(value, key.span.end as usize, &list(2))),
        Some(_) if edit.is_flow(value) => edit.in_flow_mapping(value),
        Some(entries) => {
            let first = entries.keys().next().map_or(0, |key| key.span.start as usize);
            let indent = edit.column(first);
            match entries.get_key_value(LIST) {
                None => Ok(edit.behind(value, &list(indent))),
                Some((key, value)) => edit.in_list(value, key.span.end as usize, indent),
            }
        }
    }
}

/// The entries; none if nothing is said.
fn mapping<'n>(node: Option<&'n Node>, what: &str) -> Result<Option<&'n Map>, String> {
    match node.map(|node| &node.value) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Map(map)) => Ok(Some(map)),
        Some(_) => Err(format!("`{what}` is not a mapping")),
    }
}

struct Edit<'a> {
    text: &'a str,
    fields: &'a [(&'a str, Yaml)],
}

impl Edit<'_> {
    /// A whole section, in lines.
    fn section(&self, section: &str, indent: usize) -> Vec<String> {
        let head = format!("{:indent$}{section}:", "");
        std::iter::once(head).chain(self.list(indent + 2)).collect()
    }

    /// The list with the entry as its only one, in lines.
    fn list(&self, indent: usize) -> Vec<String> {
        let head = format!("{:indent$}{LIST}:", "");
        std::iter::once(head).chain(self.item(indent)).collect()
    }

    /// The entry, in lines.
    fn item(&self, indent: usize) -> Vec<String> {
        let map = Yaml::map(self.fields.iter().map(|(key, value)| (*key, Entry::new(value.clone()))));
        let text = emit::document(&map);
        let line =
            |(at, line): (usize, &str)| format!("{:indent$}{}{line}", "", if at == 0 { "- " } else { "  " });
        text.lines().enumerate().map(line).collect()
    }

    /// The entry in one line.
    fn flow(&self) -> String {
        let fields: Vec<String> =
            self.fields.iter().map(|(key, value)| format!("{key}: {}", in_line(value))).collect();
        format!("{{{}}}", fields.join(", "))
    }

    /// Adds to `allow`, whatever its form.
    fn in_list(&self, list: &Node, behind_key: usize, indent: usize) -> Result<String, String> {
        match &list.value {
            Value::Null => Ok(self.in_place_of_nothing(list, behind_key, &self.item(indent))),
            Value::Seq(items) if self.is_flow(list) => {
                let comma = if items.is_empty() { "" } else { ", " };
                Ok(self.before_bracket(list, items.last(), &format!("{comma}{}", self.flow())))
            }
            Value::Seq(items) => {
                let first = items.first().map_or(0, |item| item.span.start as usize);
                let dash = self.text[..first].rfind('-').unwrap_or(first);
                Ok(self.behind(list, &self.item(self.column(dash))))
            }
            _ => Err(format!("`{LIST}` is not a list")),
        }
    }

    fn in_flow_mapping(&self, section: &Node) -> Result<String, String> {
        let entries = section.as_map().ok_or("the section is not a mapping")?;
        match entries.get(LIST) {
            Some(list) if self.is_flow(list) => self.in_list(list, 0, 0),
            Some(_) => Err(format!("`{LIST}` within braces has no value in brackets")),
            None => {
                let comma = if entries.is_empty() { "" } else { ", " };
                let more = format!("{comma}{LIST}: [{}]", self.flow());
                Ok(self.before_bracket(section, entries.values().last(), &more))
            }
        }
    }

    /// Before the bracket or brace that closes a collection, behind its last value.
    fn before_bracket(&self, collection: &Node, last: Option<&Node>, more: &str) -> String {
        let close = collection.span.end as usize - 1;
        let at = last.map_or(close, |last| (last.span.end as usize).max(collection.span.start as usize + 1));
        let (before, after) = self.text.split_at(at);
        format!("{before}{more}{after}")
    }

    /// Lines below a key without a value; a value that says `null` or `~` goes.
    fn in_place_of_nothing(&self, value: &Node, behind_key: usize, lines: &[String]) -> String {
        let span = value.span.start as usize..value.span.end as usize;
        let written = self.text.get(span.clone()).unwrap_or_default();
        if written.trim().is_empty() || span.start < behind_key {
            return self.at_end(self.line_end(behind_key), lines);
        }
        let without = format!("{}{}", self.text[..span.start].trim_end_matches(' '), &self.text[span.end..]);
        let edit = Edit { text: &without, fields: self.fields };
        edit.at_end(edit.line_end(behind_key), lines)
    }

    /// Lines behind the last line of a value.
    fn behind(&self, value: &Node, lines: &[String]) -> String {
        self.at_end(self.line_end(last(value)), lines)
    }

    /// Lines at an offset, where a line begins or the text ends.
    fn at_end(&self, at: usize, lines: &[String]) -> String {
        let end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let (before, after) = self.text.split_at(at);
        let open = if before.is_empty() || before.ends_with('\n') { "" } else { end };
        let new: String = lines.iter().map(|line| format!("{line}{end}")).collect();
        format!("{before}{open}{new}{after}")
    }

    /// Behind the line break of the line in which something ends.
    fn line_end(&self, offset: usize) -> usize {
        let offset = if self.text[..offset].ends_with('\n') { offset - 1 } else { offset };
        self.text[offset..].find('\n').map_or(self.text.len(), |at| offset + at + 1)
    }

    fn column(&self, offset: usize) -> usize {
        let line = self.text[..offset].rfind('\n').map_or(0, |at| at + 1);
        self.text[line..offset].chars().count()
    }

    fn is_flow(&self, node: &Node) -> bool {
        self.text[node.span.start as usize..].starts_with(['{', '['])
    }
}

/// The offset behind the last character that belongs to a value.
fn last(node: &Node) -> usize {
    let within = match &node.value {
        Value::Seq(items) => items.iter().map(last).max(),
        Value::Map(map) => map.iter().map(|(key, value)| last(value).max(key.span.end as usize)).max(),
        _ => None,
    };
    (node.span.end as usize).max(within.unwrap_or_default())
}

/// A value as flow style has it.
fn in_line(value: &Yaml) -> String {
    let is_simple = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
            && text.chars().all(plain)
            && matches!(scalar::resolve(text), Value::String(_))
    };
    match value {
        Yaml::String(text) if is_simple(text) => text.clone(),
        Yaml::String(text) => serde_json::Value::from(text.as_str()).to_string(),
        Yaml::Seq(items) => {
            let items: Vec<String> = items.iter().map(|item| in_line(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        other => emit::document(other).trim_end().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[(&str, &str)] = &[("kind", "command"), ("reason", "on: it")];

    fn added(text: &str) -> Result<String, String> {
        let fields: Vec<(&str, Yaml)> =
            FIELDS.iter().map(|(key, value)| (*key, Yaml::from(*value))).collect();
        allow(text, "check", &fields)
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        let item = "- kind: command\n    reason: \"on: it\"\n";
        let whole = format!("check:\n  allow:\n  {item}");
        let cases: &[(&str, String)] = &[
            ("", whole.clone()),
            ("# Ours.\n", format!("# Ours.\n{whole}")),
            ("project: shop # x\n\n# end\n", format!("project: shop # x\n\n# end\n{whole}")),
            ("project: shop", format!("project: shop\n{whole}")),
            ("check:\nproject: shop\n", format!("{whole}project: shop\n")),
            ("check: # why\nproject: shop\n", whole.replace("check:", "check: # why") + "project: shop\n"),
            ("check: ~\nproject: shop\n", format!("{whole}project: shop\n")),
            ("check: {} # x\n", "check: {allow: [{kind: command, reason: \"on: it\"}]} # x\n".to_owned()),
            (
                "check: { ownership: {image: compose} }\n",
                "check: { ownership: {image: compose}, allow: [{kind: command, reason: \"on: it\"}] }\n".to_owned(),
            ),
            (
                "check:\n    ownership: {image: compose} # x\n    # about it\nproject: a\n",
                "check:\n    ownership: {image: compose} # x\n    allow:\n    - kind: command\n      reason: \"on: it\"\n    # about it\nproject: a\n".to_owned(),
            ),
            ("check:\n  allow:\nproject: a\n", format!("{whole}project: a\n")),
            ("check:\n  allow: []\n", "check:\n  allow: [{kind: command, reason: \"on: it\"}]\n".to_owned()),
            (
                "check:\n  allow: [{kind: image, reason: r}]\n",
                "check:\n  allow: [{kind: image, reason: r}, {kind: command, reason: \"on: it\"}]\n".to_owned(),
            ),
            (
                "check:\n  allow:\n  - kind: image # a\n    reason: r # b\n\n# end\n",
                format!("check:\n  allow:\n  - kind: image # a\n    reason: r # b\n  {item}\n# end\n"),
            ),
            (
                "check:\n  allow:\n    - {kind: image, reason: r}",
                "check:\n  allow:\n    - {kind: image, reason: r}\n    - kind: command\n      reason: \"on: it\"\n".to_owned(),
            ),
            (
                "check:\n  allow:\n  - kind: image\n    reason: |\n      two\n      lines\nproject: a\n",
                format!("check:\n  allow:\n  - kind: image\n    reason: |\n      two\n      lines\n  {item}project: a\n"),
            ),
            ("project: a\r\n", format!("project: a\r\n{}", whole.replace('\n', "\r\n"))),
        ];
        for (text, expected) in cases {
            assert_eq!(added(text).as_ref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_has_another_form_is_refused() {
        for (text, why) in [
            ("{project: a}", "it is one mapping in braces"),
            ("- a\n", "`the file` is not a mapping"),
            ("check: yes\n", "`check` is not a mapping"),
            ("check:\n  allow: x\n", "`allow` is not a list"),
            ("a: [\n", "it is not valid YAML"),
        ] {
            assert_eq!(added(text), Err(why.to_owned()), "{text}");
        }
    }
}
