//! How one attribute is read from the canonical tree and written as `docker compose config` prints it.

use indexmap::IndexMap;

use crate::{
    compose::{entry, values},
    diag::{Diagnostic, Report, codes},
    text::{Span, Spanned},
    yaml::{Key, Map, Node, Value, scalar},
};

/// A list of strings.
pub type Strings = Vec<Spanned<String>>;
/// `KEY: value`, values always strings; null becomes the empty string.
pub type Labels = Mapping<String>;
/// `KEY: value`, where null stands for a variable that nobody set: the container does not get it.
pub type Environment = Mapping<Option<String>>;
/// Options of a driver: numbers and booleans become strings.
pub type Options = Mapping<String>;
/// Names to anything, in the order of the source.
pub type Names<T> = IndexMap<String, Spanned<T>, foldhash::fast::RandomState>;
/// `x-*` attributes as written. Few records have any.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Extensions(Option<Box<IndexMap<String, Node>>>);
/// Values that may be a scalar or several.
pub type Flags = Mapping<Vec<String>>;

/// `KEY: value` or a list of `KEY=value`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mapping<T>(pub Names<T>);

/// Host names with their addresses, as `extra_hosts` gives them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hosts(pub IndexMap<String, Spanned<Vec<String>>>);

/// A size in bytes. Printed as a decimal string.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub i64);

/// A length of time in nanoseconds. Printed as Go does: `1m30s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(pub i64);

/// The permission bits of a file. Printed in octal: `"0440"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileMode(pub u32);

/// Words of a command; a string is split as compose does, no shell is involved. Each of its words has the
/// template of the whole string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command(pub Vec<Spanned<String>>);

/// A scalar that compose turns into text whatever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar(pub String);

impl<T> Default for Mapping<T> {
    fn default() -> Self {
        Self(Names::default())
    }
}

impl<T> std::ops::Deref for Mapping<T> {
    type Target = Names<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Extensions {
    /// Adds an attribute.
    pub fn insert(&mut self, name: String, value: Node) {
        self.0.get_or_insert_default().insert(name, value);
    }

    /// Names and values, in the order of the source.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Node)> {
        self.0.iter().flat_map(|extensions| extensions.iter())
    }
}

impl std::ops::Deref for Hosts {
    type Target = IndexMap<String, Spanned<Vec<String>>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl std::ops::Deref for Command {
    type Target = Vec<Spanned<String>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// One attribute's way from the canonical tree and back.
pub trait Attribute: Sized {
    /// The value at a node; what is no such value is reported there.
    fn read(node: &Node, report: &mut Report) -> Option<Self>;

    /// As `docker compose config` prints it.
    fn write(&self) -> Value;

    /// Go's zero value, which `config` leaves out.
    fn is_zero(&self) -> bool;

    /// May a name of a `KEY=value` list end in blanks? Compose minds only where values may be missing.
    const BLANKS_IN_NAMES: bool = true;

    /// Is its zero value as good as no value, whatever the attribute? So it is with texts: `${NAME:-}` is a way to
    /// leave one out.
    const ZERO_IS_NONE: bool = false;
}

/// From here on, no integer of 64 bits says a number.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

/// Reports that `node` is not what is wanted there, and is nothing.
pub(super) fn mistyped<T>(node: &Node, wanted: &str, report: &mut Report) -> Option<T> {
    let message = format!("expected {wanted}, found {}", node.kind());
    report.push(
        Diagnostic::error(codes::INVALID_VALUE, message).at(node.span, format!("this is not {wanted}")),
    );
    None
}

/// Reports that a string does not follow the grammar of its attribute.
pub(super) fn ungrammatical<T>(node: &Node, problem: impl Into<String>, report: &mut Report) -> Option<T> {
    report.push(Diagnostic::error(codes::INVALID_VALUE, problem).at(node.span, "here"));
    None
}

/// A node for what [`Attribute::write`] gives; places do not matter in what is printed.
pub(super) fn printed(value: Value, span: Span) -> Node {
    Node::new(value, span)
}

impl Attribute for bool {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::Bool(value) => Some(*value),
            Value::String(text) => match values::boolean::parse(text) {
                Ok(boolean) => Some(boolean.value),
                Err(_) => mistyped(node, "a boolean", report),
            },
            Value::Int(value) => Some(*value != 0),
            _ => mistyped(node, "a boolean", report),
        }
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }

    fn is_zero(&self) -> bool {
        !self
    }
}

impl Attribute for i64 {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::Int(value) => {
                i64::try_from(*value).ok().or_else(|| mistyped(node, "a 64-bit integer", report))
            }
            // Go's int64 conversion cuts the fraction off.
            Value::Float(value) if value.is_finite() && value.abs() < TOO_LARGE => Some(*value as i64),
            Value::Float(value) if value.is_finite() => mistyped(node, "a 64-bit integer", report),
            Value::String(text) => match text.parse() {
                Ok(value) => Some(value),
                Err(_) => mistyped(node, "an integer", report),
            },
            _ => mistyped(node, "an integer", report),
        }
    }

    fn write(&self) -> Value {
        Value::Int(i128::from(*self))
    }

    fn is_zero(&self) -> bool {
        *self == 0
    }
}

