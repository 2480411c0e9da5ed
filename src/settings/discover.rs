//! Environments by the usual names of files, for projects without `kustompose.yaml`.

use camino::{Utf8Path, Utf8PathBuf};

use super::EnvironmentSettings;
use crate::{
    k8s::name,
    text::{Files, Span, Spanned},
};

/// Names that projects give to environments.
const USUAL: &[&str] = &[
    "dev",
    "development",
    "local",
    "test",
    "testing",
    "ci",
    "qa",
    "integration",
    "staging",
    "stage",
    "sandbox",
    "preview",
    "demo",
    "uat",
    "preprod",
    "prod",
    "production",
    "live",
];

/// Compose's own names, best first.
const FILES: &[&str] = &["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The environments of a directory, and the compose files that look like variants but are not used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Discovered {
    /// The environments that were found beside the usual one, by name.
    pub environments: Vec<EnvironmentSettings>,
    /// Variants of no environment that is known.
    pub unused: Vec<String>,
    /// Whether compose finds a file of its own here.
    pub has_default: bool,
    /// That file.
    pub default: Option<&'static str>,
}

/// Looks for `compose.<name>.yaml`, `docker-compose.<name>.yml` and the like.
pub fn environments(directory: &Utf8Path, files: &dyn Files) -> Discovered {
    let names = files.list(directory).unwrap_or_default();
    let default = FILES.iter().copied().find(|file| names.iter().any(|name| name == file));
    let mut found = Discovered { has_default: default.is_some(), default, ..Discovered::default() };
    for file in &names {
        let Some(variant) = variant(file) else { continue };
        let env_file = format!(".env.{variant}");
        let has_env_file = names.contains(&env_file);
        if !(USUAL.contains(&variant) || has_env_file) || !name::is_dns_label(variant) {
            found.unused.push(file.clone());
            continue;
        }
        if found.environments.iter().any(|known| known.name.value == variant) {
            found.unused.push(file.clone());
            continue;
        }
        let compose = default.into_iter().chain([file.as_str()]).map(Utf8PathBuf::from).collect();
        let env_files = has_env_file.then(|| Utf8PathBuf::from(env_file)).into_iter().collect();
        found.environments.push(EnvironmentSettings {
            compose,
            env_files,
            ..EnvironmentSettings::new(Spanned::new(variant.to_owned(), Span::NOWHERE))
        });
    }
    found
}

/// `prod` of `docker-compose.prod.yml`; an override is compose's own business.
fn variant(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"))?;
    let rest = stem.strip_prefix("docker-compose").or_else(|| stem.strip_prefix("compose"))?;
    let variant = rest.strip_prefix(['.', '-', '_'])?;
    (!variant.is_empty() && variant != "override").then_some(variant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MemoryFiles;

    #[test]
    fn usual_names_and_env_files_make_environments() {
        let names = [
            "compose.yaml",
            "compose.override.yaml",
            "compose.staging.yaml",
            "docker-compose.prod.yml",
            "docker-compose_ci.yml",
            "compose.gpu.yaml",
            "compose.acme.yaml",
            ".env.acme",
            "composer.json",
        ];
        let files = MemoryFiles::new(names.map(|name| (format!("/p/{name}"), "")));
        let found = environments("/p".into(), &files);
        let names: Vec<&str> =
            found.environments.iter().map(|environment| environment.name.as_str()).collect();
        assert_eq!(names, ["acme", "staging", "prod", "ci"]);
        assert_eq!(found.environments[0].env_files, [".env.acme"]);
        assert_eq!(found.environments[2].compose, ["compose.yaml", "docker-compose.prod.yml"]);
        assert_eq!(found.unused, ["compose.gpu.yaml"]);
        assert!(found.has_default);
    }
}
