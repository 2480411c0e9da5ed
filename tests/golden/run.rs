//! Running a case in a copy of its project.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::Path,
    rc::Rc,
};

use camino::Utf8PathBuf;
use kustompose::cli::{self, Io};
use libtest_mimic::Failed;

/// Files by their paths, with `/`.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The folder that each project is copied to; compose names projects after it.
const PROJECT: &str = "demo";

/// What the case does, as its folder would expect it: `out.txt` and `out/…`.
pub(crate) fn case(name: &str, folder: &Path) -> Result<Files, Failed> {
    let mut words = command_of(name);
    words.extend(lines(&folder.join("args")).flat_map(|line| words_of(&line)));
    let environment: BTreeMap<String, String> = lines(&folder.join("env"))
        .filter_map(|line| line.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let stdin = fs::read(folder.join("stdin")).unwrap_or_default();
    let input = folder.join("in");
    let edits = folder.join("edits");
    let prepared = || -> Result<Copy, Failed> {
        let copy = Copy::of(&input)?;
        if edits.exists() {
            copy.run(&["convert".to_owned()], &environment, &[])?;
            lines(&edits).try_for_each(|line| copy.edit(&line))?;
        }
        Ok(copy)
    };
    let copy = prepared()?;
    let before = copy.files()?;
    let first = copy.run(&words, &environment, &stdin)?;
    if words[0] == "convert" {
        same(&first.tree, &copy.run(&words, &environment, &stdin)?.tree, "a second run changes the tree")?;
        let fresh = prepared()?.run(&words, &environment, &stdin)?;
        same(&first.tree, &fresh.tree, "a run elsewhere gives another tree")?;
        if first.text != fresh.text {
            return Err("a run elsewhere says other things".into());
        }
    }
    let written = first.tree.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes));
    let mut files: Files = written.map(|(path, bytes)| (format!("out/{path}"), bytes.clone())).collect();
    let mut text = first.text;
    for path in before.keys().filter(|path| !first.tree.contains_key(*path)) {
        text.push_str(&format!("removed {path}\n"));
    }
    if !text.is_empty() || first.exit != 0 {
        text.push_str(&format!("exit {}\n", first.exit));
        files.insert("out.txt".to_owned(), text.into_bytes());
    }
    Ok(files)
}

/// Every file below a folder, if there is one.
pub(crate) fn read_files(folder: &Path) -> io::Result<Files> {
    fn walk(folder: &Path, prefix: &str, files: &mut Files) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_symlink() {
                // It may lead anywhere, and says itself where to.
                files.insert(
                    format!("{prefix}{name}"),
                    fs::read_link(entry.path())?.into_os_string().into_encoded_bytes(),
                );
            } else if entry.path().is_dir() {
                walk(&entry.path(), &format!("{path}/"), files)?;
            } else {
                let path = if name == ".gitignore" { format!("{prefix}gitignore") } else { path };
                files.insert(path, fs::read(entry.path())?);
            }
        }
        Ok(())
    }
    let mut files = Files::new();
    if folder.is_dir() {
        walk(folder, "", &mut files)?;
    }
    Ok(files)
}

/// What a run did.
struct Run {
    exit: u8,
    text: String,
    tree: Files,
}

/// A throw-away copy of a project.
struct Copy {
    directory: tempfile::TempDir,
}

impl Copy {
    fn of(project: &Path) -> io::Result<Self> {
        let directory = tempfile::tempdir()?;
        copy_folder(project, &directory.path().join(PROJECT))?;
        Ok(Self { directory })
    }

    fn files(&self) -> io::Result<Files> {
        read_files(&self.directory.path().join(PROJECT))
    }

