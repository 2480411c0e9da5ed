//! The short syntax of `devices`: compose specification, `devices`.

use super::ValueError;

/// A device of the host and its place in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSpec {
    /// Path on the host, or the name of a CDI device.
    pub source: String,
    /// Path in the container; the source if none is said.
    pub target: String,
    /// Some of `r`, `w` and `m`, unchecked; all of them if nothing is said.
    pub permissions: String,
}

/// Reads `source[:target[:permissions]]`.
///
/// # Errors
/// On a fourth section.
pub fn parse(text: &str) -> Result<DeviceSpec, ValueError> {
    let mut sections = text.splitn(4, ':');
    let source = sections.next().unwrap_or_default();
    let target = sections.next().filter(|target| !target.is_empty()).unwrap_or(source);
    let permissions = sections.next().unwrap_or("rwm");
    if let Some(rest) = sections.next() {
        return Err(ValueError::part(text, rest, "too many colons, expected `source:target:permissions`"));
    }
    Ok(DeviceSpec {
        source: source.to_owned(),
        target: target.to_owned(),
        permissions: permissions.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_up_to_three_sections() {
        let cases = [
            ("/dev/a", "/dev/a", "/dev/a", "rwm"),
            ("/dev/a:/dev/b", "/dev/a", "/dev/b", "rwm"),
            ("/dev/a:/dev/b:r", "/dev/a", "/dev/b", "r"),
            ("/a::r", "/a", "/a", "r"),
            ("/a:/b:", "/a", "/b", ""),
            ("/a:rwm", "/a", "rwm", "rwm"),
            (":/b", "", "/b", "rwm"),
            ("", "", "", "rwm"),
            ("nvidia.com/gpu=all", "nvidia.com/gpu=all", "nvidia.com/gpu=all", "rwm"),
        ];
        for (text, source, target, permissions) in cases {
            let device = parse(text).unwrap();
            let found = (device.source.as_str(), device.target.as_str(), device.permissions.as_str());
            assert_eq!(found, (source, target, permissions), "{text}");
        }
        let error = parse("a:b:c:d:e").unwrap_err();
        assert_eq!((error.offset, error.len), (6, 3));
    }
}
