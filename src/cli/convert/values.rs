//! Values of secrets: files of the user, to which a run adds the lines that are missing. What an earlier run wrote
//! and nobody changed follows compose; what a person changed stays.
//!
//! Which Secret a key belongs to follows from who asks for it, and changes with that: what is left behind in
//! a file is told, with its key and never with its value.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    diag::{Diagnostic, Report, codes},
    disk::tree::Tree,
    kustomize::{Owner, TreeFile, env_file, places::OVERLAYS},
    secret_files::{
        self,
        written::{self as record, Written},
    },
    text::Files,
};

type Variables = Vec<(String, String)>;

/// A file of secret values, relative to the output directory.
struct ValueFile {
    path: Utf8PathBuf,
    /// Its position in the tree, if it is there.
    position: Option<usize>,
    /// The variables in it, if it is there and a list.
    there: Option<Variables>,
    /// Those that its Secret is to hold; none if it has none any more.
    wanted: Option<Variables>,
    /// The lines that are no variable by their look, by what would be its name.
    nameless: BTreeMap<String, usize>,
    /// The keys in it of which the Secret has a file each now: kustomize refuses what is in both.
    moved: BTreeSet<String>,
}

impl ValueFile {
    /// What is in it and not asked of it.
    fn unasked(&self) -> Vec<&(String, String)> {
        without(self.there.as_deref(), self.wanted.as_deref())
    }

    /// What is asked of it and not in it.
    fn missing(&self) -> Vec<&(String, String)> {
        without(self.wanted.as_deref(), self.there.as_deref())
    }
}

fn without<'a>(
    all: Option<&'a [(String, String)]>,
    others: Option<&[(String, String)]>,
) -> Vec<&'a (String, String)> {
    let others: BTreeSet<&str> = others.into_iter().flatten().map(|(other, _)| other.as_str()).collect();
    all.into_iter().flatten().filter(|(key, _)| !others.contains(key.as_str())).collect()
}

/// Adds to files of values the lines that they lack, where the values are known, and tells what in the files of
/// these environments is not as it has to be.
pub(in crate::cli) fn complete<'a>(
    tree: &mut Tree,
    environments: impl Iterator<Item = &'a str>,
    output: &Utf8Path,
    files: &dyn Files,
    report: &mut Report,
) {
    for environment in environments {
        let found = read(tree, environment, output, files);
        let before = Written::read(output, environment, files);
        for file in found.iter().filter(|file| file.wanted.is_some()) {
            let added = added(file, &found);
            if file.there.is_some() {
                tell_of_missing(file, &added, report);
            }
            add(tree, file, &added, output, files);
        }
        for file in &found {
            let name = file.path.file_name().unwrap_or_default();
            let goes = |key: &str, value: &str| {
                file.moved.contains(key) && before.has(name, Some(key), value.as_bytes())
            };
            match file.wanted {
                Some(_) => {
                    tell_of_unasked(file, &found, &|key| in_clear(tree, environment, key), &goes, report);
                }
                None => tell_of_unread(file, &found, report),
            }
        }
        let what = (&before, Takes::OwnValues);
        for values in follow(tree, (environment, output), &found, what, files) {
            values.tell(report);
        }
    }
}

/// Files in which values are not those of compose, with their keys; without one the whole file.
pub(in crate::cli) struct Difference {
    pub(in crate::cli) path: Utf8PathBuf,
    pub(in crate::cli) keys: Vec<Option<String>>,
}

/// Gives the files of these environments that are there the values of compose, and tells where they differed.
pub(in crate::cli) fn of_compose<'a>(
    tree: &mut Tree,
    environments: impl Iterator<Item = &'a str>,
    output: &Utf8Path,
    files: &dyn Files,
) -> Vec<Difference> {
    let mut differences = Vec::new();
    for environment in environments {
        let found = read(tree, environment, output, files);
        let before = Written::read(output, environment, files);
        for values in follow(tree, (environment, output), &found, (&before, Takes::AllValues), files) {
            let keys: Vec<Option<String>> = values.updated.into_iter().chain(values.different).collect();
            if !keys.is_empty() {
                differences.push(Difference { path: values.path, keys });
            }
        }
    }
    differences
}

