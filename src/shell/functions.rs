//! The functions of a script, and how often it is worth the time to look into them.

use std::{cell::Cell, collections::BTreeMap};

use super::{
    syntax::{Command, List},
    visit,
};

/// The functions that are defined anywhere in a script, by name.
pub(super) struct Functions<'s> {
    bodies: BTreeMap<&'s str, Body<'s>>,
    /// Commands that may still be looked at more than once.
    left: Cell<usize>,
}

#[derive(Clone, Copy)]
struct Body<'s> {
    list: &'s List,
    commands: usize,
}

/// Commands that are looked at again, by calls of functions and for loops in loops: some hundred times what a script
/// of some hundred lines takes. Behind that a function is a command like any other.
const MOST: usize = 60_000;

/// How deep calls of functions are followed.
pub(super) const DEEPEST_CALL: usize = 3;

/// How deep functions may be defined in each other.
const DEEPEST: usize = 24;

impl<'s> Functions<'s> {
    pub(super) fn none() -> Self {
        Self { bodies: BTreeMap::new(), left: Cell::new(MOST) }
    }

    pub(super) fn of(list: &'s List) -> Self {
        let mut functions = Self::none();
        functions.enter(list, 0);
        functions
    }

    fn enter(&mut self, list: &'s List, depth: usize) {
        for command in visit::commands(list) {
            if let Command::Function { name, body } = command {
                self.bodies.insert(name, Body { list: body, commands: visit::commands(body).len() });
                if depth < DEEPEST {
                    self.enter(body, depth + 1);
                }
            }
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.bodies.contains_key(name)
    }

    /// The body of a function, to look into it.
    pub(super) fn get(&self, name: &str) -> Option<&'s List> {
        let body = self.bodies.get(name)?;
        self.spend(body.commands).then_some(body.list)
    }

    /// Whether it is worth the time to look at so many commands once more.
    pub(super) fn spend(&self, commands: usize) -> bool {
        let left = self.left.get().checked_sub(commands + 1);
        self.left.set(left.unwrap_or(0));
        left.is_some()
    }
}
