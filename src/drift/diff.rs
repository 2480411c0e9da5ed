//! Two states side by side, as a table: two environments, or Compose and the manifests.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    compare::id,
    difference::difference,
    fact::{Fact, Facts, Path, ServiceFacts, WorkloadFacts},
    shown::{shown, told},
};
use crate::{secret::Hidden, text::shown::one_line};

/// Characters of a value that the table shows.
const LONGEST: usize = 50;

/// What stands where a side has nothing.
const NOTHING: &str = "-";

/// A fact that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The service.
    pub service: String,
    /// The part of the service; empty for the service as a whole.
    pub path: String,
    /// What the left side has.
    pub left: Option<String>,
    /// What the right side has.
    pub right: Option<String>,
}

/// The facts that differ. A secret is the same as any other one.
pub fn diff(left: &Facts, right: &Facts, hidden: &Hidden) -> Vec<Row> {
    let names: BTreeSet<&String> = left.services.keys().chain(right.services.keys()).collect();
    let mut rows = Vec::new();
    for name in names {
        let sides = [left, right].map(|facts| facts.services.get(name));
        let ids = |facts: Option<&ServiceFacts>| {
            let all = facts.into_iter().flat_map(|facts| facts.workloads.iter().map(move |it| id(it, facts)));
            all.collect::<BTreeSet<String>>()
        };
        for wanted in ids(sides[0]).union(&ids(sides[1])) {
            let find = |facts: &Option<&ServiceFacts>| {
                let facts = (*facts)?;
                facts.workloads.iter().find(|workload| id(workload, facts) == *wanted).cloned()
            };
            let [left, right] = [find(&sides[0]), find(&sides[1])];
            workload_rows(name, left.as_ref(), right.as_ref(), hidden, &mut rows);
        }
    }
    rows
}

fn workload_rows(
    service: &str,
    left: Option<&WorkloadFacts>,
    right: Option<&WorkloadFacts>,
    hidden: &Hidden,
    rows: &mut Vec<Row>,
) {
    let (Some(one), Some(other)) = (left, right) else {
        let value = |it: Option<&WorkloadFacts>| it.map(|it| format!("{} {}", it.kind, it.name));
        rows.push(Row {
            service: service.to_owned(),
            path: String::new(),
            left: value(left),
            right: value(right),
        });
        return;
    };
    let (one, other) = (all(one), all(other));
    let paths: BTreeSet<&Path> = one.keys().chain(other.keys()).copied().collect();
    for path in paths {
        let (left, right) = (one.get(path).copied(), other.get(path).copied());
        let differs =
            difference(path, left, right, false).is_some() || difference(path, right, left, false).is_some();
        if differs {
            let value = |fact: Option<&Fact>| fact.map(|fact| shown(path, &fact.value, hidden));
            rows.push(Row {
                service: service.to_owned(),
                path: told(path, left, right),
                left: value(left),
                right: value(right),
            });
        }
    }
}

/// The facts of a workload and of its first container.
fn all(workload: &WorkloadFacts) -> BTreeMap<&Path, &Fact> {
    let of_container = workload.containers.iter().take(1).flat_map(|container| &container.facts);
    workload.facts.iter().chain(of_container).collect()
}

/// The rows as a table. The names head the columns of the sides.
pub fn table(rows: &[Row], left: &str, right: &str) -> String {
    let cell = |value: &Option<String>| match value {
        Some(value) => shortened(value),
        None => NOTHING.to_owned(),
    };
    let head = ["service", "fact", left, right].map(str::to_owned);
    let fact = |row: &Row| if row.path.is_empty() { "workload".to_owned() } else { row.path.clone() };
    let body = rows.iter().map(|row| [row.service.clone(), fact(row), cell(&row.left), cell(&row.right)]);
    let lines = std::iter::once(head).chain(body);
    let lines: Vec<[String; 4]> = lines.map(|cells| cells.map(|cell| one_line(&cell).into_owned())).collect();
    let widths: [usize; 4] =
        [0, 1, 2, 3].map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or_default());
    let line = |cells: &[String; 4]| {
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    lines.iter().map(line).collect()
}

fn shortened(value: &str) -> String {
    let line = value.replace('\n', "⏎");
    let line = one_line(&line);
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        drift::{
            Owners,
            testing::{data, read, workload},
        },
        text::Sources,
    };

    #[test]
    fn what_differs_is_a_row() {
        let web = |container: &str| workload("Deployment", "web", container, "");
        let secret = data("Secret", "s", "PW: aHVudGVyMg==") + &data("Secret", "t", "PW: aHVudGVyMw==");
        let left =
            web("image: a:1, args: [x], env: [{name: A, value: one}], envFrom: [{secretRef: {name: s}}]")
                + &workload("Job", "migrate", "", "")
                + &secret;
        let right =
            web("image: a:2, args: [x], env: [{name: B, value: two}], envFrom: [{secretRef: {name: t}}]")
                + &secret;
        let of = |text: &str| read("k8s.yaml", text, Owners::Own, &mut Sources::default());
        let rows = diff(&of(&left), &of(&right), &Hidden::default());
        assert_eq!(
            table(&rows, "local", "production"),
            "\
service  fact      local        production
migrate  workload  Job migrate  -
web      image     a:1          a:2
web      env.A     one          -
web      env.B     -            two
"
        );
        assert_eq!(diff(&of(&left), &of(&left), &Hidden::default()), []);
    }
}
