use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    time::Duration,
};

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::{
    Disk, names_directory,
    swap::{Edit, Staging, Workplace, recover, replace_by_renames},
    tree::{Action, Outcome, Tree},
};
use crate::{
    diag::{Report, Severity},
    kustomize::{Owner, TreeFile},
    text::{FileError, FileKind, Files},
};

/// A project directory of its own.
struct Project {
    _directory: TempDir,
    path: Utf8PathBuf,
}

impl Project {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = Utf8PathBuf::from_path_buf(directory.path().canonicalize().unwrap()).unwrap();
        Self { _directory: directory, path }
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.path.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file that a run that died has left in its directory.
    fn put_remains(&self, path: &str, text: &str) {
        self.put(&format!(".k8s.kustompose-dead/{path}"), text);
        let directory = self.path.join(".k8s.kustompose-dead");
        fs::create_dir_all(directory.join("of-a-run")).unwrap();
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
    }

    fn text(&self, path: &str) -> String {
        fs::read_to_string(self.path.join(path)).unwrap()
    }

    fn mode(&self, path: &str) -> u32 {
        fs::metadata(self.path.join(path)).unwrap().permissions().mode() & 0o777
    }

    fn exists(&self, path: &str) -> bool {
        fs::symlink_metadata(self.path.join(path)).is_ok()
    }

    /// Every file below the project with its text.
    fn snapshot(&self) -> BTreeMap<Utf8PathBuf, String> {
        fn walk(folder: &Utf8Path, files: &mut BTreeMap<Utf8PathBuf, String>) {
            for entry in folder.read_dir_utf8().unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    walk(entry.path(), files);
                } else {
                    files.insert(
                        entry.path().to_owned(),
                        fs::read_to_string(entry.path()).unwrap_or_default(),
                    );
                }
            }
        }
        let mut files = BTreeMap::new();
        walk(&self.path, &mut files);
        files
    }

    fn write(&self, tree: &Tree) -> (Outcome, Vec<String>) {
        self.write_with(tree, false)
    }

    fn write_with(&self, tree: &Tree, force: bool) -> (Outcome, Vec<String>) {
        let mut report = Report::default();
        let outcome = Disk::new(&self.path).write_tree(Utf8Path::new("k8s"), tree, force, &mut report);
        assert_eq!(outcome.written, !report.has_errors(), "{report:?}");
        let remains = fs::read_dir(&self.path).unwrap().flatten();
        let remains = remains.filter(|entry| entry.file_name().to_string_lossy().contains("kustompose-"));
        assert_eq!(remains.count(), 0);
        (outcome, report.diagnostics().iter().map(|each| each.message.clone()).collect())
    }
}

fn tree(files: &[(&str, &str, Owner)]) -> Tree {
    let file = |(path, text, owner): &(&str, &str, Owner)| TreeFile {
        path: (*path).into(),
        bytes: text.as_bytes().to_vec(),
        owner: *owner,
    };
    Tree { files: files.iter().map(file).collect(), ..Tree::default() }
}

fn actions(outcome: &Outcome) -> Vec<(&str, &str)> {
    outcome.changes.iter().map(|change| (change.path.as_str(), change.action.as_str())).collect()
}

fn example() -> Tree {
    tree(&[
        ("base/web.yaml", "web", Owner::Generated),
        ("overlays/local/kustomization.yaml", "yours", Owner::Yours),
        ("overlays/local/secrets/web.env", "PASSWORD=hunter2", Owner::Secret),
    ])
}

#[test]
fn a_first_run_writes_everything() {
    let project = Project::new();
    let (outcome, messages) = project.write(&example());
    assert_eq!(messages, [""; 0]);
    let expected = [
        ("base/web.yaml", "created"),
        ("kustompose.lock", "created"),
        ("overlays/local/kustomization.yaml", "created"),
        ("overlays/local/secrets/web.env", "created"),
    ];
    assert_eq!(actions(&outcome), expected);
    assert_eq!(project.text("k8s/base/web.yaml"), "web");
    assert_eq!(project.mode("k8s/overlays/local/secrets/web.env"), 0o600);
    assert_eq!(project.mode("k8s/base/web.yaml") & 0o600, 0o600);
    let lock: serde_json::Value = serde_json::from_str(&project.text("k8s/kustompose.lock")).unwrap();
    let files: Vec<_> = lock["files"].as_object().unwrap().keys().collect();
    assert_eq!(files, ["base/web.yaml"]);
    assert!(
        outcome
            .changes
            .iter()
            .all(|change| !change.path.as_str().contains("secrets") || change.after.is_none())
    );
}

