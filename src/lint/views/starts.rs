//! What services start: loops, waits, cron daemons.

use std::ops::Range;

use super::Service;
use crate::{
    lint::load,
    plan::ServiceStart,
    secret,
    shell::{
        self, Behaviour, Loop,
        habits::{Class, Endless},
    },
    text::Span,
    yaml::Node,
};

/// What a service starts.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    service: Service<'a>,
    start: &'a load::Start,
}

impl<'a> Service<'a> {
    /// What it starts.
    pub fn start(&self) -> Option<Start<'a>> {
        let start = self.environment.read.starts.get(self.name)?;
        Some(Start { service: *self, start })
    }
}

impl<'a> Start<'a> {
    fn known(&self) -> &'a ServiceStart {
        &self.start.known
    }

    /// What it never comes out of, if that is of a class.
    pub fn endless(&self, class: Class) -> Option<&'a Endless> {
        let endless = self.known().habits.as_ref()?.0.endless.as_ref()?;
        (endless.class == class).then_some(endless)
    }

    /// Its loops that wait until something else answers.
    pub fn waits(&self) -> &'a [Range<usize>] {
        self.known().habits.as_ref().map_or(&[], |(habits, _)| &habits.waits)
    }

    /// What it does once it has waited.
    pub fn behaviour(&self) -> &'a Behaviour {
        self.known().behaviour.after_waiting()
    }

    /// The loop as a CronJob would have it.
    pub fn as_cron_job(&self) -> Option<&'a Loop> {
        match self.behaviour() {
            Behaviour::Loop { found, .. } => Some(found),
            _ => None,
        }
    }

    /// What it runs in a loop, in a few words without secrets.
    pub fn command(&self) -> Option<String> {
        const LONGEST: usize = 60;
        let [words] = &self.as_cron_job()?.commands[..] else { return None };
        let words = secret::redact_words(words);
        let is_plain =
            |word: &String| word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c));
        let line = if words.iter().all(is_plain) { words.join(" ") } else { shell::line(&words) };
        (line.len() <= LONGEST && !line.contains('\n')).then_some(line)
    }

    /// What the script is called with.
    pub fn arguments(&self) -> &'a [String] {
        self.known().habits.as_ref().map_or(&[], |(_, text)| &text.arguments)
    }

    /// The attribute that says it.
    pub fn attribute(&self) -> &'static str {
        self.known().attribute
    }

    /// Where that is: its value if it is on one line, else its key.
    pub fn place(&self) -> Span {
        let model = self.service.model;
        let spans = [
            ("entrypoint", model.entrypoint.as_ref().map(|value| value.span)),
            ("command", model.command.as_ref().map(|value| value.span)),
            ("build", model.build.as_ref().map(|value| value.span)),
        ];
        let own = spans.into_iter().find(|(name, _)| *name == self.attribute()).and_then(|(_, span)| span);
        let Some(span) = own else {
            return self.service.environment.model.place_of_service(self.service.name);
        };
        if !self.service.written(span).trim_end().contains('\n') {
            return span;
        }
        self.key(span).unwrap_or(span)
    }

    /// The key of an attribute of the service, by the place of its value.
    fn key(&self, value: Span) -> Option<Span> {
        let documents = &self.service.environment.project.documents;
        documents.iter().find_map(|(_, tree)| {
            let services = tree.get("services").and_then(Node::as_map)?;
            let mut attributes = services.values().filter_map(Node::as_map);
            attributes.find_map(|attributes| {
                let (key, node) = attributes.get_key_value(self.attribute())?;
                (node.span == value).then_some(key.span)
            })
        })
    }

    /// A part of the script, if that is a file.
    pub fn within(&self, range: &Range<usize>) -> Option<Span> {
        Some(Span::new(self.start.script?, range.start, range.end))
    }

    /// A part of the script: in its file, or where the attribute is.
    pub fn part(&self, range: &Range<usize>) -> Span {
        self.within(range).unwrap_or_else(|| self.place())
    }

    /// Whether the shell is the first process of the container, which gets the signals.
    pub fn is_first_process(&self) -> bool {
        let by_init = self.service.model.init.as_ref().is_some_and(|init| init.value);
        !by_init && !shell::command_line::has_init(&self.known().words)
    }
}

/// A length of time as people say it.
pub fn in_words(seconds: u64) -> String {
    match seconds {
        _ if seconds.is_multiple_of(3_600) => format!("{} h", seconds / 3_600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
