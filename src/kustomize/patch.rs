//! The difference between two objects as a [JSON patch](https://www.rfc-editor.org/rfc/rfc6902), and what
//! several objects have in common.

use serde_json::{Map, Value, json};

/// The operations that turn `base` into `target`; none if they are equal.
pub fn difference(base: &Value, target: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    compare(base, target, String::new(), &mut operations);
    operations
}

/// What versions of an object have in common: fields that all have. Where all have a field with different
/// values, the most frequent value stands, the first one of those that are equally so.
pub fn common(versions: &[&Value]) -> Value {
    let Some(first) = versions.first() else { return Value::Null };
    if versions.iter().all(|version| version == first) {
        return (*first).clone();
    }
    if let Some(fields) = all(versions, Value::as_object) {
        return common_fields(&fields);
    }
    if let Some(lists) = all(versions, Value::as_array)
        && same_names(&lists)
    {
        let items = (0..lists[0].len())
            .map(|index| lists.iter().filter_map(|list| list.get(index)).collect::<Vec<_>>());
        return Value::Array(items.map(|items| common(&items)).collect());
    }
    let count = |value: &Value| versions.iter().filter(|version| **version == value).count();
    let most = versions.iter().enumerate().max_by_key(|(index, value)| (count(value), usize::MAX - index));
    most.map_or(Value::Null, |(_, value)| (*value).clone())
}

fn all<'a, T>(versions: &[&'a Value], view: impl Fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
    versions.iter().map(|version| view(version)).collect()
}

fn common_fields(versions: &[&Map<String, Value>]) -> Value {
    let mut fields = Map::new();
    for name in versions.iter().flat_map(|version| version.keys()) {
        let values: Vec<&Value> = versions.iter().filter_map(|version| version.get(name)).collect();
        if values.len() == versions.len() && !fields.contains_key(name) {
            fields.insert(name.clone(), common(&values));
        }
    }
    Value::Object(fields)
}

/// Are they lists of named things, the same names in the same order?
fn same_names(lists: &[&Vec<Value>]) -> bool {
    let names =
        |list: &Vec<Value>| list.iter().map(|item| item.get("name").cloned()).collect::<Option<Vec<Value>>>();
    let first = lists.first().and_then(|list| names(list));
    first.is_some() && lists.iter().all(|list| names(list) == first)
}

fn compare(base: &Value, target: &Value, path: String, operations: &mut Vec<Value>) {
    match (base, target) {
        _ if base == target => {}
        (Value::Object(base), Value::Object(target)) => {
            for name in base.keys().filter(|name| !target.contains_key(*name)) {
                operations.push(json!({"op": "remove", "path": join(&path, name)}));
            }
            for (name, value) in target {
                match base.get(name) {
                    Some(old) => compare(old, value, join(&path, name), operations),
                    None => operations.push(json!({"op": "add", "path": join(&path, name), "value": value})),
                }
            }
        }
        (Value::Array(base), Value::Array(target))
            if base.len() == target.len() && same_names(&[base, target]) =>
        {
            for (index, (old, value)) in base.iter().zip(target).enumerate() {
                compare(old, value, join(&path, &index.to_string()), operations);
            }
        }
        _ => operations.push(json!({"op": "replace", "path": path, "value": target})),
    }
}

fn join(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6902 as far as [`difference`] makes use of it.
    fn apply(document: &mut Value, operations: &[Value]) {
        for operation in operations {
            let path = operation["path"].as_str().unwrap();
            if path.is_empty() {
                *document = operation["value"].clone();
                continue;
            }
            let (parent, last) = path.rsplit_once('/').unwrap();
            let name = last.replace("~1", "/").replace("~0", "~");
            match document.pointer_mut(parent).unwrap() {
                Value::Object(fields) if operation["op"] == "remove" => {
                    fields.remove(&name).unwrap();
                }
                Value::Object(fields) => {
                    fields.insert(name, operation["value"].clone());
                }
                Value::Array(items) => items[name.parse::<usize>().unwrap()] = operation["value"].clone(),
                other => panic!("{other} has no parts"),
            }
        }
    }

    fn tree() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            "[ab/~]{0,2}".prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-c/~]|name", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_difference_leads_from_the_common_part_to_every_version(versions in prop::collection::vec(tree(), 1..4)) {
            let base = common(&versions.iter().collect::<Vec<_>>());
            for version in &versions {
                let mut patched = base.clone();
                apply(&mut patched, &difference(&base, version));
                prop_assert_eq!(&patched, version);
            }
        }
    }

    #[test]
    fn the_common_part_is_what_all_have() {
        let one = json!({"spec": {"replicas": 1, "containers": [{"name": "a", "image": "x", "tty": true}]}});
        let two = json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "y"}]}});
        let three = json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "x"}]}});
        let base = common(&[&one, &two, &three]);
        assert_eq!(base, json!({"spec": {"replicas": 2, "containers": [{"name": "a", "image": "x"}]}}));
        let operations = difference(&base, &one);
        assert_eq!(
            operations,
            [
                json!({"op": "replace", "path": "/spec/replicas", "value": 1}),
                json!({"op": "add", "path": "/spec/containers/0/tty", "value": true}),
            ]
        );
    }
}
