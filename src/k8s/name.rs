//! Names and what may stand in them.
//!
//! See [object names](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/) and
//! [labels](https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/).

/// The length limit of DNS labels, and so of most names and of all label values.
pub const LABEL_LENGTH: usize = 63;

/// The longest name of a StatefulSet whose pods' labels and names stay legal.
pub const STATEFUL_SET_LENGTH: usize = 52;

/// `text` as an RFC 1123 label: lower case letters, digits and `-`; empty if it holds none of them.
pub fn dns_label(text: &str) -> String {
    let mut label = String::with_capacity(text.len());
    for character in text.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => label.push(character),
            _ if label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    shortened(label.trim_matches('-'), LABEL_LENGTH)
}

/// `text` as an RFC 1035 label, which names of Services must be: it begins with a letter.
pub fn service_name(text: &str) -> String {
    let label = dns_label(text);
    if label.starts_with(|first: char| first.is_ascii_lowercase()) {
        return label;
    }
    shortened(format!("svc-{label}").trim_end_matches('-'), LABEL_LENGTH)
}

/// The first `length` characters of an ASCII name, not ending in `-`.
pub fn shortened(name: &str, length: usize) -> String {
    let end = name.char_indices().nth(length).map_or(name.len(), |(at, _)| at);
    name[..end].trim_end_matches('-').to_owned()
}

/// So many numbers are tried one after the other.
const FEW: u32 = 100;

/// The name, with a number if it is taken.
pub fn free(wanted: &str, taken: impl Fn(&String) -> bool) -> String {
    let numbered = |number: u32| if number < 2 { wanted.to_owned() } else { format!("{wanted}-{number}") };
    if let Some(free) = (1..=FEW).map(numbered).find(|name| !taken(name)) {
        return free;
    }
    // Thousands of names that are spelled alike: the end of their numbers is looked for by halves.
    let (mut known, mut beyond) = (FEW, FEW * 2);
    while taken(&numbered(beyond)) {
        (known, beyond) = (beyond, beyond.saturating_mul(2));
        if known == beyond {
            return wanted.to_owned();
        }
    }
    while beyond - known > 1 {
        let middle = known + (beyond - known) / 2;
        if taken(&numbered(middle)) { known = middle } else { beyond = middle }
    }
    numbered(beyond)
}

/// Whether it is an RFC 1123 label.
pub fn is_dns_label(text: &str) -> bool {
    !text.is_empty() && text.len() <= LABEL_LENGTH && dns_label(text) == text
}

/// Whether it is an RFC 1123 subdomain: labels with dots between, 253 characters at most.
pub fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

/// Whether it may be the value of a label.
pub fn is_label_value(text: &str) -> bool {
    text.is_empty() || (text.len() <= LABEL_LENGTH && is_qualified(text))
}

/// Whether it may be the key of a label or an annotation: `name` or `domain/name`.
pub fn is_label_key(text: &str) -> bool {
    let (domain, name) = text.rsplit_once('/').map_or((None, text), |(domain, name)| (Some(domain), name));
    domain.is_none_or(is_dns_subdomain)
        && !name.is_empty()
        && name.len() <= LABEL_LENGTH
        && is_qualified(name)
}

/// May it name a variable that a whole ConfigMap or Secret brings into a container? Clusters before
/// 1.30 skip other keys.
pub fn is_variable_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|byte| byte.is_ascii_alphabetic() || b"-._".contains(&byte));
    first
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && text != "."
        && text != ".."
}

/// May it be the key of a line in a list of variables that kustomize makes an object of? It reads keys as YAML: `true`,
/// `null` and `.5` are no strings to it, and it fails.
pub fn is_list_key(text: &str) -> bool {
    is_variable_name(text) && !is_yaml_word(text)
}

/// `text` as a key of such a list.
pub fn list_key(text: &str) -> String {
    let key = data_key(text);
    if is_list_key(&key) { key } else { format!("_{key}") }
}

