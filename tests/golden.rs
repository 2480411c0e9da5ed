//! Every folder with `in/` below `testdata/` is a case.

fn main() {}
