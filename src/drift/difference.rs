//! In which way one fact differs from what is wanted, and who decides on that.

use super::{
    Kind,
    fact::{Content, Fact, Image, Path, Value, words_agree},
    text::Text,
};
use crate::text::Span;

/// A difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) kind: Kind,
    pub(super) owner: Natural,
    /// Whether it is about the Services that lead to a port, and not about the port itself.
    pub(super) is_of_services: bool,
}

/// Who decides on a field that your overlay sets, unless the settings say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Natural {
    /// Compose.
    Compose,
    /// Kubernetes: the overlay overrides what Compose asks for.
    Kubernetes,
    /// It adds to what Compose asks for, and is not reported.
    Nobody,
}

impl Difference {
    fn new(kind: Kind, owner: Natural) -> Self {
        Self { kind, owner, is_of_services: false }
    }
}

/// Kinds of workloads that trees of other tools use for the same.
const ALIKE: &[&str] = &["Deployment", "StatefulSet", "ReplicaSet", "Rollout"];

/// How what is there differs from what is wanted. In trees of other tools, some things count as alike.
pub(super) fn difference(
    path: &Path,
    want: Option<&Fact>,
    got: Option<&Fact>,
    is_foreign: bool,
) -> Option<Difference> {
    use Natural::{Compose, Nobody};
    let (want, got) = match (want.map(|fact| &fact.value), got.map(|fact| &fact.value)) {
        (None, None) | (Some(Value::Unknown), Some(_)) | (Some(_), Some(Value::Unknown)) => return None,
        (want, got) => (want, got),
    };
    let is_extra = want.is_none();
    match path {
        Path::Env(_) => variable(want, got, is_foreign),
        Path::Image => match (want, got) {
            (Some(Value::Image(want)), Some(Value::Image(got))) => image(want, got),
            _ => Some(Difference::new(Kind::Image, Compose)),
        },
        Path::Port(..) => match (want, got) {
            (Some(Value::Port(want)), Some(Value::Port(got))) => {
                let difference = Difference { is_of_services: true, ..Difference::new(Kind::Port, Compose) };
                want.lost(got).map(|_| difference)
            }
            _ => Some(Difference::new(Kind::Port, if is_extra { Nobody } else { Compose })),
        },
        Path::User if is_extra => Some(Difference::new(Kind::Command, Nobody)),
        Path::Mount(_) | Path::Probe(_) if is_extra => Some(Difference::new(path.kind(), Nobody)),
        Path::Kind if is_foreign && alike(want, got) => None,
        _ => {
            let is_same = want.zip(got).is_some_and(|(want, got)| same(want, got, is_foreign));
            (!is_same).then(|| Difference::new(path.kind(), Compose))
        }
    }
}

impl Path {
    /// The kind of drift if the values differ; variables have several.
    fn kind(&self) -> Kind {
        match self {
            Path::Kind => Kind::WorkloadKind,
            Path::Schedule | Path::TimeZone | Path::ConcurrencyPolicy | Path::Suspend => Kind::Schedule,
            Path::Image => Kind::Image,
            Path::Argv | Path::WorkingDir | Path::User => Kind::Command,
            Path::Env(_) => Kind::EnvValue,
            Path::Port(..) => Kind::Port,
            Path::Probe(_) => Kind::Probe,
            Path::Mount(_) => Kind::Mount,
        }
    }
}

fn variable(want: Option<&Value>, got: Option<&Value>, is_foreign: bool) -> Option<Difference> {
    use Natural::{Compose, Kubernetes, Nobody};
    let difference = |kind, owner| Some(Difference::new(kind, owner));
    match (want, got) {
        (Some(_), None) => difference(Kind::EnvMissing, Compose),
        (None, Some(Value::Text(text))) if is_foreign && is_field_of_pod(text) => {
            difference(Kind::EnvExtra, Nobody)
        }
        (None, _) => difference(Kind::EnvExtra, Kubernetes),
        (Some(Value::Secret), Some(Value::Secret)) => None,
        (Some(Value::Secret), Some(Value::Text(text))) => match text.as_plain() {
            Some("") => difference(Kind::EnvValue, Kubernetes),
            Some(_) => difference(Kind::EnvPlain, Compose),
            // It has secrets in it, and none of them in clear.
            None => None,
        },
        // What a Secret holds is not compared. It is a difference only where it is known that it came to be one.
        (Some(Value::Text(_)), Some(Value::Secret)) if is_foreign => None,
        (Some(Value::Text(want)), Some(Value::Text(got))) if want.agrees(got) => None,
        (Some(Value::Text(want)), Some(Value::Text(got)))
            if got.as_plain().is_some_and(|clear| want.is_in_clear_as(clear)) =>
        {
            difference(Kind::EnvPlain, Compose)
        }
        _ => difference(Kind::EnvValue, Kubernetes),
    }
}

