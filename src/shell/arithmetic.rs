//! `$((…))`: numbers, variables, and what is computed from them.

/// The text is no expression, or one that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Malformed;

/// A number, if it is known.
type Number = Result<Option<i64>, Malformed>;

/// Operators with how close they bind, the longer of two that begin alike first.
const OPERATORS: [(&str, u8); 20] = [
    ("**", 11),
    ("<<", 8),
    (">>", 8),
    ("<=", 7),
    (">=", 7),
    ("==", 6),
    ("!=", 6),
    ("&&", 2),
    ("||", 1),
    ("<", 7),
    (">", 7),
    ("+", 9),
    ("-", 9),
    ("*", 10),
    ("/", 10),
    ("%", 10),
    ("|", 3),
    ("^", 4),
    ("&", 5),
    ("?", 0),
];

/// Computes an expression of a few hundred bytes at most. `variable` says what a variable is, and is asked for all
/// that the result depends on.
///
/// # Errors
/// If it is no expression of numbers and variables.
pub(super) fn evaluate(expression: &str, variable: &mut dyn FnMut(&str) -> Option<i64>) -> Number {
    let mut reader = Reader { rest: expression, variable };
    reader.skip_blanks();
    if reader.rest.is_empty() {
        return Ok(Some(0));
    }
    let number = reader.expression(0, true)?;
    if reader.rest.is_empty() { Ok(number) } else { Err(Malformed) }
}

struct Reader<'e, 'v> {
    rest: &'e str,
    variable: &'v mut dyn FnMut(&str) -> Option<i64>,
}

impl Reader<'_, '_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn skip(&mut self, sign: &str) -> bool {
        let behind = self.rest.strip_prefix(sign);
        if let Some(behind) = behind {
            self.rest = behind;
            self.skip_blanks();
        }
        behind.is_some()
    }

    /// What binds at least so close. If it is not looked at, nobody is asked for its variables.
    fn expression(&mut self, least: u8, asked: bool) -> Number {
        let mut left = self.operand(asked)?;
        loop {
            let next = OPERATORS.iter().find(|(sign, _)| self.rest.starts_with(sign));
            let Some((sign, closeness)) = next.filter(|(_, closeness)| *closeness >= least) else {
                return Ok(left);
            };
            self.skip(sign);
            // `+=` and the like.
            if self.rest.starts_with('=') {
                return Err(Malformed);
            }
            if *sign == "?" {
                left = self.choice(left, asked)?;
                continue;
            }
            let right = self.expression(if *sign == "**" { *closeness } else { closeness + 1 }, asked)?;
            left = left.zip(right).and_then(|(left, right)| apply(sign, left, right));
        }
    }

    /// `? yes : no`
    fn choice(&mut self, condition: Option<i64>, asked: bool) -> Number {
        let yes = self.expression(0, asked && condition.is_some_and(|number| number != 0))?;
        if !self.skip(":") {
            return Err(Malformed);
        }
        let no = self.expression(0, asked && condition == Some(0))?;
        Ok(condition.and_then(|number| if number == 0 { no } else { yes }))
    }

    fn operand(&mut self, asked: bool) -> Number {
        if self.rest.starts_with("++") || self.rest.starts_with("--") {
            return Err(Malformed);
        }
        if let Some(sign) = ["+", "-", "!", "~"].into_iter().find(|sign| self.skip(sign)) {
            let number = self.operand(asked)?;
            return Ok(match sign {
                "-" => number.and_then(i64::checked_neg),
                "!" => number.map(|number| i64::from(number == 0)),
                "~" => number.map(|number| !number),
                _ => number,
            });
        }
        if self.skip("(") {
            let number = self.expression(0, asked)?;
            return if self.skip(")") { Ok(number) } else { Err(Malformed) };
        }
        let length = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !"_#".contains(c))
            .unwrap_or(self.rest.len());
        let (word, behind) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = behind;
        self.skip_blanks();
        let is_changed = ["++", "--", "["].iter().any(|sign| self.rest.starts_with(sign))
            || self.rest.starts_with('=') && !self.rest.starts_with("==");
        match word.chars().next() {
            Some(first) if first.is_ascii_digit() => literal(word).map(Some),
            Some(_) if !is_changed => Ok(if asked { (self.variable)(word) } else { None }),
            _ => Err(Malformed),
        }
    }
}

fn literal(word: &str) -> Result<i64, Malformed> {
    if let Some((base, digits)) = word.split_once('#') {
        let base = base.parse().ok().filter(|base| (2..=36).contains(base)).ok_or(Malformed)?;
        return i64::from_str_radix(digits, base).map_err(|_| Malformed);
    }
    let (digits, base) = match word.strip_prefix("0x").or(word.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if word.len() > 1 && word.starts_with('0') => (word, 8),
        None => (word, 10),
    };
    i64::from_str_radix(digits, base).map_err(|_| Malformed)
}

fn apply(sign: &str, left: i64, right: i64) -> Option<i64> {
    let truth = |holds: bool| Some(i64::from(holds));
    match sign {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "**" => left.checked_pow(u32::try_from(right).ok()?),
        "<<" => left.checked_shl(u32::try_from(right).ok()?),
        ">>" => left.checked_shr(u32::try_from(right).ok()?),
        "&" => Some(left & right),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "==" => truth(left == right),
        "!=" => truth(left != right),
        "<" => truth(left < right),
        "<=" => truth(left <= right),
        ">" => truth(left > right),
        ">=" => truth(left >= right),
        "&&" => truth(left != 0 && right != 0),
        "||" => truth(left != 0 || right != 0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_computed() {
        let cases = [
            ("", Ok(Some(0))),
            ("60 * 5", Ok(Some(300))),
            ("1 + 2 * 3 - 4", Ok(Some(3))),
            ("(1 + 2) * -3", Ok(Some(-9))),
            ("2 ** 3 ** 2", Ok(Some(512))),
            ("0x10 + 010", Ok(Some(24))),
            ("10#08 * 60", Ok(Some(480))),
            ("A * 60", Ok(Some(420))),
            ("A > 5 ? A : B", Ok(Some(7))),
            ("!A || 1 << 2 == 4", Ok(Some(1))),
            ("B + 1", Ok(None)),
            ("1 / 0", Ok(None)),
            ("A = 5", Err(Malformed)),
            ("A += 5", Err(Malformed)),
            ("A++", Err(Malformed)),
            ("A[0]", Err(Malformed)),
            ("1 +", Err(Malformed)),
            ("(1", Err(Malformed)),
            ("1 2", Err(Malformed)),
            ("09", Err(Malformed)),
        ];
        for (text, expected) in cases {
            let found = evaluate(text, &mut |name| (name == "A").then_some(7));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn only_what_matters_is_asked_for() {
        let mut asked = Vec::new();
        let found = evaluate("1 ? A : B", &mut |name| {
            asked.push(name.to_owned());
            Some(2)
        });
        assert_eq!((found, asked), (Ok(Some(2)), vec!["A".to_owned()]));
    }
}
