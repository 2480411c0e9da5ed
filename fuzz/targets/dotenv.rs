//! Environment files, in both formats, give variables or an error, at places that lie in the text.

#![no_main]

use kustompose::compose::dotenv::{self, DotenvError, Parsed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lookup = |name: &str| (name.len() % 2 == 0).then(|| name.to_lowercase());
    check(text, dotenv::parse(text, &lookup));
    check(text, dotenv::parse_raw(text, &lookup));
});

fn check(text: &str, result: Result<Parsed, DotenvError>) {
    match result {
        Ok(parsed) => {
            for variable in &parsed.variables {
                assert_eq!(text[variable.name_range.clone()], variable.name);
                assert!(text.get(variable.value_range.clone()).is_some());
            }
            for unset in &parsed.unset {
                assert!(text.get(unset.range.clone()).is_some());
            }
        }
        Err(error) => assert!(text.get(error.offset..error.offset + error.len).is_some(), "{error}"),
    }
}
