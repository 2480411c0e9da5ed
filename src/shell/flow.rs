//! Through a script from its first statement on, to the loop that it stays in.

use std::{ops::Range, rc::Rc};

use super::{
    Kind, assignment,
    condition::{self, Changing, Looks},
    ending::{self, Ending},
    functions::Functions,
    round::{self, Round},
    syntax::{Case, Command, Condition, Link, List, Loop, Pipeline, Simple, Statement},
    value::Scope,
    visit, words,
};

/// What was met on the way.
pub(super) struct Walk<'s, 'e> {
    pub(super) functions: Functions<'s>,
    pub(super) scope: Scope<'e>,
    /// The loop that the script stays in.
    pub(super) found: Option<Found<'s>>,
    /// A loop that it leaves running behind it.
    pub(super) left_running: Option<Found<'s>>,
    /// More loops that it leaves running.
    pub(super) more_loops: bool,
    /// It started another process that goes on.
    pub(super) started: bool,
    /// Other scripts that it started and left running.
    pub(super) scripts: usize,
    /// A command followed a loop that was left running.
    pub(super) went_on: bool,
    /// It runs crontabs, or writes one.
    pub(super) cron: bool,
    /// A loop that ends.
    pub(super) waited: Option<Kind>,
    /// Such a loop does more than to wait.
    pub(super) works: bool,
    /// It does nothing for ever.
    pub(super) idle: bool,
    /// It left something running that does nothing for ever.
    idles_behind: bool,
    /// It stays in a loop that waits for events.
    pub(super) watches: bool,
    /// The length of `watch`, and its command.
    pub(super) watch: Option<(f64, Vec<String>)>,
    /// The statement, of those at the top, that is looked at.
    top: usize,
}

/// An endless loop.
#[derive(Debug)]
pub(super) struct Found<'s> {
    pub(super) body: &'s Loop,
    pub(super) round: Round<'s>,
    /// The statement that it is, or ends in.
    pub(super) statement: &'s Statement,
    /// Where that stands among the statements at the top.
    pub(super) top: usize,
    /// The statement itself is at the top.
    pub(super) is_top: bool,
    /// It would run the same there, behind what is passed before it.
    pub(super) is_flat: bool,
    /// It is reached only if something is set that nobody sets, as far as is known.
    pub(super) is_contrary: bool,
    /// The bytes of its pipeline, with what it is redirected to.
    pub(super) pipeline: Range<usize>,
    /// More belongs to it, or to what it stands in: pipes, redirections, commands before it in a chain.
    pub(super) is_wrapped: bool,
    /// The statement of such commands, and how many pipelines of it they are.
    pub(super) led_by: Vec<(&'s Statement, usize)>,
    /// Statements that are passed on the way to it, but for those at the top.
    pub(super) before: Vec<&'s Statement>,
    /// Only a setting keeps it going, of which nobody knows.
    pub(super) is_kept_by_setting: bool,
    /// The first thing behind it that does something.
    pub(super) behind: Option<Range<usize>>,
    /// Conditions on the way to it, of which nobody knows whether they hold.
    pub(super) supposed: Vec<Range<usize>>,
}

/// Whether anything is reached behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Stop,
}

/// How deep statements are followed into each other.
const DEEPEST: usize = 24;

impl<'s, 'e> Walk<'s, 'e> {
    pub(super) fn through(list: &'s List, scope: Scope<'e>) -> Self {
        let mut walk = Self {
            functions: Functions::of(list),
            scope,
            found: None,
            left_running: None,
            more_loops: false,
            started: false,
            scripts: 0,
            went_on: false,
            cron: false,
            waited: None,
            works: false,
            idle: false,
            idles_behind: false,
            watches: false,
            watch: None,
            top: 0,
        };
        walk.list(list, 0);
        walk
    }

