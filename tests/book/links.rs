//! Links lead to files and headings that exist, and the book lists every page.

use std::collections::BTreeSet;

use regex::Regex;

use super::{all_pages, prose_lines, read, root};

#[test]
fn links_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut wrong = Vec::new();
    let mut links = 0;
    for page in all_pages() {
        for line in prose_lines(&read(&page)) {
            for found in link.captures_iter(&line) {
                links += 1;
                wrong.extend(broken(&page, &found[1]).map(|why| format!("{page}: {}: {why}", &found[1])));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(links > 100, "only {links} links were found");
}

/// Why a link of a page leads nowhere.
fn broken(page: &str, target: &str) -> Option<&'static str> {
    if target.contains("://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let from = root().join(page);
    let path = if file.is_empty() { from } else { from.parent().unwrap().join(file) };
    let Ok(path) = path.canonicalize() else { return Some("no such file") };
    if page.starts_with("docs/") && !path.starts_with(root().join("docs").canonicalize().unwrap()) {
        return Some("the book holds docs/ alone");
    }
    if anchor.is_empty() {
        return None;
    }
    let text = read(path.strip_prefix(root().canonicalize().unwrap()).unwrap().to_str().unwrap());
    (!anchors(&text).contains(anchor)).then_some("no such heading")
}

/// The anchors of a page: those that GitHub and mdBook make of headings, and those that it defines.
fn anchors(page: &str) -> BTreeSet<String> {
    let defined = Regex::new(r#"id="([^"]+)""#).unwrap();
    let mut anchors: BTreeSet<String> =
        defined.captures_iter(page).map(|found| found[1].to_owned()).collect();
    for line in prose_lines(page).iter().filter(|line| line.starts_with('#')) {
        let heading = line.trim_start_matches('#').trim().to_lowercase();
        let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        anchors.insert(kept.collect::<String>().replace(' ', "-"));
    }
    anchors
}

#[test]
fn the_book_lists_every_page() {
    let link = Regex::new(r"\]\(([^)]+)\)").unwrap();
    let summary = read("docs/SUMMARY.md");
    let mut listed: Vec<String> =
        link.captures_iter(&summary).map(|found| format!("docs/{}", &found[1])).collect();
    listed.sort();
    let mut pages: Vec<String> = all_pages().filter(|page| page.starts_with("docs/")).collect();
    pages.retain(|page| page != "docs/SUMMARY.md");
    pages.sort();
    assert_eq!(listed, pages, "docs/SUMMARY.md lists each page of docs/ once");
}
