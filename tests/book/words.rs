//! How the documents are written: short sentences, and none of the words that readers did not understand.

use std::fs;

use regex::Regex;

use super::{all_pages, program, read, root};

/// The longest sentence, and the longest average of a page, in words.
const LONGEST: usize = 30;
const AVERAGE: f64 = 18.0;

/// Patterns that no document and no help text contains, each with what to write in its place.
const BANNED: &[(&str, &str)] = &[
    (r"stands? (once|in|for it|there|beside|where|with)\b", "is in, is defined in"),
    (r"\b(is|are|be) told\b", "is reported"),
    (r"\bfates?\b", "result"),
    (r"\boutermost layer\b", "your overlay"),
    (r"\byour(s is the)? outermost\b", "your overlay"),
    (r"\b(has|have|had) to be\b", "must be"),
    (r"\bcomes? to (lack|its end|their end)\b", "lacks, ends"),
    (r"\bruns? to (its|their) end\b", "runs to completion"),
    (r"\bspeaks against\b", "refused: …"),
    (r"\bprocessors?\b", "CPU"),
    (r"\bfarewell\b", "preStop"),
    (r"\bbrings? the wait\b", "wait initContainer"),
    (r"\bthose of the process\b", "shell variables"),
    (r"\b(less|otherwise|so)( it)? says?\b", "the condition"),
    (r"\bof yours\b", "your"),
    (r"\bkept environments?\b", "partly updated environment"),
    (r"\bnothing of the kind\b", "Kubernetes has no equivalent"),
    (r"\bno counterpart\b", "Kubernetes has no equivalent"),
    (r"\bsays? a (schedule|secret)\b", "defines"),
    (r"\btells? (a|of a|the|one) (secret|task)\b", "the name or the value shows that"),
    (r"\bmend(s|ed|ing)?\b", "fix"),
    (r"\b(a|of the|in the|the) trees?\b", "the manifests, the output directory"),
    (r"\bnobody says\b", "is not defined"),
    (r"\bwithout a word\b", "silently"),
    (r"\blest\b", "so that … not"),
];

/// Pages whose words and sentences are checked. The mapping shares texts with the reports of `convert`, and the
/// command line is checked as it is printed.
fn checked() -> impl Iterator<Item = String> {
    let others = ["docs/mapping.md", "docs/cli.md", "docs/SUMMARY.md"];
    all_pages().filter(move |page| !others.contains(&page.as_str()))
}

#[test]
fn sentences_are_short() {
    let mut wrong = Vec::new();
    // The cells of tables are short by nature: they would hide long sentences in the average.
    let rows = Regex::new(r"(?m)^\s*\|.*$").unwrap();
    for page in checked() {
        let text = read(&page);
        for sentence in sentences(&text).iter().filter(|sentence| count(sentence) > LONGEST) {
            wrong.push(format!("{page}: {} words: {sentence}", count(sentence)));
        }
        let words: Vec<usize> =
            sentences(&rows.replace_all(&text, "")).iter().map(|sentence| count(sentence)).collect();
        #[expect(clippy::cast_precision_loss, reason = "pages have far fewer words")]
        let average = words.iter().sum::<usize>() as f64 / words.len().max(1) as f64;
        if average > AVERAGE {
            wrong.push(format!("{page}: {average:.1} words a sentence, on average"));
        }
    }
    assert!(wrong.is_empty(), "at most {LONGEST} words, {AVERAGE} on average:\n{}", wrong.join("\n"));
}

