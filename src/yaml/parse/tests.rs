use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::{diag::Severity, yaml::Value};

struct Parsed {
    sources: Sources,
    documents: Option<Vec<Node>>,
    report: Report,
}

fn parse(text: &str) -> Parsed {
    let mut sources = Sources::default();
    let id = sources.add("c.yaml", text);
    let mut report = Report::default();
    let documents = documents(&sources, id, &mut report);
    Parsed { sources, documents, report }
}

impl Parsed {
    /// The documents in one line each.
    fn shown(&self) -> Option<String> {
        let documents = self.documents.as_ref()?;
        Some(documents.iter().map(show).collect::<Vec<_>>().join(" --- "))
    }

    /// The findings, as `code line:column message`.
    fn findings(&self) -> Vec<String> {
        let show = |diagnostic: &Diagnostic| {
            let place = diagnostic.span().map(|span| self.sources.location(span));
            let (line, column) = place.map_or((0, 0), |place| (place.line, place.column));
            format!("{} {line}:{column} {}", diagnostic.code.id, diagnostic.message)
        };
        self.report.diagnostics().iter().map(show).collect()
    }

    /// The text of every node and key, in order, parents first.
    fn slices(&self) -> Vec<&str> {
        let mut slices = Vec::new();
        for document in self.documents.iter().flatten() {
            walk(document, &mut |span| slices.push(self.sources.slice(span)));
        }
        slices
    }
}

fn walk(node: &Node, visit: &mut impl FnMut(Span)) {
    visit(node.span);
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Map(map) => {
            for (key, value) in map {
                visit(key.span);
                walk(value, visit);
            }
        }
        _ => {}
    }
}

fn show(node: &Node) -> String {
    let mut text = node.directive.map_or(String::new(), |directive| format!("{directive:?} "));
    match &node.value {
        Value::Null => text.push_str("null"),
        Value::Bool(bool) => write!(text, "{bool}").unwrap(),
        Value::Int(int) => write!(text, "{int}").unwrap(),
        Value::Float(float) => write!(text, "{float:?}").unwrap(),
        Value::Timestamp(time) => write!(text, "time {time}").unwrap(),
        Value::String(string) => write!(text, "{string:?}").unwrap(),
        Value::Seq(items) => {
            write!(text, "[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")).unwrap()
        }
        Value::Map(map) => {
            let entries: Vec<_> =
                map.iter().map(|(key, value)| format!("{}: {}", key.text, show(value))).collect();
            write!(text, "{{{}}}", entries.join(", ")).unwrap();
        }
    }
    text
}

