//! How long commands take on generated projects: `cargo bench --bench speed -- [plain|full] [SERVICES…]`.
//!
//! Runs the commands within this process, so that only they are measured. Without arguments, it takes both shapes with
//! 10, 100 and 1,000 services, and a plain project of 10,000. `benches/compare` measures whole processes.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it writes projects to the disk, and prints"
)]

mod generator;

use std::{
    collections::BTreeMap,
    env, io,
    path::Path,
    time::{Duration, Instant},
};

use camino::Utf8PathBuf;
use generator::{Shape, project, write};
use kustompose::cli::{self, Io};

const COMMANDS: [&[&str]; 3] = [&["config"], &["convert", "--dry-run"], &["convert", "--force"]];
/// What a command is repeated for.
const TIME: Duration = Duration::from_secs(2);

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let has = |word: &str| arguments.iter().any(|argument| argument == word);
    let sizes: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!("{:<6} {:>8}  {:<20} {:>10} {:>10}", "shape", "services", "command", "best", "median");
    let all = !has("plain") && !has("full");
    let shapes =
        [("plain", Shape::Plain, &[10, 100, 1_000, 10_000][..]), ("full", Shape::Full, &[10, 100, 1_000])];
    for (name, shape, usual) in shapes.into_iter().filter(|(name, ..)| all || has(name)) {
        for services in if sizes.is_empty() { usual } else { &sizes } {
            let directory = tempfile::tempdir()?;
            write(&project(shape, *services), directory.path())?;
            for command in COMMANDS {
                let [best, median] = measure(command, directory.path())?;
                println!("{name:<6} {services:>8}  {:<20} {best:>10.1?} {median:>10.1?}", command.join(" "));
            }
        }
    }
    Ok(())
}

/// The best time of a command in a directory, and the median.
fn measure(command: &[&str], directory: &Path) -> io::Result<[Duration; 2]> {
    let directory = Utf8PathBuf::try_from(directory.to_owned()).map_err(io::Error::other)?;
    let words: Vec<String> = command.iter().map(|word| (*word).to_owned()).collect();
    let (mut times, started) = (Vec::new(), Instant::now());
    while times.is_empty() || started.elapsed() < TIME {
        let before = Instant::now();
        run(&words, &directory)?;
        times.push(before.elapsed());
    }
    times.sort();
    Ok([times[0], times[times.len() / 2]])
}

fn run(words: &[String], directory: &Utf8PathBuf) -> io::Result<()> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let io = Io {
        environment: BTreeMap::new(),
        directory: directory.clone(),
        stdin: &|| Ok(Vec::new()),
        answer: &|| None,
        progress: &|_| {},
        stdout: &mut stdout,
        stderr: &mut stderr,
        color: false,
        unicode: false,
        width: 80,
    };
    match cli::run(words, io) {
        0 => Ok(()),
        _ => Err(io::Error::other(String::from_utf8_lossy(&stderr).into_owned())),
    }
}
