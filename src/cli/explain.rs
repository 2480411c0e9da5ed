//! `kustompose explain`: the page of a rule, or what becomes of a key of compose.

use clap::Args;

use super::{Io, put, show};
use crate::{
    diag::{Diagnostic, Report, codes},
    lint,
    plan::mapping::{self, Answer, Row},
    text::Sources,
};

/// The flags of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A rule of `lint`, as in `KC001`; or the way to a key, as in `services.web.ports` or `healthcheck`
    #[arg(value_name = "RULE|KEY")]
    key: String,
}

/// Exit status 0, or 2 if there is no such rule or key.
pub(super) fn run(arguments: &Arguments, io: &mut Io<'_>) -> u8 {
    if let Some(rule) = lint::rule(&arguments.key) {
        put(io.stdout, &lint::pages::page(rule));
        return 0;
    }
    match mapping::explain(&arguments.key) {
        Answer::Rows(rows) => {
            let text: Vec<String> = rows.into_iter().map(paragraph).collect();
            put(io.stdout, &text.join("\n"));
            0
        }
        Answer::Unknown(nearest) => {
            let message = format!("compose has no key `{}`", arguments.key);
            let help = match nearest {
                Some(nearest) => format!("did you mean `{nearest}`?"),
                None => "write the way to it: `services.ports`, `networks.internal`".to_owned(),
            };
            let mut report = Report::default();
            report.push(Diagnostic::error(codes::UNKNOWN_KEY, message).help(help));
            show(&report, &Sources::default(), io);
            2
        }
    }
}

fn paragraph(row: &Row) -> String {
    format!("{}: {}\n  {}\n", row.path, row.fates(), row.text)
}
