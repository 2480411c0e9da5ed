//! The program as its users have it: in a shell, and what it says of itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    path::Path,
    process::Command,
    sync::OnceLock,
};

use regex::Regex;

/// Runs a line of a shell, with `kustompose` on `PATH` and no variables but those that every shell has. Gives the exit
/// status, and what goes to the standard output and to the standard error, in the order in which it comes.
pub(super) fn shell(directory: &Path, line: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_kustompose")).parent().unwrap();
    let path = env::var("PATH").unwrap_or_default();
    let done = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{line}")])
        .current_dir(directory)
        .env_clear()
        .env("PATH", format!("{}:{path}", program.display()))
        .env("HOME", directory)
        .env("COLUMNS", "100")
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .output()
        .unwrap();
    (done.status.code().unwrap_or(-1), String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The help of the program and of each of its commands, by the words that ask for it.
pub(super) fn helps() -> &'static BTreeMap<String, String> {
    static HELPS: OnceLock<BTreeMap<String, String>> = OnceLock::new();
    HELPS.get_or_init(|| {
        let mut helps = BTreeMap::new();
        let mut names = vec!["kustompose".to_owned()];
        while let Some(name) = names.pop() {
            let (status, help) = shell(&env::temp_dir(), &format!("{name} --help"));
            assert_eq!(status, 0, "{name} --help: {help}");
            let commands = help.split_once("\nCommands:\n").map_or("", |(_, commands)| commands);
            for line in commands.lines().take_while(|line| !line.is_empty()) {
                // The explanation of a command goes on in lines that are indented further.
                let word = line.strip_prefix("  ").filter(|line| !line.starts_with(' '));
                let word = word.and_then(|line| line.split_whitespace().next());
                names.extend(word.filter(|word| *word != "help").map(|word| format!("{name} {word}")));
            }
            helps.insert(name, help);
        }
        helps
    })
}

/// What is wrong with a command that is not run: a command or a flag that does not exist.
pub(super) fn misspelt(command: &str) -> Option<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (mut name, mut rest) = ("kustompose".to_owned(), &words[1.min(words.len())..]);
    while let Some((first, others)) = rest.split_first() {
        if !helps().contains_key(&format!("{name} {first}")) {
            break;
        }
        (name, rest) = (format!("{name} {first}"), others);
    }
    let help = &helps()[&name];
    if help.contains("\nCommands:\n")
        && rest.first().is_some_and(|word| word.starts_with(char::is_alphabetic))
    {
        return Some(format!("`{command}`: {name} has no command `{}`", rest[0]));
    }
    let flags = Regex::new(r"(?:^|[\s,])(--?[a-zA-Z][a-z-]*)").unwrap();
    let known: BTreeSet<&str> =
        flags.captures_iter(help).map(|found| found.get(1).unwrap().as_str()).collect();
    let said = flags.captures_iter(command).map(|found| found.get(1).unwrap().as_str());
    said.filter(|flag| !known.contains(flag))
        .map(|flag| format!("`{command}`: {name} has no flag {flag}"))
        .next()
}
