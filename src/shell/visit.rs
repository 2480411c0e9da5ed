//! Every command of some statements, and what kinds there are among them.

use super::{
    syntax::{Case, Command, Condition, Simple, Statement},
    words,
};

/// Every command of some statements, those of functions that are only defined left out.
pub(super) fn all<'s>(list: &'s [Statement], look: &mut dyn FnMut(&'s Command)) {
    for command in
        list.iter().flat_map(|statement| &statement.chain).flat_map(|(_, pipeline)| &pipeline.commands)
    {
        look(command);
        match command {
            Command::If { arms, otherwise } => {
                for (test, body) in arms {
                    all(test, look);
                    all(body, look);
                }
                if let Some(body) = otherwise {
                    all(body, look);
                }
            }
            Command::Case(Case { arms, .. }) => arms.iter().for_each(|(_, body)| all(body, look)),
            Command::Loop(inner) => {
                if let Condition::List(list) = &inner.condition {
                    all(list, look);
                }
                all(&inner.body, look);
            }
            Command::For { body, .. } | Command::Group(body) | Command::Subshell(body) => all(body, look),
            Command::Simple(_) | Command::Function { .. } | Command::Arithmetic(_) | Command::Test(_) => {}
        }
    }
}

/// Every simple command of some statements.
pub(super) fn simple<'s>(list: &'s [Statement], look: &mut dyn FnMut(&'s Simple)) {
    all(list, &mut |command| {
        if let Command::Simple(simple) = command {
            look(simple);
        }
    });
}

/// Whether it does more than to ask, to wait and to tell.
pub(super) fn works(list: &[Statement]) -> bool {
    let mut found = false;
    simple(list, &mut |command| {
        // `echo > /dev/tcp/HOST/PORT` asks.
        let asks = command.redirections.iter().flatten().any(|target| target.starts_with("/dev/tcp/"));
        found |= !words::is_inert(command) && !words::program(command).is_some_and(words::is_probe) && !asks;
    });
    found
}

/// Whether it asks whether something is there.
pub(super) fn probes(list: &[Statement]) -> bool {
    let mut found = false;
    all(list, &mut |command| match command {
        Command::Simple(simple) => found |= words::program(simple).is_some_and(words::is_probe),
        Command::Test(_) => found = true,
        _ => {}
    });
    found
}
