//! One round of an endless loop: what it does, how long it waits, and whether it can end.

use std::{borrow::Cow, collections::BTreeSet, rc::Rc};

use super::{
    assignment,
    clock::{Clock, seconds_of},
    condition::{self, Changing},
    ending::{self, Ending},
    functions::{DEEPEST_CALL, Functions},
    repeated,
    syntax::{Case, Command, Condition, Link, List, Loop, Pipeline, Simple, Statement},
    value::{Scope, Value},
    visit, words,
};

/// How many statements behind `sleep 60 &` its `wait` stands at most.
const NEAR: usize = 20;

/// What a round of a loop is.
#[derive(Debug, Default)]
pub(super) struct Round<'s> {
    /// The delays that make up the interval, in order.
    pub(super) delays: Vec<Delay>,
    /// The time of day that the round waits for; nothing within if it is not known.
    pub(super) daily: Option<Option<Clock>>,
    /// The rounds begin at full hours or the like: the moment of one of them, in seconds since 1970.
    pub(super) begins: Option<u64>,
    /// The length depends on how the round went.
    pub(super) varies: bool,
    /// The statements of the body that do something, and their positions in it.
    pub(super) payload: Vec<(usize, &'s Statement)>,
    /// The loop goes on while its command runs.
    pub(super) background: bool,
    /// Whether it can end by itself.
    pub(super) ending: Ending,
    /// It waits for events.
    pub(super) waits_for_event: bool,
}

impl Round<'_> {
    /// It waits between its commands, and nowhere else.
    pub(super) fn waits_within(&self) -> bool {
        let is_within = |delay: &Delay| delay.position.is_some_and(|position| self.is_within(position));
        !self.delays.is_empty() && self.delays.iter().all(is_within)
    }

    /// Whether a position lies between the first command and the last one.
    pub(super) fn is_within(&self, position: usize) -> bool {
        let first = self.payload.first().is_some_and(|(first, _)| *first < position);
        first && self.payload.last().is_some_and(|(last, _)| position < *last)
    }
}

/// A `sleep`.
#[derive(Debug, Clone)]
pub(super) struct Delay {
    /// Seconds, as far as they are known, and where they come from.
    pub(super) length: Value,
    /// What its operand said, in seconds.
    pub(super) seconds: Option<f64>,
    /// An operand that is known and no duration.
    pub(super) wrong: Option<String>,
    /// Its command in the text, and the `wait` that belongs to it.
    pub(super) ranges: Vec<std::ops::Range<usize>>,
    /// The statement of the body that it stands in; nothing for the condition.
    pub(super) position: Option<usize>,
    /// It is a statement of the body itself.
    pub(super) is_direct: bool,
    conditional: bool,
}

/// Looks at one round. `scope` is what is known where the loop begins.
pub(super) fn of<'s>(found: &'s Loop, functions: &Functions<'s>, scope: &mut Scope<'_>) -> Round<'s> {
    let changing = Changing { names: Rc::new(assignment::names(&found.body, functions, 0)), functions };
    assignment::forget_counters(&found.body, scope);
    let timed = if mentions_clock(found) { by_clock(found, functions, scope) } else { None };
    let mut measure = Measure { functions, scope, daily: None, varies: false };
    let mut delays = measure.round(found);
    let (mut daily, mut varies) = (measure.daily, measure.varies);
    let mut begins = None;
    if let (Some((length, begun)), [delay]) = (timed, &mut delays[..])
        && (delay.seconds.is_none() && daily.is_none_or(|clock| clock.is_none()))
    {
        delay.seconds = Some(length as f64);
        (daily, begins) = (None, begun);
    }
    let unconditional: Vec<Delay> = delays.iter().filter(|delay| !delay.conditional).cloned().collect();
    if unconditional.is_empty() {
        varies |= !delays.is_empty();
    } else {
        delays = unconditional;
    }
    let payload: Vec<(usize, &Statement)> =
        found.body.iter().enumerate().filter(|(_, statement)| !is_inert(statement, functions, 0)).collect();
    Round {
        delays,
        daily,
        begins,
        varies,
        background: runs_in_background(&found.body, &payload),
        ending: ending::of(&found.body, &changing),
        waits_for_event: waits_for_event(found),
        payload,
    }
}

fn mentions_clock(found: &Loop) -> bool {
    visit::simple(&found.body).any(|simple| {
        let values = simple.assignments.iter().filter_map(|(_, value)| value.as_deref());
        simple
            .words
            .iter()
            .map(String::as_str)
            .chain(values)
            .any(|word| word.contains("date +") || word.contains("date -u +") || word.contains("date '+"))
    })
}

