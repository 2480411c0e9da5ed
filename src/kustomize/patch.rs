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
    settled(versions, &[], None)
}

/// As [`common`], where some versions are known only in part: they count for nothing but the shape. What
/// `earlier` says stays, for they were written for it.
pub fn settled(known: &[&Value], partly: &[&Value], earlier: Option<&Value>) -> Value {
    let versions: Vec<&Value> = known.iter().chain(partly).copied().collect();
    let Some(first) = versions.first() else { return Value::Null };
    if versions.iter().all(|version| version == first) && earlier.is_none_or(|earlier| earlier == *first) {
        return (*first).clone();
    }
    if let Some(fields) = all(&versions, Value::as_object) {
        return settled_fields(&fields, known.len(), earlier.and_then(Value::as_object));
    }
    if let Some(lists) = all(&versions, Value::as_array)
        && same_names(&lists)
    {
        let earlier = earlier.and_then(Value::as_array).filter(|earlier| same_names(&[lists[0], earlier]));
        let item = |index: usize| {
            let items: Vec<&Value> = lists.iter().filter_map(|list| list.get(index)).collect();
            let (known, partly) = items.split_at(known.len());
            settled(known, partly, earlier.and_then(|earlier| earlier.get(index)))
        };
        return Value::Array((0..lists[0].len()).map(item).collect());
    }
    if let Some(earlier) = earlier {
        return earlier.clone();
    }
    let voters = if known.is_empty() { &versions } else { known };
    let count = |value: &Value| voters.iter().filter(|version| **version == value).count();
    let most = voters.iter().enumerate().max_by_key(|(index, value)| (count(value), usize::MAX - index));
    most.map_or(Value::Null, |(_, value)| (*value).clone())
}

fn all<'a, T>(versions: &[&'a Value], view: impl Fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
    versions.iter().map(|version| view(version)).collect()
}