/// Which values give way to those of compose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Those that an earlier run wrote.
    OwnValues,
    /// Those of persons as well.
    AllValues,
}

/// Lets values follow compose, and records what is written. Gives what there is to tell of each file.
fn follow(
    tree: &mut Tree,
    (environment, output): (&str, &Utf8Path),
    lists: &[ValueFile],
    (before, takes): (&Written, Takes),
    files: &dyn Files,
) -> Vec<Told> {
    let mut told = Vec::new();
    let folder = secret_files::directory("".into(), environment);
    let mut written = Written::default();
    let mut changed = BTreeMap::new();
    let is_own = |file: &&mut TreeFile| file.owner == Owner::Secret && file.path.parent() == Some(&folder);
    for file in tree.files.iter_mut().filter(is_own) {
        let there = files.read(&output.join(&file.path)).ok();
        let list = lists.iter().find(|list| list.path == file.path);
        let seen = tree.changed.get(&file.path).map(|_| file.bytes.clone()).or_else(|| there.clone());
        let own = Told { path: file.path.clone(), ..Told::default() };
        let mut values = Values { before, takes, written: &mut written, told: own };
        let bytes = match list {
            Some(list) => values.of_list(list, &seen.unwrap_or_else(|| file.bytes.clone())),
            None => values.of_file(&file.path, &file.bytes, seen),
        };
        told.push(values.told);
        if let Some(there) = there.filter(|there| *there != bytes) {
            changed.insert(file.path.clone(), there);
            file.bytes = bytes;
        }
    }
    tree.changed.extend(changed);
    let record = written.to_bytes().map(|bytes| (record::path("".into(), environment), bytes));
    tree.files.extend(record.map(|(path, bytes)| TreeFile::new(path, Owner::Record, bytes)));
    told
}

/// The first value of each key.
fn by_key(variables: &Option<Variables>) -> BTreeMap<&str, &str> {
    let variables = variables.iter().flatten().rev();
    variables.map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

/// The values of one file.
struct Values<'a> {
    before: &'a Written,
    takes: Takes,
    written: &'a mut Written,
    told: Told,
}

/// What there is to tell of one file.
#[derive(Default)]
struct Told {
    path: Utf8PathBuf,
    /// Keys that have compose's new value; none for the whole file.
    updated: Vec<Option<String>>,
    /// Keys of which the value is a person's.
    different: Vec<Option<String>>,
    /// Keys without a value in compose, of which the value is that of an earlier run.
    emptied: Vec<String>,
}

impl Values<'_> {
    /// A list of variables with those values of compose that take the place of earlier ones.
    fn of_list(&mut self, list: &ValueFile, bytes: &[u8]) -> Vec<u8> {
        let name = list.path.file_name().unwrap_or_default();
        let (there, wanted) = (by_key(&list.there), by_key(&list.wanted));
        let text = String::from_utf8_lossy(bytes);
        let lines = text.split_inclusive('\n').map(|line| {
            let Some((key, value)) = env_file::read(line).first().copied() else { return line.to_owned() };
            let is_ours = || self.before.has(name, Some(key), value.as_bytes());
            if list.moved.contains(key) && (self.takes == Takes::AllValues || is_ours()) {
                return String::new();
            }
            let is_new = !there.contains_key(key);
            // What compose does not know here may be known to who filled it in.
            let new = wanted.get(key).copied().filter(|new| !new.is_empty()).unwrap_or(value);
            if wanted.get(key) == Some(&"") && !new.is_empty() && is_ours() {
                self.told.emptied.push(key.to_owned());
            }
            if self.settle((name, Some(key)), (value.as_bytes(), new.as_bytes()), is_new) {
                line.replacen(&format!("{key}={value}"), &format!("{key}={new}"), 1)
            } else {
                line.to_owned()
            }
        });
        lines.collect::<String>().into_bytes()
    }

    /// A file that is a value as a whole.
    fn of_file(&mut self, path: &Utf8Path, wanted: &[u8], there: Option<Vec<u8>>) -> Vec<u8> {
        let is_new = there.is_none();
        let there = there.unwrap_or_else(|| wanted.to_vec());
        let new = if wanted.is_empty() { &there } else { wanted };
        let takes_new = self.settle((path.file_name().unwrap_or_default(), None), (&there, new), is_new);
        if takes_new { wanted.to_vec() } else { there }
    }

    /// Whether a value that is there gives way to the one of compose.
    fn settle(
        &mut self,
        (file, key): (&str, Option<&str>),
        (there, new): (&[u8], &[u8]),
        is_new: bool,
    ) -> bool {
        // What a person wrote stays the person's, even if it is compose's value.
        let is_ours = is_new || self.before.has(file, key, there);
        let is_taken = is_ours || self.takes == Takes::AllValues && there != new;
        if is_taken {
            self.written.add(file, key, new);
        }
        if there != new {
            let keys = if is_ours { &mut self.told.updated } else { &mut self.told.different };
            keys.push(key.map(str::to_owned));
        }
        is_taken && there != new
    }
}

