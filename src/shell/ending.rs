//! How a loop without an end can end all the same.

use super::{
    condition::{self, Changing, Looks},
    syntax::{Case, Command, Link, List, Loop, Pipeline, Simple, Statement},
    test::Test,
};

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

/// How the body of a loop can end it.
pub(super) fn of(body: &List, changing: &Changing<'_, '_>) -> Ending {
    endings(body, changing, Guard::None, true, 0)
}

/// Whether the script can go on behind the loop, by a `break` in it.
pub(super) fn can_be_left(body: &[Statement]) -> bool {
    body.iter().flat_map(|statement| &statement.chain).flat_map(|(_, pipeline)| &pipeline.commands).any(
        |command| {
            match command {
                Command::Simple(simple) => simple.name() == Some("break"),
                // One level more than it stands in is rare.
                Command::Subshell(_) | Command::Loop(_) | Command::For { .. } => false,
                other => other.lists().into_iter().any(|list| can_be_left(list)),
            }
        },
    )
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
            (Guard::None | Guard::Setting, Looks::Settings) => Guard::Setting,
            (Guard::Failure, Looks::Settings) => Guard::Failure,
            (Guard::Failure, _) | (_, Looks::Success) if !held => Guard::Failure,
            (_, Looks::Success) => Guard::Success,
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
                Command::Case(Case { word, arms, .. }) => {
                    let probe = Test::Empty(word.clone());
                    let guard = own.and(condition::test_looks(&probe, changing), true);
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