/// Texts without a finding, and what they say.
const SOUND: &[(&str, &str)] = &[
    ("", ""),
    ("# nothing\n\n", ""),
    ("---\n", "null"),
    ("a: 1\n---\n- b\n...\n---\nc\n", "{a: 1} --- [\"b\"] --- \"c\""),
    ("\u{feff}a: b\n", "{a: \"b\"}"),
    ("a: 1\r\nb:\r\n- x\r\n-\r\n- y: z\r\n  w: 1\r\n", "{a: 1, b: [\"x\", null, {y: \"z\", w: 1}]}"),
    ("{\"a\": [1, 2.5, null, true], \"b\": {}}", "{a: [1, 2.5, null, true], b: {}}"),
    ("a:\nb: ~\nc: ''\nd: !!str\ne: &x\nf: *x\n", "{a: null, b: null, c: \"\", d: \"\", e: null, f: null}"),
    ("a: ~\n? b\n: - c\n", "{a: null, b: [\"c\"]}"),
    ("a: |\n  x\n  y\nb: >-\n  x\n  y\n\nc: |+\n  x\n\n", "{a: \"x\\ny\\n\", b: \"x y\", c: \"x\\n\\n\"}"),
    ("a: 'it''s'\nb: \"\\x41\\u00e9\\n\"\nc: x\n  y\n", "{a: \"it's\", b: \"Aé\\n\", c: \"x y\"}"),
    (
        "a: 2001-01-01\nb: \"2001-01-01\"\nc: 0755\nd: '1'\n",
        "{a: time 2001-01-01, b: \"2001-01-01\", c: 493, d: \"1\"}",
    ),
    ("yes: 1\n\"1\": 2\n!!str 3: 4\n? !!str null\n: 5\n", "{yes: 1, 1: 2, 3: 4, null: 5}"),
    // Tags.
    (
        "a: !reset\nb: !reset null\nc: !override [x]\nd: !override {e: f}\n",
        "{a: Reset \"\", b: Reset \"null\", c: Override [\"x\"], d: Override {e: \"f\"}}",
    ),
    (
        "a: !foo 010\nb: !foo [1]\nc: ! 12\nd: !!int \"010\"\ne: !<tag:yaml.org,2002:str> 1\n",
        "{a: \"010\", b: [1], c: 12, d: 8, e: \"1\"}",
    ),
    ("%TAG !e! tag:yaml.org,2002:\n---\na: !e!str 1\n", "{a: \"1\"}"),
    ("a: !!binary aGVsbG8=\nb: !!seq [1]\n", "{a: \"hello\", b: [1]}"),
    // Anchors.
    ("a: &x 1\nb: &x 2\nc: *x\n", "{a: 1, b: 2, c: 2}"),
    ("a: &x k\n*x : v\n", "{a: \"k\", k: \"v\"}"),
    ("a: &x 1\n---\nb: *x\n", "{a: 1} --- {b: 1}"),
    ("a: &x [&x 1, *x]\nb: *x\n", "{a: [1, 1], b: 1}"),
    ("a: &x !override {b: 1}\nc: *x\n", "{a: Override {b: 1}, c: Override {b: 1}}"),
    (
        "a: &x {b: !reset 1, c: !override 2, d: 3}\ne: *x\n",
        "{a: {b: Reset \"1\", c: Override \"2\", d: 3}, e: {c: Override \"2\", d: 3}}",
    ),
    ("a: !override {b: !reset null, c: !override d}\n", "{a: Override {b: \"null\", c: \"d\"}}"),
    ("a: &a !reset {b: *a, c: 1, c: 2, 3: 4}\n", "{a: Reset {b: null, c: 1}}"),
    // Merge keys.
    ("a: &a [{x: 1}]\nb: {<<: *a}\n", "{a: [{x: 1}], b: {x: 1}}"),
    ("a: {<<: !reset 3, b: 1}\nc: {<<: [!reset 3, {d: 1}]}\n", "{a: {b: 1}, c: {d: 1}}"),
    ("a: {<<: {b: 1}, b: !reset 2}\n", "{a: {b: 1}}"),
    ("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3, z: 4}\n", "{a: {x: 1, y: 2}, b: {x: 1, y: 3, z: 4}}"),
    ("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\n", "{a: {x: 1, y: 2}, b: {y: 3, x: 1}}"),
    (
        "a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc: {<<: [*a, *b]}\n",
        "{a: {x: 1}, b: {x: 2, y: 2}, c: {x: 1, y: 2}}",
    ),
    ("a: &a {x: {p: 1}}\nb: {<<: *a, x: {q: 2}}\n", "{a: {x: {p: 1}}, b: {x: {q: 2}}}"),
    ("a: {<<: [{x: 1}, {x: 2, y: 3}]}\n", "{a: {x: 1, y: 3}}"),
    ("a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}\n", "{a: {x: 1}, b: {x: 1, y: 2}, c: {x: 1, y: 2}}"),
    ("a: {\"<<\": 1}\nb: [<<]\nc: <<\n", "{a: {<<: 1}, b: [\"<<\"], c: \"<<\"}"),
    ("a: {<<: {}}\n", "{a: {}}"),
];

#[test]
fn sound_texts_read_as_in_go_yaml() {
    for (text, expected) in SOUND {
        let parsed = parse(text);
        assert_eq!(parsed.findings(), Vec::<String>::new(), "{text}");
        assert_eq!(parsed.shown().as_deref(), Some(*expected), "{text}");
    }
}

