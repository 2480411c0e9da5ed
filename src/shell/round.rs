//! One round of an endless loop: what it does, how long it waits, and whether it can end.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    clock::Clock,
    condition::{self, Changing, Looks},
    syntax::{Command, Condition, Link, List, Loop, Pipeline, Simple, Statement},
    value::{Scope, Value},
    words,
};

/// The functions of a script, by name.
pub(super) type Functions<'s> = BTreeMap<&'s str, &'s List>;

/// How deep calls of functions are followed.
const DEEPEST_CALL: usize = 3;

/// What a round of a loop is.
#[derive(Debug, Default)]
pub(super) struct Round<'s> {
    /// The delays that make up the interval, in order.
    pub(super) delays: Vec<Delay>,
    /// The time of day that the round waits for; nothing within if it is not known.
    pub(super) daily: Option<Option<Clock>>,
    /// Does the length depend on how the round went?
    pub(super) varies: bool,
    /// The statements of the body that do something, and their positions in it.
    pub(super) payload: Vec<(usize, &'s Statement)>,
    /// Does the loop go on while its command runs?
    pub(super) background: bool,
    /// Can it end by itself?
    pub(super) ending: Ending,
    /// Does it wait for events?
    pub(super) waits_for_event: bool,
}

/// A `sleep`.
#[derive(Debug, Clone)]
pub(super) struct Delay {
    /// Seconds, as far as they are known, and where they come from.
    pub(super) length: Value,
    /// What its operand said, in seconds.
    pub(super) seconds: Option<f64>,
    /// Its command in the text, and the `wait` that belongs to it.
    pub(super) ranges: Vec<std::ops::Range<usize>>,
    /// The statement of the body that it stands in; nothing for the condition.
    pub(super) position: Option<usize>,
    /// Is it a statement of the body itself?
    pub(super) is_direct: bool,
    conditional: bool,
}

/// How a loop without an end can end all the same, the most telling way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Ending {
    /// It cannot.
    #[default]
    Never,
    /// When something failed.
    OnFailure,
    /// When a setting says so.
    OnSetting,
    /// When what it waits for is there, or done.
    OnResult,
}

/// Looks at one round. `scope` is what is known where the loop begins.
pub(super) fn of<'s>(found: &'s Loop, functions: &Functions<'s>, scope: &mut Scope<'_>) -> Round<'s> {
    let changing = Changing { names: assigned(&found.body, functions, 0), functions };
    forget_counters(&found.body, scope);
    let mut measure = Measure { functions, scope, daily: None, varies: false };
    let mut delays = Vec::new();
    if let Condition::List(list) = &found.condition {
        delays.extend(measure.list(list, 0, None).delays);
    }
    for (position, statement) in found.body.iter().enumerate() {
        let rest = &found.body[position + 1..];
        delays.extend(measure.statement(statement, rest, 0, Some(position)).delays);
    }
    let (daily, mut varies) = (measure.daily, measure.varies);
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
        varies,
        background: runs_in_background(&found.body, &payload),
        ending: endings(&found.body, &changing, Guard::None, true, 0),
        waits_for_event: waits_for_event(found),
        payload,
    }
}