    fn list(&mut self, list: &'s List, depth: usize) -> Flow {
        if depth > DEEPEST {
            return Flow::On;
        }
        for (index, statement) in list.iter().enumerate() {
            if depth == 0 {
                self.top = index;
            }
            let was_found = self.found.is_some();
            let flow = self.statement(statement, depth);
            if !was_found && let Some(found) = &mut self.found {
                if depth > 0 {
                    found.before.splice(0..0, &list[..index]);
                }
                let mut rest = list[index + 1..].iter();
                let next = rest.find(|statement| !round::is_inert(statement, &self.functions, 0));
                found.behind = found.behind.take().or(next.map(|statement| statement.range.clone()));
            }
            if flow == Flow::Stop {
                return Flow::Stop;
            }
        }
        Flow::On
    }

    fn statement(&mut self, statement: &'s Statement, depth: usize) -> Flow {
        if statement.background {
            self.left_behind(statement, depth);
            return Flow::On;
        }
        let mut before: Option<&Pipeline> = None;
        let mut truth = Some(true);
        let was_found = self.found.is_some();
        for (index, (link, pipeline)) in statement.chain.iter().enumerate() {
            let is_certain = match (link, truth) {
                (Link::First, _) => true,
                (Link::And, Some(false)) | (Link::Or, Some(true)) => continue,
                (Link::And, Some(true)) | (Link::Or, Some(false)) => true,
                // Commands are taken to succeed; what a test says is open.
                (Link::And, None) => before.is_some_and(|before| {
                    let changing = Changing { names: Rc::default(), functions: &self.functions };
                    condition::pipeline_looks(before, &changing) == Looks::Success
                }),
                (Link::Or, None) => false,
            };
            let flow = if is_certain {
                self.pipeline(statement, pipeline, depth)
            } else {
                self.perhaps(|walk| walk.pipeline(statement, pipeline, depth))
            };
            if !was_found {
                self.wrap(statement, index);
            }
            if flow == Flow::Stop && (is_certain || self.found.is_some()) {
                return Flow::Stop;
            }
            truth = condition::pipeline_holds(pipeline, &mut self.scope);
            before = Some(pipeline);
        }
        Flow::On
    }

    /// Notes what a chain does beside the loop that a pipeline of it is, or holds.
    fn wrap(&mut self, statement: &'s Statement, index: usize) {
        let (Some(found), Some((_, pipeline))) = (&mut self.found, statement.chain.get(index)) else {
            return;
        };
        let is_inert =
            |(_, pipeline): &&(Link, Pipeline)| round::is_inert_pipeline(pipeline, &self.functions, 0);
        let is_led = !statement.chain[..index].iter().all(|before| is_inert(&before));
        if is_led {
            found.led_by.push((statement, index));
        }
        let is_wrapped = is_led || pipeline.commands.len() > 1 || pipeline.is_redirected;
        found.is_wrapped |= is_wrapped;
        if std::ptr::eq(found.statement, statement) {
            found.pipeline = pipeline.range.clone();
        } else {
            found.is_flat &= !is_wrapped;
        }
        let next = statement.chain[index + 1..].iter().find(|behind| !is_inert(behind));
        found.behind = found.behind.take().or(next.map(|(_, pipeline)| pipeline.range.clone()));
    }

    /// Notes a condition that the loop hangs on.
    fn suppose(&mut self, range: Option<Range<usize>>, is_contrary: bool) {
        if let (Some(found), Some(range)) = (&mut self.found, range) {
            found.supposed.push(range);
            found.is_contrary |= is_contrary;
        }
    }