impl Attribute for f64 {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::Int(value) => Some(*value as f64),
            Value::Float(value) => Some(*value),
            Value::String(text) => match text.parse() {
                Ok(value) => Some(value),
                Err(_) => mistyped(node, "a number", report),
            },
            _ => mistyped(node, "a number", report),
        }
    }

    fn write(&self) -> Value {
        Value::Float(*self)
    }

    fn is_zero(&self) -> bool {
        *self == 0.0
    }
}

impl Attribute for String {
    const ZERO_IS_NONE: bool = true;

    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::Null => Some(String::new()),
            value => scalar::go_string(value).or_else(|| mistyped(node, "a string", report)),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Attribute for Option<String> {
    const BLANKS_IN_NAMES: bool = false;

    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        if node.is_null() { Some(None) } else { String::read(node, report).map(Some) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, String::write)
    }

    fn is_zero(&self) -> bool {
        self.is_none()
    }
}

impl Attribute for Scalar {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        String::read(node, report).map(Scalar)
    }

    fn write(&self) -> Value {
        Value::String(self.0.clone())
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

impl Attribute for Bytes {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::String(text) => match values::bytes::parse(text) {
                Ok(bytes) => Some(Bytes(bytes)),
                Err(error) => ungrammatical(node, error.message, report),
            },
            // The decoder knows integers and strings, and takes anything else for nothing.
            Value::Float(_) => {
                let message = "a size with a fraction is ignored";
                report.push(
                    Diagnostic::warning(codes::INVALID_VALUE, message)
                        .at(node.span, "ignored")
                        .help("write whole bytes, or a string with a unit"),
                );
                Some(Bytes(0))
            }
            _ => i64::read(node, report).map(Bytes),
        }
    }

    fn write(&self) -> Value {
        Value::String(self.0.to_string())
    }

    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Attribute for Duration {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::String(text) => match values::duration::parse(text) {
                Ok(nanoseconds) => Some(Duration(nanoseconds)),
                Err(error) => ungrammatical(node, error.message, report),
            },
            _ => mistyped(node, "a duration such as `1m30s`", report),
        }
    }

    fn write(&self) -> Value {
        Value::String(values::duration::format(self.0))
    }

    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl Duration {
    /// Whole seconds, rounded up.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000) + i64::from(self.0.rem_euclid(1_000_000_000) != 0)
    }
}

impl Attribute for FileMode {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let mode = match &node.value {
            Value::String(text) => values::mode::parse(text).ok(),
            Value::Int(value) => i64::try_from(*value).ok(),
            _ => None,
        };
        match mode.and_then(|mode| u32::try_from(mode).ok()) {
            Some(mode) => Some(FileMode(mode)),
            None => mistyped(node, "a file mode such as `0440`", report),
        }
    }

    fn write(&self) -> Value {
        Value::String(values::mode::format(i64::from(self.0)))
    }

    fn is_zero(&self) -> bool {
        false
    }
}

impl Attribute for Command {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::String(text) => match values::words::split(text) {
                Ok(split) => Some(Command(split.words.into_iter().map(|word| node.spanned(word)).collect())),
                Err(error) => ungrammatical(node, error.message, report),
            },
            Value::Seq(_) => Strings::read(node, report).map(Command),
            _ => mistyped(node, "a string or a list of strings", report),
        }
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    fn is_zero(&self) -> bool {
        false
    }
}

impl<T: Attribute> Attribute for Vec<Spanned<T>> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        match &node.value {
            Value::Seq(items) => Some(
                items
                    .iter()
                    .filter_map(|item| T::read(item, report).map(|value| item.spanned(value)))
                    .collect(),
            ),
            Value::Null => Some(Vec::new()),
            // The decoder takes one value for a list of one.
            Value::Map(_) => mistyped(node, "a list", report),
            _ => T::read(node, report).map(|value| vec![node.spanned(value)]),
        }
    }

    fn write(&self) -> Value {
        Value::Seq(self.iter().map(|item| printed(item.value.write(), item.span)).collect())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Attribute for Vec<String> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        Strings::read(node, report).map(|items| items.into_iter().map(|item| item.value).collect())
    }

    fn write(&self) -> Value {
        let nowhere = |text: &String| Node::string(text.clone(), Span::NOWHERE);
        Value::Seq(self.iter().map(nowhere).collect())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Attribute> Attribute for Names<T> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let Some(map) = node.as_map() else {
            return if node.is_null() { Some(Names::default()) } else { mistyped(node, "a mapping", report) };
        };
        // Services are large, and not worth to be moved again and again.
        let mut names = Names::with_capacity_and_hasher(map.len(), foldhash::fast::RandomState::default());
        for (key, value) in map {
            if let Some(read) = T::read(value, report) {
                names.insert(key.text.clone(), value.spanned(read));
            }
        }
        Some(names)
    }

    fn write(&self) -> Value {
        let entry = |(name, item): (&String, &Spanned<T>)| {
            (Key::new(name.clone(), item.span), printed(item.value.write(), item.span))
        };
        Value::Map(self.iter().map(entry).collect())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Attribute> Attribute for Mapping<T> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        let Value::Seq(items) = &node.value else { return Names::read(node, report).map(Mapping) };
        let mut names = Names::default();
        for item in items {
            let Some((key, value)) = entry::read(item) else {
                return mistyped(item, "a string `KEY=value`", report);
            };
            let name = key.text;
            if !T::BLANKS_IN_NAMES && name.ends_with(char::is_whitespace) {
                return ungrammatical(item, format!("the name `{name}` ends in a blank"), report);
            }
            let value = value.unwrap_or_else(|| Node::new(Value::Null, item.span));
            if let Some(read) = T::read(&value, report) {
                names.insert(name, value.spanned(read));
            }
        }
        Some(Mapping(names))
    }

    fn write(&self) -> Value {
        self.0.write()
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

/// Takes over the entries of an attribute that may stay `null`: a network or a volume without settings.
impl<T: Attribute> Attribute for Option<Box<T>> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        if node.is_null() { Some(None) } else { T::read(node, report).map(|value| Some(Box::new(value))) }
    }

    fn write(&self) -> Value {
        self.as_ref().map_or(Value::Null, |value| value.write())
    }

    fn is_zero(&self) -> bool {
        self.is_none()
    }
}