/// Variables that grow from round to round have no value that could be told.
fn forget_counters(body: &List, scope: &mut Scope<'_>) {
    visit_simple(body, &mut |simple| {
        for (name, word) in &simple.assignments {
            let own = word.as_deref().is_some_and(|word| {
                condition::names(word).any(|read| read == name)
                    || word.contains("$((") && condition::identifiers(word).any(|read| read == name)
            });
            // `X=${X:-5}` stays what it is.
            if own && !word.as_deref().is_some_and(|word| word.contains(":-") || word.contains(":=")) {
                scope.assign(name, Value::default());
            }
        }
    });
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
            all.delays.extend(own.delays);
            all.stops |= own.stops && *link == Link::First;
        }
        all
    }

    /// `sleep 60 & … wait` waits after all.
    fn background(&mut self, statement: &Statement, rest: &[Statement], position: Option<usize>) -> Delays {
        let mut delays = Delays::default();
        if let Some(simple) = only_simple(statement)
            && let Some(operands) = words::sleep(simple)
            && let Some(waiting) = rest.iter().find(|statement| is_wait(statement))
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
            Command::Simple(simple) => self.simple(simple, depth, position),
            Command::Group(list) | Command::Subshell(list) => self.list(list, depth, position),
            Command::If { arms, otherwise } => self.branches(arms, otherwise.as_ref(), depth, position),
            Command::Case { arms, .. } => {
                let catches_all =
                    arms.iter().any(|(patterns, _)| patterns.iter().any(|pattern| pattern == "*"));
                let bodies = arms.iter().map(|(_, body)| body).collect();
                self.alternatives(bodies, !catches_all, depth, position)
            }
            Command::Loop(inner) => {
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

    fn simple(&mut self, simple: &Simple, depth: usize, position: Option<usize>) -> Delays {
        assign_all(simple, self.scope);
        if let Some(operands) = words::sleep(simple) {
            let mut delay = self.delay(&operands, position);
            delay.is_direct = true;
            return Delays { delays: vec![delay], stops: false };
        }
        let Some((name, arguments)) = simple.words.split_first() else { return Delays::default() };
        if let Some(body) = self.functions.get(name.as_str()).filter(|_| depth < 4 * DEEPEST_CALL) {
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
        for (test, body) in arms {
            conditions.delays.extend(self.list(test, depth, position).delays);
            match condition::list_holds(test, self.scope) {
                Some(false) => {}
                Some(true) => {
                    bodies.push(body);
                    let mut taken = self.alternatives(bodies, false, depth, position);
                    taken.delays.splice(0..0, conditions.delays);
                    return taken;
                }
                None => bodies.push(body),
            }
        }
        bodies.extend(otherwise);
        let mut taken = self.alternatives(bodies, otherwise.is_none(), depth, position);
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
        let mut count = usize::from(or_none);
        let before = self.scope.clone();
        let mut merged = before.clone();
        for body in bodies {
            *self.scope = before.clone();
            let delays = self.list(body, depth, position);
            merged.merge(self.scope);
            let is_parked = delays.delays.iter().any(|delay| delay.seconds == Some(f64::INFINITY));
            if !delays.stops && !is_parked {
                count += 1;
                living.push(delays);
            }
        }
        *self.scope = merged;
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
        }
        chosen
    }

    fn delay(&mut self, operands: &[&str], position: Option<usize>) -> Delay {
        let mut length = Value::known("");
        let mut seconds = Some(0.0);
        for operand in operands {
            let value = self.scope.evaluate(operand);
            let own = value.text.as_deref().and_then(seconds_of);
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
        Delay { length, seconds, ranges: Vec::new(), position, is_direct: false, conditional: false }
    }
}

/// `90`, `1.5h`, `10m`: an operand of `sleep` in seconds.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let text = text.trim();
    if text == "infinity" || text == "inf" {
        return Some(f64::INFINITY);
    }
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    };
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = digits.parse().ok().filter(|_| plain)?;
    Some(number * unit)
}

