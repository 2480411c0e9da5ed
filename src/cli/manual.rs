//! `kustompose completions` and `kustompose man`: what shells and `man` read, made from the flags themselves.

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;

use super::{Io, put};
use crate::text::nearest;

/// The shell to complete for.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kustompose completions bash > ~/.local/share/bash-completion/completions/kustompose
  kustompose completions zsh > \"${fpath[1]}/_kustompose\"
  kustompose completions fish > ~/.config/fish/completions/kustompose.fish")]
pub(super) struct Completions {
    /// Shell
    shell: Shell,
}

/// The page to print.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kustompose man | man -l -
  kustompose man convert > kustompose-convert.1")]
pub(super) struct Man {
    /// Command; without one, the page of kustompose itself
    command: Option<String>,
}

/// Prints the script. Exit status 0.
pub(super) fn complete(completions: &Completions, io: &mut Io<'_>) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut whole(), "kustompose", &mut script);
    put(io.stdout, &String::from_utf8_lossy(&script));
    0
}

/// Prints the page, in the form of roff. Exit status 0, or 2 if there is no such command.
pub(super) fn page(man: &Man, io: &mut Io<'_>) -> u8 {
    let mut command = whole();
    if let Some(name) = &man.command {
        let Some(found) = command.find_subcommand(name) else {
            let nearest = nearest(name, command.get_subcommands().map(Command::get_name));
            let hint = nearest.map_or_else(String::new, |nearest| format!(", did you mean `{nearest}`?"));
            put(io.stderr, &format!("error: there is no command `{name}`{hint}\n"));
            return 2;
        };
        command = found.clone();
    }
    let mut text = Vec::new();
    if let Err(error) = clap_mangen::Man::new(command).render(&mut text) {
        put(io.stderr, &format!("error: the page cannot be written: {error}\n"));
        return 2;
    }
    put(io.stdout, &String::from_utf8_lossy(&text));
    0
}

/// The command with all that clap adds to it.
fn whole() -> Command {
    let mut command = super::Arguments::command().no_binary_name(false);
    command.build();
    command
}