/// The first `known` versions are known whole.
fn settled_fields(
    versions: &[&Map<String, Value>],
    known: usize,
    object: Option<&Map<String, Value>>,
) -> Value {
    let (whole, part) = versions.split_at(known);
    let mut fields = Map::new();
    for name in versions.iter().flat_map(|version| version.keys()) {
        let values = |versions: &[&Map<String, Value>]| -> Vec<Value> {
            versions.iter().filter_map(|version| version.get(name)).cloned().collect()
        };
        let (whole, part) = (values(whole), values(part));
        let earlier = object.and_then(|object| object.get(name));
        let everywhere = whole.len() + part.len() == versions.len();
        // What is new reaches those who are known in part as well: only if they are to have it.
        let is_new = object.is_some() && earlier.is_none() && !part.is_empty();
        let mut all = whole.iter().chain(&part);
        let agreed = all.next().is_some_and(|first| all.all(|value| value == first));
        if (everywhere || earlier.is_some()) && (!is_new || agreed) && !fields.contains_key(name) {
            let (whole, part): (Vec<&Value>, Vec<&Value>) = (whole.iter().collect(), part.iter().collect());
            fields.insert(name.clone(), settled(&whole, &part, earlier));
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
        (Value::Array(base), Value::Array(items)) => {
            let whole = json!({"op": "replace", "path": path, "value": target});
            let by_name = items_by_name(base, items, &path);
            let length = |operations: &[Value]| {
                let said = operations.iter().filter(|operation| operation["op"] != "test");
                said.map(|operation| operation.to_string().len()).sum::<usize>()
            };
            match by_name.filter(|by_name| length(by_name) < length(std::slice::from_ref(&whole))) {
                Some(by_name) => operations.extend(by_name),
                None => operations.push(whole),
            }
        }
        _ => operations.push(json!({"op": "replace", "path": path, "value": target})),
    }
}

/// Changes a list of named things item by item; nothing if that cannot be done, as where they change places.
fn items_by_name(base: &[Value], target: &[Value], path: &str) -> Option<Vec<Value>> {
    let names =
        |items: &[Value]| items.iter().map(|item| item.get("name").cloned()).collect::<Option<Vec<_>>>();
    let (old, new) = (names(base)?, names(target)?);
    let is_unique = |names: &[Value]| names.iter().enumerate().all(|(at, name)| !names[..at].contains(name));
    let stays = |names: &[Value], others: &[Value]| {
        names.iter().filter(|name| others.contains(name)).cloned().collect::<Vec<Value>>()
    };
    if !is_unique(&old) || !is_unique(&new) || stays(&old, &new) != stays(&new, &old) {
        return None;
    }
    let mut operations = Vec::new();
    // Should somebody put an item before it, kustomize stops rather than change another one.
    let test = |path: &str, name: &Value, operations: &mut Vec<Value>| {
        if base.len() > 1 {
            operations.push(json!({"op": "test", "path": join(path, "name"), "value": name}));
        }
    };
    for (index, name) in old.iter().enumerate().rev().filter(|(_, name)| !new.contains(name)) {
        let path = join(path, &index.to_string());
        test(&path, name, &mut operations);
        operations.push(json!({"op": "remove", "path": path}));
    }
    for (index, (name, value)) in new.iter().zip(target).enumerate() {
        let path = join(path, &index.to_string());
        match old.iter().position(|old| old == name).map(|at| &base[at]) {
            None => operations.push(json!({"op": "add", "path": path, "value": value})),
            Some(old) if old == value => {}
            Some(old) => {
                test(&path, name, &mut operations);
                compare(old, value, path, &mut operations);
            }
        }
    }
    Some(operations)
}

fn join(path: &str, name: &str) -> String {
    format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Applies operations of the kinds that [`difference`] makes; the reason if one does not fit.
    fn apply(document: &mut Value, operations: &[Value]) -> Result<(), String> {
        for operation in operations {
            let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
            let value = operation.get("value").cloned().unwrap_or(Value::Null);
            let path = text("path");
            let misfit = || format!("there is no `{path}` to {}", text("op"));
            match (text("op"), path.rsplit_once('/')) {
                ("test", _) if document.pointer(path) == Some(&value) => {}
                ("test", _) => return Err(format!("`{path}` is something else")),
                (_, None) => *document = value,
                (kind, Some((parent, last))) => {
                    let name = last.replace("~1", "/").replace("~0", "~");
                    match (kind, document.pointer_mut(parent)) {
                        ("remove", Some(Value::Object(fields))) => {
                            fields.shift_remove(&name).ok_or_else(misfit)?;
                        }
                        ("add", Some(Value::Object(fields))) => {
                            fields.insert(name, value);
                        }
                        ("remove" | "add", Some(Value::Array(items))) => {
                            let index: usize = name.parse().map_err(|_| misfit())?;
                            match text("op") {
                                "remove" if index < items.len() => drop(items.remove(index)),
                                "add" if index <= items.len() => items.insert(index, value),
                                _ => return Err(misfit()),
                            }
                        }
                        ("replace", Some(_)) => *document.pointer_mut(path).ok_or_else(misfit)? = value,
                        _ => return Err(misfit()),
                    }
                }
            }
        }
        Ok(())
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
                prop::collection::vec(("[a-d]", inner.clone()), 0..4).prop_map(|items| {
                    items.into_iter().map(|(name, value)| json!({"name": name, "value": value})).collect()
                }),
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
                prop_assert_eq!(apply(&mut patched, &difference(&base, version)), Ok(()));
                prop_assert_eq!(&patched, version);
            }
        }

        /// Whatever is unknown of one version, the others come out right, and what nobody changes stays.
        #[test]
        fn earlier_words_stay_where_a_version_is_unknown(
            known in prop::collection::vec(tree(), 1..3), partly in tree(), earlier in tree(),
        ) {
            let known: Vec<&Value> = known.iter().collect();
            let base = settled(&known, &[&partly], Some(&earlier));
            for version in &known {
                let mut patched = base.clone();
                prop_assert_eq!(apply(&mut patched, &difference(&base, version)), Ok(()));
                prop_assert_eq!(&patched, *version);
            }
            if !partly.is_object() && !partly.is_array() {
                prop_assert_eq!(base, earlier);
            }
        }
    }

    #[test]
    fn an_item_among_others_is_changed_by_its_name() {
        let long = "a value that is worth not being said again, whatever becomes of the others in the list";
        let base = json!([{"name": "a", "value": long}, {"name": "b", "value": 1}, {"name": "c"}]);
        let target = json!([{"name": "new"}, {"name": "a", "value": long}, {"name": "b", "value": 2}]);
        let operations = difference(&base, &target);
        assert_eq!(
            operations,
            [
                json!({"op": "test", "path": "/2/name", "value": "c"}),
                json!({"op": "remove", "path": "/2"}),
                json!({"op": "add", "path": "/0", "value": {"name": "new"}}),
                json!({"op": "test", "path": "/2/name", "value": "b"}),
                json!({"op": "replace", "path": "/2/value", "value": 2}),
            ]
        );
        let mut shifted = json!([{"name": "other"}, {"name": "a"}, {"name": "b"}, {"name": "c"}]);
        assert_eq!(apply(&mut shifted, &operations), Err("`/2/name` is something else".to_owned()));
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
