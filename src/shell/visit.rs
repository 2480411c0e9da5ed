//! Every command of some statements, and what kinds there are among them.

use super::{
    syntax::{Command, Pipeline, Simple, Statement},
    words,
};

/// Every command of some statements, those of functions that are only defined left out.
pub(super) fn commands(list: &[Statement]) -> Vec<&Command> {
    let mut found = Vec::new();
    enter(list, &mut found);
    found
}

fn enter<'s>(list: &'s [Statement], found: &mut Vec<&'s Command>) {
    let pipelines = list.iter().flat_map(|statement| &statement.chain);
    for command in pipelines.flat_map(|(_, pipeline)| &pipeline.commands) {
        found.push(command);
        for inner in command.lists() {
            enter(inner, found);
        }
    }
}

/// Every pipeline of some statements, those within others after them.
pub(super) fn pipelines(list: &[Statement]) -> Vec<&Pipeline> {
    let mut found: Vec<&Pipeline> = Vec::new();
    let mut open = vec![list];
    while let Some(list) = open.pop() {
        for (_, pipeline) in list.iter().flat_map(|statement| &statement.chain) {
            found.push(pipeline);
            open.extend(pipeline.commands.iter().flat_map(|command| command.lists()).map(Vec::as_slice));
        }
    }
    found
}

/// Every simple command of some statements.
pub(super) fn simple(list: &[Statement]) -> impl Iterator<Item = &Simple> {
    commands(list).into_iter().filter_map(|command| match command {
        Command::Simple(simple) => Some(simple),
        _ => None,
    })
}

/// Whether it does more than to ask, to wait and to tell.
pub(super) fn works(list: &[Statement]) -> bool {
    simple(list).any(|command| {
        // `echo > /dev/tcp/HOST/PORT` asks.
        let asks = command.targets().any(|target| target.starts_with("/dev/tcp/"));
        !words::is_inert(command) && !words::program(command).is_some_and(words::is_probe) && !asks
    })
}

/// Whether it asks whether something is there.
pub(super) fn probes(list: &[Statement]) -> bool {
    commands(list).into_iter().any(|command| match command {
        Command::Simple(simple) => words::program(simple).is_some_and(words::is_probe),
        other => matches!(other, Command::Test(_)),
    })
}

/// The first program that acts on processes of the container that it runs in.
pub(super) fn acting(list: &[Statement]) -> Option<&str> {
    simple(list).filter(|simple| words::touches_local_process(simple)).find_map(words::program)
}
