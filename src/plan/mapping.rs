//! What becomes of every key of compose: the one table of it, which decisions take their reasons from, which
//! `explain` prints, and of which `docs/mapping.md` is made.
//!
//! A key without a row of its own shares that of the key above it. A key may meet several fates, by what it
//! says; any key at all is ignored where nothing makes use of it.

mod row;
mod service;
mod top;

use std::{collections::BTreeMap, iter, sync::LazyLock};

pub use self::row::Row;
use super::fate::KeyPath;
use crate::compose::schema;
use crate::text;

/// All rows, services first.
pub fn all() -> impl Iterator<Item = &'static Row> {
    service::ROWS.iter().chain(top::ROWS)
}

/// The row of a key, its own or that of the key above it.
pub fn of(path: &KeyPath) -> Option<&'static Row> {
    static TABLE: LazyLock<Level> = LazyLock::new(Level::read);
    let mut level = &*TABLE;
    let mut row = None;
    for segment in path.segments().into_iter().filter(|segment| !segment.starts_with('[')) {
        let Some(below) = level.below(segment) else { break };
        level = below;
        row = level.row.or(row);
    }
    row
}

/// The rows by the segments of their paths, so that a key costs its depth.
#[derive(Default)]
struct Level {
    row: Option<&'static Row>,
    keys: BTreeMap<&'static str, Level>,
}

impl Level {
    fn read() -> Self {
        let mut table = Level::default();
        for row in all() {
            let segments = row.path.split('.').map(|segment| segment.trim_end_matches("[]"));
            let level = segments.fold(&mut table, |level, segment| level.keys.entry(segment).or_default());
            level.row = Some(row);
        }
        table
    }

    fn below(&self, segment: &str) -> Option<&Level> {
        let extension = || segment.starts_with("x-").then(|| self.keys.get("x-*")).flatten();
        self.keys.get(segment).or_else(extension).or_else(|| self.keys.get("*"))
    }
}

/// A question about a key, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<'a> {
    /// The row of the key, and those of the keys below it.
    Rows(Vec<&'static Row>),
    /// A service by its name, which is the project's own: the keys that services have.
    Service {
        /// The name.
        name: &'a str,
        /// The keys.
        keys: Vec<&'static str>,
    },
    /// There is no such key; the nearest one, if any is near.
    Unknown(Option<String>),
}

/// What becomes of a key as people name it: `services.web.ports`, `services.ports` or `ports`.
pub fn explain(key: &str) -> Answer<'_> {
    let asked: Vec<&str> =
        key.split(['.', '[']).filter(|part| !part.ends_with(']') && !part.is_empty()).collect();
    let with_name: Vec<&str> = match asked.split_first() {
        Some((_, [])) | None => asked.clone(),
        // `services.ports`: nobody's service is meant.
        Some((top, rest)) => iter::once(*top).chain(iter::once("*")).chain(rest.iter().copied()).collect(),
    };
    let of_service: Vec<&str> = ["services", "*"].into_iter().chain(asked.iter().copied()).collect();
    for way in [with_name, asked.clone(), of_service] {
        // `services.prots` names a service or is a mistake: the latter is told.
        let exact = !asked.is_empty()
            && schema::is_attribute(&way)
            && !matches!(way.as_slice(), ["services", name] if *name != "*");
        let row = of(&KeyPath::new(&way)).filter(|_| exact);
        if let Some(row) = row {
            let prefix = format!("{}.", row.path);
            let own = row.path.split('.').count() == way.len();
            let below = all().filter(|other| own && other.path.starts_with(&prefix));
            return Answer::Rows(iter::once(row).chain(below).collect());
        }
    }
    match (nearest(&asked), asked.as_slice()) {
        (_, []) => Answer::Unknown(None),
        (None, ["services", name]) => Answer::Service { name, keys: keys_of_services() },
        (near, _) => Answer::Unknown(near),
    }
}

fn keys_of_services() -> Vec<&'static str> {
    let key = |row: &Row| row.path.strip_prefix("services.*.").filter(|rest| !rest.contains('.'));
    let mut keys: Vec<&str> = all().filter_map(key).map(|key| key.trim_end_matches("[]")).collect();
    keys.dedup();
    keys
}

