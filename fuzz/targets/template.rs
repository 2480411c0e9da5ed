//! Interpolation answers for any text, and every place it names lies in the text.

#![no_main]

use kustompose::compose::template;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lookup = |name: &str| match name.len() % 3 {
        0 => None,
        1 => Some(String::new()),
        _ => Some(format!("${name}")),
    };
    match template::expand(text, &lookup) {
        Ok(template) => {
            for reference in template.evaluated() {
                let whole = &text[reference.range.clone()];
                assert!(whole.starts_with('$') && whole.contains(&reference.name));
            }
        }
        Err(error) => assert!(text[error.range()].starts_with("${"), "{error}"),
    }
    let doubled = text.replace('$', "$$");
    assert_eq!(template::expand(&doubled, &lookup).map(|template| template.value()).as_deref(), Ok(text));
});
