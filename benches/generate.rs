//! Writes a generated project: `cargo bench --bench generate -- plain 1000 DIRECTORY`.
//!
//! It has no dependency, so that `rustc -O benches/generate.rs` is enough as well.

#![expect(clippy::disallowed_methods, reason = "it writes projects to the disk")]

mod generator;

use std::{env, fs, io, path::Path, process::ExitCode};

use generator::{Shape, project};

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

fn write(files: &[generator::File], directory: &Path) -> io::Result<()> {
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(path, text)?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "it is a program of its own")]
fn failed(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