/// The key that is spelled like it but for one part, which is near.
fn nearest(asked: &[&str]) -> Option<String> {
    let spellings: Vec<(Vec<&str>, &str)> =
        all().flat_map(|row| spellings(row.path).into_iter().map(move |parts| (parts, row.path))).collect();
    (0..asked.len()).rev().find_map(|at| {
        let is_else = |(part, wanted): (&&str, &&str)| part != wanted && *wanted != "*";
        let is_like = |parts: &[&str]| {
            let differing = asked.iter().zip(parts).enumerate().filter(|(_, pair)| is_else(*pair));
            parts.len() == asked.len() && differing.map(|(at, _)| at).eq([at])
        };
        let like: Vec<&(Vec<&str>, &str)> = spellings.iter().filter(|(parts, _)| is_like(parts)).collect();
        let near = text::nearest(asked[at], like.iter().map(|(parts, _)| parts[at]))?;
        let (parts, path) = like.into_iter().find(|(parts, _)| parts[at] == near)?;
        Some(said(path, parts, asked))
    })
}

/// The ways in which people name a key: whole, without names, from the service on, by its last part alone.
fn spellings(path: &'static str) -> Vec<Vec<&'static str>> {
    let whole: Vec<&str> = path.split('.').map(|part| part.trim_end_matches("[]")).collect();
    let short: Vec<&str> = whole.iter().copied().filter(|part| *part != "*").collect();
    let of_service = whole.strip_prefix(&["services", "*"]).unwrap_or_default().to_vec();
    let last: Vec<&str> = whole.last().copied().into_iter().filter(|part| *part != "*").collect();
    [whole, short, of_service, last].into_iter().filter(|parts| !parts.is_empty()).collect()
}

/// The way to a key, with the names that were asked for and without those that were not.
fn said(path: &str, parts: &[&str], asked: &[&str]) -> String {
    let mut names = parts.iter().zip(asked).filter(|(part, _)| **part == "*").map(|(_, name)| *name);
    let said = path.split('.').filter_map(|part| if part == "*" { names.next() } else { Some(part) });
    said.map(|part| part.trim_end_matches("[]")).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_attribute_has_one_row_or_shares_a_plain_one() {
        let paths = schema::attributes();
        for path in &paths {
            let segments: Vec<&str> = path.split('.').map(|part| part.trim_end_matches("[]")).collect();
            let row = of(&KeyPath::new(&segments)).unwrap_or_else(|| panic!("{path} has no row"));
            let depth = if segments.first() == Some(&"services") { 3 } else { 1 };
            let own = row.path.split('.').count();
            assert!(own >= depth.min(segments.len()), "{path} shares `{}`", row.path);
        }
        let known: BTreeSet<String> = paths.iter().map(|path| path.replace("[]", "")).collect();
        for row in all().filter(|row| !row.path.contains("x-")) {
            assert!(known.contains(&row.path.replace("[]", "")), "{} is no attribute", row.path);
        }
    }

    #[test]
    fn rows_stand_in_order_and_once() {
        for rows in [service::ROWS, top::ROWS] {
            for pair in rows.windows(2) {
                assert!(pair[0].path < pair[1].path, "{} before {}", pair[0].path, pair[1].path);
            }
        }
    }

    #[test]
    fn a_key_is_found_by_its_ways() {
        for (key, path) in [
            ("services.web.ports", "services.*.ports"),
            ("services.ports", "services.*.ports"),
            ("ports", "services.*.ports"),
            ("services.web.ports[0].host_ip", "services.*.ports[].host_ip"),
            ("deploy.replicas", "services.*.deploy.replicas"),
            ("healthcheck.start_period", "services.*.healthcheck.start_period"),
            ("volumes", "volumes"),
            ("services.volumes", "services.*.volumes"),
            ("networks.back.internal", "networks.*.internal"),
            ("networks.internal", "networks.*.internal"),
            ("environment.PORT", "services.*.environment.*"),
        ] {
            let Answer::Rows(rows) = explain(key) else { panic!("{key} is not known") };
            assert_eq!(rows.first().map(|row| row.path), Some(path), "{key}");
        }
        assert_eq!(explain("nothing.of.the.kind"), Answer::Unknown(None));
        assert_eq!(explain("helthcheck"), Answer::Unknown(Some("services.healthcheck".to_owned())));
        for (key, near) in [
            ("services.prots", "services.ports"),
            ("services.web.prots", "services.web.ports"),
            ("healthcheck.intervall", "services.healthcheck.interval"),
            ("service.ports", "services.ports"),
            ("networks.back.internl", "networks.back.internal"),
        ] {
            assert_eq!(explain(key), Answer::Unknown(Some(near.to_owned())), "{key}");
        }
    }

    #[test]
    fn a_name_is_no_guess_at_a_key() {
        let Answer::Service { name, keys } = explain("services.web") else { panic!("`web` is a name") };
        assert_eq!((name, keys.contains(&"ports")), ("web", true));
        assert!(keys.is_sorted());
        assert_eq!(explain("foo"), Answer::Unknown(None));
    }
}