    /// The answer if nothing is set but what is known to be.
    fn holds_unless_set<T>(&mut self, ask: impl FnOnce(&mut Scope<'e>) -> T) -> T {
        self.scope.suppose();
        let answer = self.scope.trusting(ask);
        self.scope.forget();
        answer
    }

    /// What may happen or not: variables keep what they had, or get a default.
    fn perhaps(&mut self, step: impl FnOnce(&mut Self) -> Flow) -> Flow {
        self.scope.suppose();
        let flow = step(self);
        let supposed = self.scope.forget();
        self.scope.merge(supposed);
        flow
    }

    /// A statement that the script does not wait for.
    fn left_behind(&mut self, statement: &'s Statement, depth: usize) {
        if let Some(simple) = round::only_simple(statement) {
            self.cron |= words::is_cron_daemon(simple);
            self.idles_behind |= simple.targets().next().is_none() && words::is_endless_wait(simple);
            // `tail -f log &` is no service of its own.
            if matches!(words::program(simple), Some("tail" | "wait")) || words::is_cron_daemon(simple) {
                return;
            }
        }
        self.scope.suppose();
        let outer = self.found.take();
        let works = self.works;
        for (_, pipeline) in &statement.chain {
            if !self.is_plain(pipeline) {
                self.pipeline(statement, pipeline, depth + 1);
            }
        }
        self.scope.forget();
        self.works = works;
        let found = std::mem::replace(&mut self.found, outer);
        match found {
            Some(found) if found.round.payload.is_empty() => self.idle = true,
            Some(found) if self.left_running.is_none() => {
                self.left_running = Some(Found { is_top: depth == 0, ..found });
            }
            Some(found) if !found.round.delays.is_empty() => self.more_loops = true,
            Some(_) => self.started = true,
            None if round::only_simple(statement).is_some_and(words::is_script) => self.scripts += 1,
            None => self.started |= !round::is_inert(statement, &self.functions, 0),
        }
    }

    /// Whether there is no statement within it.
    fn is_plain(&self, pipeline: &Pipeline) -> bool {
        pipeline.commands.iter().all(|command| match command {
            Command::Simple(simple) => !simple.words.first().is_some_and(|name| self.functions.has(name)),
            _ => false,
        })
    }

    fn pipeline(&mut self, statement: &'s Statement, pipeline: &'s Pipeline, depth: usize) -> Flow {
        if let [command] = &pipeline.commands[..] {
            return self.command(statement, command, depth);
        }
        for command in &pipeline.commands {
            match command {
                Command::Simple(simple) => {
                    self.cron |= words::is_about_cron(simple);
                    self.went_on |= self.left_running.is_some();
                }
                Command::Loop(_) | Command::Group(_) | Command::Subshell(_)
                    if self.command(statement, command, depth) == Flow::Stop && self.found.is_some() =>
                {
                    return Flow::Stop;
                }
                _ => {}
            }
        }
        Flow::On
    }

    fn command(&mut self, statement: &'s Statement, command: &'s Command, depth: usize) -> Flow {
        match command {
            Command::Simple(simple) => self.simple(simple, depth),
            Command::Group(list) => self.list(list, depth + 1),
            Command::Subshell(list) => {
                let flow = self.perhaps(|walk| walk.list(list, depth + 1));
                if self.found.is_some() { flow } else { Flow::On }
            }
            Command::If { arms, otherwise } => self.branches(arms, otherwise.as_ref(), depth),
            Command::Case(case) => self.case(case, depth),
            Command::Loop(body) => self.enter(statement, body, depth),
            Command::For { body, .. } => {
                self.bounded(body, None);
                Flow::On
            }
            Command::Arithmetic(expression) => {
                assignment::compute(expression, &mut self.scope);
                Flow::On
            }
            Command::Function { .. } | Command::Test(_) => Flow::On,
        }
    }

    fn simple(&mut self, simple: &'s Simple, depth: usize) -> Flow {
        assignment::enter(simple, &mut self.scope);
        self.cron |= words::is_about_cron(simple);
        let Some((name, rest)) = simple.words.split_first() else { return Flow::On };
        if let Some(body) = self.functions.get(name) {
            if depth > DEEPEST / 2 {
                return Flow::On;
            }
            let outer = self.scope.call(rest);
            let was_found = self.found.is_some();
            let flow = self.list(body, depth + 4);
            self.scope.leave(outer);
            if let Some(found) = self.found.as_mut().filter(|_| !was_found) {
                found.is_flat = false;
            }
            // `return` ends the function alone.
            return if self.found.is_some() || self.idle { flow } else { Flow::On };
        }
        match words::program(simple) {
            Some("tail") => self.idle |= words::is_long_running(simple),
            Some("sleep") => self.idle |= words::is_endless_wait(simple),
            Some("wait") => self.idle |= self.idles_behind && !self.started && self.left_running.is_none(),
            Some("watch") => {
                self.watch = words::watch(words::program_words(simple).get(1..).unwrap_or_default())
            }
            _ => {}
        }
        match name.as_str() {
            "exit" | "return" => Flow::Stop,
            "exec" if simple.words.len() > 1 => {
                self.went_on |= self.left_running.is_some();
                Flow::Stop
            }
            _ => {
                self.went_on |= self.left_running.is_some() && !words::is_inert(simple);
                Flow::On
            }
        }
    }

    fn branches(&mut self, arms: &'s [(List, List)], otherwise: Option<&'s List>, depth: usize) -> Flow {
        let mut is_certain = true;
        let mut all_stop = true;
        if let Some(body) = condition::likely(arms, otherwise, &mut self.scope) {
            self.prefer(body);
        }
        // Is another one likely to be taken?
        let mut is_past = false;
        for (test, body) in arms {
            match condition::list_holds(test, &mut self.scope) {
                Some(false) => continue,
                Some(true) if is_certain => return self.list(body, depth + 1),
                _ => {}
            }
            is_certain = false;
            let likely = self.holds_unless_set(|scope| condition::list_holds(test, scope));
            let flow = self.perhaps(|walk| walk.list(body, depth + 1));
            if self.found.is_some() {
                self.suppose(range_of(test), is_past || likely == Some(false));
                return Flow::Stop;
            }
            is_past |= likely == Some(true);
            all_stop &= flow == Flow::Stop;
        }
        match otherwise {
            Some(body) if is_certain => self.list(body, depth + 1),
            Some(body) => {
                let flow = self.perhaps(|walk| walk.list(body, depth + 1));
                self.suppose(arms.first().and_then(|(test, _)| range_of(test)), is_past);
                if self.found.is_some() || all_stop && flow == Flow::Stop { Flow::Stop } else { Flow::On }
            }
            None => Flow::On,
        }
    }

    /// Notes what commands set that are likely to run: others, which may run in their place, do not overrule it.
    fn prefer(&mut self, body: &'s List) {
        self.perhaps(|walk| {
            body.iter().filter_map(round::only_simple).for_each(|it| assignment::enter(it, &mut walk.scope));
            Flow::On
        });
    }

    fn case(&mut self, case: &'s Case, depth: usize) -> Flow {
        let arms = &case.arms;
        let value = self.scope.evaluate(&case.word);
        if let Some(chosen) = value.certain().and_then(|text| condition::chosen(arms, text)) {
            let chosen = chosen.and_then(|index| arms.get(index));
            return chosen.map_or(Flow::On, |(_, body)| self.list(body, depth + 1));
        }
        let likely = self.holds_unless_set(|scope| scope.evaluate(&case.word));
        let likely = likely.certain().and_then(|text| condition::chosen(arms, text));
        if let Some((_, body)) = likely.flatten().and_then(|index| arms.get(index)) {
            self.prefer(body);
        }
        for (index, (_, body)) in arms.iter().enumerate() {
            self.perhaps(|walk| walk.list(body, depth + 1));
            if self.found.is_some() {
                self.suppose(Some(case.head.clone()), likely.is_some_and(|chosen| chosen != Some(index)));
                return Flow::Stop;
            }
        }
        Flow::On
    }

    /// A `while` or `until` loop, which may be the one that the script stays in.
    fn enter(&mut self, statement: &'s Statement, body: &'s Loop, depth: usize) -> Flow {
        // Loops in loops are looked at again and again.
        if depth > 0 && !self.functions.spend(visit::commands(&body.body).len()) {
            return Flow::On;
        }
        let mut holds = condition::holds(&body.condition, &mut self.scope).map(|holds| holds != body.until);
        if holds == Some(false) {
            return Flow::On;
        }
        // What holds in the first round need not hold when a counter has grown.
        if holds == Some(true) {
            self.scope.suppose();
            assignment::forget_counters(&body.body, &mut self.scope);
            holds = condition::holds(&body.condition, &mut self.scope).map(|holds| holds != body.until);
            self.scope.forget();
        }
        let is_endless = holds == Some(true) || self.is_kept_by_setting(body);
        if !is_endless {
            self.bounded(&body.body, Some(&body.condition));
            return Flow::On;
        }
        self.scope.suppose();
        let round = round::of(body, &self.functions, &mut self.scope);
        self.scope.forget();
        if round.ending == Ending::OnResult {
            let probes = visit::probes(&body.body);
            let mut alone = round.payload.iter().map(|(_, statement)| std::slice::from_ref(*statement));
            self.works |= alone.any(|statement| visit::works(statement) && !ending::can_be_left(statement));
            self.waited = Some(if probes { Kind::WaitUntil } else { Kind::Retry });
            return Flow::On;
        }
        // The outer one of two endless loops only starts the inner one.
        if round.delays.is_empty() && round.daily.is_none() {
            self.list(&body.body, depth + 1);
            if self.found.is_some() {
                return Flow::Stop;
            }
        }
        let condition = match &body.condition {
            Condition::List(list) if holds.is_none() => range_of(list),
            _ => None,
        };
        self.found = Some(Found {
            body,
            round,
            statement,
            top: self.top,
            is_top: depth == 0,
            is_flat: true,
            is_contrary: holds.is_none()
                && self.holds_unless_set(|scope| condition::holds(&body.condition, scope))
                    == Some(body.until),
            pipeline: statement.range.clone(),
            is_wrapped: false,
            led_by: Vec::new(),
            before: Vec::new(),
            is_kept_by_setting: condition.is_some(),
            behind: None,
            supposed: condition.into_iter().collect(),
        });
        Flow::Stop
    }

    /// `while $running`, `while [ "$ENABLED" = yes ]`: nothing in the loop changes what it looks at.
    fn is_kept_by_setting(&self, body: &Loop) -> bool {
        let Condition::List(list) = &body.condition else { return false };
        let names = Rc::new(assignment::names(&body.body, &self.functions, 0));
        let changing = Changing { names, functions: &self.functions };
        let mut looks_at_something = false;
        let mut at_arguments = false;
        for command in visit::commands(list) {
            let text = match command {
                Command::Simple(simple) => simple.words.join(" "),
                other => format!("{other:?}"),
            };
            looks_at_something |= condition::names(&text).next().is_some();
            at_arguments |= text.contains("$#") || text.contains("$1") || text.contains("${1");
        }
        looks_at_something && !at_arguments && condition::looks(list, &changing) == Looks::Settings
    }

    /// A loop that ends: with a delay in it, it waits for something or tries again.
    fn bounded(&mut self, body: &'s List, condition: Option<&'s Condition>) {
        let delays = visit::simple(body).any(|simple| words::sleep(simple).is_some());
        self.cron |= visit::simple(body).any(words::is_about_cron);
        let Some(condition) = condition else {
            if delays {
                self.waited.get_or_insert(Kind::Retry);
            }
            return;
        };
        if let Condition::List(list) = condition {
            self.watches |= visit::simple(list).filter_map(words::program).any(words::watches_files);
        }
        let asks = match condition {
            Condition::List(list) => visit::probes(list),
            Condition::Arithmetic(_) => false,
        };
        if delays || asks {
            self.works |= visit::works(body)
                && condition::looks_at_world(condition, &assignment::names(body, &self.functions, 0));
            self.waited.get_or_insert(if asks { Kind::WaitUntil } else { Kind::Retry });
        }
    }
}

/// From the first of some statements to the last.
fn range_of(list: &List) -> Option<Range<usize>> {
    Some(list.first()?.range.start..list.last()?.range.end)
}