#[test]
fn the_same_again_touches_nothing() {
    let project = Project::new();
    project.write(&example());
    let before = fs::metadata(project.path.join("k8s")).unwrap().ino();
    let (outcome, _) = project.write(&example());
    assert!(!outcome.has_changes() && outcome.written);
    assert_eq!(fs::metadata(project.path.join("k8s")).unwrap().ino(), before);
}

#[test]
fn secrets_change_only_where_that_is_asked_for_and_as_they_were_seen() {
    for (there, seen, expected) in [
        ("A=1\n", Some("A=1\n"), "A=1\nB=2\n"),
        ("A=1\n", None, "A=1\n"),
        ("A=2\n", Some("A=1\n"), "A=2\n"),
        ("", Some(""), "A=1\nB=2\n"),
    ] {
        let project = Project::new();
        project.put("k8s/overlays/local/secrets/web.env", there);
        let mut next = tree(&[("overlays/local/secrets/web.env", "A=1\nB=2\n", Owner::Secret)]);
        let path = Utf8PathBuf::from("overlays/local/secrets/web.env");
        next.changed.extend(seen.map(|seen| (path, seen.as_bytes().to_vec())));
        let (outcome, messages) = project.write(&next);
        assert_eq!(messages, [""; 0]);
        assert!(outcome.changes.iter().all(|it| !it.path.as_str().contains("secrets") || it.after.is_none()));
        assert_eq!(project.text("k8s/overlays/local/secrets/web.env"), expected);
    }
}

#[test]
fn what_is_the_users_survives_an_update() {
    let project = Project::new();
    project.write(&example());
    project.put("k8s/overlays/local/kustomization.yaml", "edited");
    project.put("k8s/overlays/local/secrets/web.env", "PASSWORD=other");
    project.put("k8s/notes/deep/note.txt", "mine");
    fs::create_dir(project.path.join("k8s/empty")).unwrap();
    fs::set_permissions(project.path.join("k8s/empty"), fs::Permissions::from_mode(0o750)).unwrap();
    symlink("../nowhere", project.path.join("k8s/link")).unwrap();
    let note = project.path.join("k8s/notes/deep/note.txt");
    fs::set_permissions(&note, fs::Permissions::from_mode(0o751)).unwrap();
    let then = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(&note).unwrap().set_modified(then).unwrap();
    let mut next = example();
    next.files[0].bytes = b"changed".to_vec();
    let (outcome, messages) = project.write(&next);
    assert_eq!(messages, [""; 0]);
    let expected = [
        ("base/web.yaml", "updated"),
        ("kustompose.lock", "updated"),
        ("overlays/local/kustomization.yaml", "kept"),
        ("overlays/local/secrets/web.env", "kept"),
    ];
    assert_eq!(actions(&outcome), expected);
    assert_eq!(project.text("k8s/base/web.yaml"), "changed");
    assert_eq!(project.text("k8s/overlays/local/kustomization.yaml"), "edited");
    assert_eq!(project.text("k8s/overlays/local/secrets/web.env"), "PASSWORD=other");
    assert_eq!(project.text("k8s/notes/deep/note.txt"), "mine");
    assert_eq!((project.mode("k8s/notes/deep/note.txt"), project.mode("k8s/empty")), (0o751, 0o750));
    assert_eq!(fs::metadata(&note).unwrap().modified().unwrap(), then);
    assert_eq!(fs::read_link(project.path.join("k8s/link")).unwrap().to_str(), Some("../nowhere"));
}

