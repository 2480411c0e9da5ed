//! How much a run may make of its input: a file of one kilobyte can ask for gigabytes.
//!
//! What files say themselves costs nothing. What is made of it does: text that takes the place of variables and aliases,
//! values that are copied, files that are taken in again. The limits are far beyond what projects need, and what they
//! stand for is counted, never timed: the same input gives the same answer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

/// Bytes of text that one load may make of variables and aliases.
pub const BYTES: usize = 32 << 20;

/// Values that one load may copy, by `extends`, `include` and `env_file`.
pub const VALUES: usize = 400_000;

/// As many loads, of which each spends all that it may, are in one run.
const LOADS: usize = 4;

/// What one more file costs beside its values.
pub const FILE: usize = 100;

/// What is left of the limits. One thread loads; others may read the texts meanwhile.
#[derive(Debug)]
pub struct Budget {
    bytes: Left,
    values: Left,
    is_told: AtomicBool,
}

/// What is left of one limit, in this load and in the run.
#[derive(Debug)]
struct Left {
    load: AtomicUsize,
    run: AtomicUsize,
}

impl Left {
    fn of(limit: usize) -> Self {
        Self { load: limit.into(), run: limit.saturating_mul(LOADS).into() }
    }

    fn is_left(&self) -> usize {
        self.load.load(Relaxed).min(self.run.load(Relaxed))
    }

    /// Whether there was as much; if not, nothing is left.
    fn spend(&self, amount: usize) -> bool {
        let is_enough = amount <= self.is_left();
        for part in [&self.load, &self.run] {
            part.store(if is_enough { part.load(Relaxed) - amount } else { 0 }, Relaxed);
        }
        is_enough
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self { bytes: Left::of(BYTES), values: Left::of(VALUES), is_told: false.into() }
    }
}

impl Budget {
    /// One more load begins.
    pub fn begin_load(&self) {
        self.bytes.load.store(BYTES, Relaxed);
        self.values.load.store(VALUES, Relaxed);
    }

    /// The bytes that may be made yet.
    pub fn bytes_left(&self) -> usize {
        self.bytes.is_left()
    }

    /// Spends bytes of text; says whether there were as many.
    pub fn spend_bytes(&self, bytes: usize) -> bool {
        self.bytes.spend(bytes)
    }

    /// Spends copied values; says whether there were as many.
    pub fn spend_values(&self, values: usize) -> bool {
        self.values.spend(values)
    }

    /// Whether it is still to be told that a limit is reached. It is told once: all that follows has the same cause.
    pub fn is_to_tell(&self) -> bool {
        !self.is_told.swap(true, Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::default();
        assert!(budget.spend_bytes(BYTES - 1) && budget.bytes_left() == 1);
        assert!(!budget.spend_bytes(2) && !budget.spend_bytes(1));
        assert!(budget.spend_values(VALUES) && !budget.spend_values(1));
        assert!(budget.is_to_tell() && !budget.is_to_tell());
    }

    #[test]
    fn each_load_has_its_own_and_the_run_has_an_end() {
        let budget = Budget::default();
        // A load that goes beyond its limit ends the run, and there is no further one.
        for _ in 0..LOADS {
            budget.begin_load();
            assert!(budget.spend_values(VALUES));
        }
        budget.begin_load();
        assert!(!budget.spend_values(1) && budget.spend_bytes(1));
    }
}
