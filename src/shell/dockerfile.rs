//! What a Dockerfile says of the container that its image becomes.
//!
//! Only of the container: instructions that build are passed over, but for those that put something into the
//! image. Variables have the values that the build gives them; the image that the first stage stands on is unknown.

mod instructions;
mod patterns;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use self::instructions::{Instruction, expanded};
pub use self::{
    patterns::matches,
    users::{ImageUser, brought},
};

/// One stage of a Dockerfile, with what it takes from the stage that it stands on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stage {
    /// The name behind `AS`.
    pub name: Option<String>,
    /// The image that it begins with, through all the stages that it stands on.
    pub base: String,
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
    /// `EXPOSE`: numbers and ranges, with their protocol.
    pub exposed: Vec<String>,
    /// `HEALTHCHECK`.
    pub health: Option<Health>,
    /// `USER`.
    pub user: Option<String>,
    /// `VOLUME`: directories that each container has a volume of its own for.
    pub volumes: Vec<String>,
    /// `COPY --from`.
    taken: Vec<Taken>,
    /// What `RUN` sees of the build context without a copy.
    bound: Vec<String>,
    /// `ARG`.
    arguments: BTreeMap<String, String>,
}

/// `HEALTHCHECK`, as the instruction says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Health {
    /// `CMD` and words, `CMD-SHELL` and a text, or `NONE`.
    pub test: Vec<String>,
    /// Options without their dashes, and their values.
    pub options: BTreeMap<String, String>,
}

/// What a stage takes out of another one, or out of another image.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Taken {
    /// The stage, if it is one of the Dockerfile.
    stage: Option<usize>,
    sources: Vec<String>,
    target: String,
}

impl Stage {
    /// The words that a container starts with.
    pub fn words(&self) -> Vec<String> {
        self.entrypoint.iter().chain(&self.command).flatten().cloned().collect()
    }

    /// Whether it has files of the build context or of another image.
    pub fn has_files(&self) -> bool {
        !(self.copies.is_empty() && self.taken.is_empty() && self.bound.is_empty())
    }

    /// Whether it has a port or a health check.
    pub fn serves(&self) -> bool {
        let is_none = |health: &Health| health.test.first().is_some_and(|form| form == "NONE");
        !self.exposed.is_empty() || self.health.as_ref().is_some_and(|health| !is_none(health))
    }

    /// A text with the variables that are known at this place.
    fn expanded(&self, text: &str) -> String {
        expanded(text, &|name| self.environment.get(name).or_else(|| self.arguments.get(name)).cloned())
    }

    /// Whether there is a place in it that nobody knows without building it.
    fn is_vague(&self) -> bool {
        let unknown = |text: &String| text.contains('$');
        self.base.to_ascii_lowercase().contains("onbuild")
            || self.copies.iter().any(|(sources, target)| unknown(target) || sources.iter().any(unknown))
            || self.taken.iter().any(|taken| unknown(&taken.target))
    }
}

/// A Dockerfile, of which one stage is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    stages: Vec<Stage>,
    built: Stage,
}

impl Dockerfile {
    /// Reads a Dockerfile of which the stage `target` is built, by its name or number, the last one if it is empty
    /// or not there. Arguments are those of the build. None if the text has no stage.
    pub fn read(text: &str, target: &str, arguments: &BTreeMap<String, String>) -> Option<Self> {
        let stages = stages(text, arguments);
        let named = find(&stages, target).and_then(|index| stages.get(index)).filter(|_| !target.is_empty());
        let built = named.or(stages.last())?.clone();
        Some(Self { stages, built })
    }

    /// The stage that is built.
    pub fn built(&self) -> &Stage {
        &self.built
    }

    /// Where in the build context what lies at a place in the image may come from, the likeliest first: whether a
    /// source is a file or a directory is not known here.
    pub fn origins(&self, path: &str) -> Vec<String> {
        let mut found = Vec::new();
        let path = absolute(&self.built.directory, path);
        self.trace(&self.built, &path, &mut { MOST_STEPS }, &mut found);
        found
    }

