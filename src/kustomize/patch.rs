//! The difference between two objects as a
//! [strategic merge patch](https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/),
//! and what several objects have in common.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::build::shapes::{self, Shape};

/// Lists whose items take effect in their order.
const ORDERED: [&str; 2] = ["containers", "initContainers"];

/// The fields of a patch that turns `base` into `target`, an object of the same kind and name; none if they are
/// equal. What says which object it is has to be added. The items of lists that Kubernetes merges by a key may come
/// in another order, but for the ones that refer to each other.
pub fn difference(base: &Value, target: &Value) -> Option<Value> {
    changes("", base, target, shape(base))
}

/// What objects of one kind and name agree on; none if that is nothing. What one of them has otherwise is left
/// out, and not what most of them say.
pub fn agreed<'a>(versions: &[&'a Value]) -> Option<Cow<'a, Value>> {
    agreed_value(versions, shape(versions.first()?))
}

/// An object without the values that hold a text: they are not known. A list is left out whole, unless its items
/// have keys.
pub fn known_part(object: &Value, unknown: &str) -> Value {
    known_value(object, unknown, shape(object)).unwrap_or(Value::Null)
}

fn shape(object: &Value) -> &'static Shape {
    let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
    shapes::of(text("apiVersion"), text("kind"))
}

fn changes(field: &str, base: &Value, target: &Value, shape: &Shape) -> Option<Value> {
    match (base, target) {
        _ if base == target => None,
        (Value::Object(base), Value::Object(target)) => {
            let mut fields = Map::new();
            for (name, value) in target {
                let change = match base.get(name) {
                    Some(old) => changes(name, old, value, shape.field(name)),
                    None => Some(value.clone()),
                };
                fields.extend(change.map(|change| (name.clone(), change)));
            }
            let removed = base.keys().filter(|name| !target.contains_key(*name));
            fields.extend(removed.map(|name| (name.clone(), Value::Null)));
            Some(Value::Object(fields))
        }
        (Value::Array(old), Value::Array(new)) => match shape {
            Shape::Keyed(keys, item) if !old.is_empty() => {
                let items = Keys::of(keys, &[old, new]).map(|keys| keys.changes(field, old, new, item));
                Some(Value::Array(items.unwrap_or_else(|| replaced(new))))
            }
            _ => Some(target.clone()),
        },
        _ => Some(target.clone()),
    }
}

/// The items of a list that takes the place of another one.
fn replaced(items: &[Value]) -> Vec<Value> {
    std::iter::once(json!({"$patch": "replace"})).chain(items.iter().cloned()).collect()
}

/// The entries by which the items of some lists are told apart.
struct Keys<'k>(Vec<&'k str>);

