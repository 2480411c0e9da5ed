//! The `kustompose` command.

fn main() {}
