//! Version 1 of the JSON contract, which `docs/check-report.schema.json` describes.

use serde_json::{Value, json};

use super::{Checked, Context, Environment};
use crate::{
    diag::Diagnostic,
    drift::record::{Drift, Side, Waiver},
    text::Span,
};

/// The whole report.
pub fn json(checked: &Checked, context: &Context<'_>) -> Value {
    let environments = checked.environments.iter().map(|it| environment(checked, it));
    let diagnostics = context.report.diagnostics().iter().map(|it| diagnostic(it, context));
    json!({
        "version": 1,
        "environments": environments.collect::<Vec<_>>(),
        "drifts": checked.drifts.iter().map(|it| drift(it, context)).collect::<Vec<_>>(),
        "diagnostics": diagnostics.collect::<Vec<_>>(),
    })
}

fn environment(checked: &Checked, environment: &Environment) -> Value {
    json!({
        "name": environment.name,
        "status": checked.status(environment).word(),
        "reason": environment.not_compared,
        "facts": environment.facts,
        "from_tree": environment.from_tree,
        "missing_files": environment.missing_files,
    })
}

fn drift(drift: &Drift, context: &Context<'_>) -> Value {
    json!({
        "code": drift.code().id,
        "kind": drift.kind.code().name,
        "direction": drift.direction.word(),
        "drift": drift.is_drift,
        "environment": drift.environment,
        "service": drift.service,
        "workload": drift.workload,
        "container": drift.container,
        "path": drift.path,
        "compose": side(&drift.compose, context),
        "kubernetes": side(&drift.kubernetes, context),
        "message": drift.message,
        "help": drift.help,
        "waiver": drift.waiver.as_ref().map(|it| waiver(it, context)),
        "fingerprint": drift.fingerprint(),
    })
}

fn side(side: &Side, context: &Context<'_>) -> Value {
    let mut object = json!({"value": side.value});
    put_place(&mut object, side.span, context);
    object
}

fn waiver(waiver: &Waiver, context: &Context<'_>) -> Value {
    let mut object = json!({
        "reason": waiver.reason,
        "until": waiver.until.map(|until| until.to_string()),
    });
    put_place(&mut object, Some(waiver.span), context);
    object
}

fn diagnostic(diagnostic: &Diagnostic, context: &Context<'_>) -> Value {
    let mut object = json!({
        "code": diagnostic.code.id,
        "severity": diagnostic.severity.word(),
        "message": context.report.hidden().redact_values(&diagnostic.message),
    });
    put_place(&mut object, diagnostic.span(), context);
    object
}

/// File, line and column; all of them null where there is no place.
fn put_place(object: &mut Value, span: Option<Span>, context: &Context<'_>) {
    let place = span.filter(|span| *span != Span::NOWHERE).map(|span| context.sources.location(span));
    object["file"] = place.as_ref().map(|place| place.file.as_str()).into();
    object["line"] = place.as_ref().map(|place| place.line).into();
    object["column"] = place.as_ref().map(|place| place.column).into();
}