impl Told {
    /// Tells which values changed, and which did not.
    fn tell(&self, report: &mut Report) {
        let path = &self.path;
        let what = |keys: &[Option<String>]| {
            let named: Vec<&str> = keys.iter().flatten().map(String::as_str).collect();
            if named.is_empty() { format!("`{path}`") } else { format!("{} in `{path}`", quoted(named)) }
        };
        if !self.updated.is_empty() {
            let message = format!("{} has the new value of compose", what(&self.updated));
            let help = "before, it was the value that an earlier run had written";
            report.push(Diagnostic::info(codes::UPDATED_SECRET, message).help(help));
        }
        if !self.different.is_empty() {
            let message = format!("{} is not the value of compose", what(&self.different));
            let help = "the value is yours and stays; `kustompose secrets update` takes the one of Compose";
            report.push(Diagnostic::info(codes::DIFFERENT_SECRET, message).help(help));
        }
        if !self.emptied.is_empty() {
            let named = quoted(self.emptied.iter().map(String::as_str).collect());
            let message = format!("{named} in `{path}` has no value in compose any more");
            let help = "the value that an earlier run wrote stays: if none is meant, empty the line";
            report.push(Diagnostic::info(codes::DIFFERENT_SECRET, message).help(help));
        }
    }
}

/// The lists of an environment, those that nothing reads too; of other files those that nothing reads.
fn read(tree: &Tree, environment: &str, output: &Utf8Path, files: &dyn Files) -> Vec<ValueFile> {
    let folder = secret_files::directory("".into(), environment);
    let there = |path: &Utf8Path| {
        let bytes = files.read(&output.join(path)).ok().filter(|_| secret_files::is_list(path));
        bytes.map_or_else(Default::default, |bytes| (Some(variables(&bytes)), nameless(&bytes)))
    };
    let in_folder: Vec<_> =
        tree.files.iter().enumerate().filter(|(_, file)| file.path.parent() == Some(&folder)).collect();
    let asked = || in_folder.iter().filter(|(_, file)| file.owner == Owner::Secret);
    let filled: BTreeSet<&Utf8Path> = in_folder
        .iter()
        .filter(|(_, file)| !file.bytes.is_empty())
        .map(|(_, file)| file.path.as_path())
        .collect();
    // A file that is mounted may be called like a list; the example of a list names its keys.
    let has_keys =
        |path: &Utf8Path| filled.contains(Utf8Path::new(&format!("{path}{}", secret_files::EXAMPLE)));
    let is_list = |path: &Utf8Path| secret_files::is_list(path) && has_keys(path);
    let lists = asked().filter(|(_, file)| is_list(&file.path)).map(|(position, file)| {
        let (there, nameless): (Option<Variables>, _) = there(&file.path);
        let wanted = Some(variables(&file.bytes));
        let stem = file.path.as_str().strip_suffix(".env").unwrap_or(file.path.as_str());
        let has_file = |key: &str| {
            let own = format!("{stem}.{key}");
            in_folder.iter().any(|(_, file)| file.owner == Owner::Secret && file.path == own)
        };
        let moved = there.iter().flatten().map(|(key, _)| key.clone()).filter(|key| has_file(key)).collect();
        ValueFile { path: file.path.clone(), position: Some(*position), there, wanted, nameless, moved }
    });
    let names: BTreeSet<&str> = asked().filter_map(|(_, file)| file.path.file_name()).collect();
    let unread = secret_files::unread(output, environment, &|name| names.contains(name), files);
    let unread = unread.iter().map(|name| folder.join(name));
    let unread = unread.map(|path| {
        let (there, nameless) = there(&path);
        ValueFile { path, position: None, there, wanted: None, nameless, moved: BTreeSet::new() }
    });
    lists.chain(unread).collect()
}

