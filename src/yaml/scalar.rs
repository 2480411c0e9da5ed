//! Scalars: what a text means to go-yaml v3, and how Go prints what it means.
//!
//! Knows no positions and no structure. YAML 1.2's core schema is not enough here: compose reads
//! `0755` as 493, `1_000` as 1000 and `yes` as a string, and so must everything behind this module.

mod number;
mod timestamp;

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

use super::Value;

/// The prefix of the tags that YAML itself defines; `!!int` is short for it and `int`.
pub(crate) const CORE_PREFIX: &str = "tag:yaml.org,2002:";

/// What a plain scalar without a tag means.
pub fn resolve(text: &str) -> Value {
    if let Some(value) = constant(text) {
        return value;
    }
    let number = match text.as_bytes().first() {
        Some(b'.') => number::after_point(text).map(Value::Float),
        Some(b'0'..=b'9') if timestamp::is_timestamp(text) => Some(Value::Timestamp(text.to_owned())),
        Some(b'0'..=b'9' | b'+' | b'-') => number::number(text),
        _ => None,
    };
    number.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// What a scalar with a tag means, plain or quoted. `tag` is its full name, `tag:yaml.org,2002:int`
/// for `!!int`. The error says in a few words what the text is not.
///
/// Tags that go-yaml does not know say nothing about the text, and it stays a string.
pub(crate) fn resolve_tagged(tag: &str, text: &str) -> Result<Value, String> {
    let name = tag.strip_prefix(CORE_PREFIX).unwrap_or("");
    let value = match name {
        "binary" => return binary(text),
        "bool" | "int" | "float" | "null" => untimed(text),
        "timestamp" => resolve(text),
        _ => return Ok(Value::String(text.to_owned())),
    };
    match (name, value) {
        ("bool", value @ Value::Bool(_))
        | ("int", value @ Value::Int(_))
        | ("float", value @ Value::Float(_))
        | ("null", value @ Value::Null)
        | ("timestamp", value @ Value::Timestamp(_)) => Ok(value),
        ("float", Value::Int(int)) if i64::try_from(int).is_ok() => Ok(Value::Float(int as f64)),
        (name, value) => Err(format!("this {} is no !!{name}", kind(&value))),
    }
}

/// The text of a scalar as compose writes it where a string is asked for (Go's `%v`): `0x1F` is
/// `31`, `1.50` is `1.5`. Null is the empty text, a timestamp the text of the source; collections
/// have none.
pub fn go_string(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(bool) => Some(bool.to_string()),
        Value::Int(int) => Some(int.to_string()),
        Value::Float(float) => Some(float_string(*float)),
        Value::Timestamp(text) | Value::String(text) => Some(text.clone()),
        Value::Seq(_) | Value::Map(_) => None,
    }
}

/// A float as Go's `%v` prints it: the shortest digits that read back the same, with an exponent
/// from a million on (`1e+06`) and below a ten-thousandth (`1e-05`).
pub fn float_string(float: f64) -> String {
    if float.is_nan() {
        return "NaN".to_owned();
    }
    if float.is_infinite() {
        return if float > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => float.to_string(),
    }
}

fn constant(text: &str) -> Option<Value> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => return None,
    })
}

/// As [`resolve`], but dates and times are strings: a tag that asks for something else never sees them.
fn untimed(text: &str) -> Value {
    match resolve(text) {
        Value::Timestamp(text) => Value::String(text),
        value => value,
    }
}

