//! Work on several CPUs at once.

use rayon::prelude::*;

/// Fewer items are worked on one after the other: that takes less time than to start threads.
const MANY: usize = 64;

/// What becomes of each item, in their order.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], map: impl Fn(&T) -> R + Sync) -> Vec<R> {
    if items.len() < MANY { items.iter().map(map).collect() } else { items.par_iter().map(&map).collect() }
}

/// Does two things at once: one in a thread of its own, if it is to be done at all.
pub(crate) fn beside<A: Send, B>(
    aside: Option<impl FnOnce() -> A + Send>,
    here: impl FnOnce() -> B,
) -> (B, Option<A>) {
    std::thread::scope(|scope| {
        let thread = aside.map(|aside| scope.spawn(aside));
        let here = here();
        (here, thread.map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_the_items() {
        for count in [0, 1, MANY - 1, MANY, 10 * MANY] {
            let items: Vec<usize> = (0..count).collect();
            let squares: Vec<usize> = items.iter().map(|item| item * item).collect();
            assert_eq!(map(&items, |item| item * item), squares);
        }
    }
}