/// Texts, the tree that is left, and the findings.
const MISTAKEN: &[(&str, Option<&str>, &[&str])] = &[
    (
        "a: 1\nb:\n  c: 2\na: 3\n",
        Some("{a: 1, b: {c: 2}}"),
        &["KL003 4:1 the key `a` is set twice in one mapping"],
    ),
    ("{a: 1, \"a\": 2}", Some("{a: 1}"), &["KL003 1:8 the key `a` is set twice in one mapping"]),
    (
        "a: {<<: {x: 1}, <<: {y: 2}}\n",
        Some("{a: {x: 1}}"),
        &["KL003 1:17 the key `<<` is set twice in one mapping"],
    ),
    (
        "s:\n  a:\n    e: {1: x, b: y}\n  l: [x, {true: 1}]\n~: 1\n",
        Some("{s: {a: {e: {b: \"y\"}}, l: [\"x\", {}]}}"),
        &[
            "KL004 3:9 non-string key in s.a.e: 1",
            "KL004 4:11 non-string key in s.l[1]: true",
            "KL004 5:1 non-string key at the top level: ~",
        ],
    ),
    (
        "? [a]\n: 1\n? {b: c}\n: 2\nd: {: 1}\n",
        Some("{d: {}}"),
        &[
            "KL004 1:3 non-string key at the top level: a collection",
            "KL004 3:3 non-string key at the top level: a collection",
            "KL004 5:5 non-string key in d: nothing",
        ],
    ),
    (
        "a: &x 1\nb: {*x : c}\nd: *e\n",
        Some("{a: 1, b: {}, d: null}"),
        &["KL004 2:5 non-string key in b: *x", "KL005 3:4 there is no anchor `e` before this alias"],
    ),
    (
        "a: &x [1, {b: *x}]\nc: *x\n",
        Some("{a: [1, {b: null}], c: [1, {b: null}]}"),
        &["KL006 1:15 the value of the anchor `x` contains itself"],
    ),
    (
        "a: &x 1\nb: {<<: *x}\n",
        Some("{a: 1, b: {}}"),
        &["KL009 1:7 `<<` merges a mapping or a list of mappings, and this is neither"],
    ),
    (
        "b: {<<: null, c: d}\n",
        Some("{b: {c: \"d\"}}"),
        &["KL009 1:9 `<<` merges a mapping or a list of mappings, and this is neither"],
    ),
    (
        "a: &x [{y: 1}]\nb: !override {<<: *x}\n",
        Some("{a: [{y: 1}], b: Override {}}"),
        &["KL009 1:7 `<<` merges a mapping or a list of mappings, and this is neither"],
    ),
    (
        "a: &x [{y: 1}]\n<<: *x\n",
        Some("{a: [{y: 1}]}"),
        &["KL009 1:7 `<<` merges a mapping or a list of mappings, and this is neither"],
    ),
    (
        "a: &x {y: 1}\nb: {<<: *x, c: {d: *x}}\ne: {f: *x, <<: *x}\ng: {<<: [*x], h: *x}\n",
        Some("{a: {y: 1}, b: {y: 1, c: {d: {y: 1}}}, e: {f: {y: 1}, y: 1}, g: {y: 1, h: {y: 1}}}"),
        &[
            "KL006 2:20 `x` is merged into a mapping, and has another alias within that mapping",
            "KL006 3:16 `x` is merged into a mapping, and has another alias within that mapping",
        ],
    ),
    (
        "b: {<<: [{a: 1}, 2]}\n",
        Some("{b: {}}"),
        &["KL009 1:18 `<<` merges a mapping or a list of mappings, and this is neither"],
    ),
    (
        "a: !!bool yes\nb: !!null x\nc: !!int \"y\"\nd: !!binary é\n",
        Some("{a: null, b: null, c: null, d: null}"),
        &[
            "KL010 1:11 this text is no !!bool",
            "KL010 2:11 this text is no !!null",
            "KL010 3:10 this text is no !!int",
            "KL010 4:13 this is no base64, which !!binary asks for",
        ],
    ),
    // No YAML.
    (
        "a: b: c\n---\nd: [\n",
        None,
        &["KL001 1:5 a mapping value is not allowed here", "KL001 3:4 this `[` is never closed"],
    ),
    ("a:\n\tb: 1\n", None, &["KL001 2:2 a tab is used where YAML requires spaces"]),
    ("a: %x\n", None, &["KL001 1:4 a value cannot begin with `%` unless it is quoted"]),
    ("a: @x\n", None, &["KL001 1:4 a value cannot begin with `@` unless it is quoted"]),
    ("a: - b\n", None, &["KL001 1:4 a list entry is not allowed here"]),
    ("a: ?\n", None, &["KL001 1:4 a mapping key is not allowed here"]),
    ("a: *\n", None, &["KL001 1:4 the name of an anchor or alias is missing"]),
    ("a: 'b\n", None, &["KL001 1:4 this quote is never closed"]),
    ("a: \"\\q\"\n", None, &["KL001 1:4 this escape does not exist"]),
    ("a: 'b' c\n", None, &["KL001 1:8 text follows a closed quote"]),
    ("a: {b: 1]\n", None, &["KL001 1:4 this `{` is closed by a `]`"]),
    ("a:\n  b: 1\n c: 2\n", None, &["KL001 3:2 this is no key of the mapping it is indented like"]),
    ("a: 1\nb\n", None, &["KL001 2:1 a `:` is missing behind this key"]),
    ("a: x\u{7}y\n", None, &["KL002 1:5 the control character U+0007 is not allowed in YAML"]),
];

#[test]
fn mistakes_are_reported_at_their_place() {
    for (text, expected, findings) in MISTAKEN {
        let parsed = parse(text);
        assert_eq!(parsed.findings(), *findings, "{text}");
        assert_eq!(parsed.shown().as_deref(), *expected, "{text}");
    }
}

