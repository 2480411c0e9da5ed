//! JSON patches ([RFC 6902](https://www.rfc-editor.org/rfc/rfc6902)) on trees with places.

use super::resource::Removal;
use crate::{
    text::Span,
    yaml::{Key, Node, Value, parse::MAX_DEPTH},
};

/// Applies the operations of a patch; what was removed is noted. The error says which operation does not fit.
pub(super) fn apply(
    object: &mut Node,
    operations: &[Node],
    removed: &mut Vec<Removal>,
) -> Result<(), (String, Span)> {
    for operation in operations {
        one(object, operation, removed).map_err(|why| (why, operation.span))?;
    }
    Ok(())
}

fn one(object: &mut Node, operation: &Node, removed: &mut Vec<Removal>) -> Result<(), String> {
    let fields = operation.as_map().ok_or("an operation must be a mapping")?;
    let text = |key: &str| fields.get(key).and_then(Node::as_str);
    let known = ["op", "path", "value", "from"];
    if let Some((key, _)) = fields.iter().find(|(key, _)| !known.contains(&key.text.as_str())) {
        return Err(format!("an operation has no `{}`", key.text));
    }
    let path = text("path").ok_or("an operation needs `path`")?;
    let way = pointer(path)?;
    let value = || fields.get("value").cloned().ok_or_else(|| format!("`{path}` needs a value"));
    let from = || text("from").ok_or_else(|| format!("`{path}` needs `from`")).and_then(pointer);
    match text("op") {
        Some("add") => add(object, &way, value()?, path),
        Some("remove") => {
            removed.push(Removal { path: way.clone(), span: operation.span });
            remove(object, &way, path).map(drop)
        }
        Some("replace") => {
            let place = find(object, &way).ok_or_else(|| missing(path))?;
            *place = fitting(value()?, &way)?;
            Ok(())
        }
        Some("move") => {
            let moved = remove(object, &from()?, path)?;
            add(object, &way, moved, path)
        }
        Some("copy") => {
            let copied = find(object, &from()?).ok_or_else(|| missing(path))?.clone();
            add(object, &way, copied, path)
        }
        Some("test") => match find(object, &way) {
            Some(found) if same(found, &value()?) => Ok(()),
            _ => Err(format!("`{path}` is something else")),
        },
        _ => Err("`op` must be `add`, `remove`, `replace`, `move`, `copy` or `test`".to_owned()),
    }
}

/// The names on a way through a tree.
fn pointer(path: &str) -> Result<Vec<String>, String> {
    if path.is_empty() {
        return Ok(Vec::new());
    }
    let rest = path.strip_prefix('/').ok_or_else(|| format!("`{path}` must begin with a slash"))?;
    Ok(rest.split('/').map(|name| name.replace("~1", "/").replace("~0", "~")).collect())
}

fn find<'n>(node: &'n mut Node, way: &[String]) -> Option<&'n mut Node> {
    let Some((name, rest)) = way.split_first() else { return Some(node) };
    let next = match &mut node.value {
        Value::Map(map) => map.get_mut(name.as_str()),
        Value::Seq(items) => items.get_mut(index(name)?),
        _ => None,
    };
    find(next?, rest)
}

fn add(object: &mut Node, way: &[String], value: Node, path: &str) -> Result<(), String> {
    let value = fitting(value, way)?;
    let Some((last, parent)) = way.split_last() else {
        *object = value;
        return Ok(());
    };
    match find(object, parent).map(|parent| &mut parent.value) {
        Some(Value::Map(map)) => {
            match map.get_mut(last.as_str()) {
                Some(own) => *own = value,
                None => drop(map.insert(Key::new(last.as_str(), value.span), value)),
            }
            Ok(())
        }
        Some(Value::Seq(items)) if last == "-" => {
            items.push(value);
            Ok(())
        }
        Some(Value::Seq(items)) => {
            let at = index(last).filter(|at| *at <= items.len()).ok_or_else(|| missing(path))?;
            items.insert(at, value);
            Ok(())
        }
        _ => Err(missing(path)),
    }
}

fn remove(object: &mut Node, way: &[String], path: &str) -> Result<Node, String> {
    let (last, parent) = way.split_last().ok_or("the whole object cannot be removed")?;
    let found = match find(object, parent).map(|parent| &mut parent.value) {
        Some(Value::Map(map)) => map.shift_remove(last.as_str()),
        Some(Value::Seq(items)) => index(last).filter(|at| *at < items.len()).map(|at| items.remove(at)),
        _ => None,
    };
    found.ok_or_else(|| missing(path))
}

fn missing(path: &str) -> String {
    format!("there is no `{path}`")
}

/// The position that a name stands for; kustomize takes no leading zeros either.
fn index(name: &str) -> Option<usize> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    is_number.then(|| name.parse().ok()).flatten()
}

/// Trees are walked recursively, so their height has a limit.
fn fitting(value: Node, way: &[String]) -> Result<Node, String> {
    if way.len() + height(&value) > MAX_DEPTH {
        Err("the object is nested too deeply".to_owned())
    } else {
        Ok(value)
    }
}

fn height(node: &Node) -> usize {
    match &node.value {
        Value::Seq(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Map(map) => 1 + map.values().map(height).max().unwrap_or(0),
        _ => 0,
    }
}

/// Whether both say the same, wherever they stand and in whatever order.
fn same(one: &Node, other: &Node) -> bool {
    one.to_json() == other.to_json()
}
