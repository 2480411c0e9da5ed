//! What a run is doing, for somebody who waits at a terminal.

use std::{
    io::{self, Write},
    thread,
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Runs that end sooner show nothing.
const DELAY: Duration = Duration::from_millis(500);

/// Between two pictures of what turns.
const TICK: Duration = Duration::from_millis(100);

/// A line on the terminal that says which stage a run is in. It appears after half a second, and goes before anything
/// else is printed.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// Shows nothing, now or later, if `is_shown` is false.
    pub(crate) fn new(is_shown: bool) -> Self {
        // What turns is ASCII, which every terminal has.
        let style = ProgressStyle::default_spinner().tick_chars("|/-\\ ");
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden()).with_style(style);
        if is_shown {
            let late = bar.clone();
            thread::spawn(move || {
                thread::sleep(DELAY);
                if !late.is_finished() && !late.message().is_empty() {
                    late.set_draw_target(ProgressDrawTarget::stderr());
                    late.enable_steady_tick(TICK);
                }
            });
        }
        Self { bar }
    }

    /// Says which stage begins.
    pub(crate) fn stage(&self, stage: &str) {
        self.bar.set_message(stage.to_owned());
    }

    /// Takes the line away for good.
    fn end(&self) {
        if !self.bar.is_finished() {
            self.bar.finish_and_clear();
        }
    }
}

/// A stream that takes the progress away before it writes.
pub(crate) struct AfterProgress<'p, W> {
    pub(crate) stream: W,
    pub(crate) progress: &'p Progress,
}

impl<W: Write> Write for AfterProgress<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.progress.end();
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}