    fn trace(&self, stage: &Stage, path: &str, steps: &mut usize, found: &mut Vec<String>) {
        for (sources, target) in stage.copies.iter().rev() {
            let of_copy =
                sources.iter().flat_map(|source| origins(source, (target, sources.len() > 1), path));
            found.extend(of_copy);
        }
        for taken in stage.taken.iter().rev() {
            let Some(from) = taken.stage.and_then(|index| self.stages.get(index)) else { continue };
            for source in &taken.sources {
                for inner in origins(source, (&taken.target, taken.sources.len() > 1), path) {
                    if *steps == 0 {
                        return;
                    }
                    *steps -= 1;
                    self.trace(from, &absolute("/", &inner), steps, found);
                }
            }
        }
    }

    /// What the image has of the build context, wherever: sources of `COPY` and `ADD`, and what `RUN` is shown, in
    /// all the stages that it is made of. Without `./` and slashes at their ends; empty for the context itself.
    pub fn sources(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let of_stage =
            |stage: &Stage| -> Vec<usize> { stage.taken.iter().filter_map(|taken| taken.stage).collect() };
        let mut pending = of_stage(&self.built);
        let mut stages = vec![&self.built];
        let mut seen = BTreeSet::new();
        while let Some(index) = pending.pop() {
            if let Some(stage) = self.stages.get(index).filter(|_| seen.insert(index)) {
                pending.extend(of_stage(stage));
                stages.push(stage);
            }
        }
        for stage in stages {
            let copied = stage.copies.iter().flat_map(|(sources, _)| sources);
            found.extend(copied.chain(&stage.bound).map(|source| relative(source)));
        }
        found
    }

    /// Whether the image has something of what is built at a place, or below it, or may have: a command names it.
    pub fn reaches(&self, path: &str) -> bool {
        let path = absolute(&self.built.directory, path);
        let is_below = |inner: &str, outer: &str| {
            let outer = outer.trim_end_matches('/');
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let copied = self.built.copies.iter().map(|(_, target)| target);
        let mut targets = copied.chain(self.built.taken.iter().map(|taken| &taken.target));
        targets.any(|target| is_below(target, &path) || *target != "/" && is_below(&path, target))
            || self.built.runs.iter().any(|run| run.contains(&path))
    }

    /// Whether it puts something in a place that is not known without building it.
    pub fn is_vague(&self) -> bool {
        self.built.is_vague()
    }
}

/// The most stages that one place in an image is looked for in, counting one again for each way to it.
const MOST_STEPS: usize = 200;

/// Where what lies at `path` lies in `source`, if that is copied to a target, alone or with others.
fn origins(source: &str, (target, with_others): (&str, bool), path: &str) -> Vec<String> {
    let (source, folder) = (relative(source), target.trim_end_matches('/'));
    let (directory, name) = source.rsplit_once('/').unwrap_or(("", source));
    let is_pattern = name.contains(['*', '?', '[']);
    if path.trim_end_matches('/') == folder {
        // A file by its own name, or a folder's contents.
        return if is_pattern { Vec::new() } else { vec![source.to_owned()] };
    }
    let Some(below) = path.strip_prefix(folder).and_then(|below| below.strip_prefix('/')) else {
        return Vec::new();
    };
    let joined = |directory: &str| match directory {
        "" => below.to_owned(),
        directory => format!("{directory}/{below}"),
    };
    if is_pattern {
        return if !below.contains('/') && matches(name, below) {
            vec![joined(directory)]
        } else {
            Vec::new()
        };
    }
    let is_folder = target.ends_with('/') || with_others;
    let file = (is_folder && below == name).then(|| source.to_owned());
    file.into_iter().chain(std::iter::once(joined(source))).collect()
}

/// A source without `./` before it and slashes around it.
fn relative(source: &str) -> &str {
    let mut source = source.trim_start_matches('/');
    while let Some(rest) = source.strip_prefix("./") {
        source = rest.trim_start_matches('/');
    }
    loop {
        source = source.trim_end_matches('/');
        match source.strip_suffix("/.") {
            Some(rest) => source = rest,
            None => return if source == "." { "" } else { source },
        }
    }
}

/// Stages of the longest Dockerfile that is read: each has all that it takes from the one that it stands on.
const MOST_STAGES: usize = 50;

/// Instructions of the longest one.
const MOST_INSTRUCTIONS: usize = 2000;

/// Bytes of the longest path in an image.
const LONGEST_PATH: usize = 4096;

/// The stages of a Dockerfile in order. Empty if the text is none, or longer than any that a person writes.
fn stages(text: &str, given: &BTreeMap<String, String>) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    let instructions = instructions::read(text);
    let count = instructions.iter().filter(|instruction| instruction.name == "FROM").count();
    if count > MOST_STAGES || instructions.len() > MOST_INSTRUCTIONS {
        return stages;
    }
    // Arguments in front of the first stage.
    let mut outer: BTreeMap<String, String> = BTreeMap::new();
    for instruction in &instructions {
        if instruction.name == "FROM" {
            let rest = expanded(&instruction.rest, &|name| outer.get(name).cloned());
            let words: Vec<&str> = rest.split_whitespace().filter(|word| !word.starts_with("--")).collect();
            let base = words.first().copied().unwrap_or_default();
            let stage = find(&stages, base).and_then(|index| stages.get(index)).cloned();
            let mut stage = stage.unwrap_or_else(|| Stage { base: base.to_owned(), ..Stage::default() });
            // A stage has the arguments that it names itself.
            stage.arguments.clear();
            stage.name = match words[..] {
                [_, as_, name, ..] if as_.eq_ignore_ascii_case("as") => Some(name.to_owned()),
                _ => None,
            };
            stages.push(stage);
        } else if let Some((stage, before)) = stages.split_last_mut() {
            enter(stage, before, instruction, (&outer, given));
        } else if instruction.name == "ARG" {
            outer.extend(argument(&instruction.rest, &BTreeMap::new(), given));
        }
    }
    stages
}

