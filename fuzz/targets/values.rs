//! The grammars of values answer for any text, and blame a part of it if they refuse it.

#![no_main]

use kustompose::{
    catalog::reference::Reference,
    compose::values::{
        ValueError, boolean, bytes, devices, duration, hosts, mode, number, ports, project_name, volumes,
        words,
    },
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    blamed(text, boolean::parse(text));
    blamed(text, bytes::parse(text));
    blamed(text, devices::parse(text));
    blamed(text, hosts::parse(text));
    blamed(text, hosts::check_name(text));
    blamed(text, number::signed(text));
    blamed(text, number::unsigned(text));
    blamed(text, number::float(text));
    blamed(text, ports::parse(text));
    blamed(text, volumes::parse(text));
    blamed(text, words::split(text));
    if let Some(mode) = blamed(text, mode::parse(text)).filter(|mode| *mode >= 0) {
        assert_eq!(mode::parse(&mode::format(mode)), Ok(mode));
    }
    if let Some(length) = blamed(text, duration::parse(text)) {
        assert_eq!(duration::parse(&duration::format(length)), Ok(length));
    }
    let name = project_name::normalise(text);
    assert_eq!(project_name::normalise(&name), name);
    Reference::parse(text).name();
});

fn blamed<T>(text: &str, result: Result<T, ValueError>) -> Option<T> {
    if let Err(error) = &result {
        assert!(text.get(error.offset..error.offset + error.len).is_some(), "{error:?}");
    }
    result.ok()
}