#[test]
fn edited_files_are_refused_and_nothing_is_written() {
    let project = Project::new();
    project.write(&example());
    project.put("k8s/base/web.yaml", "by hand");
    let before = project.snapshot();
    let mut next = example();
    next.files[0].bytes = b"changed".to_vec();
    next.files.push(TreeFile { path: "base/new.yaml".into(), bytes: vec![], owner: Owner::Generated });
    let (outcome, messages) = project.write(&next);
    assert_eq!(messages, ["generated file `k8s/base/web.yaml` was edited by hand"]);
    assert!(actions(&outcome).contains(&("base/web.yaml", "refused")));
    assert_eq!(project.snapshot(), before);
    let (outcome, messages) = project.write_with(&next, true);
    // What is lost by that is reported.
    assert_eq!((messages.len(), project.text("k8s/base/web.yaml").as_str()), (1, "changed"));
    assert!(actions(&outcome).contains(&("base/web.yaml", "updated")));
}

#[test]
fn foreign_files_are_refused_unless_they_say_the_same() {
    let project = Project::new();
    project.put("k8s/base/web.yaml", "web");
    let (outcome, _) = project.write(&example());
    assert!(actions(&outcome).contains(&("base/web.yaml", "unchanged")));
    let project = Project::new();
    project.put("k8s/base/web.yaml", "of others");
    let (_, messages) = project.write(&example());
    assert_eq!(messages, ["`k8s/base/web.yaml` exists already, and kustompose did not write it"]);
    assert!(!project.exists("k8s/kustompose.lock"));
}

#[test]
fn stale_files_go_unless_edited() {
    let project = Project::new();
    let first = [("a/b/one.yaml", "1", Owner::Generated), ("c/two.yaml", "2", Owner::Generated)];
    project.write(&tree(&first));
    project.put("k8s/c/two.yaml", "by hand");
    let (outcome, messages) = project.write(&tree(&[]));
    assert_eq!(actions(&outcome)[..2], [("a/b/one.yaml", "removed"), ("c/two.yaml", "kept")]);
    assert_eq!(messages.len(), 1);
    assert!(!project.exists("k8s/a") && project.text("k8s/c/two.yaml") == "by hand");
    assert!(!project.text("k8s/kustompose.lock").contains("two.yaml"));
}

#[test]
fn untouched_environments_stay_in_the_lock() {
    let project = Project::new();
    project.write(&tree(&[("overlays/prod/a.yaml", "1", Owner::Generated)]));
    let lock = project.text("k8s/kustompose.lock");
    let next = Tree { untouched: vec!["overlays/prod".into()], ..Tree::default() };
    let (outcome, _) = project.write(&next);
    assert_eq!(actions(&outcome), [("kustompose.lock", "unchanged"), ("overlays/prod/a.yaml", "kept")]);
    assert_eq!(project.text("k8s/kustompose.lock"), lock);
}

#[test]
fn links_are_not_followed() {
    let project = Project::new();
    fs::create_dir(project.path.join("outside")).unwrap();
    fs::create_dir(project.path.join("k8s")).unwrap();
    symlink("../outside", project.path.join("k8s/base")).unwrap();
    let (_, messages) = project.write(&example());
    assert_eq!(messages, ["`k8s/base/web.yaml` cannot be written: `k8s/base` is a symbolic link"]);
    assert_eq!(fs::read_dir(project.path.join("outside")).unwrap().count(), 0);
    assert!(!project.exists("k8s/overlays"));
}

#[test]
fn the_output_directory_itself_may_be_a_link() {
    let project = Project::new();
    fs::create_dir_all(project.path.join("elsewhere/real")).unwrap();
    symlink("elsewhere/real", project.path.join("k8s")).unwrap();
    let mut files = example();
    files.files.push(TreeFile { path: "../skaffold.yaml".into(), bytes: vec![], owner: Owner::Companion });
    project.write(&files);
    assert!(project.exists("elsewhere/real/base/web.yaml") && project.exists("skaffold.yaml"));
    assert!(fs::symlink_metadata(project.path.join("k8s")).unwrap().is_symlink());
}