/// A stage by its name or its number.
fn find(stages: &[Stage], name: &str) -> Option<usize> {
    let named = |stage: &Stage| stage.name.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    stages.iter().rposition(named).or_else(|| name.parse().ok().filter(|index| *index < stages.len()))
}

type Values = BTreeMap<String, String>;

fn enter(stage: &mut Stage, before: &[Stage], instruction: &Instruction, (outer, given): (&Values, &Values)) {
    let rest = instruction.rest.as_str();
    let told = stage.expanded(rest);
    match instruction.name.as_str() {
        "ARG" => stage.arguments.extend(argument(rest, outer, given)),
        "ENV" => {
            let pairs = instructions::pairs(rest).into_iter();
            let pairs: Vec<_> = pairs.map(|(name, value)| (name, stage.expanded(&value))).collect();
            stage.environment.extend(pairs);
        }
        "COPY" | "ADD" => copy(stage, before, &told),
        "WORKDIR" => stage.directory = absolute(&stage.directory, told.trim()),
        "ENTRYPOINT" => {
            stage.entrypoint = Some(instructions::command(rest));
            // A new ENTRYPOINT forgets the CMD of the stage below; one of the same stage stands behind it.
            stage.command = None;
        }
        "CMD" => stage.command = Some(instructions::command(rest)),
        "RUN" => {
            stage.bound.extend(instructions::bound(&told));
            stage.runs.push(rest.to_owned());
        }
        "EXPOSE" => {
            let ports = told.split_whitespace().take_while(|word| !word.starts_with('#'));
            stage.exposed.extend(ports.map(str::to_owned));
        }
        "USER" => stage.user = told.split_whitespace().next().map(str::to_owned),
        "VOLUME" => stage.volumes.extend(instructions::paths(&told)),
        "HEALTHCHECK" => stage.health = instructions::health(rest),
        _ => {}
    }
}

/// The arguments of one `ARG`, as far as their values are known.
fn argument(rest: &str, outer: &Values, given: &Values) -> Vec<(String, String)> {
    let words = rest.split_whitespace().filter(|_| !rest.contains('=')).map(|name| (name.to_owned(), None));
    let pairs = instructions::pairs(rest).into_iter().filter(|_| rest.contains('='));
    let all = words.chain(pairs.map(|(name, value)| (name, Some(value))));
    all.filter_map(|(name, own)| {
        let value = given.get(&name).cloned().or(own).or_else(|| outer.get(&name).cloned())?;
        Some((name, value))
    })
    .collect()
}

