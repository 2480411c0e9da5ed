use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{
    diag::Report,
    text::Sources,
    yaml::{Node, Value, parse},
};

/// Strings as values, and how they are written.
const SCALARS: &[(&str, &str)] = &[
    ("abc", "abc"),
    ("a b, c", "a b, c"),
    ("it's \"x\"", "it's \"x\""),
    ("nginx:1.25", "nginx:1.25"),
    ("./x", "./x"),
    ("/bin/sh", "/bin/sh"),
    ("--help", "--help"),
    ("$(HOME)/x", "$(HOME)/x"),
    ("10m", "10m"),
    ("8080:80/tcp", "8080:80/tcp"),
    ("a#b", "a#b"),
    ("http://x:80/?a=b&c#d", "http://x:80/?a=b&c#d"),
    ("straße", "straße"),
    ("", "\"\""),
    ("yes", "\"yes\""),
    ("On", "\"On\""),
    ("y", "\"y\""),
    ("N", "\"N\""),
    ("TRUE", "\"TRUE\""),
    ("null", "\"null\""),
    ("~", "\"~\""),
    ("=", "\"=\""),
    ("<<", "\"<<\""),
    (".inf", "\".inf\""),
    ("-.NaN", "\"-.NaN\""),
    ("0755", "\"0755\""),
    ("1e3", "\"1e3\""),
    ("1_000", "\"1_000\""),
    ("0x1F", "\"0x1F\""),
    ("0o7", "\"0o7\""),
    ("1.5", "\"1.5\""),
    ("1,000", "\"1,000\""),
    ("12:30:45", "\"12:30:45\""),
    ("2001-01-01", "\"2001-01-01\""),
    ("2001-01-01T00:00:00Z", "\"2001-01-01T00:00:00Z\""),
    (" a", "\" a\""),
    ("a ", "\"a \""),
    ("a\tb", "\"a\\tb\""),
    ("a: b", "\"a: b\""),
    ("a:", "\"a:\""),
    ("a #b", "\"a #b\""),
    ("- x", "\"- x\""),
    ("-", "\"-\""),
    ("---", "\"---\""),
    ("--- a", "\"--- a\""),
    ("...", "\"...\""),
    ("!x", "\"!x\""),
    ("%x", "\"%x\""),
    ("@x", "\"@x\""),
    ("*x", "\"*x\""),
    ("[x", "\"[x\""),
    ("{x}", "\"{x}\""),
    ("'x'", "\"'x'\""),
    ("\"x\"", "\"\\\"x\\\"\""),
    ("a\\b", "a\\b"),
    ("\\b", "\"\\\\b\""),
    ("\u{85}", "\"\\x85\""),
    ("\u{2028}", "\"\\u2028\""),
    ("\u{feff}", "\"\\ufeff\""),
    ("\u{1b}[0m", "\"\\x1b[0m\""),
    ("🚀 go", "\"🚀 go\""),
    ("\u{1fffe}", "\"\\U0001fffe\""),
    ("a\r\nb\r\n", "\"a\\r\\nb\\r\\n\""),
    ("\na", "\"\\na\""),
    ("  a\nb", "\"  a\\nb\""),
    ("a\n \nb", "\"a\\n \\nb\""),
    ("a\nb", "|-\n  a\n  b"),
    ("a\nb\n", "|\n  a\n  b"),
    ("a\n\n\tb\n  # c\n", "|\n  a\n\n  \tb\n    # c"),
    ("a\nb\n\n\n", "|+\n  a\n  b\n\n"),
];

#[test]
fn strings_are_quoted_where_a_reader_may_mistake_them() {
    for (text, expected) in SCALARS {
        assert_eq!(document(&Yaml::map([("k", *text)])), format!("k: {expected}\n"));
    }
}

#[test]
fn other_scalars_are_what_they_are() {
    let cases = [
        (Yaml::Null, "null"),
        (Yaml::Bool(true), "true"),
        (Yaml::Int(-3), "-3"),
        (Yaml::Float(1.0), "1.0"),
        (Yaml::Float(-0.25), "-0.25"),
        (Yaml::Float(1e16), "1.0e+16"),
        (Yaml::Float(1.5e-7), "1.5e-07"),
        (Yaml::Float(f64::INFINITY), ".inf"),
        (Yaml::Float(f64::NEG_INFINITY), "-.inf"),
        (Yaml::Float(f64::NAN), ".nan"),
        (Yaml::Map(Entries::default()), "{}"),
        (Yaml::Seq(Vec::new()), "[]"),
        (Yaml::String("a\nb\n".to_owned()), "|\n  a\n  b"),
    ];
    for (yaml, expected) in cases {
        assert_eq!(document(&yaml), format!("{expected}\n"));
    }
}

#[test]
fn structure_is_laid_out_as_kubectl_does() {
    let yaml = Yaml::from(json!({
        "kind": "Pod",
        "spec": {
            "containers": [
                {"name": "a", "args": ["x", "y z"], "env": [], "resources": {}},
                {"name": "b", "script": "set -e\nrun\n"},
            ],
            "matrix": [[1, [2, 3]], [], [{"a": null, "b": [true]}]],
            "text": ["a\nb", "c"],
        },
    }));
    let expected = "\
kind: Pod
spec:
  containers:
  - name: a
    args:
    - x
    - y z
    env: []
    resources: {}
  - name: b
    script: |
      set -e
      run
  matrix:
  - - 1
    - - 2
      - 3
  - []
  - - a: null
      b:
      - true
  text:
  - |-
    a
    b
  - c
";
    assert_eq!(document(&yaml), expected);
    assert_eq!(read(expected), Some(yaml));
}

