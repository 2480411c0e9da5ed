//! Additional host names: compose specification, `extra_hosts`.

use super::ValueError;

/// A host name and its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The name, never empty.
    pub name: String,
    /// The addresses, without brackets, unchecked: docker compose takes any text.
    pub addresses: Vec<String>,
}

/// Reads an item of the list form, `name=address` or `name:address`, where a comma separates several
/// addresses.
///
/// # Errors
/// When there is no separator, and on names that [`check_name`] refuses.
pub fn parse(text: &str) -> Result<Host, ValueError> {
    let Some((name, addresses)) = text.split_once('=').or_else(|| text.split_once(':')) else {
        return Err(ValueError::whole(text, "expected `name=address`"));
    };
    check_name(name).map_err(|error| ValueError::part(text, name, error.message))?;
    Ok(Host { name: name.to_owned(), addresses: addresses.split(',').map(address).collect() })
}

/// An address as the mapping form has it, one for each value: without its brackets.
pub fn address(text: &str) -> String {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inner.filter(|inner| !inner.is_empty()).unwrap_or(text).to_owned()
}

/// Checks a name, which is a key in the mapping form.
///
/// # Errors
/// When it is empty or holds a separator.
pub fn check_name(name: &str) -> Result<(), ValueError> {
    if name.is_empty() {
        return Err(ValueError::whole(name, "the host name is missing"));
    }
    if name.contains([':', '=']) {
        return Err(ValueError::whole(name, "a host name cannot contain `:` or `=`"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_names_and_addresses() {
        let cases: [(&str, &str, &[&str]); 13] = [
            ("a=1.2.3.4", "a", &["1.2.3.4"]),
            ("a:1.2.3.4", "a", &["1.2.3.4"]),
            ("a=::1", "a", &["::1"]),
            ("a:::1", "a", &["::1"]),
            ("a=[::1],[::2]", "a", &["::1", "::2"]),
            ("a:b:c", "a", &["b:c"]),
            ("a=1=2", "a", &["1=2"]),
            ("a =  1", "a ", &["  1"]),
            ("a=", "a", &[""]),
            ("a=,", "a", &["", ""]),
            ("a=[]", "a", &["[]"]),
            ("a=[1", "a", &["[1"]),
            ("a=host-gateway", "a", &["host-gateway"]),
        ];
        for (text, name, addresses) in cases {
            let (name, addresses) = (name.to_owned(), owned(addresses));
            assert_eq!(parse(text), Ok(Host { name, addresses }), "{text}");
        }
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn says_what_is_wrong_where() {
        for (text, range) in [("", 0..0), ("a", 0..1), ("=1", 0..0), (":1", 0..0), ("a:b=c", 0..3)] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([a=:,\[\]]|\PC){0,12}") {
            if let Ok(host) = parse(&text) {
                prop_assert!(check_name(&host.name).is_ok() && !host.addresses.is_empty());
            }
        }
    }
}