/// A record that few of the records around it have, and that would make all of them large.
impl<T: Attribute> Attribute for Box<T> {
    fn read(node: &Node, report: &mut Report) -> Option<Self> {
        T::read(node, report).map(Box::new)
    }

    fn write(&self) -> Value {
        T::write(self)
    }

    fn is_zero(&self) -> bool {
        T::is_zero(self)
    }
}

/// Puts an attribute into what is printed, unless Go's `omitempty` would leave it out.
pub(super) fn put<T: Attribute>(map: &mut Map, key: &str, field: Option<&Spanned<T>>, keep: bool) {
    if let Some(field) = field
        && (keep || !field.value.is_zero())
    {
        map.insert(Key::new(key, field.span), printed(field.value.write(), field.span));
    }
}

/// Declares a record: its fields, how it is read and how it is printed, from one line an attribute.
///
/// `keep` marks what `config` prints even if it is Go's zero value, because compose-go holds it by a
/// pointer.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $name:ident {
            $( $(#[$field_meta:meta])* $key:literal => $field:ident: $type:ty $(, $keep:ident)?; )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: Option<$crate::text::Spanned<$type>>, )*
            /// `x-*` attributes as written.
            pub extensions: $crate::compose::model::Extensions,
        }

        impl $name {
            /// The attributes of the record by their names in a compose file.
            pub const ATTRIBUTES: &'static [&'static str] = &[$($key),*];
        }

        impl $crate::compose::model::Attribute for $name {
            fn read(node: &$crate::yaml::Node, report: &mut $crate::diag::Report) -> Option<Self> {
                let Some(map) = node.as_map() else {
                    return if node.is_null() {
                        Some(Self::default())
                    } else {
                        $crate::compose::model::attribute::mistyped(node, "a mapping", report)
                    };
                };
                let mut record = Self::default();
                for (key, value) in map {
                    match key.text.as_str() {
                        name if name.starts_with("x-") => {
                            record.extensions.insert(name.to_owned(), value.clone());
                        }
                        // What is null was never said: validation has refused null where it means nothing.
                        _ if value.is_null() => {}
                        $( $key => {
                            record.$field = <$type as $crate::compose::model::Attribute>::read(value, report)
                                .map(|read| value.spanned(read))
                                .filter(|read| !$crate::compose::model::attribute::is_none(read));
                        } )*
                        _ => $crate::compose::model::attribute::unknown(key, report),
                    }
                }
                Some(record)
            }

            fn write(&self) -> $crate::yaml::Value {
                let mut map = $crate::yaml::Map::default();
                $( $crate::compose::model::attribute::put(
                    &mut map,
                    $key,
                    self.$field.as_ref(),
                    $crate::compose::model::attribute::keeps!($($keep)?),
                ); )*
                for (name, value) in self.extensions.iter() {
                    map.insert($crate::yaml::Key::new(name.clone(), value.span), value.clone());
                }
                $crate::yaml::Value::Map(map)
            }

            fn is_zero(&self) -> bool {
                *self == Self::default()
            }
        }
    };
}

/// Whether it says nothing; what nobody knows here may say something elsewhere.
pub(super) fn is_none<T: Attribute>(read: &Spanned<T>) -> bool {
    T::ZERO_IS_NONE && read.value.is_zero() && !read.is_unknown()
}

/// `keeps!(keep)` is true, `keeps!()` is false.
macro_rules! keeps {
    () => {
        false
    };
    (keep) => {
        true
    };
}

pub(in crate::compose) use {keeps, record};

/// Reports a key that no record holds, unless validation has refused something already: only then can
/// there be such a key. So this guards the tables.
pub(super) fn unknown(key: &Key, report: &mut Report) {
    if report.has_errors() {
        return;
    }
    let message = format!("`{}` is not known here", key.text);
    report.push(Diagnostic::error(codes::INVALID_VALUE, message).at(key.span, "unknown attribute"));
}
