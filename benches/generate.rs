//! Writes a generated project: `cargo bench --bench generate -- plain 1000 DIRECTORY`.
//!
//! It has no dependency, so that `rustc -O benches/generate.rs` is enough as well.

#![expect(clippy::disallowed_methods, reason = "it writes projects to the disk")]

mod generator;

use std::{env, path::Path, process::ExitCode};

use generator::{Shape, project, write};

const USAGE: &str = "usage: generate plain|full SERVICES DIRECTORY";

fn main() -> ExitCode {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [shape, services, directory] = arguments.as_slice() else { return failed(USAGE) };
    let shape = match shape.as_str() {
        "plain" => Shape::Plain,
        "full" => Shape::Full,
        _ => return failed(USAGE),
    };
    let Ok(services) = services.parse() else { return failed(USAGE) };
    match write(&project(shape, services), Path::new(directory)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{directory}: {error}")),
    }
}

#[expect(clippy::print_stderr, reason = "it is a program of its own")]
fn failed(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
