//! Tests: `[[ … ]]`, `[ … ]`.

use brush_parser::ast;

/// What stands between `[[` and `]]`, or behind `[`; words as they are written.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Empty(String),
    NotEmpty(String),
    Equal(String, String),
    NotEqual(String, String),
    /// An operator such as `-gt` between numbers.
    Compare(&'static str, String, String),
    /// Something that only a run can tell, such as whether a file exists.
    Unknown,
}

/// What the parser read between `[[` and `]]`.
pub(super) fn lower(test: &ast::ExtendedTestExpr) -> Test {
    use ast::{BinaryPredicate, ExtendedTestExpr, UnaryPredicate};
    match test {
        ExtendedTestExpr::And(left, right) => Test::And(lower(left).into(), lower(right).into()),
        ExtendedTestExpr::Or(left, right) => Test::Or(lower(left).into(), lower(right).into()),
        ExtendedTestExpr::Not(inner) => Test::Not(lower(inner).into()),
        ExtendedTestExpr::Parenthesized(inner) => lower(inner),
        ExtendedTestExpr::UnaryTest(UnaryPredicate::StringHasZeroLength, word) => {
            Test::Empty(word.value.clone())
        }
        ExtendedTestExpr::UnaryTest(UnaryPredicate::StringHasNonZeroLength, word) => {
            Test::NotEmpty(word.value.clone())
        }
        ExtendedTestExpr::UnaryTest(..) => Test::Unknown,
        ExtendedTestExpr::BinaryTest(predicate, left, right) => {
            let (left, right) = (left.value.clone(), right.value.clone());
            let operator = match predicate {
                BinaryPredicate::StringExactlyMatchesPattern
                | BinaryPredicate::StringExactlyMatchesString => {
                    return Test::Equal(left, right);
                }
                BinaryPredicate::StringDoesNotExactlyMatchPattern
                | BinaryPredicate::StringDoesNotExactlyMatchString => return Test::NotEqual(left, right),
                BinaryPredicate::ArithmeticEqualTo => "-eq",
                BinaryPredicate::ArithmeticNotEqualTo => "-ne",
                BinaryPredicate::ArithmeticLessThan => "-lt",
                BinaryPredicate::ArithmeticLessThanOrEqualTo => "-le",
                BinaryPredicate::ArithmeticGreaterThan => "-gt",
                BinaryPredicate::ArithmeticGreaterThanOrEqualTo => "-ge",
                _ => return Test::Unknown,
            };
            Test::Compare(operator, left, right)
        }
    }
}

/// The words behind `[` or `test`.
pub(super) fn of_words(words: &[String]) -> Test {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "]").collect();
    if words.len() > 60 {
        return Test::Unknown;
    }
    // `-o` binds less than `-a`.
    for (operator, build) in [
        ("-o", Test::Or as fn(Box<Test>, Box<Test>) -> Test),
        ("-a", Test::And as fn(Box<Test>, Box<Test>) -> Test),
    ] {
        if let Some(at) = words.iter().position(|word| *word == operator)
            && at > 0
            && at + 1 < words.len()
        {
            let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
            let (left, right) = (own(&words[..at]), own(&words[at + 1..]));
            return build(of_words(&left).into(), of_words(&right).into());
        }
    }
    simple(&words)
}

fn simple(words: &[&str]) -> Test {
    const COMPARISONS: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    match words {
        [] => Test::Empty(String::new()),
        ["!", rest @ ..] => Test::Not(simple(rest).into()),
        [word] => Test::NotEmpty((*word).to_owned()),
        ["-n", word] => Test::NotEmpty((*word).to_owned()),
        ["-z", word] => Test::Empty((*word).to_owned()),
        [left, "=" | "==", right] => Test::Equal((*left).to_owned(), (*right).to_owned()),
        [left, "!=", right] => Test::NotEqual((*left).to_owned(), (*right).to_owned()),
        [left, operator, right] => match COMPARISONS.into_iter().find(|comparison| comparison == operator) {
            Some(operator) => Test::Compare(operator, (*left).to_owned(), (*right).to_owned()),
            None => Test::Unknown,
        },
        _ => Test::Unknown,
    }
}
