//! Who the program of an image runs as: `USER`, and the commands that make users.

use super::Stage;

/// The user that a Dockerfile leaves a container to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImageUser {
    /// Numbers of the user and of its group.
    Number {
        /// The user's.
        user: i64,
        /// The group's: the user's own where nothing else is said.
        group: i64,
    },
    /// A name whose number only the image knows.
    Named(String),
}

/// Users that images bring: the name, a part of the image's name, the number.
const BROUGHT: &[(&str, &str, i64)] = &[
    ("airflow", "airflow", 50000),
    ("app", "dotnet", 1654),
    ("$APP_UID", "dotnet", 1654),
    ("bun", "bun", 1000),
    ("jovyan", "jupyter", 1000),
    ("nginx", "nginx", 101),
    ("node", "node", 1000),
    ("nobody", "", 65534),
    ("nonroot", "distroless", 65532),
    ("root", "", 0),
    ("ubuntu", "ubuntu", 1000),
    ("www-data", "alpine", 82),
    ("www-data", "", 33),
];

/// Commands that make a user, and those that make a group.
const MAKE_USERS: &[&str] = &["useradd", "adduser"];
const MAKE_GROUPS: &[&str] = &["groupadd", "addgroup"];

impl Stage {
    /// Who its program runs as; none if the image that it stands on says it.
    pub fn runs_as(&self) -> Option<ImageUser> {
        let text = self.user.as_deref()?;
        let (name, group) = text.split_once(':').unwrap_or((text, ""));
        let Some(user) = self.number_of_user(name) else { return Some(ImageUser::Named(name.to_owned())) };
        let group = match group {
            // A group of one's own usually has the user's name.
            "" => self.made(MAKE_GROUPS, &["g", "gid"], name).unwrap_or(user),
            group => number(group).or_else(|| self.made(MAKE_GROUPS, &["g", "gid"], group)).unwrap_or(user),
        };
        Some(ImageUser::Number { user, group })
    }

    /// The number of a user, by itself, by the command that makes it, or by the image that brings it.
    pub fn number_of_user(&self, name: &str) -> Option<i64> {
        number(name)
            .or_else(|| self.made(MAKE_USERS, &["u", "uid"], name))
            .or_else(|| brought(name, &self.base))
    }

    /// The number that a command of `RUN` gives a name which it makes.
    fn made(&self, programs: &[&str], options: &[&str], name: &str) -> Option<i64> {
        self.runs.iter().rev().find_map(|run| {
            let run = self.expanded(run).replace("\\\n", " ").replace("&&", ";").replace("||", ";");
            run.rsplit([';', '\n']).find_map(|command| given(command, programs, options, name))
        })
    }
}

/// The number of a user that an image is known to bring.
pub fn brought(name: &str, image: &str) -> Option<i64> {
    let found = BROUGHT.iter().find(|(known, part, _)| *known == name && image.contains(part));
    found.map(|(_, _, number)| *number)
}

/// The number in a command that makes this name: `useradd -r -u 1000 app`, `adduser --uid=1000 -D app`, `-Du 1000`.
fn given(command: &str, programs: &[&str], options: &[&str], name: &str) -> Option<i64> {
    let words: Vec<&str> = command.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let at = words.iter().position(|word| programs.iter().any(|program| word.ends_with(program)))?;
    let words = &words[at + 1..];
    // Behind its own, a group may follow: `adduser app wheel`.
    words.contains(&name).then_some(())?;
    words.iter().zip(words.iter().skip(1).chain([&""])).find_map(|(word, next)| {
        if let Some(long) = word.strip_prefix("--") {
            let (option, value) = long.split_once('=').unwrap_or((long, next));
            return number(value).filter(|_| options.contains(&option));
        }
        let short = word.strip_prefix('-')?;
        let is_last = options.iter().any(|option| option.len() == 1 && short.ends_with(option));
        let glued = || options.iter().find_map(|option| short.strip_prefix(option)).and_then(number);
        if is_last { number(next) } else { glued() }
    })
}

fn number(text: &str) -> Option<i64> {
    text.parse::<i32>().ok().filter(|number| *number >= 0).map(i64::from)
}