/// The length of the rounds of a loop that computes from the time how long it waits, and when one begins, if that does
/// not depend on when the first did. Both are found out by going through some rounds.
fn by_clock(found: &Loop, functions: &Functions<'_>, scope: &mut Scope<'_>) -> Option<(u64, Option<u64>)> {
    // 14:25:37: no number of it begins with a 0.
    const START: u64 = 1_767_277_537;
    const PACE: u64 = 7;
    let mut round = |now: u64, pace: u64| {
        scope.suppose();
        scope.set_clock(now, pace);
        let delays = Measure { functions, scope: &mut *scope, daily: None, varies: false }.round(found);
        let end = scope.stop_clock();
        scope.forget();
        let [Delay { seconds: Some(seconds), .. }] = &delays[..] else { return None };
        let whole = Some(*seconds).filter(|seconds| (1.0..1e8).contains(seconds))?.round() as u64;
        Some((whole, end - now))
    };
    let mut now = START;
    let mut lengths = Vec::new();
    for _ in 0..4 {
        let (length, _) = round(now, 0)?;
        lengths.push(length);
        now += length;
    }
    let [first, second, third, fourth] = lengths[..] else { return None };
    if first != second {
        return (second == third && third == fourth).then_some((second, Some(now % (7 * 86_400))));
    }
    // `300 - (end - start)`: the longer a round took, the shorter it waits.
    let (length, took) = round(START, PACE)?;
    let took = took.checked_sub(PACE)?;
    (took > 0 && length + took == first).then_some((first, None))
}

/// Measures delays.
struct Measure<'m, 's, 'e> {
    functions: &'m Functions<'s>,
    scope: &'m mut Scope<'e>,
    daily: Option<Option<Clock>>,
    varies: bool,
}

/// The delays of some statements.
#[derive(Default)]
struct Delays {
    delays: Vec<Delay>,
    /// Nothing behind them is reached.
    stops: bool,
}