    /// One line of `edits`: `FILE: OLD -> NEW` where `OLD` is in it once, `FILE: + TEXT` for its end, also of a new
    /// file, `FILE: gone`, and `FILE: as written` for the lock to take it for what the run wrote. `\n` is the end of a
    /// line.
    fn edit(&self, line: &str) -> Result<(), Failed> {
        let (name, what) = line.split_once(": ").ok_or("an edit has no file")?;
        let path = self.directory.path().join(PROJECT).join(name);
        if what == "gone" {
            return Ok(fs::remove_file(path).map_err(|error| format!("`{name}`: {error}"))?);
        }
        if what == "as written" {
            return self.record(name);
        }
        let text = |escaped: &str| escaped.replace("\\n", "\n");
        if let Some(end) = what.strip_prefix("+ ") {
            fs::create_dir_all(path.parent().unwrap_or(&path))?;
            let before = fs::read_to_string(&path).unwrap_or_default();
            return Ok(fs::write(path, format!("{before}{}\n", text(end)))?);
        }
        let (old, new) = what.split_once(" -> ").ok_or("an edit does not say what becomes of the file")?;
        let before = fs::read_to_string(&path).map_err(|error| format!("`{name}`: {error}"))?;
        match before.matches(&text(old)).count() {
            1 => Ok(fs::write(path, before.replacen(&text(old), &text(new), 1))?),
            count => Err(format!("`{name}` has `{old}` {count} times:\n{before}").into()),
        }
    }

    /// Sets the digest that the lock has of a generated file.
    fn record(&self, name: &str) -> Result<(), Failed> {
        let (root, file) = name.split_once('/').ok_or("the file is not in the tree")?;
        let project = self.directory.path().join(PROJECT);
        let lock = project.join(root).join("kustompose.lock");
        let mut recorded: serde_json::Value = serde_json::from_slice(&fs::read(&lock)?)?;
        recorded["files"][file] = kustompose::text::digest(&fs::read(project.join(name))?).into();
        Ok(fs::write(lock, format!("{recorded:#}\n"))?)
    }

    fn run(
        &self,
        words: &[String],
        environment: &BTreeMap<String, String>,
        stdin: &[u8],
    ) -> Result<Run, Failed> {
        let root = self.directory.path().canonicalize()?;
        let project =
            Utf8PathBuf::from_path_buf(root.join(PROJECT)).map_err(|_| "a path that is not UTF-8")?;
        let output = Output::default();
        let (mut stdout, mut stderr) = (output.clone(), output.clone());
        let io = Io {
            stdin: &|| Ok(stdin.to_vec()),
            // Somebody sits at the terminal where the case has an answer.
            answer: &|| Some(String::from_utf8_lossy(stdin).into_owned()).filter(|text| !text.is_empty()),
            progress: &|_| {},
            environment: environment.clone(),
            directory: project.clone(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            color: false,
            unicode: false,
            width: 80,
        };
        let exit = cli::run(words, io);
        let text = String::from_utf8_lossy(&output.0.borrow()).into_owned();
        let root = root.to_string_lossy().into_owned();
        let tree = read_files(project.as_std_path())?;
        let telling = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(&root);
        if let Some((path, _)) = tree.iter().find(|(_, bytes)| telling(bytes)) {
            return Err(format!("`{path}` names a directory of this machine").into());
        }
        // A loaded model has absolute paths, as compose prints them, and some messages do.
        Ok(Run { exit, text: text.replace(&root, ""), tree })
    }
}

/// Standard output and standard error of a run, in the order in which they were written.
#[derive(Clone, Default)]
struct Output(Rc<RefCell<Vec<u8>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The first folder is the subcommand; `load` are the cases of `config` that are about loading. Cases of `lint` are
/// those of one rule, and only it runs; `lint-run` are those of the command itself.
fn command_of(name: &str) -> Vec<String> {
    let mut folders = name.split('/');
    let words: &[&str] = match (folders.next().unwrap_or_default(), folders.next()) {
        ("load", _) => &["config"],
        ("lint-run", _) => &["lint"],
        ("lint", Some(rule)) => &["lint", "--select", rule],
        (command, _) => &[command],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn lines(path: &Path) -> impl Iterator<Item = String> + use<> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<String> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    lines.into_iter()
}

fn words_of(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // By its own name, git would follow it.
        let name = entry.file_name();
        let target = to.join(if name == "gitignore" { ".gitignore".into() } else { name });
        let kind = entry.file_type()?;
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path())?, target)?;
        } else if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn same(first: &Files, second: &Files, otherwise: &str) -> Result<(), Failed> {
    let keys: std::collections::BTreeSet<&String> = first.keys().chain(second.keys()).collect();
    match keys.into_iter().find(|path| first.get(*path) != second.get(*path)) {
        Some(path) => Err(format!("{otherwise}: `{path}`").into()),
        None => Ok(()),
    }
}
