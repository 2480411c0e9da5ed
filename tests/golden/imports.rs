//! Where the modules of a library take things from: `use`, and paths in code, followed through re-exports
//! to the module that defines the thing.
//!
//! It reads the text of the files, formatted by rustfmt; macros and modules within a file are not looked into.

use std::collections::{BTreeMap, BTreeSet};

/// The modules of a library by their paths, `plan::facts`; the root itself is not among them.
#[derive(Debug, Default)]
pub(crate) struct Library {
    modules: BTreeMap<String, Module>,
}

/// A file of the library.
#[derive(Debug)]
struct Module {
    /// What `use` brings in: the name here, and the path from the root. `*` is everything in a module.
    bound: Vec<(String, Vec<String>)>,
    /// The names of what the file defines.
    defined: BTreeSet<String>,
    /// What the file names from other modules, from the root on.
    named: Vec<Vec<String>>,
}

/// An import, as it is written and as it is meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The module that imports.
    pub(crate) from: String,
    /// The module that the path goes to.
    pub(crate) written: String,
    /// The module that defines what is imported.
    pub(crate) defined_in: String,
    /// What is imported; empty if it is a module.
    pub(crate) item: String,
}

impl Library {
    /// The modules of these files: path and text.
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files: Vec<(&str, String)> = files.into_iter().map(|(name, text)| (name, code(text))).collect();
        let names: BTreeSet<&str> = files.iter().map(|(name, _)| *name).collect();
        let modules = files.iter().map(|(name, code)| ((*name).to_owned(), Module::read(name, code, &names)));
        Self { modules: modules.collect() }
    }

    pub(crate) fn has(&self, module: &str) -> bool {
        self.modules.contains_key(module)
    }

    /// Every import of one module from another, and from the modules that it is within.
    pub(crate) fn imports(&self) -> BTreeSet<Import> {
        let imports = self.modules.iter().flat_map(|(from, module)| {
            module.named.iter().filter_map(move |path| {
                let (written, item) = self.split(path)?;
                let defined_in = self.definition(&written, &item, &mut BTreeSet::new());
                let defined_in = defined_in.unwrap_or_else(|| written.clone());
                (defined_in != *from).then(|| Import { from: from.clone(), written, defined_in, item })
            })
        });
        imports.collect()
    }

    /// The module that a path goes to, and the first name behind it.
    fn split(&self, path: &[String]) -> Option<(String, String)> {
        let lengths = (1..=path.len()).rev();
        let length = lengths.into_iter().find(|length| self.has(&path[..*length].join("::")))?;
        Some((path[..length].join("::"), path.get(length).cloned().unwrap_or_default()))
    }

    /// The module that defines a name which another one may only pass on.
    fn definition(&self, module: &str, item: &str, seen: &mut BTreeSet<String>) -> Option<String> {
        let here = self.modules.get(module)?;
        if item.is_empty() || here.defined.contains(item) {
            return Some(module.to_owned());
        }
        if !seen.insert(module.to_owned()) {
            return None;
        }
        let own = here.bound.iter().filter(|(name, _)| name == item);
        let all = here.bound.iter().filter(|(name, _)| name == "*");
        let own = own.map(|(_, path)| path.clone());
        let all = all.map(|(_, path)| path.iter().cloned().chain([item.to_owned()]).collect());
        own.chain(all).find_map(|path: Vec<String>| {
            let (module, item) = self.split(&path)?;
            self.definition(&module, &item, seen)
        })
    }
}

