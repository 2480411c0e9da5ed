//! What a command does, in a word or two: the name of its job.

use crate::catalog::{self, Property};

/// The program of a command, but for those that only run another.
pub(super) fn task(command: &[String]) -> String {
    let text = command.join(" ");
    let mut words = text.split(|c: char| c.is_whitespace() || "'\";&|()`{}<>[]".contains(c));
    let mut skip = false;
    let found = words.find_map(|word| {
        let name = catalog::base_name(word);
        let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let is_task = !std::mem::replace(&mut skip, matches!(word, "cd" | "-u" | "source" | "."))
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !word.contains(['=', '$'])
            && !word.ends_with(".lock")
            && !word.starts_with("/tmp/")
            && word != "cd"
            && !only_runs(name);
        is_task.then(|| name.to_owned())
    });
    found.unwrap_or_else(|| "job".to_owned())
}

/// Whether a program, by the stem of its name, only runs what it is told, or looks whether it should.
fn only_runs(stem: &str) -> bool {
    let of_script = || catalog::program(&format!("{stem}.py"));
    catalog::program(stem).or_else(of_script).is_some_and(|program| {
        program.wraps.is_some()
            || [Property::Shell, Property::Runner, Property::Condition].iter().any(|it| program.is(*it))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_give_their_names() {
        let cases = [
            ("php artisan schedule:run", "schedule:run"),
            ("/bin/sh -c cd /app && ./sync.sh --all", "sync"),
            ("env PATH=/bin:/x /usr/bin/python3 -u /app/report.py", "job"),
            ("/usr/local/bin/backup", "backup"),
            ("curl -fsS http://x", "curl"),
            ("flock -n /tmp/x.lock /usr/local/bin/sync.sh", "sync"),
            ("[[ $MASTER == y ]] && /usr/local/bin/gosu sogo /usr/sbin/sogo-tool", "y"),
            ("", "job"),
        ];
        for (command, expected) in cases {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(task(&words), expected, "{command}");
        }
    }
}
