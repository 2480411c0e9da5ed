//! What a Dockerfile says of the container that its image becomes.
//!
//! Only of the container: instructions that build are passed over, but for those that put a crontab or
//! a script into the image.

use std::collections::BTreeMap;

/// One stage of a Dockerfile, with what it takes from the stage that it stands on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// The name behind `AS`.
    pub name: Option<String>,
    /// `ENV`.
    pub environment: BTreeMap<String, String>,
    /// `COPY` and `ADD` from the build context: sources, and the place in the image.
    pub copies: Vec<(Vec<String>, String)>,
    /// `ENTRYPOINT`, as words.
    pub entrypoint: Option<Vec<String>>,
    /// `CMD`, as words.
    pub command: Option<Vec<String>>,
    /// `WORKDIR`.
    pub directory: String,
    /// `RUN`, each as one text.
    pub runs: Vec<String>,
}

impl Stage {
    /// The words that a container starts with.
    pub fn words(&self) -> Vec<String> {
        self.entrypoint.iter().chain(&self.command).flatten().cloned().collect()
    }

    /// The file of the build context that lies at a place in the image.
    pub fn source_of(&self, path: &str) -> Option<String> {
        let path = absolute(&self.directory, path);
        self.copies.iter().rev().find_map(|(sources, target)| {
            sources.iter().find_map(|source| {
                let source = source.trim_start_matches("./").trim_matches('/');
                let target_is_folder = target.ends_with('/') || sources.len() > 1;
                let folder = target.trim_end_matches('/');
                if target.trim_end_matches('/') == path && !target_is_folder {
                    return Some(source.to_owned());
                }
                let below = path.strip_prefix(folder)?.strip_prefix('/')?;
                let name = source.rsplit('/').next().unwrap_or(source);
                // A file into a folder, or a folder's contents.
                if target_is_folder && below == name {
                    return Some(source.to_owned());
                }
                let source = if source == "." { "" } else { source };
                Some(if source.is_empty() { below.to_owned() } else { format!("{source}/{below}") })
            })
        })
    }
}

/// Stages of the longest Dockerfile that is read: each has all that it takes from the one that it stands on.
const MOST_STAGES: usize = 50;

/// The stages of a Dockerfile in order. Empty if the text is none, or longer than any that a person writes.
pub fn stages(text: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let instructions = instructions(text);
    if instructions.iter().filter(|(instruction, _)| instruction == "FROM").count() > MOST_STAGES {
        return stages;
    }
    for (instruction, rest) in instructions {
        if instruction == "FROM" {
            let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
            let base = words.first().copied().unwrap_or_default();
            let mut stage = stages.iter().rev().find(|stage| stage.name.as_deref() == Some(base)).cloned();
            let stage = stage.get_or_insert_default();
            stage.name = match words[..] {
                [_, as_, name, ..] if as_.eq_ignore_ascii_case("as") => Some(name.to_owned()),
                _ => None,
            };
            stages.push(stage.clone());
        } else if let Some(stage) = stages.last_mut() {
            enter(stage, &instruction, &rest);
        }
    }
    stages
}

fn enter(stage: &mut Stage, instruction: &str, rest: &str) {
    match instruction {
        "ENV" => stage.environment.extend(environment(rest)),
        "COPY" | "ADD" => stage.copies.extend(copy(rest, &stage.directory)),
        "WORKDIR" => stage.directory = absolute(&stage.directory, rest.trim()),
        "ENTRYPOINT" => {
            stage.entrypoint = Some(command(rest));
            // A new ENTRYPOINT forgets the CMD of the stage below; one of the same stage stands behind it.
            stage.command = None;
        }
        "CMD" => stage.command = Some(command(rest)),
        "RUN" => stage.runs.push(rest.to_owned()),
        _ => {}
    }
}

/// Instructions with their lines joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with('#') || open.is_none() && trimmed.is_empty() {
            continue;
        }
        let (content, continues) = match trimmed.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (trimmed, false),
        };
        let entry = match open.take() {
            Some((instruction, mut rest)) => {
                rest.push('\n');
                rest.push_str(content);
                (instruction, rest)
            }
            None => {
                let (instruction, rest) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
                (instruction.to_ascii_uppercase(), rest.trim_start().to_owned())
            }
        };
        if continues {
            open = Some(entry);
        } else {
            all.push(entry);
        }
    }
    all.extend(open);
    all
}

/// A list in JSON, or a text for a shell.
fn command(rest: &str) -> Vec<String> {
    serde_json::from_str::<Vec<String>>(rest.trim())
        .unwrap_or_else(|_| vec!["/bin/sh".to_owned(), "-c".to_owned(), rest.to_owned()])
}

/// `A=1 B="two words"`, or the old `A the rest`.
fn environment(rest: &str) -> Vec<(String, String)> {
    let first = rest.split_whitespace().next().unwrap_or_default();
    if !first.contains('=') {
        let (name, value) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        return vec![(name.to_owned(), value.trim().to_owned())];
    }
    let mut pairs = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    let mut characters = rest.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, quote) {
            ('\\', _) => word.extend(characters.next()),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => quote = Some(c),
            (c, None) if c.is_whitespace() => pairs.push(std::mem::take(&mut word)),
            (c, _) => word.push(c),
        }
    }
    pairs.push(word);
    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn copy(rest: &str, directory: &str) -> Option<(Vec<String>, String)> {
    let mut rest = rest.trim();
    while let Some(flag) = rest.strip_prefix("--") {
        if flag.starts_with("from=") {
            return None;
        }
        rest = flag.split_once(char::is_whitespace)?.1.trim_start();
    }
    let mut words: Vec<String> =
        serde_json::from_str(rest).unwrap_or_else(|_| rest.split_whitespace().map(str::to_owned).collect());
    let target = words.pop().filter(|_| !words.is_empty())?;
    let folder = target.ends_with('/') || target == "." || target.ends_with("/.");
    let target = absolute(directory, target.trim_end_matches("/."));
    Some((words, if folder { format!("{}/", target.trim_end_matches('/')) } else { target }))
}

/// A path in the image.
fn absolute(directory: &str, path: &str) -> String {
    let path = path.trim_matches('"');
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") };
    let parts: Vec<&str> = joined.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let slash = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("/{}{slash}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_says_what_runs() {
        let text = "\
FROM php:8 AS base
ENV A=1 B=\"two words\" \\
    C=3
WORKDIR /app
COPY docker/run.sh /usr/local/bin/
COPY . .
ENTRYPOINT [\"tini\", \"--\"]
FROM node AS assets
CMD build
FROM base
# a comment
COPY --chown=1:1 cron.sh /cron.sh
COPY --from=assets /out /out
CMD while true; do x; sleep 60; done
";
        let stages = stages(text);
        let last = stages.last().cloned().unwrap_or_default();
        assert_eq!(last.words(), ["tini", "--", "/bin/sh", "-c", "while true; do x; sleep 60; done"]);
        assert_eq!(last.environment.get("B").map(String::as_str), Some("two words"));
        assert_eq!(last.environment.get("C").map(String::as_str), Some("3"));
        let cases = [
            ("/cron.sh", Some("cron.sh")),
            ("/usr/local/bin/run.sh", Some("docker/run.sh")),
            ("/app/docker/cron.sh", Some("docker/cron.sh")),
            ("bin/console", Some("bin/console")),
            ("/etc/passwd", None),
        ];
        for (path, expected) in cases {
            assert_eq!(last.source_of(path).as_deref(), expected, "{path}");
        }
    }
}