impl Module {
    fn read(name: &str, code: &str, names: &BTreeSet<&str>) -> Self {
        let mut bound = Vec::new();
        let mut rest = code.to_owned();
        for tree in statements(code) {
            rest = rest.replacen(tree, "", 1);
            let mut paths = Vec::new();
            branches("", tree, &mut paths);
            for path in paths {
                let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
                if let Some(path) = absolute(name, path, names) {
                    let last = path.last().map_or("", String::as_str);
                    bound.push((
                        if alias.is_empty() { last.to_owned() } else { alias.trim().to_owned() },
                        path,
                    ));
                }
            }
        }
        // Ends of globs are no names.
        let imported = bound
            .iter()
            .map(|(name, path)| if name == "*" { path[..path.len() - 1].to_vec() } else { path.clone() });
        let mut named: Vec<Vec<String>> = imported.collect();
        named.extend(within(&rest).filter_map(|path| absolute(name, path, names)));
        for (name, path) in &mut bound {
            if name == "*" {
                path.pop();
            }
        }
        Self { bound, defined: definitions(code), named }
    }
}

/// The code of a file without comments and without its tests.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

/// The trees of the `use` statements at the beginning of lines, without `use` and `;`.
fn statements(code: &str) -> Vec<&str> {
    let mut trees = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rfind('\n').map_or(0, |end| end + 1);
        let before = code[line..at].trim();
        let is_statement =
            before.is_empty() || before == "pub" || before.starts_with("pub(") && before.ends_with(')');
        if is_statement && let Some(end) = code[at..].find(';') {
            trees.push(&code[at + 4..at + end]);
        }
    }
    trees
}

/// The paths of a tree of imports, `a::{b, c::d}`.
fn branches(before: &str, tree: &str, paths: &mut Vec<String>) {
    let tree = tree.trim();
    let Some((head, group)) = tree.split_once('{') else {
        paths.push(format!("{before}{tree}"));
        return;
    };
    let (mut depth, mut start) = (0_usize, 0);
    let group = group.strip_suffix('}').unwrap_or(group);
    for (at, c) in group.char_indices().chain([(group.len(), ',')]) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    branches(&format!("{before}{head}"), &group[start..at], paths);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// Paths in code that begin at the root or above, `crate::a::b(…)`.
fn within(code: &str) -> impl Iterator<Item = &str> {
    ["crate::", "super::"].into_iter().flat_map(move |beginning| {
        code.match_indices(beginning).filter_map(move |(at, _)| {
            let is_part =
                code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '$');
            let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let length = code[at..].find(|c| !is_name(c)).unwrap_or(code.len() - at);
            let path = &code[at..at + length];
            let is_visibility = code[..at].ends_with("(in ");
            // `a::{` is the beginning of a statement, whose paths are known already.
            (!is_part && !is_visibility && !path.ends_with("::")).then_some(path)
        })
    })
}

/// The segments of a path from the root on; nothing if it goes to another library.
fn absolute(module: &str, path: &str, names: &BTreeSet<&str>) -> Option<Vec<String>> {
    let own: Vec<String> = module.split("::").map(str::to_owned).collect();
    let mut segments = path.split("::").map(str::trim).peekable();
    let first = segments.peek().copied().unwrap_or_default();
    let mut at = match first {
        "crate" => Vec::new(),
        "super" | "self" => own,
        child if names.contains(format!("{module}::{child}").as_str()) => own,
        _ => return None,
    };
    for segment in segments {
        match segment {
            "crate" | "self" | "" => {}
            "super" => drop(at.pop()),
            name => at.push(name.to_owned()),
        }
    }
    Some(at)
}

/// The names that a file defines at its outermost level.
fn definitions(code: &str) -> BTreeSet<String> {
    const WORDS: &[&str] = &[
        "pub", "const", "static", "async", "unsafe", "extern", "type", "struct", "enum", "trait", "fn",
        "union",
    ];
    let mut names = BTreeSet::new();
    for line in code.lines().filter(|line| !line.starts_with([' ', '}', '#', ')'])) {
        let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
        let is_visibility = |word: &&str| ["crate", "super", "in"].contains(word);
        let mut words =
            words.skip_while(|word| WORDS[..1].contains(word)).skip_while(is_visibility).peekable();
        let is_item = words.peek().is_some_and(|word| WORDS[1..].contains(word));
        if is_item {
            names.extend(words.find(|word| !WORDS.contains(word) && *word != "mut").map(str::to_owned));
        }
    }
    names
}