/// Enters a command's assignments, `export`ed and `local` ones too.
pub(super) fn assign_all(simple: &Simple, scope: &mut Scope<'_>) {
    // `NAME=value command` sets it for the command alone.
    if simple.words.is_empty() {
        for (name, word) in &simple.assignments {
            let value = word.as_deref().map_or_else(Value::default, |word| scope.evaluate(word));
            scope.assign(name, value);
        }
    }
    match simple.words.split_first() {
        Some((name, rest))
            if matches!(name.as_str(), "export" | "local" | "declare" | "readonly" | "typeset") =>
        {
            for word in rest {
                if let Some((name, word)) = word.split_once('=') {
                    let value = scope.evaluate(word);
                    scope.assign(name, value);
                }
            }
        }
        Some((name, rest)) if name == "unset" => rest.iter().for_each(|name| scope.unset(name)),
        // `: ${X:=5}` sets X as it is read.
        Some((name, rest)) if name == ":" || name == "true" => {
            for word in rest {
                scope.evaluate(word);
            }
        }
        _ => {}
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

/// Does a statement only say something, wait, or set variables?
pub(super) fn is_inert(statement: &Statement, functions: &Functions<'_>, depth: usize) -> bool {
    statement.chain.iter().flat_map(|(_, pipeline)| &pipeline.commands).all(|command| {
        let all = |list: &List| list.iter().all(|statement| is_inert(statement, functions, depth));
        match command {
            Command::Simple(simple) => {
                let called = simple.words.first().and_then(|name| functions.get(name.as_str()));
                match called {
                    Some(body) if depth < DEEPEST_CALL => {
                        body.iter().all(|statement| is_inert(statement, functions, depth + 1))
                    }
                    Some(_) => false,
                    None => words::is_inert(simple) || statement.chain.len() > 1 && is_query(simple),
                }
            }
            Command::If { arms, otherwise } => {
                arms.iter().all(|(test, body)| all(test) && all(body)) && otherwise.iter().all(all)
            }
            Command::Case { arms, .. } => arms.iter().all(|(_, body)| all(body)),
            Command::Loop(inner) => {
                let tests = match &inner.condition {
                    Condition::List(list) => all(list),
                    Condition::Arithmetic(_) => true,
                };
                tests && all(&inner.body)
            }
            Command::For { body, .. } | Command::Group(body) | Command::Subshell(body) => all(body),
            Command::Function { .. } | Command::Arithmetic(_) | Command::Test(_) => true,
        }
    })
}

fn is_query(simple: &Simple) -> bool {
    matches!(words::program(simple), Some("[" | "test" | "true" | ":"))
}

/// Is there a command that the loop does not wait for?
fn runs_in_background(body: &List, payload: &[(usize, &Statement)]) -> bool {
    payload.iter().any(|(position, statement)| {
        statement.background
            && !body[position + 1..].iter().enumerate().any(|(distance, later)| {
                is_wait(later) && {
                    // `wait $!` waits for what was started last, a bare `wait` for all.
                    let bare = only_simple(later).is_some_and(|simple| simple.words.len() == 1);
                    bare || distance == 0
                }
            })
    })
}

fn waits_for_event(found: &Loop) -> bool {
    let mut event = false;
    let mut look = |simple: &Simple| {
        // `read` from a file or a here-string waits for nobody.
        event |= simple.redirections.is_empty() && words::program(simple).is_some_and(words::is_event);
    };
    for statement in &found.body {
        if let Some(simple) = only_simple(statement) {
            look(simple);
        }
    }
    if let Condition::List(list) = &found.condition {
        visit_simple(list, &mut look);
    }
    event
}

/// The variables that some statements set.
pub(super) fn assigned(list: &List, functions: &Functions<'_>, depth: usize) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut called = BTreeSet::new();
    visit_simple(list, &mut |simple| {
        if simple.words.is_empty() {
            names.extend(simple.assignments.iter().map(|(name, _)| name.clone()));
        }
        match simple.words.split_first() {
            Some((name, rest)) if matches!(name.as_str(), "export" | "local" | "declare" | "readonly") => {
                names.extend(
                    rest.iter().filter_map(|word| word.split_once('=')).map(|(name, _)| name.to_owned()),
                );
            }
            Some((name, rest))
                if matches!(name.as_str(), "read" | "unset" | "let" | "mapfile" | "readarray") =>
            {
                names.extend(rest.iter().map(|word| word.split('=').next().unwrap_or(word).to_owned()));
            }
            Some((name, _)) if functions.contains_key(name.as_str()) => {
                called.insert(name.clone());
            }
            _ => {}
        }
    });
    visit(list, &mut |command| match command {
        Command::For { variable, .. } => {
            names.insert(variable.clone());
        }
        Command::Arithmetic(expression) if expression.contains('=') || expression.contains("++") => {
            names.extend(condition::identifiers(expression).map(str::to_owned));
        }
        _ => {}
    });
    if depth < DEEPEST_CALL {
        for name in called {
            if let Some(body) = functions.get(name.as_str()) {
                names.extend(assigned(body, functions, depth + 1));
            }
        }
    }
    names
}

/// Every command of some statements, those of functions that are only defined left out.
pub(super) fn visit<'s>(list: &'s [Statement], look: &mut dyn FnMut(&'s Command)) {
    for command in
        list.iter().flat_map(|statement| &statement.chain).flat_map(|(_, pipeline)| &pipeline.commands)
    {
        look(command);
        match command {
            Command::If { arms, otherwise } => {
                for (test, body) in arms {
                    visit(test, look);
                    visit(body, look);
                }
                if let Some(body) = otherwise {
                    visit(body, look);
                }
            }
            Command::Case { arms, .. } => arms.iter().for_each(|(_, body)| visit(body, look)),
            Command::Loop(inner) => {
                if let Condition::List(list) = &inner.condition {
                    visit(list, look);
                }
                visit(&inner.body, look);
            }
            Command::For { body, .. } | Command::Group(body) | Command::Subshell(body) => visit(body, look),
            Command::Simple(_) | Command::Function { .. } | Command::Arithmetic(_) | Command::Test(_) => {}
        }
    }
}

/// Every simple command of some statements.
pub(super) fn visit_simple<'s>(list: &'s [Statement], look: &mut dyn FnMut(&'s Simple)) {
    visit(list, &mut |command| {
        if let Command::Simple(simple) = command {
            look(simple);
        }
    });
}

/// Under what condition a statement runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    None,
    Setting,
    Success,
    Failure,
    Result,
}

impl Guard {
    /// Within this guard, behind something that was looked at and that held, or did not.
    fn and(self, looks: Looks, held: bool) -> Self {
        match (self, looks) {
            (Guard::None | Guard::Setting, Looks::AtSettings) => Guard::Setting,
            (Guard::Failure, Looks::AtSettings) => Guard::Failure,
            (Guard::Failure, _) | (_, Looks::AtSuccess) if !held => Guard::Failure,
            (_, Looks::AtSuccess) => Guard::Success,
            _ => Guard::Result,
        }
    }
}

/// How some statements can end the loop that they stand in.
fn endings(
    list: &[Statement],
    changing: &Changing<'_, '_>,
    guard: Guard,
    in_loop: bool,
    depth: usize,
) -> Ending {
    let mut worst = Ending::Never;
    if depth > 40 {
        return worst;
    }
    for statement in list.iter().filter(|statement| !statement.background) {
        let mut own = guard;
        let mut previous: Option<&Pipeline> = None;
        for (link, pipeline) in &statement.chain {
            if let Some(previous) = previous {
                let looks = condition::pipeline_looks(previous, changing);
                own = guard.and(looks, (*link == Link::And) != previous.negated);
            }
            previous = Some(pipeline);
            let [command] = &pipeline.commands[..] else { continue };
            let inner = |list: &[Statement], guard: Guard, in_loop: bool| {
                endings(list, changing, guard, in_loop, depth + 1)
            };
            worst = worst.max(match command {
                Command::Simple(simple) => ending_of(simple, own, in_loop),
                Command::Group(list) => inner(list, own, in_loop),
                // Ends the subshell alone.
                Command::Subshell(_) => Ending::Never,
                Command::If { arms, otherwise } => {
                    let mut worst = Ending::Never;
                    let mut rest = own;
                    for (test, body) in arms {
                        let looks = condition::looks(test, changing);
                        let negated = is_negated(test);
                        worst = worst.max(inner(test, rest, in_loop)).max(inner(
                            body,
                            rest.and(looks, !negated),
                            in_loop,
                        ));
                        rest = rest.and(looks, negated);
                    }
                    otherwise.iter().fold(worst, |worst, body| worst.max(inner(body, rest, in_loop)))
                }
                Command::Case { word, arms } => {
                    let probe = Pipeline {
                        negated: false,
                        commands: vec![Command::Test(super::syntax::Test::NotEmpty(word.clone()))],
                    };
                    let guard = own.and(condition::pipeline_looks(&probe, changing), true);
                    arms.iter().fold(Ending::Never, |worst, (_, body)| worst.max(inner(body, guard, in_loop)))
                }
                Command::Loop(Loop { body, .. }) | Command::For { body, .. } => {
                    inner(body, Guard::Result, false)
                }
                Command::Function { .. } | Command::Arithmetic(_) | Command::Test(_) => Ending::Never,
            });
        }
    }
    worst
}

fn is_negated(test: &List) -> bool {
    matches!(test.last().map(|statement| &statement.chain[..]), Some([(_, pipeline)]) if pipeline.negated)
}

fn ending_of(simple: &Simple, guard: Guard, in_loop: bool) -> Ending {
    let Some(name) = simple.words.first() else { return Ending::Never };
    let operand = simple.words.get(1).map(String::as_str);
    match name.as_str() {
        "break" if !in_loop => return Ending::Never,
        "exit" | "return" if operand.is_some_and(|status| status != "0" && !status.contains('$')) => {
            return if guard == Guard::Setting { Ending::OnSetting } else { Ending::OnFailure };
        }
        "exit" | "return" if operand.is_some_and(|status| status.contains('$')) && guard == Guard::Result => {
            return Ending::OnFailure;
        }
        // Starts the script anew.
        "exec" if simple.words.iter().any(|word| word.contains("$0")) => return Ending::OnFailure,
        "exec" if simple.words.len() > 1 => {}
        "break" | "exit" | "return" => {}
        _ => return Ending::Never,
    }
    match guard {
        Guard::Setting => Ending::OnSetting,
        Guard::Failure => Ending::OnFailure,
        Guard::None | Guard::Success | Guard::Result => Ending::OnResult,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_of_sleep_have_units() {
        let cases = [
            ("300", Some(300.0)),
            ("5m", Some(300.0)),
            ("1.5h", Some(5_400.0)),
            (".5", Some(0.5)),
            ("2d", Some(172_800.0)),
            ("infinity", Some(f64::INFINITY)),
            ("5x", None),
            ("-5", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(seconds_of(text), expected, "{text}");
        }
    }
}