impl<'k> Keys<'k> {
    /// None if the items cannot be told apart: kustomize would merge what does not belong together.
    fn of(keys: &[&'k str], lists: &[&Vec<Value>]) -> Option<Self> {
        let all = || lists.iter().flat_map(|list| list.iter());
        let used = keys.iter().filter(|key| all().any(|item| item.get(**key).is_some())).copied();
        let used = Self(used.collect());
        let has_all = |item: &Value| used.0.iter().all(|key| item.get(key).is_some());
        let is_unique = |list: &&Vec<Value>| {
            list.iter().enumerate().all(|(at, item)| !list[..at].iter().any(|other| used.fit(item, other)))
        };
        (!used.0.is_empty() && all().all(has_all) && lists.iter().all(is_unique)).then_some(used)
    }

    fn fit(&self, one: &Value, other: &Value) -> bool {
        self.0.iter().all(|key| one.get(key) == other.get(key))
    }

    fn find<'v>(&self, item: &Value, list: &'v [Value]) -> Option<&'v Value> {
        list.iter().find(|other| self.fit(item, other))
    }

    /// The entries that tell an item from others, with further ones.
    fn named(&self, item: &Value, more: Option<Value>) -> Value {
        let keys = self.0.iter().filter_map(|key| Some(((*key).to_owned(), item.get(key)?.clone())));
        let mut fields: Map<String, Value> = keys.collect();
        if let Some(Value::Object(more)) = more {
            fields.extend(more);
        }
        Value::Object(fields)
    }

    /// The items of a patch of a list. kustomize puts them before the others, in their order.
    fn changes(&self, field: &str, old: &[Value], new: &[Value], shape: &Shape) -> Vec<Value> {
        let change = |item: &Value| match self.find(item, old) {
            Some(before) => {
                changes("", before, item, shape).map(|change| Some(self.named(item, Some(change))))
            }
            None => Some(Some(item.clone())),
        };
        let mut named: Vec<Option<Option<Value>>> = new.iter().map(change).collect();
        while let Some(at) = self.misplaced(field, old, new, &named) {
            named[at] = Some(None);
        }
        let items = named.into_iter().zip(new).filter_map(|(change, item)| {
            let change = change?;
            Some(change.unwrap_or_else(|| self.named(item, None)))
        });
        let removed = old.iter().filter(|item| self.find(item, new).is_none());
        let removed = removed.map(|item| self.named(item, Some(json!({"$patch": "delete"}))));
        items.chain(removed).collect()
    }

    /// An item that the patch has to name as well, so that it comes before those that it has to be before.
    fn misplaced<T>(&self, field: &str, old: &[Value], new: &[Value], named: &[Option<T>]) -> Option<usize> {
        let others = old.iter().filter_map(|item| new.iter().position(|other| self.fit(item, other)));
        let others = others.filter(|at| named[*at].is_none());
        let first = (0..new.len()).filter(|at| named[*at].is_some());
        let order: Vec<usize> = first.chain(others).collect();
        let precedes = |before: usize, after: usize| {
            before < after
                && (ORDERED.contains(&field) || field == "env" && refers(&new[after], &new[before]))
        };
        let wrong = order.iter().enumerate().find_map(|(place, after)| {
            order[place + 1..].iter().copied().find(|before| precedes(*before, *after))
        });
        wrong.filter(|at| named[*at].is_none())
    }
}

/// Whether the value of a variable refers to another one, which has to be set before it.
fn refers(variable: &Value, other: &Value) -> bool {
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    text(variable, "value").contains(&format!("$({})", text(other, "name")))
}

fn agreed_value<'a>(versions: &[&'a Value], shape: &Shape) -> Option<Cow<'a, Value>> {
    let (first, rest) = versions.split_first()?;
    if rest.iter().all(|version| version == first) {
        return Some(Cow::Borrowed(first));
    }
    if let Some(objects) = all(versions, Value::as_object) {
        let fields = objects[0].keys().filter_map(|name| {
            let values: Option<Vec<&Value>> = objects.iter().map(|object| object.get(name)).collect();
            Some((name.clone(), agreed_value(&values?, shape.field(name))?.into_owned()))
        });
        let fields: Map<String, Value> = fields.collect();
        return (!fields.is_empty()).then_some(Cow::Owned(Value::Object(fields)));
    }
    let lists = all(versions, Value::as_array)?;
    let Shape::Keyed(keys, item) = shape else { return None };
    let keys = Keys::of(keys, &lists)?;
    let items = lists[0].iter().filter_map(|first| {
        let items: Option<Vec<&Value>> = lists.iter().map(|list| keys.find(first, list)).collect();
        let agreed = agreed_value(&items?, item)?.into_owned();
        (agreed != keys.named(first, None) || agreed == *first).then_some(agreed)
    });
    let items: Vec<Value> = items.collect();
    (!items.is_empty()).then_some(Cow::Owned(Value::Array(items)))
}

fn all<'a, T>(versions: &[&'a Value], view: impl Fn(&'a Value) -> Option<T>) -> Option<Vec<T>> {
    versions.iter().map(|version| view(version)).collect()
}