impl Measure<'_, '_, '_> {
    /// The delays of a whole round.
    fn round(&mut self, found: &Loop) -> Vec<Delay> {
        let mut delays = Vec::new();
        if let Condition::List(list) = &found.condition {
            delays.extend(self.list(list, 0, None).delays);
        }
        for (position, statement) in found.body.iter().enumerate() {
            let rest = &found.body[position + 1..];
            delays.extend(self.statement(statement, rest, 0, Some(position)).delays);
        }
        delays
    }

    fn list(&mut self, list: &List, depth: usize, position: Option<usize>) -> Delays {
        let mut all = Delays::default();
        for (index, statement) in list.iter().enumerate() {
            let mut delays = self.statement(statement, &list[index + 1..], depth + 1, position);
            for delay in &mut delays.delays {
                delay.is_direct = false;
            }
            all.delays.extend(delays.delays);
            if delays.stops {
                all.stops = true;
                break;
            }
        }
        all
    }

    fn statement(
        &mut self,
        statement: &Statement,
        rest: &[Statement],
        depth: usize,
        position: Option<usize>,
    ) -> Delays {
        if statement.background {
            return self.background(statement, rest, position);
        }
        let mut all = Delays::default();
        let mut certain = true;
        let is_alone = statement.chain.len() == 1;
        for (link, pipeline) in &statement.chain {
            let before = certain;
            if *link != Link::First {
                certain = false;
            }
            // `sleep 5 && next`: whatever comes first happens.
            let mut own = self.pipeline(pipeline, depth, position);
            for delay in &mut own.delays {
                delay.conditional |= !(certain || *link == Link::And && before && all.delays.is_empty());
                delay.is_direct &= is_alone;
                if delay.is_direct {
                    delay.ranges = vec![statement.range.clone()];
                }
            }
            all.stops |= own.stops && *link == Link::First;
            match all.delays.first_mut().filter(|_| *link == Link::Or && !own.delays.is_empty()) {
                // `x && sleep 60 || sleep 300`: one of them.
                Some(first) => {
                    self.varies = true;
                    first.ranges.extend(own.delays.into_iter().flat_map(|delay| delay.ranges));
                }
                None => all.delays.extend(own.delays),
            }
        }
        all
    }

    /// `sleep 60 & … wait` waits after all.
    fn background(&mut self, statement: &Statement, rest: &[Statement], position: Option<usize>) -> Delays {
        let mut delays = Delays::default();
        if let Some(simple) = only_simple(statement)
            && let Some(operands) = words::sleep(simple)
            && let Some(waiting) = rest.iter().take(NEAR).find(|statement| is_wait(statement))
        {
            let mut delay = self.delay(&operands, position);
            delay.is_direct = true;
            delay.ranges = vec![statement.range.clone(), waiting.range.clone()];
            delays.delays.push(delay);
        }
        delays
    }

    fn pipeline(&mut self, pipeline: &Pipeline, depth: usize, position: Option<usize>) -> Delays {
        let [command] = &pipeline.commands[..] else { return Delays::default() };
        match command {
            Command::Simple(simple) => {
                let mut delays = self.simple(simple, depth, position);
                for delay in delays.delays.iter_mut().filter(|delay| delay.ranges.is_empty()) {
                    delay.ranges = vec![pipeline.range.clone()];
                }
                delays
            }
            Command::Group(list) | Command::Subshell(list) => self.list(list, depth, position),
            Command::If { arms, otherwise } => self.branches(arms, otherwise.as_ref(), depth, position),
            Command::Case(Case { arms, .. }) => {
                let catches_all =
                    arms.iter().any(|(patterns, _)| patterns.iter().any(|pattern| pattern == "*"));
                let bodies = arms.iter().map(|(_, body)| body).collect();
                self.alternatives(bodies, !catches_all, depth, position)
            }
            Command::Arithmetic(expression) => {
                assignment::compute(expression, self.scope);
                Delays::default()
            }
            Command::For { .. } => self.repeated(command, pipeline, depth, position).unwrap_or_default(),
            Command::Loop(inner) => {
                if let Some(delays) = self.repeated(command, pipeline, depth, position) {
                    return delays;
                }
                if let Condition::List(list) = &inner.condition
                    && let Some((clock, equal)) = condition::time_of_day(list, self.scope)
                    && equal == inner.until
                {
                    self.daily = Some(clock);
                }
                Delays::default()
            }
            _ => Delays::default(),
        }
    }

    /// A loop that only waits.
    fn repeated(
        &mut self,
        command: &Command,
        pipeline: &Pipeline,
        depth: usize,
        position: Option<usize>,
    ) -> Option<Delays> {
        let (times, body) = repeated::waits(command, self.scope)?;
        let [mut delay] = <[Delay; 1]>::try_from(self.list(body, depth, position).delays).ok()?;
        delay.seconds = delay.seconds.map(|seconds| seconds * times);
        delay.is_direct = true;
        delay.ranges = vec![pipeline.range.clone()];
        Some(Delays { delays: vec![delay], stops: false })
    }

    fn simple(&mut self, simple: &Simple, depth: usize, position: Option<usize>) -> Delays {
        assignment::enter(simple, self.scope);
        if let Some(operands) = words::sleep(simple) {
            let mut delay = self.delay(&operands, position);
            delay.is_direct = true;
            return Delays { delays: vec![delay], stops: false };
        }
        let Some((name, arguments)) = simple.words.split_first() else { return Delays::default() };
        if depth < 4 * DEEPEST_CALL
            && let Some(body) = self.functions.get(name)
        {
            let outer = self.scope.call(arguments);
            let mut delays = self.list(body, depth + 4, position);
            self.scope.leave(outer);
            delays.stops = false;
            return delays;
        }
        let stops = words::is_exit(name) || name == "continue";
        Delays { delays: Vec::new(), stops }
    }

    fn branches(
        &mut self,
        arms: &[(List, List)],
        otherwise: Option<&List>,
        depth: usize,
        position: Option<usize>,
    ) -> Delays {
        let mut bodies = Vec::new();
        let mut conditions = Delays::default();
        let mut is_certain = false;
        for (test, body) in arms {
            conditions.delays.extend(self.list(test, depth, position).delays);
            let holds = condition::list_holds(test, self.scope);
            if holds != Some(false) {
                bodies.push(body);
            }
            is_certain = holds == Some(true);
            if is_certain {
                break;
            }
        }
        bodies.extend(otherwise.filter(|_| !is_certain));
        let mut taken = self.alternatives(bodies, !is_certain && otherwise.is_none(), depth, position);
        taken.delays.splice(0..0, conditions.delays);
        taken
    }

    /// One of some bodies runs. Those that end the loop say nothing of how long a round is.
    fn alternatives(
        &mut self,
        bodies: Vec<&List>,
        or_none: bool,
        depth: usize,
        position: Option<usize>,
    ) -> Delays {
        if depth > 12 {
            return Delays::default();
        }
        let mut living: Vec<Delays> = Vec::new();
        let mut ranges = Vec::new();
        let mut count = usize::from(or_none);
        let mut supposed = Vec::new();
        for body in bodies {
            self.scope.suppose();
            let delays = self.list(body, depth, position);
            supposed.push(self.scope.forget());
            let is_parked = delays.delays.iter().any(|delay| delay.seconds == Some(f64::INFINITY));
            if !is_parked {
                ranges.extend(delays.delays.iter().flat_map(|delay| delay.ranges.iter().cloned()));
            }
            // Waits that end in a new start of the script are waits all the same.
            self.varies |= delays.stops && !is_parked && !delays.delays.is_empty();
            if !delays.stops && !is_parked {
                count += 1;
                living.push(delays);
            }
        }
        supposed.into_iter().for_each(|supposed| self.scope.merge(supposed));
        let with: Vec<Delays> = living.into_iter().filter(|delays| !delays.delays.is_empty()).collect();
        let is_certain = with.len() == count;
        let longest = |delays: &Delays| delays.delays.iter().filter_map(|delay| delay.seconds).sum::<f64>();
        let lengths: BTreeSet<String> = with.iter().map(|delays| format!("{:.3}", longest(delays))).collect();
        self.varies |= lengths.len() > 1;
        let mut chosen = Delays { stops: count == 0, ..Delays::default() };
        if let Some(most) = with.into_iter().max_by(|left, right| longest(left).total_cmp(&longest(right))) {
            chosen.delays = most.delays;
            for delay in &mut chosen.delays {
                delay.conditional |= !is_certain;
            }
            // Whichever of them is waited for, it is no part of the work.
            if let Some(first) = chosen.delays.first_mut() {
                first.ranges = ranges;
            }
        }
        chosen
    }

    fn delay(&mut self, operands: &[Cow<'_, str>], position: Option<usize>) -> Delay {
        let mut length = Value::known("");
        let mut seconds = Some(0.0);
        let mut wrong = None;
        for operand in operands {
            let value = self.scope.evaluate(operand);
            let own = value.text.as_deref().and_then(seconds_of);
            wrong = wrong.or_else(|| value.certain().filter(|_| own.is_none()).map(str::to_owned));
            seconds = seconds.zip(own).map(|(sum, own)| sum + own);
            if value.clock.is_some() {
                self.daily = Some(value.clock);
            }
            length.parameter = length.parameter.take().or(value.parameter);
            length.assumed |= value.assumed;
        }
        if seconds.is_none() {
            length.text = None;
        }
        Delay { length, seconds, wrong, ranges: Vec::new(), position, is_direct: false, conditional: false }
    }
}

