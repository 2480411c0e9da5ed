//! The command line: arguments to stages, results to text and exit codes.

use std::{collections::BTreeMap, io::Write};

use camino::Utf8PathBuf;

/// What a run sees of the outside, so that it can be given another one.
pub struct Io<'a> {
    /// The variables of the process.
    pub environment: BTreeMap<String, String>,
    /// The working directory, absolute.
    pub directory: Utf8PathBuf,
    /// What was asked for.
    pub stdout: &'a mut dyn Write,
    /// Everything that is said about it.
    pub stderr: &'a mut dyn Write,
    /// May the output be coloured?
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
}

/// Runs the command that the arguments, without the program's own name, ask for. Returns its exit code.
pub fn run(args: &[String], io: Io<'_>) -> u8 {
    // A reader that hung up needs no message.
    let _ = writeln!(io.stderr, "error: unknown command `{}`", args.join(" "));
    2
}