fn variables(bytes: &[u8]) -> Variables {
    let text = String::from_utf8_lossy(bytes);
    env_file::read(&text).into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn nameless(bytes: &[u8]) -> BTreeMap<String, usize> {
    let text = String::from_utf8_lossy(bytes);
    let lines = env_file::variables(&text).into_iter().filter(|variable| !variable.is_named);
    lines.map(|variable| (variable.key.to_owned(), variable.line)).collect()
}

/// The lines that a file lacks, with the values of compose, or of the one other file that the key was in until now. An
/// empty one is to be filled in.
fn added(file: &ValueFile, all: &[ValueFile]) -> Variables {
    let left_behind = |key: &str| {
        let unasked = all.iter().flat_map(ValueFile::unasked).filter(|(other, _)| other == key);
        let values: BTreeSet<&str> =
            unasked.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty()).collect();
        values.first().filter(|_| values.len() == 1).map(|value| (*value).to_owned())
    };
    let known = file.missing().into_iter().map(|(key, value)| {
        let known = Some(value.clone()).filter(|value| !value.is_empty()).or_else(|| left_behind(key));
        (key.clone(), known.unwrap_or_default())
    });
    known.collect()
}

/// Puts lines into the file of the tree: behind what is there, or in place of those without a value.
fn add(tree: &mut Tree, file: &ValueFile, added: &Variables, output: &Utf8Path, files: &dyn Files) {
    let Some(own) = file.position.and_then(|position| tree.files.get_mut(position)) else { return };
    if added.is_empty() {
        return;
    }
    let Ok(seen) = files.read(&output.join(&file.path)) else {
        // It is made with the lines that compose has, and those of other files.
        let pairs = file.wanted.iter().flatten().chain(added);
        let all: BTreeMap<&str, &str> = pairs.map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let lines: String = all.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
        own.bytes = (env_file::SECRET_HEADER.to_owned() + &lines).into_bytes();
        return;
    };
    let mut bytes = seen.clone();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.push(b'\n');
    }
    if !String::from_utf8_lossy(&bytes).contains(env_file::SECRET_HEADER_START) {
        bytes.extend(env_file::SECRET_HEADER.as_bytes());
    }
    bytes.extend(added.iter().flat_map(|(key, value)| format!("{key}={value}\n").into_bytes()));
    own.bytes = bytes;
    tree.changed.insert(file.path.clone(), seen);
}

fn tell_of_missing(file: &ValueFile, added: &Variables, report: &mut Report) {
    let (known, empty): (Vec<_>, Vec<_>) = added.iter().partition(|(_, value)| !value.is_empty());
    let message = |keys: Vec<&(String, String)>| {
        format!("`{}` has no {}", file.path, quoted(keys.into_iter().map(|(key, _)| key.as_str()).collect()))
    };
    if !known.is_empty() {
        let help =
            "the lines are added with the values that are found here; see whether they are the right ones";
        report.push(Diagnostic::info(codes::ADDED_SECRET, message(known)).help(help));
    }
    if !empty.is_empty() {
        let help = "the lines are added without a value, as compose has none here: fill them in";
        report.push(Diagnostic::warning(codes::UNFILLED_SECRET, message(empty)).help(help));
    }
}

/// The generated lists of an environment that set a variable in clear.
fn in_clear(tree: &Tree, environment: &str, key: &str) -> Vec<String> {
    let own = Utf8Path::new(OVERLAYS).join(environment);
    let is_seen = |path: &Utf8Path| !path.starts_with(OVERLAYS) || path.starts_with(&own);
    let lists = tree.files.iter().filter(|file| {
        file.owner == Owner::Generated && secret_files::is_list(&file.path) && is_seen(&file.path)
    });
    let has_key = |file: &&TreeFile| variables(&file.bytes).iter().any(|(known, _)| known == key);
    lists.filter(has_key).map(|file| file.path.to_string()).collect()
}

