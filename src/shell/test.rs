//! Tests: `[[ … ]]`, `[ … ]`.

/// Words of the longest test that is read.
const LONGEST: usize = 60;

/// What stands between `[[` and `]]`, or behind `[`; words as they are written.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Not(Box<Test>),
    And(Box<Test>, Box<Test>),
    Or(Box<Test>, Box<Test>),
    Empty(String),
    /// `=`, `==` or `!=` between texts, `-gt` and the like between numbers.
    Compare(&'static str, String, String),
    /// Something that only a run can tell, such as whether a file exists.
    Unknown,
}

/// What stands between `[[` and `]]`, operators among the words.
pub(super) fn of_brackets(words: &[impl AsRef<str>]) -> Test {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).filter(|word| *word != "\n").collect();
    if words.len() > LONGEST {
        return Test::Unknown;
    }
    let mut rest = &words[..];
    let test = alternatives(&mut rest);
    if rest.is_empty() { test } else { Test::Unknown }
}

/// `… || …`
fn alternatives(rest: &mut &[&str]) -> Test {
    let mut test = together(rest);
    while let ["||", after @ ..] = rest {
        *rest = after;
        test = Test::Or(test.into(), together(rest).into());
    }
    test
}

/// `… && …`
fn together(rest: &mut &[&str]) -> Test {
    let mut test = single(rest);
    while let ["&&", after @ ..] = rest {
        *rest = after;
        test = Test::And(test.into(), single(rest).into());
    }
    test
}

fn single(rest: &mut &[&str]) -> Test {
    match *rest {
        ["!", after @ ..] => {
            *rest = after;
            Test::Not(single(rest).into())
        }
        ["(", after @ ..] => {
            *rest = after;
            let test = alternatives(rest);
            match rest {
                [")", after @ ..] => {
                    *rest = after;
                    test
                }
                _ => Test::Unknown,
            }
        }
        words => {
            let length = words.iter().position(|word| matches!(*word, "&&" | "||" | ")"));
            let (own, after) = words.split_at(length.unwrap_or(words.len()));
            *rest = after;
            match own {
                // Its right side is a pattern.
                [_, "=" | "==" | "!=", right] if right.contains(['*', '?', '[']) => Test::Unknown,
                own => simple(own),
            }
        }
    }
}

/// The words behind `[` or `test`.
pub(super) fn of_words(words: &[String]) -> Test {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "]").collect();
    if words.len() > LONGEST {
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
    const COMPARISONS: [&str; 9] = ["=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"];
    match words {
        [] => Test::Empty(String::new()),
        ["!", rest @ ..] => Test::Not(simple(rest).into()),
        ["-z", word] => Test::Empty((*word).to_owned()),
        [word] | ["-n", word] => Test::Not(Test::Empty((*word).to_owned()).into()),
        [left, operator, right] => match COMPARISONS.into_iter().find(|comparison| comparison == operator) {
            Some(operator) => Test::Compare(operator, (*left).to_owned(), (*right).to_owned()),
            None => Test::Unknown,
        },
        _ => Test::Unknown,
    }
}