#[test]
fn comments_stand_above_and_beside() {
    let yaml = Yaml::map([
        ("a", Entry::new("x").above("one\n\ntwo\u{7}").beside("three\nfour")),
        ("b", Entry::new(Yaml::map([("c", Entry::new(1).above("in b"))])).beside("map")),
        (
            "d",
            Entry::new(Yaml::seq([
                Entry::new(Yaml::map([("e", Entry::new("f").above("first").beside("side"))]))
                    .above("item")
                    .beside("of d"),
                Entry::new(Yaml::seq([Entry::new("g").above("deep")])),
                Entry::new("a\nb").beside("block"),
            ])),
        ),
        (
            "h",
            Entry::new(Yaml::flow_seq([
                Yaml::from("sh"),
                Yaml::from("-c"),
                Yaml::from(json!({"a": [1, "b"]})),
            ]))
            .beside("flow"),
        ),
    ]);
    let expected = "\
# one
#
# two\u{fffd}
a: x # three four
b: # map
  # in b
  c: 1
d:
# item
# of d
# first
- e: f # side
# deep
- - g
- |- # block
  a
  b
h: [\"sh\", \"-c\", {a: [1, \"b\"]}] # flow
";
    assert_eq!(document(&yaml), expected);
    let plain = json!({"a": "x", "b": {"c": 1}, "d": [{"e": "f"}, ["g"], "a\nb"], "h": ["sh", "-c", {"a": [1, "b"]}]});
    assert_eq!(read(expected), Some(Yaml::from(plain)));
}

#[test]
fn documents_are_joined_and_headed() {
    let both = [Yaml::map([("a", "b\n\n")]), Yaml::map([("c", "d")])];
    assert_eq!(
        documents(Some("Made by x.\n\nDo not edit."), &both),
        "# Made by x.\n#\n# Do not edit.\na: |+\n  b\n\n---\nc: d\n"
    );
    assert_eq!(documents(None, &[]), "");
}

/// What our own parser reads.
fn read(text: &str) -> Option<Yaml> {
    let mut sources = Sources::default();
    let id = sources.add("out.yaml", text);
    let mut report = Report::default();
    let documents = parse::documents(&sources, id, &mut report)?;
    assert_eq!(report.diagnostics(), [], "{text}");
    let [document] = documents.as_slice() else { return None };
    assert!(!has_timestamp(document), "{text}");
    Some(Yaml::from(document.clone()))
}

fn has_timestamp(node: &Node) -> bool {
    match &node.value {
        Value::Timestamp(_) => true,
        Value::Seq(items) => items.iter().any(has_timestamp),
        Value::Map(map) => map.values().any(has_timestamp),
        _ => false,
    }
}

/// In all positions at once.
fn around(text: &str) -> serde_json::Value {
    json!({"value": text, "list": [text, [text], {text: text}], "map": {text: {text: [text]}, "z": text}, text: [text]})
}

fn strings() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[-+.:_0-9a-fxoTZ ]{0,12}",
        "[-?:,\\[\\]{}#&*!|>'\"%@`~=<\\\\ \n\ta-c]{0,16}",
        "[ab \n\t\r\u{85}\u{2028}\u{feff}\u{a0}#-]{0,16}",
        "(?i)[-+.]?(y|n|yes|no|on|off|true|false|null|nan|inf|~|=|<<)",
        Just("x".repeat(1500)),
        (0..SCALARS.len()).prop_map(|index| SCALARS[index].0.to_owned()),
    ]
}

fn values() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|bool| json!(bool)),
        any::<i64>().prop_map(|int| json!(int)),
        any::<f64>().prop_map(|float| json!(float)),
        strings().prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
            prop::collection::vec((strings(), inner), 0..4)
                .prop_map(|entries| serde_json::Value::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn strings_read_back_everywhere(text in strings()) {
        let value = around(&text);
        let written = document(&Yaml::from(value.clone()));
        prop_assert_eq!(read(&written), Some(Yaml::from(value.clone())), "{}", written);
        prop_assert_eq!(serde_yaml::from_str::<serde_json::Value>(&written).unwrap(), value, "{}", written);
    }

    #[test]
    fn trees_read_back(value in values()) {
        let written = document(&Yaml::from(value.clone()));
        prop_assert_eq!(read(&written), Some(Yaml::from(value.clone())), "{}", written);
        prop_assert_eq!(serde_yaml::from_str::<serde_json::Value>(&written).unwrap(), value.clone(), "{}", written);
        let flow = document(&Yaml::flow_seq([Yaml::from(value.clone())]));
        prop_assert_eq!(serde_yaml::from_str::<serde_json::Value>(&flow).unwrap(), json!([value]), "{}", flow);
    }

    #[test]
    fn comments_change_nothing(comment in "\\PC{0,20}|[#:\n\r\u{85}\u{2028}\u{7}\u{feff} a-]{0,8}", text in strings()) {
        let entry = || Entry::new(text.as_str()).above(&comment).beside(comment.as_str());
        let list = Entry::new(Yaml::seq([entry(), Entry::new(Yaml::map([("k", entry())])).beside(comment.as_str())]));
        let yaml = Yaml::map([("a", entry()), ("l", list.beside(comment.as_str()))]);
        let plain = json!({"a": text, "l": [text, {"k": text}]});
        let written = documents(Some(&comment), &[yaml]);
        prop_assert_eq!(read(&written), Some(Yaml::from(plain.clone())), "{}", written);
        prop_assert_eq!(serde_yaml::from_str::<serde_json::Value>(&written).unwrap(), plain, "{}", written);
    }
}