/// The only command of a statement, if it is a simple one.
pub(super) fn only_simple(statement: &Statement) -> Option<&Simple> {
    let [(Link::First, pipeline)] = &statement.chain[..] else { return None };
    match &pipeline.commands[..] {
        [Command::Simple(simple)] if !pipeline.negated => Some(simple),
        _ => None,
    }
}

fn is_wait(statement: &Statement) -> bool {
    only_simple(statement).and_then(words::program) == Some("wait")
}

/// Whether a statement only says something, waits, or sets variables.
pub(super) fn is_inert(statement: &Statement, functions: &Functions<'_>, depth: usize) -> bool {
    let is_alone = statement.chain.len() == 1;
    statement
        .chain
        .iter()
        .all(|(_, pipeline)| is_inert_pipeline(pipeline, functions, depth) || !is_alone && is_query(pipeline))
}

/// The same of a pipeline of it.
pub(super) fn is_inert_pipeline(pipeline: &Pipeline, functions: &Functions<'_>, depth: usize) -> bool {
    pipeline.commands.iter().all(|command| match command {
        Command::Simple(simple) => match simple.name().and_then(|name| functions.get(name)) {
            Some(body) => {
                depth < DEEPEST_CALL && body.iter().all(|statement| is_inert(statement, functions, depth + 1))
            }
            None => words::is_inert(simple),
        },
        other => other.lists().into_iter().flatten().all(|statement| is_inert(statement, functions, depth)),
    })
}

fn is_query(pipeline: &Pipeline) -> bool {
    pipeline.commands.iter().all(|command| match command {
        Command::Simple(simple) => matches!(words::program(simple), Some("[" | "test" | "true" | ":")),
        _ => false,
    })
}

/// Whether there is a command that the loop does not wait for.
fn runs_in_background(body: &List, payload: &[(usize, &Statement)]) -> bool {
    // `wait $!` waits for what was started last, a bare `wait` for all.
    let is_bare =
        |statement: &Statement| only_simple(statement).is_some_and(|simple| simple.words.len() == 1);
    let last = body.iter().rposition(|statement| is_wait(statement) && is_bare(statement));
    payload.iter().any(|(position, statement)| {
        let is_waited =
            last.is_some_and(|last| last > *position) || body.get(position + 1).is_some_and(is_wait);
        statement.background && !is_waited
    })
}

fn waits_for_event(found: &Loop) -> bool {
    let condition = match &found.condition {
        Condition::List(list) => &list[..],
        Condition::Arithmetic(_) => &[],
    };
    // `read` from a file or a here-string waits for nobody.
    found.body.iter().filter_map(only_simple).chain(visit::simple(condition)).any(|simple| {
        let is_event = words::program(simple).is_some_and(words::is_event);
        simple.redirections.is_empty() && is_event
    })
}
