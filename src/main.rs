//! The `kustompose` command.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    process::ExitCode,
};

use kustompose::{cli, disk, text::shown};

use self::progress::{AfterProgress, Progress};

mod progress;

/// A fifth of a run is allocation, of many small values that live until its end, which this one is better at than
/// those of glibc and musl.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let environment = disk::read_environment();
    // The terminal's streams stay unlocked: what shows the progress writes to one of them from another thread.
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|arg| arg.to_string_lossy().into_owned()).collect();
    let is_quiet = args.iter().any(|arg| ["-q", "--quiet"].contains(&arg.as_str()));
    let is_terminal = io::stderr().is_terminal() && !is_dumb(&environment);
    let progress = Progress::new(is_terminal && !is_quiet);
    let mut stdout = AfterProgress { stream: io::stdout(), progress: &progress };
    let mut stderr = AfterProgress { stream: io::stderr(), progress: &progress };
    let directory = match disk::working_directory() {
        Ok(directory) => directory,
        Err(error) => {
            let _ = writeln!(stderr, "the working directory cannot be determined: {error}");
            return ExitCode::from(2);
        }
    };
    let color = has_color(&environment, io::stderr().is_terminal());
    let unicode = has_unicode(&environment);
    let width = environment.get("COLUMNS").and_then(|columns| columns.parse().ok()).unwrap_or(100);
    let io = cli::Io {
        environment,
        directory,
        stdin: &disk::read_standard_input,
        answer: &disk::read_answer,
        progress: &|stage| progress.stage(&shown::one_line(stage)),
        stdout: &mut stdout,
        stderr: &mut stderr,
        color,
        unicode,
        width,
    };
    ExitCode::from(cli::run(&args, io))
}

/// Whether messages are coloured, by <https://no-color.org>, <https://force-color.org> and
/// <https://bixense.com/clicolors>: what forces colours comes first.
fn has_color(environment: &BTreeMap<String, String>, is_terminal: bool) -> bool {
    let is_set = |name: &str| environment.get(name).is_some_and(|value| !value.is_empty());
    let forces = |name: &str| is_set(name) && environment.get(name).is_some_and(|value| value != "0");
    if forces("FORCE_COLOR") || forces("CLICOLOR_FORCE") {
        return true;
    }
    is_terminal && !is_dumb(environment) && !is_set("NO_COLOR")
}

/// Whether the terminal knows no more than lines of text.
fn is_dumb(environment: &BTreeMap<String, String>) -> bool {
    environment.get("TERM").is_some_and(|terminal| terminal == "dumb")
}

/// Whether the locale has characters beyond ASCII. Windows has no such variables, and can show them.
fn has_unicode(environment: &BTreeMap<String, String>) -> bool {
    let set = |name: &&str| environment.get(*name).is_some_and(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find(set).and_then(|name| environment.get(name));
    let is_utf_8 = |locale: &String| {
        let locale = locale.to_ascii_uppercase();
        locale.ends_with("UTF-8") || locale.ends_with("UTF8")
    };
    cfg!(windows) || locale.is_some_and(is_utf_8)
}