#[test]
fn nothing_is_written_outside() {
    for path in ["../a.yaml", "/tmp/a.yaml", "a/../../b", "", "kustompose.lock"] {
        let project = Project::new();
        let (_, messages) = project.write(&tree(&[(path, "x", Owner::Generated)]));
        assert_eq!(messages, [format!("`{path}` is no path within the output directory")]);
        assert_eq!(project.snapshot().len(), 0);
    }
    let project = Project::new();
    let (_, messages) = project.write(&tree(&[("../other.yaml", "x", Owner::Companion)]));
    assert_eq!(messages.len(), 1);
    project.put("victim", "1");
    project.put(
        "k8s/kustompose.lock",
        r#"{"version": 1, "kustompose": "0", "inputs": {}, "files": {"../victim": "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"}}"#,
    );
    let (_, messages) = project.write_with(&tree(&[]), false);
    assert_eq!(
        messages,
        ["`k8s/kustompose.lock` cannot be read: it names `../victim`, which no run would write"]
    );
    assert!(project.exists("victim"));
}

#[test]
fn the_project_is_no_output_directory() {
    let project = Project::new();
    let mut report = Report::default();
    for directory in [".", "..", "/"] {
        let outcome =
            Disk::new(&project.path).write_tree(Utf8Path::new(directory), &example(), true, &mut report);
        assert_eq!(outcome, Outcome::default());
    }
    assert_eq!(report.count(Severity::Error), 3);
}