/// A value such as the pod's address, which no Compose file can give.
fn is_field_of_pod(text: &Text) -> bool {
    let plain = text.as_plain().unwrap_or_default();
    ["{\"fieldRef\"", "{\"resourceFieldRef\""].iter().any(|start| plain.starts_with(start))
}

fn image(want: &Image, got: &Image) -> Option<Difference> {
    let is_same_version = want.tag == got.tag && want.digest == got.digest;
    if want.repository != got.repository {
        return Some(Difference::new(Kind::Image, Natural::Compose));
    }
    if want.registry == got.registry && is_same_version {
        return None;
    }
    // An image without a tag is one that gets its tag from your overlay.
    let is_given = want.registry == got.registry && want.tag.is_none() && want.digest.is_none();
    Some(Difference::new(Kind::Image, if is_given { Natural::Nobody } else { Natural::Kubernetes }))
}

fn same(want: &Value, got: &Value, is_foreign: bool) -> bool {
    match (want, got) {
        (Value::Text(want), Value::Text(got)) => want.agrees(got),
        (Value::Argv(want), Value::Argv(got)) => {
            want.has_program == got.has_program && words_agree(&want.words, &got.words)
        }
        (Value::Probe(want), Value::Probe(got)) => {
            want.action == got.action && words_agree(&want.words, &got.words)
        }
        // Others name claims as they like.
        (Value::Volume(want), Value::Volume(got)) if is_foreign => want.kind == got.kind,
        (Value::Volume(want), Value::Volume(got)) => want.first_difference(got).is_none(),
        (Value::File(want, _), Value::File(got, _)) => {
            want == got || [want, got].contains(&&Content::Unknown)
        }
        _ => false,
    }
}

fn alike(want: Option<&Value>, got: Option<&Value>) -> bool {
    let is_alike = |value: Option<&Value>| match value {
        Some(Value::Text(text)) => text.as_plain().is_some_and(|kind| ALIKE.contains(&kind)),
        _ => false,
    };
    is_alike(want) && is_alike(got)
}

/// The place in `fact` that makes it differ from another one.
pub(super) fn place(fact: &Fact, other: Option<&Fact>) -> Span {
    match (&fact.value, other.map(|other| &other.value)) {
        (Value::File(_, content), Some(Value::File(..))) => *content,
        (Value::Volume(volume), Some(Value::Volume(other))) => {
            volume.first_difference(other).unwrap_or(fact.span)
        }
        (Value::Argv(argv), Some(Value::Argv(other))) => argv.first_difference(other).unwrap_or(fact.span),
        (Value::Port(port), Some(Value::Port(other))) => port.unlike(other).unwrap_or(fact.span),
        _ => fact.span,
    }
}

/// The Service that is to lead to a port and leads to no port of this number.
pub(super) fn lost_service<'f>(want: &'f Fact, got: &Fact) -> Option<&'f str> {
    let (Value::Port(want), Value::Port(got)) = (&want.value, &got.value) else { return None };
    let (name, _) = want.lost(got)?;
    (!got.services.keys().any(|(own, _)| own == name)).then_some(name)
}

/// The place of the first Service that is to lead to a port and does not.
pub(super) fn lost_route(want: Option<&Fact>, got: Option<&Fact>) -> Option<Span> {
    match (&want?.value, &got?.value) {
        (Value::Port(want), Value::Port(got)) => want.lost(got).map(|(_, span)| span),
        _ => None,
    }
}