/// Whether a reader of YAML may take a plain key for a boolean, null, a number or a time.
fn is_yaml_word(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "null", "nan", "inf"];
    let bare = text.trim_start_matches(['+', '-', '.']);
    let is_number = |byte: u8| byte.is_ascii_hexdigit() || b"xXoObBtTzZ_.-+:".contains(&byte);
    let starts_number =
        text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '+' | '.'));
    WORDS.iter().any(|word| bare.eq_ignore_ascii_case(word))
        || starts_number
            && bare.starts_with(|first: char| first.is_ascii_digit())
            && text.bytes().all(is_number)
}

/// May a container have a variable of this name at all? Since 1.32, printable ASCII without `=` is enough.
pub fn is_relaxed_variable_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=')
}

/// Whether it may be a key of a ConfigMap or a Secret.
pub fn is_data_key(text: &str) -> bool {
    (1..=253).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && text != "."
        && !text.starts_with("..")
        && !is_yaml_word(text)
}

/// `text` as a key of a ConfigMap or a Secret.
pub fn data_key(text: &str) -> String {
    let legal = |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
    let key: String = text.chars().map(|character| if legal(character) { character } else { '_' }).collect();
    if is_data_key(&key) { key } else { format!("file{}", shortened(&key, 200)) }
}

/// `text` as the name of a port: an RFC 6335 service name, at most 15 characters with a letter.
pub fn port_name(text: &str) -> Option<String> {
    let label = shortened(&dns_label(text), 15);
    label.contains(|character: char| character.is_ascii_lowercase()).then_some(label)
}

fn is_qualified(text: &str) -> bool {
    let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    ends(text.bytes().next())
        && ends(text.bytes().last())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_makes_a_name_free() {
        let mut taken = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            let name = free("a", |name| taken.contains(name));
            assert!(taken.insert(name));
        }
        assert!(taken.contains("a") && taken.contains("a-2") && taken.contains("a-1000"));
    }

    #[test]
    fn names_become_labels() {
        for (text, label) in [
            ("web", "web"),
            ("Web_App", "web-app"),
            ("a__b..c", "a-b-c"),
            ("-x-", "x"),
            ("1st.svc", "1st-svc"),
            ("___", ""),
        ] {
            assert_eq!(dns_label(text), label);
        }
        assert_eq!(service_name("1st.svc"), "svc-1st-svc");
        assert_eq!(dns_label(&"x-".repeat(60)).len(), 63);
    }

    #[test]
    fn keys_and_values_of_labels() {
        assert!(is_label_key("traefik.http.routers.a.rule"));
        assert!(is_label_key("example.com/a_b"));
        assert!(!is_label_key("example.com/"));
        assert!(!is_label_key("a/b/c"));
        assert!(is_label_value(""));
        assert!(!is_label_value("My web app"));
        assert!(!is_label_value(&"x".repeat(64)));
    }

    #[test]
    fn variables_and_keys() {
        assert!(is_variable_name("a.b-C_1"));
        assert!(!is_variable_name("1A"));
        assert!(!is_variable_name(""));
        assert!(!is_data_key("..") && !is_data_key("..x") && is_data_key(".x") && !is_data_key("10"));
        assert_eq!((data_key("..x").as_str(), data_key("true").as_str()), ("file..x", "filetrue"));
        for word in ["true", "NULL", ".5", "-1", "1e3", ".inf", "-.NaN", "-0x1", "2001-01-01"] {
            assert!(!is_list_key(word), "{word}");
        }
        for key in ["A", "yes", "e1", "_1", "a.b", "-a", "--", "True_"] {
            assert!(is_list_key(key), "{key}");
        }
        assert_eq!(list_key("Auth:ApiKey"), "Auth_ApiKey");
        assert_eq!((list_key("2FA_SECRET").as_str(), list_key(".5").as_str()), ("_2FA_SECRET", "file.5"));
        assert_eq!(data_key("sub dir/a.conf"), "sub_dir_a.conf");
    }
}