fn known_value(value: &Value, unknown: &str, shape: &Shape) -> Option<Value> {
    match value {
        Value::String(text) => (!text.contains(unknown)).then(|| value.clone()),
        Value::Number(number) => (number.to_string() != unknown).then(|| value.clone()),
        Value::Object(object) => {
            let fields = object.iter();
            let fields: Map<String, Value> = fields
                .filter(|(name, _)| !name.contains(unknown))
                .filter_map(|(name, value)| {
                    Some((name.clone(), known_value(value, unknown, shape.field(name))?))
                })
                .collect();
            (object.is_empty() || !fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Array(list) => {
            let (keys, item) = match shape {
                Shape::Keyed(keys, item) => (*keys, *item),
                _ => (&[] as &[&str], shape),
            };
            let is_told_apart = |known: &Value, item: &Value| {
                let keys = Keys(keys.iter().filter(|key| item.get(**key).is_some()).copied().collect());
                !keys.0.is_empty()
                    && keys.fit(known, item)
                    && (known == item || *known != keys.named(item, None))
            };
            let known = list.iter().map(|value| {
                known_value(value, unknown, item)
                    .filter(|known| known == value || is_told_apart(known, value))
            });
            if keys.is_empty() {
                return known.collect::<Option<Vec<Value>>>().map(Value::Array);
            }
            let items: Vec<Value> = known.flatten().collect();
            (list.is_empty() || !items.is_empty()).then_some(Value::Array(items))
        }
        Value::Null | Value::Bool(_) => Some(value.clone()),
    }
}

#[cfg(test)]
mod tests {
    use camino::Utf8Path;
    use proptest::prelude::*;

    use super::*;
    use crate::{kustomize::build, text::MemoryFiles};

    const KEYED: [(&str, &str); 6] = [
        ("containers", "name"),
        ("initContainers", "name"),
        ("env", "name"),
        ("volumes", "name"),
        ("volumeMounts", "mountPath"),
        ("ports", "containerPort"),
    ];

    /// What kustomize makes of an object with a patch.
    fn patched(base: &Value, change: &Value) -> Value {
        let mut patch = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}});
        patch.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let files = MemoryFiles::new([
            (
                "/p/kustomization.yaml".to_owned(),
                "resources: [web.yaml]\npatches: [{path: p.yaml}]\n".to_owned(),
            ),
            ("/p/web.yaml".to_owned(), base.to_string()),
            ("/p/p.yaml".to_owned(), patch.to_string()),
        ]);
        let built = build::build(Utf8Path::new("/p"), Utf8Path::new("/p"), &files);
        let built = built.unwrap_or_else(|refusal| panic!("{refusal}: {base} {patch}"));
        built.objects[0].node.to_json()
    }

    /// The object with lists in an order in which the order says nothing.
    fn sorted(value: &Value, field: &str) -> Value {
        match value {
            Value::Object(fields) => {
                fields.iter().map(|(name, value)| (name.clone(), sorted(value, name))).collect()
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.iter().map(|item| sorted(item, "")).collect();
                if KEYED.iter().any(|(list, _)| *list == field) && !ORDERED.contains(&field) {
                    items.sort_by_key(ToString::to_string);
                }
                Value::Array(items)
            }
            other => other.clone(),
        }
    }

    fn is_in_order(deployment: &Value) -> bool {
        let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
        let env =
            |container: &Value| container.get("env").and_then(Value::as_array).cloned().unwrap_or_default();
        containers.into_iter().flatten().map(env).all(|env| {
            env.iter()
                .enumerate()
                .all(|(at, variable)| !env[at + 1..].iter().any(|later| refers(variable, later)))
        })
    }

    fn deployment() -> impl Strategy<Value = Value> {
        let variable = ("[a-d]", prop_oneof!["[x-z]", Just("$(a)".to_owned()), Just("$(b)".to_owned())]);
        let env = prop::collection::vec(variable, 0..4);
        let mounts = prop::collection::btree_map("/[a-c]", "[x-z]", 0..3);
        let ports = prop::collection::btree_map(1..4u16, prop::option::of(prop_oneof!["TCP", "UDP"]), 0..3);
        let args = prop::collection::vec("[a-c]", 0..3);
        let names = prop::sample::subsequence(vec!["a", "b", "c"], 0..3);
        (env, mounts, ports, args, names, prop::option::of(0..3u8)).prop_map(
            |(env, mounts, ports, args, names, replicas)| {
                let mut seen: Vec<String> = Vec::new();
                let env: Vec<Value> = env
                    .into_iter()
                    .filter(|(name, value)| {
                        let is_new = !seen.contains(name);
                        let is_set =
                            !value.starts_with('$') || seen.iter().any(|it| *value == format!("$({it})"));
                        (is_new && is_set).then(|| seen.push(name.clone())).is_some()
                    })
                    .map(|(name, value)| json!({"name": name, "value": value}))
                    .collect();
                let mounts = mounts.into_iter().map(|(path, name)| json!({"mountPath": path, "name": name}));
                let ports = ports.into_iter().map(|(port, protocol)| match protocol {
                    Some(protocol) => json!({"containerPort": port, "protocol": protocol}),
                    None => json!({"containerPort": port}),
                });
                let mut container =
                    json!({"name": "web", "args": args, "ports": ports.collect::<Vec<Value>>()});
                if !env.is_empty() {
                    container["env"] = env.into();
                }
                container["volumeMounts"] = mounts.collect::<Vec<Value>>().into();
                let first: Vec<Value> =
                    names.iter().map(|name| json!({"name": name, "image": name})).collect();
                let mut object = json!({
                    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
                    "spec": {"template": {"spec": {"containers": [container], "initContainers": first}}},
                });
                if let Some(replicas) = replicas {
                    object["spec"]["replicas"] = replicas.into();
                }
                object
            },
        )
    }

    proptest! {
        #[test]
        fn kustomize_makes_every_version_of_what_they_agree_on(versions in prop::collection::vec(deployment(), 1..4)) {
            let base = agreed(&versions.iter().collect::<Vec<_>>()).unwrap().into_owned();
            for version in &versions {
                let made = difference(&base, version).map_or(base.clone(), |change| patched(&base, &change));
                prop_assert_eq!(sorted(&made, ""), sorted(version, ""));
                prop_assert!(is_in_order(&made), "{}", made);
            }
        }

        #[test]
        fn kustomize_makes_one_version_of_another(base in deployment(), target in deployment()) {
            let made = difference(&base, &target).map_or(base.clone(), |change| patched(&base, &change));
            prop_assert_eq!(sorted(&made, ""), sorted(&target, ""));
            prop_assert!(is_in_order(&made), "{}", made);
        }
    }

    #[test]
    fn an_item_among_others_is_changed_by_its_name() {
        let object = |env: Value| json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"name": "a", "env": env}]}});
        let base = object(json!([{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]));
        let target = object(json!([
            {"name": "A", "value": "1"}, {"name": "B", "value": "2"}, {"name": "C", "value": "$(A)"},
        ]));
        assert_eq!(
            difference(&base, &target).unwrap()["spec"]["containers"],
            json!([{"name": "a", "env": [{"name": "A"}, {"name": "B", "value": "2"}, {"name": "C", "value": "$(A)"}]}])
        );
        assert_eq!(
            difference(&target, &base).unwrap()["spec"]["containers"][0]["env"],
            json!([{"name": "B", "value": "1"}, {"name": "C", "$patch": "delete"}])
        );
    }

    #[test]
    fn what_all_have_is_agreed_on_and_no_majority_counts() {
        let object = |replicas: u8, image: &str, tty: bool| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "a", "image": image, "tty": tty}]}}},
            })
        };
        let versions = [object(1, "x", true), object(2, "x", true), object(2, "x", false)];
        assert_eq!(
            agreed(&versions.iter().collect::<Vec<_>>()).map(Cow::into_owned),
            Some(json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}},
            }))
        );
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let object = json!({
            "apiVersion": "v1", "kind": "Pod",
            "spec": {"containers": [{
                "name": "a", "image": "x:31415", "args": ["a", "31415"], "tty": true,
                "env": [{"name": "A", "value": "31415"}, {"name": "B", "value": "b"}], "ports": [{"containerPort": 31415}],
            }]},
        });
        assert_eq!(
            known_part(&object, "31415")["spec"]["containers"],
            json!([{"name": "a", "tty": true, "env": [{"name": "B", "value": "b"}]}])
        );
    }
}
