//! The commands of probes and lifecycle hooks. The kubelet expands nothing in them, so a secret that the container has as a
//! variable is a variable of a shell there.

use k8s_openapi::api::core::v1::{Container, ExecAction, LifecycleHandler, Probe};

use super::{
    conceal,
    referring::{Command, Places, Referring},
};
use crate::{
    catalog::{self, Property, base_name},
    plan::facts::KnownSecrets,
    shell,
};

/// Puts shell variables in the place of secrets that the container has as variables, in the commands that the kubelet runs
/// in it.
pub(super) fn refer_commands(found: &KnownSecrets, referring: &Referring<'_>, container: &mut Container) {
    let image = container.image.clone().unwrap_or_default();
    let refer = |exec: Option<&mut ExecAction>, at: Command| {
        let Some(exec) = exec else { return };
        let referred = exec.command.as_ref().and_then(|words| refer(found, referring, &image, (words, at)));
        exec.command = referred.or_else(|| exec.command.take());
    };
    refer(of_probe(&mut container.startup_probe), Command::Startup);
    refer(of_probe(&mut container.readiness_probe), Command::Readiness);
    refer(of_probe(&mut container.liveness_probe), Command::Liveness);
    if let Some(lifecycle) = &mut container.lifecycle {
        refer(of_hook(&mut lifecycle.post_start), Command::PostStart);
        refer(of_hook(&mut lifecycle.pre_stop), Command::PreStop);
    }
}

fn of_probe(probe: &mut Option<Probe>) -> Option<&mut ExecAction> {
    probe.as_mut()?.exec.as_mut()
}

fn of_hook(hook: &mut Option<LifecycleHandler>) -> Option<&mut ExecAction> {
    hook.as_mut()?.exec.as_mut()
}

/// A command that refers to all of its secrets; none if it has none, or cannot.
fn refer(
    found: &KnownSecrets,
    referring: &Referring<'_>,
    image: &str,
    (command, at): (&[String], Command),
) -> Option<Vec<String>> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let mut places = referring.places(&words, image, at);
    places.iter_mut().for_each(|places| places.retain(|(_, name)| is_name(name)));
    if places.iter().all(Vec::is_empty) {
        return None;
    }
    let referred = match script_of(&words) {
        Some(at) => {
            let is_alone = places.iter().enumerate().all(|(index, places)| index == at || places.is_empty());
            let script = is_alone.then(|| in_script(words[at], &places[at])).flatten()?;
            let mut command = command.to_vec();
            command[at] = script;
            command
        }
        None => by_shell(&words, &places),
    };
    (!conceal::has_secret(found, image, &referred)).then_some(referred)
}

/// Whether a shell can say the name of the variable.
fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Which of the words is a script, if a shell runs one.
fn script_of(words: &[&str]) -> Option<usize> {
    let flag = words.get(1)?;
    let is_script = catalog::is(base_name(words.first()?), Property::Shell)
        && flag.starts_with('-')
        && flag.ends_with('c');
    (is_script && words.len() > 2).then_some(2)
}

/// The same words for a shell.
fn by_shell(words: &[&str], places: &[Places<'_>]) -> Vec<String> {
    let word = |(word, places): (&&str, &Places<'_>)| {
        if places.is_empty() {
            return shell::quoted(word);
        }
        let (mut text, mut done) = (String::new(), 0);
        let literal = |part: &str| if part.is_empty() { String::new() } else { shell::quoted(part) };
        for (range, name) in places {
            text.push_str(&literal(&word[done..range.start]));
            text.push_str(&format!("\"${name}\""));
            done = range.end;
        }
        text + &literal(&word[done..])
    };
    let script: Vec<String> = words.iter().zip(places).map(word).collect();
    vec!["/bin/sh".to_owned(), "-c".to_owned(), script.join(" ")]
}

/// How a shell reads what is at a place of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quotes {
    None,
    Single,
    Double,
}

