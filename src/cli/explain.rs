//! `kustompose explain`: the page of a diagnostic or of a rule, or what becomes of a key of compose.

use clap::Args;

use super::{Io, put, show};
use crate::{
    diag::{
        Diagnostic, Report,
        codes::{self, CODES, Code},
        pages,
    },
    lint,
    plan::mapping::{self, Answer, Row},
    text::{Sources, nearest},
};

/// The flags of `explain`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Code or name of a diagnostic or a rule, as in `KP003`; or a key, as in `services.web.ports` or `healthcheck`
    #[arg(value_name = "CODE|NAME|KEY")]
    asked: String,
}

/// Exit status 0, or 2 if there is no such code, rule or key.
pub(super) fn run(arguments: &Arguments, io: &mut Io<'_>) -> u8 {
    let asked = arguments.asked.trim();
    match page(asked) {
        Ok(page) => {
            put(io.stdout, &page);
            0
        }
        Err(diagnostic) => {
            let mut report = Report::default();
            report.push(*diagnostic);
            show(&report, &Sources::default(), io);
            2
        }
    }
}

fn page(asked: &str) -> Result<String, Box<Diagnostic>> {
    if let Some(rule) = lint::rule(&asked.to_ascii_lowercase()) {
        return Ok(lint::pages::page(rule));
    }
    let code = codes::find(asked);
    match (mapping::explain(asked), code) {
        (Answer::Rows(rows), _) => {
            let text: Vec<String> = rows.into_iter().map(paragraph).collect();
            Ok(text.join("\n") + &code.map(also).unwrap_or_default())
        }
        (_, Some(code)) => Ok(pages::page(code)),
        (Answer::Service { name, keys }, None) => Ok(service(name, &keys)),
        (Answer::Unknown(near), None) => Err(Box::new(unknown(asked, near))),
    }
}

fn paragraph(row: &Row) -> String {
    format!("{}: {}\n  {}\n", row.path, row.fates(), row.text)
}

/// A few codes are named as keys are.
fn also(code: &Code) -> String {
    format!("\n`{}` is also the name of a diagnostic: `kustompose explain {}`\n", code.name, code.id)
}

fn service(name: &str, keys: &[&str]) -> String {
    format!(
        "services.{name}: `{name}` is the name of a service. Ask for one of its keys, as in `kustompose explain \
         services.{name}.ports`:\n  {}\n",
        keys.join("\n  ")
    )
}

fn unknown(asked: &str, key: Option<String>) -> Diagnostic {
    let rules = lint::RULES.iter().map(|rule| rule.name);
    let name = nearest(asked, CODES.iter().map(|code| code.name).chain(rules));
    let near = nearest(asked, name.into_iter().chain(key.as_deref())).or(name).or(key.as_deref());
    let help = match numbered(asked).or(near) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "write a code such as `KP003`, the name of a rule such as `floating-image`, or a key such as \
                 `services.ports`"
                .to_owned()
        }
    };
    let message = format!("there is no code, rule or key `{asked}`");
    Diagnostic::error(codes::UNKNOWN_KEY, message).help(help)
}

/// The code of the same area and number. One number is as near to another as any.
fn numbered(asked: &str) -> Option<&'static str> {
    let parts = |id: &str| {
        let digits = id.find(|letter: char| letter.is_ascii_digit())?;
        let (area, number) = id.split_at_checked(digits)?;
        Some((area.to_ascii_uppercase(), number.parse::<u32>().ok()?))
    };
    let wanted = parts(&asked.replace(['-', '_', ' '], ""))?;
    let rules = lint::RULES.iter().map(|rule| rule.code);
    CODES.iter().map(|code| code.id).chain(rules).find(|id| parts(id).as_ref() == Some(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_rules_and_keys_are_told_by_any_of_their_names() {
        for (asked, begin) in [
            ("kp003", "# KP003 unsupported-key\n"),
            ("Unsupported-Key", "# KP003 unsupported-key\n"),
            ("kc001", "# KC001 "),
            ("Floating-Image", "# KK"),
            ("services.web.ports", "services.*.ports: "),
            ("services.web", "services.web: `web` is the name of a service."),
            ("image", "services.*.image: "),
        ] {
            let page = page(asked).unwrap_or_else(|diagnostic| panic!("{asked}: {diagnostic:?}"));
            assert!(page.starts_with(begin), "{asked}: {page}");
        }
        assert!(page("image").is_ok_and(|page| page.ends_with("`kustompose explain KM006`\n")));
    }

    #[test]
    fn what_is_unknown_is_compared_with_all_names() {
        for (asked, near) in [
            ("kp3", Some("KP003")),
            ("KP-003", Some("KP003")),
            ("kc1", Some("KC001")),
            ("unsuported-key", Some("unsupported-key")),
            ("floating-imag", Some("floating-image")),
            ("helthcheck", Some("services.healthcheck")),
            ("services.web.prots", Some("services.web.ports")),
            ("foo", None),
            ("KP999", None),
            ("", None),
        ] {
            let help = page(asked).err().and_then(|diagnostic| diagnostic.help).unwrap_or_default();
            match near {
                Some(near) => assert_eq!(help, format!("did you mean `{near}`?"), "{asked}"),
                None => assert!(help.starts_with("write a code"), "{asked}: {help}"),
            }
        }
    }
}