#[test]
fn a_duplicate_key_names_both_places() {
    let parsed = parse("a: 1\nb: 2\n\"a\": 3\n");
    let [duplicate] = parsed.report.diagnostics() else { panic!("one finding") };
    let labels: Vec<_> = duplicate
        .labels
        .iter()
        .map(|label| (parsed.sources.slice(label.span), label.text.as_str()))
        .collect();
    assert_eq!(labels, [("\"a\"", "again here"), ("a", "first here")]);
}

/// Texts, and the text of every node and key, parents first.
const SPANS: &[(&str, &[&str])] = &[
    (
        "a:\n  b: \"x y\"  # c\n  c:\n  d: |\n    hello\n    w  \n\n  e:   \n",
        &[
            "a:\n  b: \"x y\"  # c\n  c:\n  d: |\n    hello\n    w  \n\n  e:",
            "a",
            "b: \"x y\"  # c\n  c:\n  d: |\n    hello\n    w  \n\n  e:",
            "b",
            "\"x y\"",
            "c",
            "",
            "d",
            "hello\n    w",
            "e",
            "",
        ],
    ),
    ("x: [é, {k: 'v' }] # c\n", &["x: [é, {k: 'v' }]", "x", "[é, {k: 'v' }]", "é", "{k: 'v' }", "k", "'v'"]),
    ("\u{feff}k: v\r\nl:\r\n- a\r\n", &["k: v\r\nl:\r\n- a", "k", "v", "l", "- a", "a"]),
    (
        "l: &x-y # - c\n- - a\n  - b\n- c: d\n",
        &[
            "l: &x-y # - c\n- - a\n  - b\n- c: d",
            "l",
            "- - a\n  - b\n- c: d",
            "- a\n  - b",
            "a",
            "b",
            "c: d",
            "c",
            "d",
        ],
    ),
    ("l: !t\n  - -5\n  - x\n", &["l: !t\n  - -5\n  - x", "l", "- -5\n  - x", "-5", "x"]),
    ("l:\n- -5\n", &["l:\n- -5", "l", "- -5", "-5"]),
    ("? a\n: - b\n? c\n", &["? a\n: - b\n? c", "a", "- b", "b", "c", ""]),
    ("a: &x {b: c}\nd: *x\n", &["a: &x {b: c}\nd: *x", "a", "{b: c}", "b", "c", "d", "{b: c}", "b", "c"]),
    ("[a: b, c]", &["[a: b, c]", "a: b", "a", "b", "c"]),
    (
        "a: x\n  y  # c\nb: >\n\n   t\n   u\n",
        &["a: x\n  y  # c\nb: >\n\n   t\n   u", "a", "x\n  y", "b", "t\n   u"],
    ),
    ("--- a\n", &["a"]),
    ("--- # c\n- - a\n- b\n", &["- - a\n- b", "- a", "a", "b"]),
];

#[test]
fn spans_are_exact() {
    for (text, expected) in SPANS {
        assert_eq!(parse(text).slices(), *expected, "{text}");
    }
}

#[test]
fn a_missing_value_stands_behind_its_colon() {
    for (text, column) in [
        ("a:\n", 3),
        ("a :  # c\n", 4),
        ("{\"a\":}", 6),
        ("{a}", 3),
        ("a: !!str\n", 9),
        ("- \n", 2),
        ("? a\n? b\n", 4),
    ] {
        let parsed = parse(text);
        let document = &parsed.documents.as_ref().unwrap()[0];
        let node = document.get("a").or_else(|| document.as_seq()?.first()).unwrap();
        assert_eq!(parsed.sources.location(node.span).column, column, "{text}");
    }
}

