//! What is written is read back as it was: by serde_yaml, which shares nothing with the emitter, and by our own parser.
//!
//! An input is a tree and its texts, with a line `%%` between them. The tree is one character for each step: `{ }` a
//! mapping, `[ ]` a list, `( )` and `< >` the same in one line, `s` the next text, `n` null, `t` and `f` the booleans, a
//! digit the integer that the next text begins with, `.` the float. `#` and `!` are comments above and beside what comes
//! next. Keys are texts too. All other characters mean nothing, so that every text is a tree.

#![no_main]

use std::{iter::Peekable, str::Chars};

use kustompose::{
    diag::Report,
    text::Sources,
    yaml::{
        emit::{self, Entry, Yaml},
        parse,
    },
};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_yaml::{Mapping, Value};

/// serde_yaml stops at 128.
const DEEPEST: usize = 60;

fuzz_target!(|input: &str| {
    let mut parts = input.split("\n%%\n");
    let shape = parts.next().unwrap_or_default();
    let texts: Vec<&str> = parts.collect();
    let mut reader = Reader { shape: shape.chars().peekable(), texts: &texts, next: 0 };
    let mut trees = Vec::new();
    while trees.len() < 4 {
        let Some(tree) = reader.value(0) else { break };
        trees.push(tree.value);
    }
    let expected: Vec<Value> = trees.iter().map(value).collect();

    let header = texts.last().copied();
    let written = emit::documents(header, &trees);
    let read: Result<Vec<Value>, _> =
        serde_yaml::Deserializer::from_str(&written).map(Value::deserialize).collect();
    let read = read.unwrap_or_else(|error| panic!("{error}\n{written}"));
    // A file of comments alone is one document that is empty.
    let read = if trees.is_empty() { Vec::new() } else { read };
    assert_eq!(read.len(), expected.len(), "{written}");
    assert!(
        read.iter().zip(&expected).all(|(read, tree)| is_same(read, tree)),
        "{written}\n{read:?}\n{expected:?}"
    );

    let own = own(&written);
    let own = if trees.is_empty() { Vec::new() } else { own };
    assert_eq!(own.len(), expected.len(), "{written}");
    assert!(own.iter().zip(&expected).all(|(own, tree)| is_same(&value(own), tree)), "{written}\n{own:?}");
    assert_eq!(written, emit::documents(header, &trees));
});

/// What our own parser reads.
fn own(written: &str) -> Vec<Yaml> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add("out.yaml", written);
    let documents = parse::documents(&sources, id, &mut report).unwrap_or_default();
    assert_eq!(report.diagnostics(), [], "{written}");
    documents.into_iter().map(Yaml::from).collect()
}

/// The tree as serde_yaml should read it.
fn value(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(bool) => Value::Bool(*bool),
        Yaml::Int(int) => i64::try_from(*int).map_or(Value::Null, Value::from),
        Yaml::Float(float) => Value::from(*float),
        Yaml::String(text) => Value::String(text.clone()),
        Yaml::Seq(items) => Value::Sequence(items.iter().map(|item| value(&item.value)).collect()),
        Yaml::FlowSeq(items) => Value::Sequence(items.iter().map(value).collect()),
        Yaml::Map(entries) | Yaml::FlowMap(entries) => Value::Mapping(
            entries
                .iter()
                .map(|(key, entry)| (Value::String(key.clone()), value(&entry.value)))
                .collect::<Mapping>(),
        ),
    }
}

/// Equal, and in the same order. Floats are, if they have the same bits; `.nan` is `.nan`.
fn is_same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) if left.is_f64() && right.is_f64() => {
            let (left, right) = (left.as_f64().unwrap_or_default(), right.as_f64().unwrap_or_default());
            left.to_bits() == right.to_bits() || left.is_nan() && right.is_nan()
        }
        (Value::Sequence(left), Value::Sequence(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| is_same(left, right))
        }
        (Value::Mapping(left), Value::Mapping(right)) => {
            let is_pair = |((left_key, left), (right_key, right)): ((&Value, &Value), (&Value, &Value))| {
                left_key == right_key && is_same(left, right)
            };
            left.len() == right.len() && left.iter().zip(right).all(is_pair)
        }
        (left, right) => left == right,
    }
}

struct Reader<'a> {
    shape: Peekable<Chars<'a>>,
    texts: &'a [&'a str],
    next: usize,
}

impl<'a> Reader<'a> {
    /// The next text; behind the last one comes the first.
    fn text(&mut self) -> &'a str {
        let text = self.texts.get(self.next % self.texts.len().max(1)).copied().unwrap_or_default();
        self.next += 1;
        text
    }

    /// The next value, if there is one before what closes the one around it.
    fn value(&mut self, depth: usize) -> Option<Entry> {
        let (mut above, mut beside) = (None, None);
        let value = loop {
            let step = *self.shape.peek()?;
            if matches!(step, '}' | ']' | ')' | '>') && depth > 0 {
                return None;
            }
            self.shape.next();
            match step {
                '#' => above = Some(self.text()),
                '!' => beside = Some(self.text()),
                '{' | '[' | '(' | '<' if depth < DEEPEST => break self.many(step, depth + 1),
                's' => break Yaml::from(self.text()),
                'n' => break Yaml::Null,
                't' => break Yaml::Bool(true),
                'f' => break Yaml::Bool(false),
                '0'..='9' => {
                    break Yaml::Int(self.text().parse::<i64>().unwrap_or(i64::from(u32::from(step))).into());
                }
                '.' => break Yaml::Float(self.text().parse().unwrap_or(0.5)),
                _ => {}
            }
        };
        let entry = above.into_iter().fold(Entry::new(value), Entry::above);
        Some(beside.into_iter().fold(entry, Entry::beside))
    }

    /// What stands between brackets.
    fn many(&mut self, open: char, depth: usize) -> Yaml {
        let mut entries = Vec::new();
        while let Some(entry) = self.value(depth) {
            entries.push(entry);
        }
        self.shape.next();
        match open {
            '[' => Yaml::seq(entries),
            '<' => Yaml::flow_seq(entries.into_iter().map(|entry| entry.value)),
            _ => {
                let entries: Vec<(&str, Entry)> =
                    entries.into_iter().map(|entry| (self.text(), entry)).collect();
                if open == '{' { Yaml::map(entries) } else { Yaml::flow_map(entries) }
            }
        }
    }
}