/// A script with variables at these places. None where a shell does not read the value there as it is, or would not
/// expand a variable.
fn in_script(script: &str, places: &Places<'_>) -> Option<String> {
    // The lines of a here-document have quotes that are none.
    if script.contains("<<") {
        return None;
    }
    let (mut text, mut done) = (String::new(), 0);
    let mut at = Reader { rest: script, quotes: Quotes::None, begins_word: true };
    for (range, name) in places {
        at.read(range.start - (script.len() - at.rest.len()))?;
        let value = &script[range.clone()];
        let is_plain = match at.quotes {
            Quotes::None => shell::quoted(value) == value,
            Quotes::Single => !value.contains('\''),
            Quotes::Double => !value.contains(['"', '\\', '$', '`']),
        };
        if !is_plain {
            return None;
        }
        text.push_str(&script[done..range.start]);
        done = range.end;
        if at.quotes == Quotes::Single && text.ends_with('\'') && script[done..].starts_with('\'') {
            // They were around the value alone.
            text.pop();
            done += 1;
            at.quotes = Quotes::None;
        }
        let goes_on = script[done..]
            .starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_' || next == '[');
        text.push_str(&match at.quotes {
            Quotes::None => format!("\"${name}\""),
            Quotes::Single => format!("'\"${name}\"'"),
            Quotes::Double if goes_on => format!("${{{name}}}"),
            Quotes::Double => format!("${name}"),
        });
        at.rest = &script[done..];
        at.begins_word = false;
    }
    Some(text + &script[done..])
}

/// Reads a script as far as its quotes go.
struct Reader<'a> {
    rest: &'a str,
    quotes: Quotes,
    begins_word: bool,
}

impl Reader<'_> {
    /// Reads so many bytes. None if that ends in a comment or behind a backslash.
    fn read(&mut self, length: usize) -> Option<()> {
        let end = self.rest.len().checked_sub(length)?;
        while self.rest.len() > end {
            let mut characters = self.rest.chars();
            let first = characters.next()?;
            match (self.quotes, first) {
                (Quotes::None, '#') if self.begins_word => {
                    let length = self.rest.find('\n').unwrap_or(self.rest.len());
                    characters = self.rest[length..].chars();
                }
                (Quotes::None | Quotes::Double, '\\') => drop(characters.next()),
                (Quotes::None, '\'') => self.quotes = Quotes::Single,
                (Quotes::None, '"') => self.quotes = Quotes::Double,
                (Quotes::Single, '\'') | (Quotes::Double, '"') => self.quotes = Quotes::None,
                _ => {}
            }
            self.begins_word = first.is_whitespace() || ";&|()".contains(first);
            self.rest = characters.as_str();
        }
        (self.rest.len() == end).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_have_variables_in_their_quotes() {
        for (script, expected) in [
            ("ping -pPASS", Some(r#"ping -p"$PW""#)),
            ("curl -u me:PASS http://x || exit 1", Some(r#"curl -u me:"$PW" http://x || exit 1"#)),
            (r#"ping -p"PASS""#, Some(r#"ping -p"$PW""#)),
            (r#"x "aPASSb" "PASS""#, Some(r#"x "a${PW}b" "$PW""#)),
            ("x 'aPASS'", Some(r#"x 'a'"$PW"''"#)),
            (r#"x \"PASS"#, Some(r#"x \""$PW""#)),
            (r"x \PASS", None),
            ("x # PASS", None),
            ("x # it's\ny PASS", Some("x # it's\ny \"$PW\"")),
            ("x a#'b' PASS", Some(r#"x a#'b' "$PW""#)),
            ("x <<E\nPASS\nE", None),
            (r#"x "$(y -pPASS)""#, Some(r#"x "$(y -p$PW)""#)),
        ] {
            let places: Places<'_> =
                script.match_indices("PASS").map(|(at, value)| (at..at + value.len(), "PW")).collect();
            assert_eq!(in_script(script, &places).as_deref(), expected, "{script}");
        }
        assert_eq!(in_script("x a$b", &vec![(2..5, "PW")]), None, "the shell expands it");
        assert_eq!(in_script("x 'a$b' 'c'", &vec![(3..6, "PW")]).as_deref(), Some(r#"x "$PW" 'c'"#));
    }

    #[test]
    fn words_are_given_to_a_shell() {
        let words = ["mysqladmin", "ping", "-h", "local host", "-pPASS", "PASS"];
        let places: Vec<Places<'_>> =
            vec![vec![], vec![], vec![], vec![], vec![(2..6, "PW")], vec![(0..4, "PW")]];
        let script = r#"mysqladmin ping -h 'local host' -p"$PW" "$PW""#;
        assert_eq!(by_shell(&words, &places), ["/bin/sh", "-c", script]);
    }

    #[test]
    fn shells_run_scripts() {
        for (words, expected) in [
            (&["/bin/sh", "-c", "x"][..], Some(2)),
            (&["bash", "-ec", "x"], Some(2)),
            (&["sh", "x.sh", "y"], None),
            (&["redis-cli", "-c", "x"], None),
            (&["sh", "-c"], None),
        ] {
            assert_eq!(script_of(words), expected, "{words:?}");
        }
    }
}
