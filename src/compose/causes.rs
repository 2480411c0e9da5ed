//! One message a cause: what stages report of a value that an earlier one refused is left out.
//!
//! Stages go on after errors. A value that cannot be interpolated is then of the wrong type as well, and
//! an attribute of the wrong type cannot be read into the model.

use std::collections::BTreeMap;

use crate::{
    diag::{Code, Report, Severity},
    text::Span,
};

/// Leaves out errors about values that an earlier error refused. Errors of one kind are no consequence of
/// one another: all of them stay.
pub(super) fn drop_consequences(report: &mut Report) {
    let mut refused: BTreeMap<Span, Code> = BTreeMap::new();
    report.retain(|diagnostic| {
        let place = diagnostic.span().filter(|_| diagnostic.severity == Severity::Error);
        let Some(place) = place else { return true };
        if refused.get(&place).is_some_and(|cause| *cause != diagnostic.code) {
            return false;
        }
        for span in [Some(place), diagnostic.within].into_iter().flatten() {
            refused.entry(span).or_insert(diagnostic.code);
        }
        true
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        diag::{Diagnostic, codes},
        text::Sources,
    };

    #[test]
    fn only_the_first_kind_of_error_about_a_value_stays() {
        let id = Sources::default().add("compose.yaml", "a: ${b\nc: d\n");
        let (value, part, other) = (Span::new(id, 3, 6), Span::new(id, 3, 5), Span::new(id, 10, 11));
        let mut report = Report::default();
        report.push(Diagnostic::error(codes::INVALID_INTERPOLATION, "cause").at(part, "").within(value));
        report.push(Diagnostic::error(codes::INVALID_INTERPOLATION, "another").at(part, "").within(value));
        report.push(Diagnostic::error(codes::WRONG_TYPE, "consequence").at(value, ""));
        report.push(Diagnostic::warning(codes::OBSOLETE, "no error").at(value, ""));
        report.push(Diagnostic::error(codes::WRONG_TYPE, "elsewhere").at(other, ""));
        report.push(Diagnostic::error(codes::NO_IMAGE, "without a place"));
        report.push(Diagnostic::error(codes::CONFLICT, "without a place either"));
        drop_consequences(&mut report);
        let left: Vec<&str> = report.diagnostics().iter().map(|found| found.message.as_str()).collect();
        let expected =
            ["cause", "another", "no error", "elsewhere", "without a place", "without a place either"];
        assert_eq!(left, expected);
    }
}