#[test]
fn broken_and_newer_locks_are_refused() {
    for (lock, why) in [
        ("<<<<<<< HEAD", "expected value at line 1 column 1"),
        (r#"{"version": 9}"#, "it is of version 9, which a newer kustompose wrote"),
    ] {
        let project = Project::new();
        project.put("k8s/kustompose.lock", lock);
        let (_, messages) = project.write(&example());
        assert_eq!(messages, [format!("`k8s/kustompose.lock` cannot be read: {why}")]);
        assert_eq!(project.write_with(&example(), true).1.len(), 0);
    }
}

#[test]
fn a_companion_is_written_beside_and_guarded_alike() {
    let project = Project::new();
    let file = |text| tree(&[("../skaffold.yaml", text, Owner::Companion)]);
    let (outcome, _) = project.write(&file("1"));
    assert_eq!(actions(&outcome), [("../skaffold.yaml", "created"), ("kustompose.lock", "created")]);
    project.write(&file("2"));
    assert_eq!(project.text("skaffold.yaml"), "2");
    project.put("skaffold.yaml", "by hand");
    let (_, messages) = project.write(&file("3"));
    assert_eq!(messages, ["generated file `skaffold.yaml` was edited by hand"]);
    project.put("skaffold.yaml", "2");
    project.write(&tree(&[]));
    assert!(!project.exists("skaffold.yaml"));
}

#[test]
fn a_companion_of_the_user_stays_and_the_tree_is_written() {
    let project = Project::new();
    project.put("skaffold.yaml", "mine");
    let both =
        tree(&[("../skaffold.yaml", "ours", Owner::Companion), ("base/a.yaml", "a", Owner::Generated)]);
    for force in [false, true] {
        let (outcome, messages) = project.write_with(&both, force);
        assert!(actions(&outcome).contains(&("../skaffold.yaml", "kept")));
        assert_eq!(messages, ["`skaffold.yaml` was not written by kustompose: it stays as it is"]);
    }
    assert_eq!((project.text("skaffold.yaml").as_str(), project.exists("k8s/base/a.yaml")), ("mine", true));
    assert!(!project.text("k8s/kustompose.lock").contains("skaffold.yaml"));
}

#[test]
fn a_dry_run_writes_nothing() {
    let project = Project::new();
    let mut report = Report::default();
    let outcome = Disk::new(&project.path).plan_tree(Utf8Path::new("k8s"), &example(), false, &mut report);
    assert!(outcome.has_changes() && !outcome.written);
    assert_eq!(outcome.changes[0].action, Action::Created);
    assert_eq!(project.snapshot().len(), 0);
}

#[test]
fn a_run_that_ends_early_leaves_the_old_tree() {
    let project = Project::new();
    project.write(&example());
    let before = project.snapshot();
    let root = project.path.join("k8s");
    let edit = Edit {
        path: "base/web.yaml".into(),
        content: Some(b"new".to_vec()),
        seen: Some(b"web".to_vec()),
        secret: false,
    };
    drop(Staging::build(&root, &[&edit]).unwrap());
    assert_eq!(project.snapshot(), before);
    // Killed before the exchange, while the new tree lay in the staging directory.
    project.put_remains("new/base/web.yaml", "half");
    recover(&root).unwrap();
    assert_eq!(project.snapshot(), before);
    // Killed between two renames, where directories cannot be exchanged.
    project.put_remains("new/base/web.yaml", "half");
    fs::rename(&root, project.path.join(".k8s.kustompose-dead/old")).unwrap();
    recover(&root).unwrap();
    assert_eq!(project.snapshot(), before);
}

#[test]
fn what_only_looks_like_remains_stays() {
    let project = Project::new();
    project.put("keys/id", "key");
    // As git carries it: a link, and a directory without empty directories.
    fs::create_dir(project.path.join(".k8s.kustompose-a")).unwrap();
    symlink("../keys", project.path.join(".k8s.kustompose-a/old")).unwrap();
    symlink("keys", project.path.join(".k8s.kustompose-b")).unwrap();
    project.put(".k8s.kustompose-notes/todo", "notes");
    fs::set_permissions(project.path.join(".k8s.kustompose-notes"), fs::Permissions::from_mode(0o700))
        .unwrap();
    project.put_remains("new/half", "half");
    fs::remove_dir(project.path.join(".k8s.kustompose-dead/of-a-run")).unwrap();
    let mut report = Report::default();
    Disk::new(&project.path).write_tree(Utf8Path::new("k8s"), &example(), false, &mut report);
    assert!(!report.has_errors() && project.exists("k8s/base/web.yaml") && !project.exists("k8s/id"));
    for path in
        ["keys/id", ".k8s.kustompose-b", ".k8s.kustompose-notes/todo", ".k8s.kustompose-dead/new/half"]
    {
        assert!(project.exists(path), "{path}");
    }
}

#[test]
fn a_run_that_changes_nothing_clears_remains_too() {
    let project = Project::new();
    project.write(&example());
    project.put_remains("new/overlays/local/secrets/web.env", "PASSWORD=hunter2");
    project.write(&example());
}

/// A run that has decided on an edit and prepared it, and has not written it yet.
fn about_to_write() -> (Project, Utf8PathBuf, Edit, Staging) {
    let project = Project::new();
    project.write(&example());
    let root = project.path.join("k8s");
    let edit = Edit {
        path: "base/web.yaml".into(),
        content: Some(b"new".to_vec()),
        seen: Some(b"web".to_vec()),
        secret: false,
    };
    let staging = Staging::build(&root, &[&edit]).unwrap();
    (project, root, edit, staging)
}

#[test]
fn what_is_saved_after_the_decision_is_not_written_over() {
    let (project, root, edit, mut staging) = about_to_write();
    project.put("saved", "late");
    fs::rename(project.path.join("saved"), root.join("base/web.yaml")).unwrap();
    let why = staging.commit(&root).unwrap_err();
    drop(staging);
    assert!(why.starts_with("a file changed meanwhile and remains in `.k8s.kustompose-"), "{why}");
    assert!(project.snapshot().values().any(|text| text == "late"));
    // It is left to the user.
    recover(&root).unwrap();
    assert!(project.snapshot().values().any(|text| text == "late"));
    assert_eq!(
        Staging::build(&root, &[&edit]).map(drop),
        Err("`base/web.yaml` changed meanwhile".to_owned())
    );
}

#[test]
fn what_is_made_ready_is_out_of_sight_of_git() {
    let project = Project::new();
    project.write(&example());
    let root = project.path.join("k8s");
    let staging = Staging::build(&root, &[]).unwrap();
    let beside = project.path.read_dir_utf8().unwrap().flatten();
    let ready: Vec<_> = beside.filter(|entry| entry.file_name().starts_with(".k8s.kustompose-")).collect();
    assert_eq!(ready.len(), 1);
    assert_eq!(fs::read_to_string(ready[0].path().join(".gitignore")).unwrap(), "*\n");
    drop(staging);
}

#[test]
fn a_lock_names_nothing_of_the_user() {
    for path in [
        "../../skaffold.yaml",
        "overlays/local/secrets/web.env",
        "overlays/local/kustomization.yaml",
        "../.env",
    ] {
        let project = Project::new();
        project.put("k8s/overlays/local/secrets/web.env", "PASSWORD=hunter2");
        project.put("k8s/overlays/local/kustomization.yaml", "yours");
        project.put(".env", "1");
        let lock =
            format!(r#"{{"version": 1, "kustompose": "0", "inputs": {{}}, "files": {{"{path}": "0"}}}}"#);
        project.put("k8s/kustompose.lock", &lock);
        let before = project.snapshot();
        let (_, messages) = project.write(&tree(&[]));
        assert_eq!(messages.len(), 1, "{path}");
        assert_eq!(project.snapshot(), before);
        let (outcome, _) = project.write_with(&tree(&[]), true);
        assert_eq!(actions(&outcome), [("kustompose.lock", "updated")]);
    }
}

#[test]
fn renames_put_the_old_tree_back_when_they_fail() {
    let project = Project::new();
    project.write(&example());
    let before = project.snapshot();
    let path = |name: &str| project.path.join(name).into_std_path_buf();
    replace_by_renames(&path("missing"), &path("k8s"), &path("old")).unwrap_err();
    assert_eq!(project.snapshot(), before);
}

#[test]
fn what_is_saved_while_a_run_writes_is_not_lost() {
    let (project, root, _, mut staging) = about_to_write();
    // Editors save by putting another file into the place of the old one.
    project.put("saved", "late");
    fs::rename(project.path.join("saved"), root.join("overlays/local/kustomization.yaml")).unwrap();
    project.put("k8s/more/late.txt", "late");
    staging.commit(&root).unwrap();
    assert_eq!(project.text("k8s/base/web.yaml"), "new");
    assert_eq!(project.text("k8s/overlays/local/kustomization.yaml"), "late");
    assert_eq!(project.text("k8s/more/late.txt"), "late");
}

#[test]
fn two_runs_do_not_write_at_once() {
    let project = Project::new();
    let directory = fs::File::open(&project.path).unwrap();
    rustix::fs::flock(&directory, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let (_, messages) = project.write(&example());
    assert_eq!(messages, ["`k8s` could not be written: another run is writing there"]);
}

#[test]
fn reading() {
    let project = Project::new();
    project.put("b/file", "text");
    project.put("b/another", "");
    let disk = Disk::new(&project.path);
    assert_eq!(disk.read(Utf8Path::new("b/file")), Ok(b"text".to_vec()));
    assert_eq!(disk.read(Utf8Path::new("b")), Err(FileError::IsDirectory));
    assert_eq!(disk.read(Utf8Path::new("c")), Err(FileError::NotFound));
    assert_eq!(disk.read(Utf8Path::new("b/file/c")), Err(FileError::NotFound));
    assert_eq!(disk.list(Utf8Path::new("b")), Ok(vec!["another".to_owned(), "file".to_owned()]));
    assert_eq!(disk.kind(Utf8Path::new("b")), Some(FileKind::Directory));
    symlink("b/file", project.path.join("link")).unwrap();
    assert_eq!(disk.resolve_links(Utf8Path::new("link")), Some(project.path.join("b/file")));
}

#[test]
fn special_and_huge_files_are_not_read() {
    let project = Project::new();
    let disk = Disk::new(&project.path);
    let _socket = std::os::unix::net::UnixListener::bind(project.path.join("socket")).unwrap();
    let refused = Err(FileError::Other("is not a regular file".to_owned()));
    assert_eq!(disk.read(Utf8Path::new("socket")), refused);
    assert_eq!(disk.read(Utf8Path::new("/dev/zero")), Err(FileError::Outside));
    assert_eq!(disk.read(Utf8Path::new("/proc/self/environ")), Err(FileError::Outside));
    assert_eq!(disk.kind(Utf8Path::new("/dev/zero")), Some(FileKind::Special));
    fs::File::create(project.path.join("huge")).unwrap().set_len(65 * 1024 * 1024).unwrap();
    assert_eq!(disk.read(Utf8Path::new("huge")), Err(FileError::Other("is larger than 64 MiB".to_owned())));
}

#[test]
fn the_working_directory_keeps_its_links() {
    let project = Project::new();
    fs::create_dir(project.path.join("real")).unwrap();
    symlink("real", project.path.join("link")).unwrap();
    let real = project.path.join("real").into_std_path_buf();
    assert!(names_directory(&project.path.join("link"), &real));
    assert!(!names_directory(&project.path, &real));
    assert!(!names_directory(Utf8Path::new("real"), &real));
    assert!(!names_directory(&project.path.join("link/../real"), &real));
}

#[test]
fn a_project_is_read_and_nothing_around_it() {
    let around = Project::new();
    around.put("up.txt", "up");
    around.put("shop/deploy/a.txt", "a");
    around.put("shop/b.txt", "b");
    symlink("../../up.txt", around.path.join("shop/deploy/link")).unwrap();
    symlink("../../", around.path.join("shop/deploy/folder")).unwrap();
    let (project, working) = (around.path.join("shop/deploy"), around.path.join("shop"));
    let text = |disk: &Disk, path: &str| disk.read(Utf8Path::new(path)).map(|bytes| bytes.len());
    let disk = Disk::new(&project).within(&project, &working, &[]);
    assert_eq!((text(&disk, "a.txt"), text(&disk, "../b.txt")), (Ok(1), Ok(1)));
    for path in ["../../up.txt", "link", "folder/up.txt"] {
        assert_eq!(text(&disk, path), Err(FileError::Outside), "{path}");
    }
    assert_eq!(disk.list(Utf8Path::new("folder")), Err(FileError::Outside));
    assert!(!disk.is_within(Utf8Path::new("folder/new/file")) && disk.is_within(Utf8Path::new("new/file")));
    disk.allow(Utf8Path::new("../../up.txt"));
    assert_eq!(text(&disk, "link"), Ok(2));
    // Elsewhere, the working directory does not count.
    let disk = Disk::new(&project).within(&project, Utf8Path::new("/usr"), &["../../up.txt".into()]);
    assert_eq!(text(&disk, "../b.txt"), Err(FileError::Outside));
    // Nor does anything count beside a work tree of git, and what the command line names does.
    fs::create_dir(around.path.join("shop/.git")).unwrap();
    let disk = Disk::new(&project).within(&project, &project, &["../../up.txt".into()]);
    assert_eq!((text(&disk, "../b.txt"), text(&disk, "link")), (Ok(1), Ok(2)));
    assert_eq!(disk.list(Utf8Path::new("folder")), Err(FileError::Outside));
}

#[test]
fn what_a_killed_run_leaves_is_its_owners_alone_and_goes() {
    let project = Project::new();
    let root = project.path.join("k8s");
    let workplace = Workplace::beside(&root).unwrap();
    let name = workplace.path().file_name().unwrap().to_string_lossy().into_owned();
    fs::write(workplace.path().join("secret"), "x").unwrap();
    // Nobody drops what is killed.
    std::mem::forget(workplace);
    assert_eq!(project.mode(&name), 0o700);
    recover(&root).unwrap();
    assert!(!project.exists(&name));
}

#[test]
fn git_tells_which_missing_files_it_tracks() {
    let project = Project::new();
    project.put("conf/a.conf", "a");
    project.put("b.env", "b");
    project.put("c.env", "c");
    let git = |arguments: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.args(arguments).current_dir(&project.path).output().is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "--quiet"]) || !git(&["add", "conf", "b.env"]) {
        return;
    }
    fs::remove_dir_all(project.path.join("conf")).unwrap();
    fs::remove_file(project.path.join("b.env")).unwrap();
    let paths = ["conf", "conf/a.conf", "b.env", "c.env", "d"].map(|path| project.path.join(path));
    let tracked = Disk::new(&project.path).tracked_below(&project.path, &paths.into());
    let expected = ["b.env", "conf", "conf/a.conf"].map(|path| project.path.join(path));
    assert_eq!(tracked, expected.into());
}
