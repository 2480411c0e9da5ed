//! Ways into the tree that is written.

use super::{Entry, Yaml};
use crate::yaml::{Node, Value};

impl Yaml {
    /// A mapping in this order; of equal keys the last value counts.
    pub fn map<K: Into<String>, V: Into<Entry>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Yaml::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A mapping in one line.
    pub fn flow_map<K: Into<String>, V: Into<Entry>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Yaml::FlowMap(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }

    /// A list, an item a line.
    pub fn seq<V: Into<Entry>>(items: impl IntoIterator<Item = V>) -> Self {
        Yaml::Seq(items.into_iter().map(Into::into).collect())
    }

    /// A list in one line.
    pub fn flow_seq<V: Into<Yaml>>(items: impl IntoIterator<Item = V>) -> Self {
        Yaml::FlowSeq(items.into_iter().map(Into::into).collect())
    }
}

impl<T: Into<Yaml>> From<T> for Entry {
    fn from(value: T) -> Self {
        Entry::new(value)
    }
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Yaml::String(text.to_owned())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Self {
        Yaml::String(text)
    }
}

impl From<bool> for Yaml {
    fn from(bool: bool) -> Self {
        Yaml::Bool(bool)
    }
}

impl From<i64> for Yaml {
    fn from(int: i64) -> Self {
        Yaml::Int(i128::from(int))
    }
}

/// The order of keys is kept.
impl From<&serde_json::Value> for Yaml {
    fn from(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Yaml::Null,
            serde_json::Value::Bool(bool) => Yaml::Bool(*bool),
            serde_json::Value::Number(number) => match number.as_i128() {
                Some(int) => Yaml::Int(int),
                None => Yaml::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => Yaml::String(text.clone()),
            serde_json::Value::Array(items) => Yaml::seq(items.iter().map(Yaml::from)),
            serde_json::Value::Object(map) => {
                Yaml::map(map.iter().map(|(key, value)| (key.as_str(), Yaml::from(value))))
            }
        }
    }
}

/// The order of keys is kept.
impl From<serde_json::Value> for Yaml {
    fn from(value: serde_json::Value) -> Self {
        Yaml::from(&value)
    }
}

/// Timestamps become strings; directives have no place here.
impl From<Node> for Yaml {
    fn from(node: Node) -> Self {
        match node.value {
            Value::Null => Yaml::Null,
            Value::Bool(bool) => Yaml::Bool(bool),
            Value::Int(int) => Yaml::Int(int),
            Value::Float(float) => Yaml::Float(float),
            Value::Timestamp(text) | Value::String(text) => Yaml::String(text),
            Value::Seq(items) => Yaml::seq(items.into_iter().map(Yaml::from)),
            Value::Map(map) => Yaml::map(map.into_iter().map(|(key, value)| (key.text, Yaml::from(value)))),
        }
    }
}
