//! The `kustompose` command.

use std::{
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use kustompose::{cli, disk};

fn main() -> ExitCode {
    let environment = disk::read_environment();
    let (mut stdout, mut stderr) = (io::stdout().lock(), io::stderr().lock());
    let directory = match disk::working_directory() {
        Ok(directory) => directory,
        Err(error) => {
            let _ = writeln!(stderr, "the working directory cannot be told: {error}");
            return ExitCode::from(2);
        }
    };
    let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let color = is_set("FORCE_COLOR") || (!is_set("NO_COLOR") && io::stderr().is_terminal());
    let width = environment.get("COLUMNS").and_then(|columns| columns.parse().ok()).unwrap_or(100);
    let io = cli::Io {
        environment,
        directory,
        stdin: &disk::read_standard_input,
        stdout: &mut stdout,
        stderr: &mut stderr,
        color,
        width,
    };
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    ExitCode::from(cli::run(&args, io))
}
