//! JSON that people compare line by line, and that git merges by lines.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// A value as JSON. Of mappings, those of the first `depth` levels have a line for each entry; deeper ones and all lists
/// are written in one line.
pub fn lines(value: &impl Serialize, depth: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let formatter = Lines { pretty: PrettyFormatter::new(), depth, level: 0 };
    let written = value.serialize(&mut Serializer::with_formatter(&mut bytes, formatter));
    // Strings and maps of strings: there is nothing that JSON could not say.
    if written.is_err() {
        bytes.clear();
    }
    bytes.push(b'\n');
    bytes
}

struct Lines {
    pretty: PrettyFormatter<'static>,
    depth: usize,
    /// The mappings around.
    level: usize,
}

impl Lines {
    fn is_deep(&self) -> bool {
        self.level > self.depth
    }
}

impl Formatter for Lines {
    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b", " })
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.level += 1;
        if self.is_deep() { writer.write_all(b"{") } else { self.pretty.begin_object(writer) }
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        let is_deep = self.is_deep();
        self.level -= 1;
        if is_deep { writer.write_all(b"}") } else { self.pretty.end_object(writer) }
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if self.is_deep() {
            return writer.write_all(if first { b"" } else { b", " });
        }
        self.pretty.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.is_deep() { Ok(()) } else { self.pretty.end_object_value(writer) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_and_deep_mappings_take_a_line() {
        let value = json!({"a": {"b": {"c": "d", "e": {}}, "f": ["g", "h"]}, "i": {}, "j": []});
        let text = String::from_utf8(lines(&value, 2)).unwrap();
        assert_eq!(
            text,
            "{\n  \"a\": {\n    \"b\": {\"c\": \"d\", \"e\": {}},\n    \"f\": [\"g\", \"h\"]\n  },\n  \"i\": {},\n  \"j\": []\n}\n"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