#[test]
fn sentences_are_counted_as_people_count_them() {
    for (text, expected) in [
        ("One. Two words! Three more words?", &[1, 2, 3][..]),
        ("Version 1.21 of `kubectl apply -k x` is one word.", &[7]),
        ("- an item\n- another item,\n  continued\n", &[2, 3]),
        ("| a | b c |\n| --- | --- |\n| d e f. | `g` |\n", &[1, 2, 3, 1]),
        (
            "# A heading\n\n```sh\nnot prose at all\n```\n\nA [link](x.md#y)\nover two lines, e.g. this.\n",
            &[7],
        ),
        ("<!-- a comment -->\nText.\n\nMore", &[1, 1]),
        ("It ends: see below.\n\n1. First — and\n2. Second\n", &[4, 2, 1]),
    ] {
        let found: Vec<usize> = sentences(text).iter().map(|sentence| count(sentence)).collect();
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn words_are_those_of_the_field() {
    let mut texts: Vec<(String, String)> =
        checked().map(|page| (page.clone(), prose(&read(&page)))).collect();
    texts.extend(program::helps().iter().map(|(name, help)| (format!("{name} --help"), help.clone())));
    texts.extend(messages());
    let mut wrong = Vec::new();
    for (pattern, instead) in BANNED {
        let banned = Regex::new(&format!("(?i){pattern}")).unwrap();
        for (name, text) in &texts {
            // A phrase may go on in the next line.
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            wrong.extend(
                banned.find_iter(&text).map(|found| format!("{name}: `{}`: {instead}", found.as_str())),
            );
        }
    }
    assert!(
        wrong.is_empty(),
        "words that readers did not understand, and better ones:\n{}",
        wrong.join("\n")
    );
}

/// What the cases of `testdata/` print, without what they quote: lines of files, and JSON.
fn messages() -> Vec<(String, String)> {
    // `overrides of yours` is what a summary of `check` counts.
    let quoted = Regex::new(r#"(?m)^ *[0-9]+ \|.*$|^ *:.*$|"[^"\n]*"|`[^`]*`|overrides? of yours"#).unwrap();
    let frame = Regex::new(r"(?m)^  [x!>|] ").unwrap();
    let mut found = Vec::new();
    for command in fs::read_dir(root().join("testdata")).unwrap() {
        for case in fs::read_dir(command.unwrap().path()).unwrap() {
            let said = case.unwrap().path().join("out.txt");
            if let Ok(text) = fs::read_to_string(&said) {
                let text = frame.replace_all(&text, "").into_owned();
                found.push((said.display().to_string(), quoted.replace_all(&text, "").into_owned()));
            }
        }
    }
    found
}

#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 150, "README.md has {lines} lines");
}

/// The text of a page without blocks of code, comments, headings, the addresses of links, and what is made from the
/// source (between `begin` and `end`). A code span is a single word.
fn prose(page: &str) -> String {
    let mut text = String::new();
    let mut fence: Option<&str> = None;
    let made = Regex::new(r"(?s)<!-- [^>]*: begin -->.*?<!-- [^>]*: end -->|<!--.*?-->").unwrap();
    for line in made.replace_all(page, "").lines() {
        let content = line.trim_start();
        if let Some(open) = fence {
            fence = if content.trim_end() == open { None } else { Some(open) };
        } else if content.starts_with("```") {
            fence = Some("```");
            text.push('\n');
        } else if content.starts_with('#') || is_rule(content) {
            text.push('\n');
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    let code = Regex::new(r"`[^`]*`").unwrap();
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let html = Regex::new(r"<[^>]*>").unwrap();
    let text = code.replace_all(&text, "CODE");
    html.replace_all(&link.replace_all(&text, "$1"), " ").replace("**", "")
}

/// The line between the head and the rows of a table.
fn is_rule(line: &str) -> bool {
    line.starts_with('|') && line.chars().all(|letter| "|-: ".contains(letter))
}

/// The sentences of a page. Each item of a list and each cell of a table is a text of its own.
fn sentences(page: &str) -> Vec<String> {
    let item = Regex::new(r"^\s*([-*]|\d+\.)\s+").unwrap();
    let mut texts = vec![String::new()];
    for line in prose(page).lines() {
        if line.trim_start().starts_with('|') {
            texts.extend(line.trim().trim_matches('|').split('|').map(str::to_owned));
            texts.push(String::new());
        } else if line.trim().is_empty() {
            texts.push(String::new());
        } else if let Some(start) = item.find(line) {
            texts.push(line[start.end()..].to_owned());
        } else {
            let last = texts.last_mut().unwrap();
            last.push(' ');
            last.push_str(line);
        }
    }
    let end = Regex::new(r"[.!?][)*]*\s+").unwrap();
    let mut sentences = Vec::new();
    for text in texts {
        let text = text.replace("e.g. ", "eg ").replace("i.e. ", "ie ");
        sentences.extend(end.split(&text).map(|sentence| sentence.trim().to_owned()));
    }
    sentences.retain(|sentence| count(sentence) > 0);
    sentences
}

/// The words of a sentence: what has a letter or a digit.
fn count(sentence: &str) -> usize {
    sentence.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count()
}