/// Tells of keys that containers get out of a file, and should not.
fn tell_of_unasked(
    file: &ValueFile,
    all: &[ValueFile],
    in_clear: &dyn Fn(&str) -> Vec<String>,
    goes: &dyn Fn(&str, &str) -> bool,
    report: &mut Report,
) {
    let (nameless, named): (Vec<_>, Vec<_>) =
        file.unasked().into_iter().partition(|(key, _)| file.nameless.contains_key(key));
    let lines: BTreeSet<usize> =
        nameless.iter().filter_map(|(key, _)| file.nameless.get(key)).copied().collect();
    if !lines.is_empty() {
        let numbers: Vec<String> = lines.iter().map(usize::to_string).collect();
        let word = if lines.len() == 1 { "line" } else { "lines" };
        let message = format!("{word} {} of `{}`: not a variable", numbers.join(", "), file.path);
        let help =
            "write each variable as `NAME=value` in one line: kustomize reads every line as one variable";
        report.push(Diagnostic::warning(codes::UNASKED_SECRET, message).help(help));
    }
    for (key, value) in named.into_iter().filter(|(key, value)| !goes(key, value)) {
        let places = places(key, all);
        let lists = in_clear(key);
        let lists: Vec<&str> = lists.iter().map(String::as_str).collect();
        let (why, more) = match places.as_slice() {
            _ if file.moved.contains(key) => {
                ("which has a file of its own now, and kustomize refuses both".to_owned(), String::new())
            }
            [] if lists.is_empty() => {
                ("which no container takes from a Secret any more".to_owned(), String::new())
            }
            [] => (format!("which is no secret any more: it is set in {}", quoted(lists)), String::new()),
            _ => {
                let names = quoted(places.iter().map(|(name, _)| *name).collect());
                let more =
                    differing(value, &places).map(|names| format!("; its value is not the one in {names}"));
                (format!("which is in {names} for those who ask for it"), more.unwrap_or_default())
            }
        };
        let message = format!("`{}` has `{key}`, {why}", file.path);
        let help = format!(
            "the file is yours: delete the line, for all containers that take the file get the variable{more}"
        );
        report.push(Diagnostic::warning(codes::UNASKED_SECRET, message).help(help));
    }
}

fn tell_of_unread(file: &ValueFile, all: &[ValueFile], report: &mut Report) {
    let differing: Vec<String> = file
        .there
        .iter()
        .flatten()
        .filter_map(|(key, value)| {
            let names = differing(value, &places(key, all))?;
            Some(format!(": the value of `{key}` is not the one in {names}"))
        })
        .collect();
    let more = differing.concat();
    let help = format!("the file is yours: delete it once nothing in it is needed{more}");
    let message = format!("nothing reads `{}` any more", file.path);
    report.push(Diagnostic::info(codes::UNREAD_SECRET_FILE, message).help(help));
}

/// The files that have to have a key, by name, each with the value that it will have there.
fn places<'a>(key: &str, all: &'a [ValueFile]) -> Vec<(&'a str, Option<&'a str>)> {
    let value = |variables: &'a Option<Variables>| {
        let mut found = variables.iter().flatten().filter(|(known, _)| known == key);
        found.next().map(|(_, value)| value.as_str())
    };
    let place = |file: &'a ValueFile| {
        let wanted = value(&file.wanted)?;
        let value = value(&file.there).unwrap_or(wanted);
        Some((file.path.file_name()?, Some(value).filter(|value| !value.is_empty())))
    };
    all.iter().filter_map(place).collect()
}

/// Where a key has another value, which may be the better one.
fn differing(value: &str, places: &[(&str, Option<&str>)]) -> Option<String> {
    let others = places.iter().filter(|(_, other)| other.is_some_and(|other| other != value));
    let others: Vec<&str> = others.map(|(name, _)| *name).collect();
    (!others.is_empty()).then(|| quoted(others))
}

fn quoted(names: Vec<&str>) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