#[test]
fn quoted_texts_may_go_on_at_their_keys_column() {
    let text = "s:\n  c: \"sh -c '\n  foo &&\n\n  bar\n  '\"\n  d: 'x\ny'\n  e: f\n";
    let parsed = parse(text);
    assert_eq!(parsed.shown().unwrap(), r#"{s: {c: "sh -c ' foo &&\nbar '", d: "x y", e: "f"}}"#);
    let message = "a quoted text goes on without being indented past its key";
    assert_eq!(parsed.findings(), [format!("KL011 2:6 {message}"), format!("KL011 7:6 {message}")]);
    assert_eq!(parsed.report.count(Severity::Warning), 2);
    assert_eq!(parsed.slices()[3..], ["c", "\"sh -c '\n  foo &&\n\n  bar\n  '\"", "d", "'x\ny'", "e", "f"]);
    assert_eq!(parse("a: 'b\nc\n").findings(), ["KL001 1:4 this quote is never closed"]);
    for text in ["s:\n  a: \"b\n\tc\"\n", "s:\n  a: \"b\n  \tc\"\n", "s:\n  a: 'b\n\t  c'\n"] {
        assert_eq!(parse(text).shown().unwrap(), "{s: {a: \"b c\"}}", "{text}");
    }
    let tab = "a tab is used where YAML requires spaces";
    assert_eq!(parse("a:\n\t\"b\": 'c\nd'\n").findings(), [format!("KL001 2:2 {tab}")]);
    assert_eq!(parse("a: 'b\nc\n---\nd'\n").findings(), [format!("KL001 3:1 {message}")]);
    let broken = parse("a: 'b\nc'\nd: [\n");
    assert_eq!(broken.findings().last().unwrap(), "KL001 3:4 this `[` is never closed");
}

#[test]
fn a_long_quoted_text_is_repaired_at_once() {
    let text = format!("a: # \"\n  &x \"{}\"\nb:\n- 'it''s\nx'\n", "'\\\"xx\n".repeat(50_000));
    let parsed = parse(&text);
    let [document] = parsed.documents.as_deref().unwrap() else { panic!("one document") };
    assert_eq!(document.get("a").unwrap().as_str().unwrap(), "'\"xx ".repeat(50_000));
    assert_eq!(show(document.get("b").unwrap()), r#"["it's x"]"#);
    assert_eq!(parsed.report.count(Severity::Warning), 2);
}

#[test]
fn bombs_give_one_error() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let aliases = vec![format!("*a{}", level - 1); 10].join(", ");
        writeln!(text, "a{level}: &a{level} [{aliases}]").unwrap();
    }
    assert_eq!(
        parse(&text).findings(),
        ["KL007 5:45 aliases expand to more than 100000 values or 32 MiB of text"]
    );

    let mut chain = String::from("a0: &a0 [x]\n");
    for level in 1..1000 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert_eq!(parse(&chain).findings(), ["KL008 200:14 collections are nested deeper than 200 levels"]);
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let nested = |depth: usize| {
        let block: String = (0..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        [
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
            format!("{}1{}", "{a: ".repeat(depth), "}".repeat(depth)),
            format!("{}a", "- ".repeat(depth)),
            block,
            format!(
                "{}{}1{}",
                "- ".repeat(depth / 2),
                "{a: ".repeat(depth - depth / 2),
                "}".repeat(depth - depth / 2)
            ),
        ]
    };
    for text in nested(MAX_DEPTH) {
        assert_eq!(parse(&text).findings(), Vec::<String>::new(), "{text}");
    }
    for text in nested(MAX_DEPTH + 1).into_iter().chain(nested(3000)) {
        let parsed = parse(&text);
        assert!(parsed.documents.is_none(), "{}", &text[..80]);
        assert_eq!(parsed.report.diagnostics().len(), 1);
        assert_eq!(parsed.report.diagnostics()[0].code, codes::NESTING_DEPTH);
    }
}

fn sound(text: &str) -> Result<(), TestCaseError> {
    let parsed = parse(text);
    prop_assert!(parsed.documents.is_some() || parsed.report.has_errors());
    let labels = parsed.report.diagnostics().iter().flat_map(|diagnostic| &diagnostic.labels);
    let mut spans: Vec<Span> = labels.map(|label| label.span).collect();
    for document in parsed.documents.iter().flatten() {
        walk(document, &mut |span| spans.push(span));
    }
    for span in spans {
        prop_assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {text:?}");
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}|([-?:,\\[\\]{}#&*!|>'\"%@` \n\ta-c0~<]|\u{feff}|é){0,60}") {
        sound(&text)?;
    }

    #[test]
    fn mutants_are_read_or_refused(index in 0..SOUND.len() + MISTAKEN.len() + SPANS.len(), edits in prop::collection::vec((any::<prop::sample::Index>(), "[-?:\\[\\]{}#&*!|'\"\n ax<]{0,2}", 0usize..3), 1..4)) {
        let texts = SOUND.iter().map(|case| case.0).chain(MISTAKEN.iter().map(|case| case.0)).chain(SPANS.iter().map(|case| case.0));
        let mut text: Vec<char> = texts.into_iter().nth(index).unwrap_or_default().chars().collect();
        for (at, insert, delete) in edits {
            let at = at.index(text.len() + 1);
            let end = text.len().min(at + delete);
            text.splice(at..end, insert.chars());
        }
        sound(&text.into_iter().collect::<String>())?;
    }
}