fn copy(stage: &mut Stage, before: &[Stage], rest: &str) {
    let (flags, rest) = instructions::flags(rest);
    let from = flags.iter().rev().find_map(|flag| flag.strip_prefix("from="));
    let mut sources: Vec<String> =
        serde_json::from_str(rest).unwrap_or_else(|_| rest.split_whitespace().map(str::to_owned).collect());
    let Some(target) = sources.pop().filter(|_| !sources.is_empty()) else { return };
    // A file whose text follows.
    sources.retain(|source| !source.starts_with("<<"));
    let folder = target.ends_with('/') || target == "." || target.ends_with("/.");
    let target = absolute(&stage.directory, target.trim_end_matches("/."));
    let target = if folder { format!("{}/", target.trim_end_matches('/')) } else { target };
    match from {
        Some(from) => stage.taken.push(Taken { stage: find(before, from), sources, target }),
        None => stage.copies.push((sources, target)),
    }
}

/// A path in the image.
fn absolute(directory: &str, path: &str) -> String {
    let path = path.trim_matches('"');
    let is_alone = path.starts_with('/') || directory.len() + path.len() > LONGEST_PATH;
    let joined = if is_alone { path.to_owned() } else { format!("{directory}/{path}") };
    let parts: Vec<&str> = joined.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let slash = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("/{}{slash}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, target: &str) -> Dockerfile {
        Dockerfile::read(text, target, &BTreeMap::from([("SRC".to_owned(), "web".to_owned())])).unwrap()
    }

    #[test]
    fn the_last_stage_says_what_runs() {
        let text = "\
FROM php:8 AS base
ENV A=1 B=\"two words\" \\
    C=3
WORKDIR /app
COPY docker/run.sh /usr/local/bin/
COPY . .
EXPOSE 80 443 # of the web
ENTRYPOINT [\"tini\", \"--\"]
FROM node AS assets
CMD build
FROM base
# a comment
COPY --chown=1:1 cron.sh /cron.sh
COPY --from=assets /out /out
EXPOSE 9000/udp
CMD while true; do x; sleep 60; done
";
        let last = read(text, "");
        let stage = last.built();
        assert_eq!(stage.words(), ["tini", "--", "/bin/sh", "-c", "while true; do x; sleep 60; done"]);
        assert_eq!(stage.environment.get("B").map(String::as_str), Some("two words"));
        assert_eq!(stage.environment.get("C").map(String::as_str), Some("3"));
        assert_eq!(
            (stage.base.as_str(), &stage.exposed[..]),
            ("php:8", &["80", "443", "9000/udp"].map(str::to_owned)[..])
        );
        assert_eq!(read(text, "Assets").built().base, "node");
        assert_eq!(read(text, "1").built().base, "node");
        let cases = [
            ("/cron.sh", "cron.sh"),
            ("/usr/local/bin/run.sh", "docker/run.sh"),
            ("/app/docker/cron.sh", "docker/cron.sh"),
            ("bin/console", "bin/console"),
            ("/app", ""),
        ];
        for (path, expected) in cases {
            assert_eq!(last.origins(path).first().map(String::as_str), Some(expected), "{path}");
        }
        assert!(last.origins("/etc/passwd").is_empty());
        for (path, expected) in
            [("/app", true), ("/app/x", true), ("/out", true), ("/usr", true), ("/etc/x", false)]
        {
            assert_eq!(last.reaches(path), expected, "{path}");
        }
        assert!(Dockerfile::read("", "", &BTreeMap::new()).is_none());
    }

    #[test]
    fn what_lies_in_the_image_is_traced_to_the_context() {
        let text = "\
ARG BASE=node:20
FROM ${BASE} AS build
ARG SRC=src
WORKDIR /build
COPY $SRC/package.json .
COPY $SRC ./
RUN --mount=type=bind,source=shared,target=/x --mount=type=cache,target=/y make
FROM other
FROM nginx
ENV HOME_=/srv/www
WORKDIR $HOME_
COPY a.sh b.sh tools/*.py /usr/local/bin/
COPY --from=build /build/public ./
COPY --from=0 /build/static /static
COPY --from=busybox /bin/sh /sh
";
        let dockerfile = read(text, "");
        assert_eq!(dockerfile.built().base, "nginx");
        let cases = [
            ("/usr/local/bin/b.sh", &["a.sh/b.sh", "b.sh", "b.sh/b.sh"][..]),
            ("/usr/local/bin/b.py", &["a.sh/b.py", "b.sh/b.py", "tools/b.py"]),
            ("/srv/www/css", &["web/public/css", "web/package.json/public/css"]),
            ("/static", &["web/static", "web/package.json/static"]),
            ("/srv", &[]),
            ("/sh", &[]),
        ];
        for (path, expected) in cases {
            assert_eq!(dockerfile.origins(path), expected, "{path}");
        }
        let sources: Vec<&str> = dockerfile.sources().into_iter().collect();
        assert_eq!(sources, ["a.sh", "b.sh", "shared", "tools/*.py", "web", "web/package.json"]);
        assert!(!dockerfile.is_vague());
        assert!(read("FROM a\nARG X\nCOPY . $X\n", "").is_vague());
        assert!(read("FROM python:3-onbuild\n", "").is_vague());
    }

    #[test]
    fn health_is_inherited_and_forgotten() {
        let text = "\
FROM a AS one
HEALTHCHECK --interval=5m --timeout=3s \\
  CMD curl -f http://localhost/ || exit 1
FROM one AS two
FROM two AS three
HEALTHCHECK NONE
FROM three
HEALTHCHECK --retries=5 CMD [\"check\", \"it\"]
";
        let health = |target: &str| read(text, target).built().health.clone().unwrap();
        assert_eq!(health("two").test, ["CMD-SHELL", "curl -f http://localhost/ || exit 1"]);
        assert_eq!(health("two").options.get("interval").map(String::as_str), Some("5m"));
        assert_eq!(health("three").test, ["NONE"]);
        assert_eq!(health("").test, ["CMD", "check", "it"]);
        assert_eq!(
            health("").options.into_iter().collect::<Vec<_>>(),
            [("retries".to_owned(), "5".to_owned())]
        );
        assert_eq!(read("FROM a\nHEALTHCHECK --interval=5m\n", "").built().health, None);
    }

    #[test]
    fn hostile_texts_take_little() {
        let doubled: String = (1..2000).map(|i| format!("ENV A{i}=$A{}x$A{0}\n", i - 1)).collect();
        let deeper = "WORKDIR a/b\n".repeat(1900);
        let taken: String =
            (1..50).map(|i| format!("FROM a\nCOPY --from={0} / /\nCOPY --from={0} / /\n", i - 1)).collect();
        for text in [doubled, deeper, taken] {
            let dockerfile = read(&format!("FROM a\n{text}"), "");
            let longest = dockerfile.built().environment.values().map(String::len).max();
            assert!(
                longest.is_none_or(|length| length <= 1 << 17) && dockerfile.built().directory.len() < 5000
            );
            assert!(dockerfile.origins("/x").len() < 1000);
        }
        assert!(Dockerfile::read(&"FROM a\n".repeat(60), "", &BTreeMap::new()).is_none());
    }

    #[test]
    fn sources_are_clean() {
        let text = "FROM a\nCOPY ./a/./ .//b//. ././ /./c / /x/\n";
        assert_eq!(read(text, "").sources().into_iter().collect::<Vec<_>>(), ["", "a", "b", "c"]);
    }

    #[test]
    fn volumes_are_a_list_or_words() {
        let text = "FROM a\nENV D=/data\nVOLUME [\"/one\", \"/it's two\"]\nFROM 0\nVOLUME $D /three\n";
        assert_eq!(read(text, "").built().volumes, ["/one", "/it's two", "/data", "/three"]);
    }

    #[test]
    fn texts_within_are_no_instructions() {
        let text = "FROM a\nRUN <<EOF\nCOPY . /x\nEOF\nCOPY <<-'END' /y\nEXPOSE 1\nEND\nEXPOSE 2\n";
        let dockerfile = read(text, "");
        assert_eq!(dockerfile.built().exposed, ["2"]);
        assert!(dockerfile.sources().is_empty());
    }
}