fn binary(text: &str) -> Result<Value, String> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical);
    let engine = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
    let bytes = engine
        .decode(text.replace(['\r', '\n'], ""))
        .map_err(|_| "this is no base64, which !!binary asks for".to_owned())?;
    let text =
        String::from_utf8(bytes).map_err(|_| "this !!binary holds bytes that are no text".to_owned())?;
    Ok(Value::String(text))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Int(_) => "integer",
        Value::Float(_) => "number",
        Value::Timestamp(_) => "timestamp",
        Value::String(_) | Value::Seq(_) | Value::Map(_) => "text",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Plain scalars, and the string that compose puts into an environment for them.
    const AS_STRING: &[(&str, &str)] = &[
        ("08", "8"),
        ("09.5", "9.5"),
        ("1__0", "10"),
        ("0_7", "7"),
        ("-0x10", "-16"),
        ("+0o17", "15"),
        ("0O17", "15"),
        ("0X1F", "31"),
        ("0B11", "3"),
        ("0755", "493"),
        ("0o755", "493"),
        ("010", "8"),
        ("0123", "83"),
        ("-012", "-10"),
        ("00", "0"),
        ("007", "7"),
        ("-0", "0"),
        ("1_000", "1000"),
        ("1_", "1"),
        ("1_000.5", "1000.5"),
        ("12e03", "12000"),
        ("-.5", "-0.5"),
        (".5", "0.5"),
        (".5_0", "0.5"),
        ("1.e1", "10"),
        ("0.0", "0"),
        ("-0.0", "-0"),
        ("1.50", "1.5"),
        ("1.10", "1.1"),
        ("1.0", "1"),
        ("1e3", "1000"),
        ("1e-7", "1e-07"),
        ("1e5", "100000"),
        ("1e6", "1e+06"),
        ("123456.7", "123456.7"),
        ("1234567.8", "1.2345678e+06"),
        ("100000.0", "100000"),
        ("999999.0", "999999"),
        ("1000000.0", "1e+06"),
        ("100000000.5", "1.000000005e+08"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-05"),
        ("3.14159265358979", "3.14159265358979"),
        ("1e20", "1e+20"),
        ("1e21", "1e+21"),
        ("1e22", "1e+22"),
        ("1e-400", "0"),
        ("9223372036854775807", "9223372036854775807"),
        ("18446744073709551615", "18446744073709551615"),
        ("+18446744073709551615", "1.8446744073709552e+19"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775809", "-9.223372036854776e+18"),
        ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("0xFFFFFFFFFFFFFFFF", "18446744073709551615"),
        ("0777777777777777777777777", "7.777777777777778e+23"),
        (".NaN", "NaN"),
        (".inf", "+Inf"),
        ("+.inf", "+Inf"),
        ("-.Inf", "-Inf"),
        ("TRUE", "true"),
        ("False", "false"),
        ("NULL", ""),
        ("~", ""),
        ("", ""),
    ];

    /// Plain scalars that are strings.
    const STRINGS: &[&str] = &[
        "_1",
        "1e",
        ".e5",
        "0b2",
        "0o8",
        "2001-01",
        "1:30",
        "12:30",
        "22:22",
        "nULL",
        "tRUE",
        "~~",
        "Y",
        "N",
        "ON",
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
        "1 2",
        "1,000",
        "1.2.3",
        "v1.0",
        "1.0.",
        "5m",
        "--",
        "=",
        "<<",
        "+",
        "-",
        ".",
        "..",
        "0x",
        "0xg",
        "1e400",
        ".5_",
        "._5",
        "0x1.8p1",
        "Infinity",
        "nan",
        "inf",
        "٣",
        "+-1",
        "--1",
        "2001-02-29",
        "2001-13-01",
        "2001-01-01 25:00:00",
        "02001-01-01",
        "2001-01-01T1:2:3",
        "2001-1-1 ",
        "2001-01-01 10:00:00Z",
        "é",
    ];

    const TIMESTAMPS: &[&str] = &[
        "2001-1-1",
        "2001-01-01",
        "2004-02-29",
        "2001-01-01T00:00:00Z",
        "2001-01-01t0:0:0.5+02:00",
        "2001-01-01 10:00:00",
        "2001-01-01  10:00:00.123456789012",
        "2001-12-14T21:59:43.10-05:00",
    ];

    #[test]
    fn plain_scalars_read_and_print_as_in_go() {
        for (text, expected) in AS_STRING {
            let value = resolve(text);
            assert!(!matches!(value, Value::String(_) | Value::Timestamp(_)), "{text:?}: {value:?}");
            assert_eq!(go_string(&value).as_deref(), Some(*expected), "{text:?}");
        }
    }

    #[test]
    fn everything_else_is_a_string_or_a_timestamp() {
        for text in STRINGS {
            assert_eq!(resolve(text), Value::String((*text).to_owned()));
        }
        for text in TIMESTAMPS {
            assert_eq!(resolve(text), Value::Timestamp((*text).to_owned()));
        }
        assert_eq!(go_string(&Value::Seq(Vec::new())), None);
    }

    #[test]
    fn tags_force_a_type_or_fail() {
        let string = |text: &str| Ok(Value::String(text.to_owned()));
        let cases: &[(&str, &str, Result<Value, ()>)] = &[
            ("str", "yes", string("yes")),
            ("str", "0123", string("0123")),
            ("str", "", string("")),
            ("int", "0123", Ok(Value::Int(83))),
            ("int", "2001-01-01", Err(())),
            ("int", "1.5", Err(())),
            ("float", "1", Ok(Value::Float(1.0))),
            ("float", "1.5", Ok(Value::Float(1.5))),
            ("float", "18446744073709551615", Err(())),
            ("bool", "true", Ok(Value::Bool(true))),
            ("bool", "yes", Err(())),
            ("null", "", Ok(Value::Null)),
            ("null", "x", Err(())),
            ("timestamp", "2001-01-01", Ok(Value::Timestamp("2001-01-01".to_owned()))),
            ("timestamp", "x", Err(())),
            ("binary", "aGVs\nbG8=", string("hello")),
            ("binary", "aGVsbG8", Err(())),
            ("binary", "/w==", Err(())),
            ("set", "12", string("12")),
        ];
        for (tag, text, expected) in cases {
            let value = resolve_tagged(&format!("{CORE_PREFIX}{tag}"), text);
            assert_eq!(value.map_err(|_| ()), *expected, "!!{tag} {text:?}");
        }
        assert_eq!(resolve_tagged("!local", "0123"), Ok(Value::String("0123".to_owned())));
    }

    proptest! {
        #[test]
        fn any_text_resolves(text in "[-+.0-9a-fxo_eEtTzZ: ]{0,30}|\\PC{0,12}") {
            let printed = go_string(&resolve(&text));
            prop_assert!(printed.is_some());
        }

        #[test]
        fn floats_print_so_that_they_read_back(bits in any::<u64>()) {
            let float = f64::from_bits(bits);
            prop_assume!(float.is_finite());
            prop_assert_eq!(float_string(float).parse::<f64>(), Ok(float));
        }
    }
}
