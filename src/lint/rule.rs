//! What a rule is: its metadata, its page and its checks, in one value.

use super::{
    findings::{Findings, FixKind},
    views,
};
use crate::diag::{Code, Severity};

/// One rule. Its file in `rules/` has everything about it.
#[derive(Debug)]
pub struct Rule {
    /// The code: `KC`, `KE`, `KS` or `KK`, then three digits. A code is never given to another rule.
    pub code: &'static str,
    /// Kebab case: selects and suppresses the rule, and names its folder in `testdata/lint/`.
    pub name: &'static str,
    /// How bad a finding usually is.
    pub severity: Severity,
    /// What the rule is about.
    pub category: Category,
    /// Whether findings can be fixed.
    pub fix: FixKind,
    /// What is wrong, in one line without a final dot.
    pub summary: &'static str,
    /// Why it matters, and what exactly is found: Markdown, at most 100 columns.
    pub explain: &'static str,
    /// Files in which the rule finds something.
    pub bad: Example,
    /// The same files as they should be: the rule finds nothing in them.
    pub good: Example,
    /// The checks, by what they look at.
    pub checks: &'static [Check],
}

impl Rule {
    /// The code that its diagnostics have.
    pub fn as_code(&self) -> Code {
        Code { id: self.code, name: self.name, severity: self.severity, summary: self.summary }
    }
}

/// Files by their paths.
pub type Example = &'static [(&'static str, &'static str)];

/// A group of rules that can be selected by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// It does not work, or not as written.
    Correctness,
    /// It works with Compose and does not, or differently, in Kubernetes.
    Migration,
    /// A secret is where others can read it.
    Secrets,
    /// Matters of taste. Off by default.
    Pedantic,
}

impl Category {
    /// All of them.
    pub const ALL: [Category; 4] =
        [Category::Correctness, Category::Migration, Category::Secrets, Category::Pedantic];

    /// The word that selects it.
    pub fn name(self) -> &'static str {
        match self {
            Category::Correctness => "correctness",
            Category::Migration => "migration",
            Category::Secrets => "secrets",
            Category::Pedantic => "pedantic",
        }
    }

    /// Whether its rules run unless they are ignored.
    pub fn is_default(self) -> bool {
        self != Category::Pedantic
    }
}

/// A function that looks for what the rule is about, by how much it looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Each document of each compose file as it is written: variables, short forms and all.
    Document(fn(&views::Document<'_>, &mut Findings<'_>)),
    /// Each service of each environment, as Compose loads it.
    Service(fn(&views::Service<'_>, &mut Findings<'_>)),
    /// Each environment as Compose loads it.
    Environment(fn(&views::Environment<'_>, &mut Findings<'_>)),
    /// All environments of a project together.
    Project(fn(&views::Project<'_>, &mut Findings<'_>)),
    /// Each env file but those that containers alone read.
    EnvFile(fn(&views::EnvFile<'_>, &mut Findings<'_>)),
    /// All env files together.
    EnvFiles(fn(&views::EnvFiles<'_>, &mut Findings<'_>)),
    /// Each Kubernetes object in a manifest, as it is written.
    Object(fn(&views::Object<'_>, &mut Findings<'_>)),
    /// Each kustomization, as it is written.
    Tree(fn(&views::Tree<'_>, &mut Findings<'_>)),
    /// What each outermost kustomization renders to, and the plain manifests.
    Rendering(fn(&views::Rendering<'_>, &mut Findings<'_>)),
    /// Everything that was read.
    Inputs(fn(&views::Everything<'_>, &mut Findings<'_>)),
}
