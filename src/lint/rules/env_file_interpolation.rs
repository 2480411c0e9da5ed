//! KE009: references in env files.

use std::ops::Range;

use crate::{
    diag::Severity,
    lint::{
        Category, Check, Findings, FixKind, Rule,
        views::{EnvFile, Place, Statement},
    },
};

pub(super) static RULE: Rule = Rule {
    code: "KE009",
    name: "env-file-interpolation",
    severity: Severity::Error,
    category: Category::Migration,
    fix: FixKind::None,
    summary: "a value in an env file has a `$`: Compose replaces it, kustomize does not",
    explain: "\
The same file gives two values. Compose replaces `${HOST}` and `$HOST`, and reads `$$` as `$`; a
ConfigMap that kustomize generates from the file holds the text as it is.

The rule finds references and `$$` outside single quotes. It is an error in a file that a
kustomization reads, one for each line; in any other file it is an info, one for the file. `convert`
writes such values out. In its files, and in files that containers mount, nothing is found.",
    bad: &[("app.env", "HOST=api\nURL=http://${HOST}/\n")],
    good: &[("app.env", "HOST=api\nURL=http://api/\n")],
    checks: &[Check::EnvFile(check)],
};

fn check(file: &EnvFile<'_>, findings: &mut Findings<'_>) {
    let statements = file.statements();
    let is_for_kustomize_alone = file.readers.kustomize && !file.readers.compose;
    let label = if is_for_kustomize_alone { "stays as it is" } else { "replaced by Compose" };
    let places: Vec<Place> = statements
        .iter()
        .filter_map(|statement| reference(file.text(), statement))
        .map(|range| Place { range, label: label.to_owned(), edits: Vec::new(), written: None })
        .collect();
    file.report(
        places,
        "kustomize does not replace this",
        "Compose replaces what a `$` begins, and kustomize does not",
        ("write the value out; in a container, `$(NAME)` in `env` of a manifest puts values together", ""),
        findings,
    );
}

/// The first place in the value where a `$` means more than itself.
fn reference(text: &str, statement: &Statement) -> Option<Range<usize>> {
    let value = text.get(statement.value.clone()).filter(|_| statement.quote != Some('\''))?;
    let bytes = value.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match (bytes[at], bytes.get(at + 1)) {
            (b'\\', _) => at += 1,
            (b'$', Some(next))
                if *next == b'$' || *next == b'{' || *next == b'_' || next.is_ascii_alphabetic() =>
            {
                let word =
                    value[at + 1..].bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
                let length = match next {
                    b'{' => value[at..].find('}').map_or(value.len() - at, |end| end + 1),
                    b'$' => 2,
                    _ => 1 + word.count(),
                };
                let start = statement.value.start + at;
                return Some(start..start + length);
            }
            _ => {}
        }
        at += 1;
    }
    None
}
