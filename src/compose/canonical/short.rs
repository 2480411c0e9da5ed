//! The two short forms with a grammar of their own: `ports` and `volumes`.

use crate::{
    compose::{
        canonical::{Pieces, Reporter, mapping, refuse_text},
        context::place_within,
        key_path::KeyPath,
        values::{
            self,
            volumes::{VolumeSpec, VolumeType, clean_target},
        },
    },
    diag::{Code, Diagnostic, codes},
    yaml::{Node, Value, scalar},
};

/// The ports of a service; an item that is a range becomes several. If one item cannot be read, the
/// whole list stays as it is.
pub(super) fn ports(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Value::Seq(items) = &mut node.value else { return };
    let mut ports = Vec::new();
    let mut readable = true;
    for (index, item) in items.iter().enumerate() {
        let text = match &item.value {
            Value::String(_) | Value::Int(_) | Value::Float(_) => scalar::go_string(&item.value),
            _ => None,
        };
        let Some(text) = text else {
            ports.push(item.clone());
            continue;
        };
        match values::ports::parse(&text) {
            Ok(specs) => {
                ports.extend(specs.into_iter().map(|spec| Node::new(port(spec, &text, item), item.span)))
            }
            Err(error) => {
                refuse_text(item, &place.index(index), &error, reporter);
                readable = false;
            }
        }
    }
    if readable {
        *items = ports;
    }
}

fn port(spec: values::ports::PortSpec, text: &str, item: &Node) -> Value {
    let mut pieces = Pieces::of(item, text);
    let mut entries = vec![("mode", pieces.implied(Value::String("ingress".to_owned())))];
    if !spec.host_ip.is_empty() {
        entries.push(("host_ip", pieces.string(spec.host_ip)));
    }
    let published = spec.published.map(|published| ("published", pieces.string(published)));
    entries.push(("target", pieces.integer(i128::from(spec.target))));
    entries.extend(published);
    entries.push(("protocol", pieces.string(spec.protocol)));
    mapping(entries, item.span)
}

/// One mount of a service.
pub(super) fn volume(node: &mut Node, place: &KeyPath, reporter: &mut Reporter<'_>) {
    let Some(text) = node.as_str() else { return };
    match values::volumes::parse(text) {
        Ok(spec) => {
            surprises(node, text, &spec, reporter);
            node.value = mount(spec, text, node);
        }
        Err(error) => refuse_text(node, place, &error, reporter),
    }
}

fn mount(spec: VolumeSpec, text: &str, node: &Node) -> Value {
    let mut pieces = Pieces::of(node, text);
    let kind = match spec.volume_type {
        VolumeType::Bind => "bind",
        VolumeType::Volume => "volume",
    };
    let mut entries = vec![("type", pieces.implied(Value::String(kind.to_owned())))];
    entries.extend(spec.source.map(|source| ("source", pieces.string(source))));
    entries.push(("target", pieces.string(clean_target(&spec.target))));
    if spec.read_only {
        entries.push(("read_only", pieces.implied(Value::Bool(true))));
    }
    // An option is kept where it belongs, also on a mount of the other type.
    let mut bind = Vec::new();
    if spec.volume_type == VolumeType::Bind {
        bind.push(("create_host_path", pieces.implied(Value::Bool(true))));
    }
    bind.extend(spec.propagation.map(|propagation| ("propagation", pieces.string(propagation))));
    bind.extend(spec.selinux.map(|selinux| ("selinux", pieces.string(selinux))));
    if !bind.is_empty() {
        entries.push(("bind", pieces.implied(mapping(bind, node.span))));
    }
    // A target of one or two characters is not looked at any further.
    let named_type = spec.volume_type == VolumeType::Volume && text.len() > 2;
    if spec.nocopy || named_type {
        let nocopy = spec.nocopy.then(|| ("nocopy", pieces.implied(Value::Bool(true))));
        let options = mapping(nocopy.into_iter().collect(), node.span);
        entries.push(("volume", pieces.implied(options)));
    }
    mapping(entries, node.span)
}

/// How fresh files have to be, which only Docker Desktop ever asked.
const CONSISTENCY: &[&str] = &["cached", "consistent", "delegated"];

/// What docker compose takes in silence, and authors do not mean.
fn surprises(node: &Node, text: &str, spec: &VolumeSpec, reporter: &mut Reporter<'_>) {
    let mut tell = |part: &str, message: String, help: &str, severity: fn(Code, String) -> Diagnostic| {
        let start = text.rfind(part).unwrap_or_default();
        let span = place_within(reporter.sources, node.span, text, start, part.len());
        let diagnostic = severity(codes::SHORT_FORM_SURPRISE, message);
        reporter.report.push(diagnostic.at(span, "here").help(help));
    };
    let (known, unknown): (Vec<&String>, Vec<&String>) =
        spec.unknown_options.iter().partition(|option| CONSISTENCY.contains(&option.as_str()));
    for option in known {
        let message = format!("`{option}` is said of mounts on Docker Desktop, and is ignored");
        tell(option, message, "files are as fresh everywhere else", Diagnostic::info);
    }
    let mut warn = |part: &str, message: String, help: &str| tell(part, message, help, Diagnostic::warning);
    for option in unknown {
        warn(option, format!("`{option}` is no option of a mount, and is ignored"), "remove it");
    }
    let drive = match text.as_bytes() {
        [letter, b':', rest @ ..] if letter.is_ascii_alphabetic() => !rest.starts_with(b"\\"),
        _ => false,
    };
    if drive && text.matches(':').count() < 3 {
        let name = &text[..1];
        warn(
            text,
            format!("`{name}:` is taken for a Windows drive, not for a volume `{name}`"),
            "give the volume a longer name, or write the long form",
        );
    }
}
