//! Every code of a diagnostic, in one table: `docs/diagnostics.md` is written from it.
//!
//! A new code takes a row in [`CODES`] and a constant below it. Rows are sorted by area and number. An
//! id is never used for anything else, also when its code is given up.

use super::Severity;

/// The stable identity of a kind of diagnostic: a short id, and a name that reads as "allow NAME".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code {
    /// The prefix of an [`Area`], then three digits.
    pub id: &'static str,
    /// Kebab case.
    pub name: &'static str,
    /// How bad it usually is; the diagnostic itself has the last word.
    pub severity: Severity,
    /// What is wrong, in one line without a final dot.
    pub summary: &'static str,
}

impl Code {
    /// The anchor of the code in `docs/diagnostics.md`.
    pub fn anchor(&self) -> String {
        self.id.to_ascii_lowercase()
    }

    /// Where the code is documented, in the repository: rules of `lint` have a file each.
    pub fn document(&self) -> String {
        let is_rule = AREAS.iter().any(|area| area.is_of_rules && self.id.starts_with(area.prefix));
        if is_rule {
            format!("docs/rules/{}.md", self.id)
        } else {
            format!("docs/diagnostics.md#{}", self.anchor())
        }
    }

    /// Where the code is documented. There is none as long as the package does not say where its
    /// repository is.
    pub fn url(&self) -> Option<String> {
        let repository = env!("CARGO_PKG_REPOSITORY").trim_end_matches('/');
        let version = env!("CARGO_PKG_VERSION");
        (!repository.is_empty()).then(|| format!("{repository}/blob/v{version}/{}", self.document()))
    }
}

/// A group of codes that share a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// The first two letters of the ids.
    pub prefix: &'static str,
    /// What the codes are about.
    pub title: &'static str,
    /// Whether they are rules of `lint`, which have files of their own.
    pub is_of_rules: bool,
}

/// The prefixes, in the order of the table. Those without rows are reserved.
pub static AREAS: &[Area] = &[
    Area { prefix: "KL", title: "Loading", is_of_rules: false },
    Area { prefix: "KP", title: "Planning, settings and the command line", is_of_rules: false },
    Area { prefix: "KD", title: "The disk", is_of_rules: false },
    Area { prefix: "KF", title: "Secret files", is_of_rules: false },
    Area { prefix: "KM", title: "`check`", is_of_rules: false },
    Area { prefix: "KX", title: "The engine of `lint`", is_of_rules: false },
    Area { prefix: "KC", title: "Rules about compose files", is_of_rules: true },
    Area { prefix: "KE", title: "Rules about env files", is_of_rules: true },
    Area { prefix: "KS", title: "Rules about shell scripts", is_of_rules: true },
    Area { prefix: "KK", title: "Rules about Kubernetes manifests", is_of_rules: true },
];

/// Every code.
pub static CODES: &[Code] = TABLE;

#[rustfmt::skip] // One line a code.
const TABLE: &[Code] = &[
    error("KL001",   "yaml-syntax",             "the text is not valid YAML"),
    error("KL002",   "control-character",       "the text has a character that YAML does not allow"),
    error("KL003",   "duplicate-key",           "a mapping has the same key twice; both places are shown"),
    error("KL004",   "non-string-key",          "a key is a number, a boolean, null or a collection"),
    error("KL005",   "undefined-alias",         "an alias `*name` has no anchor `&name` before it"),
    error("KL006",   "recursive-anchor",        "an anchored value contains its own alias"),
    error("KL007",   "alias-expansion",         "aliases of aliases expand to more values than a project can need"),
    error("KL008",   "nesting-depth",           "collections are nested too deeply"),
    error("KL009",   "merge-key",               "the value of `<<` is neither a mapping nor a list of mappings"),
    error("KL010",   "tag-mismatch",            "a value does not fit its tag"),
    warning("KL011", "quoted-indentation",      "a quoted string continues on a line that is not indented further than its key"),
    error("KL012",   "limit",                   "the files ask for more than a run makes of them"),
    error("KL101",   "no-compose-file",         "neither the directory nor any parent has a compose file"),
    warning("KL102", "several-compose-files",   "the directory has several compose files with default names; the first one is read"),
    error("KL103",   "unreadable-file",         "a file cannot be read, or is not UTF-8"),
    error("KL104",   "empty-compose-file",      "a compose file is empty"),
    error("KL105",   "invalid-project-name",    "the project name has characters that compose does not allow"),
    error("KL106",   "invalid-env-file",        "a line of an env file cannot be read"),
    warning("KL107", "env-file-surprise",       "compose reads a line of an env file differently from how it looks"),
    error("KL108",   "remote-resource",         "a file is remote; kustompose fetches nothing"),
    info("KL109",    "optional-file",           "a file that is marked as not required is missing"),
    warning("KL110", "timestamp",               "an unquoted date is used where a string is expected"),
    error("KL111",   "invalid-interpolation",   "a `${…}` expression is invalid"),
    error("KL112",   "required-variable",       "a required variable is not set"),
    warning("KL113", "unset-variable",          "a variable is not set; compose substitutes an empty string"),
    error("KL114",   "invalid-cast",            "the value of a variable is not the number or boolean that the attribute requires"),
    warning("KL115", "old-boolean",             "a boolean is written in a YAML 1.1 form such as `yes` or `off`"),
    error("KL120",   "include-cycle",           "a file includes itself, directly or through other files"),
    info("KL121",    "include-conflict",        "two files define the same resource differently"),
    error("KL123",   "extends-cycle",           "a service extends itself, directly or through other services"),
    error("KL124",   "extends-unknown-service", "a service extends a service that does not exist"),
    error("KL130",   "cannot-override",         "a later file gives an attribute a value of another type, such as a list instead of a mapping"),
    error("KL131",   "no-unique-key",           "an item of a list lacks the field by which compose merges the list"),
    error("KL140",   "unknown-attribute",       "compose has no such attribute; the help names the nearest one"),
    error("KL141",   "wrong-type",              "a value has a type that the attribute does not take"),
    error("KL142",   "missing-attribute",       "a required attribute is missing"),
    error("KL143",   "duplicate-item",          "a list has the same item twice"),
    error("KL144",   "not-allowed",             "a value is not one of those that the attribute takes"),
    warning("KL145", "obsolete",                "compose ignores the attribute because it is obsolete"),
    error("KL150",   "invalid-short-form",      "a short form, such as that of a port or a volume, is invalid"),
    warning("KL151", "short-form-surprise",     "compose reads a short form differently from how it looks"),
    error("KL160",   "invalid-combination",     "two attributes exclude each other"),
    warning("KL161", "reformatted-number",      "compose prints a number differently from how the file writes it"),
    warning("KL162", "truncated-command",       "compose drops the part of a command that follows a shell operator"),
    warning("KL163", "unknown-word",            "a word is not one of those that the attribute takes"),
    error("KL170",   "undefined-reference",     "a service, network, volume, secret or config is used but not defined"),
    error("KL171",   "dependency-cycle",        "services depend on each other in a cycle"),
    error("KL172",   "no-image",                "a service has neither `image` nor `build`"),
    error("KL173",   "conflict",                "two parts of the project exclude each other"),
    warning("KL174", "duplicate-port",          "two services publish the same port"),
    error("KL175",   "unknown-service",         "a requested service does not exist"),
    error("KL301",   "invalid-value",           "a value cannot be parsed as the attribute requires"),
    error("KP001",   "name-collision",          "two services would get the same name in the cluster"),
    error("KP002",   "unnameable",              "a name has no character that a Kubernetes name can contain"),
    warning("KP003", "unsupported-key",         "Kubernetes has no equivalent of a key; the help names the alternative"),
    warning("KP004", "unknown-ports",           "other services address a service whose ports are unknown; an info if they only depend on it"),
    warning("KP005", "illegal-variable",        "Kubernetes does not allow the name of an environment variable"),
    warning("KP006", "missing-content",         "the file or the variable that a secret or config is made from is missing"),
    warning("KP007", "host-of-compose",         "a variable or a command names the machine that runs compose, which pods do not know"),
    warning("KP008", "resolver-of-compose",     "a configuration file uses the DNS resolver of Docker networks"),
    warning("KP009", "host-in-image",           "a proxy configuration inside an image names a host that has another name in the cluster"),
    error("KP010",   "unreadable-content",      "the file of a secret or config cannot be read, is too large, or is outside of the project"),
    warning("KP011", "outside-project",         "a path leads out of the project, and what is there is not read"),
    error("KP012",   "no-directory",            "the argument is not the directory of a project"),
    warning("KP013", "large-object",            "an object is too large for the annotation that `kubectl apply` writes"),
    warning("KP014", "shared-alias",            "two services have the same network alias, and a cluster has one Service of a name"),
    error("KP015",   "secret-in-manifest",      "a secret variable is used in a field that manifests show in clear"),
    warning("KP016", "missing-dockerfile",      "the Dockerfile or the build context of a service is missing"),
    error("KP020",   "invalid-environment",     "the name of an environment is not a DNS label"),
    error("KP021",   "invalid-variable",        "`--var` has no value"),
    warning("KP022", "skipped-environment",     "files look like those of an environment, but cannot be loaded as one"),
    info("KP023",    "unused-compose-file",     "a compose file looks like a variant, but belongs to no environment"),
    error("KP024",   "replaced-nothing",        "`replaced` names a service that the environment does not have"),
    warning("KP025", "kept-environment",        "the manifests of an environment were kept as they are, because its env files are missing on this machine"),
    error("KP026",   "unkeepable-environment",  "an environment with missing env files cannot be kept as it is, because it does not fit the new base"),
    error("KP027",   "other-environments",      "the output directory has environments that the command line does not describe and would remove"),
    warning("KP028", "gone-environment",        "an environment in the output directory is no longer part of the project"),
    warning("KP029", "unfilled-secret",         "your file of secret values lacks keys that its Secret needs, and their values are unknown"),
    error("KP030",   "unknown-setting",         "`kustompose.yaml` has an unknown key"),
    error("KP031",   "invalid-setting",         "a setting has an invalid value, or `kustompose.yaml` cannot be read"),
    warning("KP032", "unknown-name",            "a setting names a variable or a profile that does not exist; the help names the nearest one"),
    info("KP033",    "complete-variant",        "a variant file that is complete by itself is merged over the main file"),
    warning("KP034", "another-kind",            "a workload is another kind of object than before, and the cluster would run both"),
    warning("KP035", "unchangeable",            "a field of an object changes that a cluster does not change"),
    warning("KP036", "useless-accept",          "an entry of `convert: accept:` has expired, or accepts nothing that is found"),
    error("KP037",   "lost-file",               "a file that the project needs is missing, and git tracks it"),
    error("KP040",   "settings-exist",          "`init` does not overwrite the existing `kustompose.yaml`"),
    error("KP041",   "settings-not-written",    "`init` cannot write `kustompose.yaml`"),
    warning("KP042", "not-loadable",            "`init` names an environment that cannot be loaded yet"),
    warning("KP050", "secret-not-external",     "a secret is used in plain text in a field that no secret store can fill"),
    warning("KP051", "otherwise-in-overlay",    "your overlay overrides a generated value; an info for image tags, which pipelines set"),
    warning("KP052", "nothing-to-go-by",        "nothing was written, because no environment can be read completely on this machine"),
    info("KP053",    "added-secret",            "keys were added to your file of secret values, because their values are known"),
    warning("KP054", "unasked-secret",          "your file of secret values has a key that its Secret must not have"),
    info("KP055",    "unread-secret-file",      "no manifest uses a file of secret values any more"),
    warning("KP056", "gone-from-tree",          "your overlay names an object or a file that the generated manifests do not have"),
    info("KP057",    "updated-secret",          "a value that `convert` wrote into a file of secret values has the new value of compose"),
    info("KP058",    "different-secret",        "a value in a file of secret values is yours, and compose has another one"),
    info("KP059",    "left-in-cluster",         "the manifests no longer have an object, and `kubectl apply` does not delete it"),
    warning("KP060", "not-served",              "the Kubernetes version of a cluster lacks a feature, which is left out there"),
    info("KP061",    "passing-api",             "an old cluster needs an API version that newer clusters no longer serve"),
    warning("KP062", "interrupted",             "a workload cannot be updated or scaled without interruption because of its volume"),
    error("KP063",   "impossible-setting",      "a setting requires something that the cluster or the project does not have"),
    error("KP064",   "no-backend",              "a host of an Ingress leads to a service that does not exist or has no port"),
    error("KP065",   "not-on-autopilot",        "GKE Autopilot refuses a field"),
    warning("KP066", "unknown-volume",          "a size is set for a volume that has no claim"),
    error("KP067",   "lost-character",          "a value has a character that kustomize cannot read or changes"),
    warning("KP068", "several-backends",        "a host of an Ingress leads to one of several ports that compose publishes for browsers"),
    warning("KP070", "not-built",               "Skaffold cannot build an image as compose builds it"),
    warning("KP071", "secret-build-argument",   "a build argument is secret and is left out of `skaffold.yaml`"),
    warning("KP072", "code-out-of-sight",       "source code is mounted from a directory that the cluster cannot reach"),
    error("KP100",   "unknown-key",             "`explain` knows no such code, rule or key; the help names the nearest one"),
    error("KD001",   "unusable-output",         "the output directory is no directory, or is not writable"),
    error("KD002",   "edited-file",             "a generated file was edited by hand"),
    error("KD003",   "foreign-file",            "a generated file would overwrite a file that kustompose did not write"),
    error("KD004",   "path-outside",            "a path leads out of the output directory, or the output directory is outside of the project"),
    error("KD005",   "blocked-path",            "a file exists where a directory is needed, or a directory where a file is needed"),
    error("KD006",   "unreadable-lock",         "the lock file cannot be read"),
    warning("KD007", "stale-edited-file",       "a generated file that is no longer needed was edited by hand"),
    error("KD008",   "not-written",             "the output could not be written"),
    warning("KD009", "foreign-companion",       "a `skaffold.yaml` that kustompose did not write was left unchanged"),
    warning("KD010", "overwritten",             "`--force` overwrote a file that was edited by hand or that kustompose did not write"),
    info("KD011",    "merged-lock",             "the lock file had a merge conflict, which `convert` solved"),
    warning("KD012", "ignored-by-git",          "git ignores generated files that every clone needs; an info if it ignores all of them"),
    error("KF001",   "unreadable-secret-file",  "a secret file cannot be read, or is a symbolic link"),
    error("KF010",   "unknown-environment",     "the output directory does not have the environment, or `ENV` must be given"),
    error("KF011",   "missing-secret",          "a secret file, or a key in one, is missing"),
    warning("KF012", "empty-secret",            "a secret has an empty value, which may be intended"),
    error("KF013",   "not-packed",              "the archive was not written"),
    error("KF014",   "refused-archive",         "an archive cannot be read, or contains a file that is not a secret file"),
    warning("KF015", "unknown-secret-file",     "an archive has a file that the project does not use; the file is skipped"),
    error("KF016",   "different-secret-file",   "a secret file has other values than the archive"),
    error("KF017",   "not-unpacked",            "secret files could not be written"),
    error("KF018",   "unconfirmed",             "nobody confirmed that secret files may change"),
    error("KM001",   "service-missing",         "a service of the Compose files has no workload in the manifests"),
    error("KM002",   "env-missing",             "a container lacks a variable that the Compose files set"),
    error("KM003",   "env-extra",               "a container has a variable that the Compose files do not set"),
    error("KM004",   "env-value",               "a variable has another value than in the Compose files"),
    error("KM005",   "env-plain",               "the manifests contain a secret in clear"),
    error("KM006",   "image",                   "a container runs another image than the Compose files name"),
    error("KM007",   "schedule",                "a CronJob runs at other times, or in another way, than the Compose files ask for"),
    error("KM008",   "command",                 "a container has another command, working directory or user than in the Compose files"),
    error("KM009",   "port",                    "a port of a service cannot be reached, or is not one of the Compose files"),
    error("KM010",   "mount",                   "a container has other files or volumes mounted than in the Compose files"),
    error("KM011",   "probe",                   "a probe is missing, or asks something else than the health check"),
    error("KM012",   "workload-kind",           "a service runs as another kind of workload"),
    error("KM013",   "service-extra",           "a workload belongs to a service that the Compose files do not have"),
    info("KM014",    "tree-file",               "a generated file is missing or stale, or was edited in a way that changes no fact"),
    error("KM015",   "not-compared",            "an environment could not be compared with its manifests"),
    error("KM016",   "reference-missing",       "a pod refers to a ConfigMap or a Secret that the manifests do not contain"),
    warning("KM020", "waiver-expired",          "the last day of an entry in a list of what is allowed has passed"),
    warning("KM021", "waiver-unused",           "an entry in a list of what is allowed allows nothing that was found"),
    error("KM022",   "server-refused",          "the API server of a cluster refuses an object of the manifests"),
    error("KX001",   "invalid-lint-setting",    "a setting of `lint` or a suppression comment is wrong, or names a rule that does not exist"),
    warning("KX002", "unused-suppression",      "a suppression comment or a baseline entry suppresses nothing"),
    warning("KX003", "suppression-without-reason", "a suppression comment does not give a reason"),
    error("KX004",   "unreadable-input",        "an input file of `lint` cannot be read"),
    error("KX005",   "parse-error",             "an input file of `lint` is not valid YAML, or not a compose file"),
];

/// The code with this id or name, in capitals or not.
pub fn find(asked: &str) -> Option<&'static Code> {
    let is_asked = |code: &&Code| [code.id, code.name].iter().any(|known| known.eq_ignore_ascii_case(asked));
    CODES.iter().find(is_asked)
}

const fn error(id: &'static str, name: &'static str, summary: &'static str) -> Code {
    Code { id, name, severity: Severity::Error, summary }
}

const fn warning(id: &'static str, name: &'static str, summary: &'static str) -> Code {
    Code { id, name, severity: Severity::Warning, summary }
}

const fn info(id: &'static str, name: &'static str, summary: &'static str) -> Code {
    Code { id, name, severity: Severity::Info, summary }
}

pub(crate) const YAML_SYNTAX: Code = named("yaml-syntax");
pub(crate) const CONTROL_CHARACTER: Code = named("control-character");
pub(crate) const DUPLICATE_KEY: Code = named("duplicate-key");
pub(crate) const NON_STRING_KEY: Code = named("non-string-key");
pub(crate) const UNDEFINED_ALIAS: Code = named("undefined-alias");
pub(crate) const RECURSIVE_ANCHOR: Code = named("recursive-anchor");
pub(crate) const ALIAS_EXPANSION: Code = named("alias-expansion");
pub(crate) const NESTING_DEPTH: Code = named("nesting-depth");
pub(crate) const MERGE_KEY: Code = named("merge-key");
pub(crate) const TAG_MISMATCH: Code = named("tag-mismatch");
pub(crate) const QUOTED_INDENTATION: Code = named("quoted-indentation");
pub(crate) const LIMIT: Code = named("limit");
pub(crate) const NO_COMPOSE_FILE: Code = named("no-compose-file");
pub(crate) const SEVERAL_COMPOSE_FILES: Code = named("several-compose-files");
pub(crate) const UNREADABLE_FILE: Code = named("unreadable-file");
pub(crate) const EMPTY_COMPOSE_FILE: Code = named("empty-compose-file");
pub(crate) const INVALID_PROJECT_NAME: Code = named("invalid-project-name");
pub(crate) const INVALID_ENV_FILE: Code = named("invalid-env-file");
pub(crate) const ENV_FILE_SURPRISE: Code = named("env-file-surprise");
pub(crate) const REMOTE_RESOURCE: Code = named("remote-resource");
pub(crate) const OPTIONAL_FILE: Code = named("optional-file");
pub(crate) const TIMESTAMP: Code = named("timestamp");
pub(crate) const INVALID_INTERPOLATION: Code = named("invalid-interpolation");
pub(crate) const REQUIRED_VARIABLE: Code = named("required-variable");
pub(crate) const UNSET_VARIABLE: Code = named("unset-variable");
pub(crate) const INVALID_CAST: Code = named("invalid-cast");
pub(crate) const OLD_BOOLEAN: Code = named("old-boolean");
pub(crate) const INCLUDE_CYCLE: Code = named("include-cycle");
pub(crate) const INCLUDE_CONFLICT: Code = named("include-conflict");
pub(crate) const EXTENDS_CYCLE: Code = named("extends-cycle");
pub(crate) const EXTENDS_UNKNOWN_SERVICE: Code = named("extends-unknown-service");
pub(crate) const CANNOT_OVERRIDE: Code = named("cannot-override");
pub(crate) const NO_UNIQUE_KEY: Code = named("no-unique-key");
pub(crate) const UNKNOWN_ATTRIBUTE: Code = named("unknown-attribute");
pub(crate) const WRONG_TYPE: Code = named("wrong-type");
pub(crate) const MISSING_ATTRIBUTE: Code = named("missing-attribute");
pub(crate) const DUPLICATE_ITEM: Code = named("duplicate-item");
pub(crate) const NOT_ALLOWED: Code = named("not-allowed");
pub(crate) const OBSOLETE: Code = named("obsolete");
pub(crate) const INVALID_SHORT_FORM: Code = named("invalid-short-form");
pub(crate) const SHORT_FORM_SURPRISE: Code = named("short-form-surprise");
pub(crate) const INVALID_COMBINATION: Code = named("invalid-combination");
pub(crate) const REFORMATTED_NUMBER: Code = named("reformatted-number");
pub(crate) const TRUNCATED_COMMAND: Code = named("truncated-command");
pub(crate) const UNKNOWN_WORD: Code = named("unknown-word");
pub(crate) const UNDEFINED_REFERENCE: Code = named("undefined-reference");
pub(crate) const DEPENDENCY_CYCLE: Code = named("dependency-cycle");
pub(crate) const NO_IMAGE: Code = named("no-image");
pub(crate) const CONFLICT: Code = named("conflict");
pub(crate) const DUPLICATE_PORT: Code = named("duplicate-port");
pub(crate) const UNKNOWN_SERVICE: Code = named("unknown-service");
pub(crate) const INVALID_VALUE: Code = named("invalid-value");
pub(crate) const NAME_COLLISION: Code = named("name-collision");
pub(crate) const UNNAMEABLE: Code = named("unnameable");
pub(crate) const UNSUPPORTED_KEY: Code = named("unsupported-key");
pub(crate) const UNKNOWN_PORTS: Code = named("unknown-ports");
pub(crate) const ILLEGAL_VARIABLE: Code = named("illegal-variable");
pub(crate) const MISSING_CONTENT: Code = named("missing-content");
pub(crate) const HOST_OF_COMPOSE: Code = named("host-of-compose");
pub(crate) const LARGE_OBJECT: Code = named("large-object");
pub(crate) const SHARED_ALIAS: Code = named("shared-alias");
pub(crate) const RESOLVER_OF_COMPOSE: Code = named("resolver-of-compose");
pub(crate) const HOST_IN_IMAGE: Code = named("host-in-image");
pub(crate) const UNREADABLE_CONTENT: Code = named("unreadable-content");
pub(crate) const OUTSIDE_PROJECT: Code = named("outside-project");
pub(crate) const INVALID_ENVIRONMENT: Code = named("invalid-environment");
pub(crate) const INVALID_VARIABLE: Code = named("invalid-variable");
pub(crate) const SKIPPED_ENVIRONMENT: Code = named("skipped-environment");
pub(crate) const UNUSED_COMPOSE_FILE: Code = named("unused-compose-file");
pub(crate) const REPLACED_NOTHING: Code = named("replaced-nothing");
pub(crate) const KEPT_ENVIRONMENT: Code = named("kept-environment");
pub(crate) const LOST_FILE: Code = named("lost-file");
pub(crate) const UNKEEPABLE_ENVIRONMENT: Code = named("unkeepable-environment");
pub(crate) const OTHER_ENVIRONMENTS: Code = named("other-environments");
pub(crate) const GONE_ENVIRONMENT: Code = named("gone-environment");
pub(crate) const UNFILLED_SECRET: Code = named("unfilled-secret");
pub(crate) const UNKNOWN_SETTING: Code = named("unknown-setting");
pub(crate) const INVALID_SETTING: Code = named("invalid-setting");
pub(crate) const UNKNOWN_NAME: Code = named("unknown-name");
pub(crate) const COMPLETE_VARIANT: Code = named("complete-variant");
pub(crate) const SETTINGS_EXIST: Code = named("settings-exist");
pub(crate) const SETTINGS_NOT_WRITTEN: Code = named("settings-not-written");
pub(crate) const NOT_LOADABLE: Code = named("not-loadable");
pub(crate) const SECRET_IN_MANIFEST: Code = named("secret-in-manifest");
pub(crate) const MISSING_DOCKERFILE: Code = named("missing-dockerfile");
pub(crate) const SECRET_NOT_EXTERNAL: Code = named("secret-not-external");
pub(crate) const OTHERWISE_IN_OVERLAY: Code = named("otherwise-in-overlay");
pub(crate) const NOTHING_TO_GO_BY: Code = named("nothing-to-go-by");
pub(crate) const ADDED_SECRET: Code = named("added-secret");
pub(crate) const UNASKED_SECRET: Code = named("unasked-secret");
pub(crate) const UNREAD_SECRET_FILE: Code = named("unread-secret-file");
pub(crate) const LEFT_IN_CLUSTER: Code = named("left-in-cluster");
pub(crate) const ANOTHER_KIND: Code = named("another-kind");
pub(crate) const UNCHANGEABLE: Code = named("unchangeable");
pub(crate) const OVERWRITTEN: Code = named("overwritten");
pub(crate) const USELESS_ACCEPT: Code = named("useless-accept");
pub(crate) const NO_DIRECTORY: Code = named("no-directory");
pub(crate) const GONE_FROM_TREE: Code = named("gone-from-tree");
pub(crate) const UPDATED_SECRET: Code = named("updated-secret");
pub(crate) const DIFFERENT_SECRET: Code = named("different-secret");
pub(crate) const NOT_SERVED: Code = named("not-served");
pub(crate) const PASSING_API: Code = named("passing-api");
pub(crate) const INTERRUPTED: Code = named("interrupted");
pub(crate) const IMPOSSIBLE_SETTING: Code = named("impossible-setting");
pub(crate) const NO_BACKEND: Code = named("no-backend");
pub(crate) const SEVERAL_BACKENDS: Code = named("several-backends");
pub(crate) const NOT_ON_AUTOPILOT: Code = named("not-on-autopilot");
pub(crate) const UNKNOWN_VOLUME: Code = named("unknown-volume");
pub(crate) const LOST_CHARACTER: Code = named("lost-character");
pub(crate) const NOT_BUILT: Code = named("not-built");
pub(crate) const SECRET_BUILD_ARGUMENT: Code = named("secret-build-argument");
pub(crate) const CODE_OUT_OF_SIGHT: Code = named("code-out-of-sight");
pub(crate) const UNKNOWN_KEY: Code = named("unknown-key");
pub(crate) const UNUSABLE_OUTPUT: Code = named("unusable-output");
pub(crate) const EDITED_FILE: Code = named("edited-file");
pub(crate) const FOREIGN_FILE: Code = named("foreign-file");
pub(crate) const PATH_OUTSIDE: Code = named("path-outside");
pub(crate) const BLOCKED_PATH: Code = named("blocked-path");
pub(crate) const UNREADABLE_LOCK: Code = named("unreadable-lock");
pub(crate) const STALE_EDITED_FILE: Code = named("stale-edited-file");
pub(crate) const NOT_WRITTEN: Code = named("not-written");
pub(crate) const FOREIGN_COMPANION: Code = named("foreign-companion");
pub(crate) const MERGED_LOCK: Code = named("merged-lock");
pub(crate) const SWALLOWED: Code = named("ignored-by-git");
pub(crate) const UNREADABLE_SECRET_FILE: Code = named("unreadable-secret-file");
pub(crate) const UNKNOWN_ENVIRONMENT: Code = named("unknown-environment");
pub(crate) const MISSING_SECRET: Code = named("missing-secret");
pub(crate) const EMPTY_SECRET: Code = named("empty-secret");
pub(crate) const NOT_PACKED: Code = named("not-packed");
pub(crate) const REFUSED_ARCHIVE: Code = named("refused-archive");
pub(crate) const UNKNOWN_SECRET_FILE: Code = named("unknown-secret-file");
pub(crate) const DIFFERENT_SECRET_FILE: Code = named("different-secret-file");
pub(crate) const NOT_UNPACKED: Code = named("not-unpacked");
pub(crate) const UNCONFIRMED: Code = named("unconfirmed");
pub(crate) const SERVICE_MISSING: Code = named("service-missing");
pub(crate) const ENV_MISSING: Code = named("env-missing");
pub(crate) const ENV_EXTRA: Code = named("env-extra");
pub(crate) const ENV_VALUE: Code = named("env-value");
pub(crate) const ENV_PLAIN: Code = named("env-plain");
pub(crate) const IMAGE: Code = named("image");
pub(crate) const SCHEDULE: Code = named("schedule");
pub(crate) const COMMAND: Code = named("command");
pub(crate) const PORT: Code = named("port");
pub(crate) const MOUNT: Code = named("mount");
pub(crate) const PROBE: Code = named("probe");
pub(crate) const WORKLOAD_KIND: Code = named("workload-kind");
pub(crate) const SERVICE_EXTRA: Code = named("service-extra");
pub(crate) const TREE_FILE: Code = named("tree-file");
pub(crate) const NOT_COMPARED: Code = named("not-compared");
pub(crate) const REFERENCE_MISSING: Code = named("reference-missing");
pub(crate) const WAIVER_EXPIRED: Code = named("waiver-expired");
pub(crate) const WAIVER_UNUSED: Code = named("waiver-unused");
pub(crate) const SERVER_REFUSED: Code = named("server-refused");
pub(crate) const INVALID_LINT_SETTING: Code = named("invalid-lint-setting");
pub(crate) const UNUSED_SUPPRESSION: Code = named("unused-suppression");
pub(crate) const SUPPRESSION_WITHOUT_REASON: Code = named("suppression-without-reason");
pub(crate) const UNREADABLE_INPUT: Code = named("unreadable-input");
pub(crate) const PARSE_ERROR: Code = named("parse-error");

/// The row with this name. A name without a row does not compile.
const fn named(name: &str) -> Code {
    let mut row = 0;
    while row < TABLE.len() {
        if same(TABLE[row].name.as_bytes(), name.as_bytes()) {
            return TABLE[row];
        }
        row += 1;
    }
    panic!("no code has this name")
}

/// Compares as `==` does, which constants cannot use.
const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_are_sorted_and_unique() {
        let area = |code: &Code| AREAS.iter().position(|area| code.id.starts_with(area.prefix)).unwrap();
        assert!(CODES.is_sorted_by(|one, next| (area(one), one.id) < (area(next), next.id)));
        let names: BTreeSet<&str> = CODES.iter().map(|code| code.name).collect();
        assert_eq!(names.len(), CODES.len(), "two codes have one name");
    }

    #[test]
    fn rows_are_well_formed() {
        for code in CODES {
            let (prefix, number) = code.id.split_at(2);
            assert!(
                number.len() == 3 && number.bytes().all(|digit| digit.is_ascii_digit()),
                "{prefix}{number}"
            );
            assert!(code.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", code.name);
            assert!(!code.summary.is_empty() && !code.summary.ends_with('.'), "{}", code.summary);
            assert!(!code.summary.contains(['|', '\n']), "{}: the summary is a cell of a table", code.id);
        }
    }

    #[test]
    fn a_repository_gives_pages() {
        let url = YAML_SYNTAX.url();
        assert_eq!(url.is_some(), !env!("CARGO_PKG_REPOSITORY").is_empty());
        assert!(url.is_none_or(|url| url.ends_with("docs/diagnostics.md#kl001")));
        assert_eq!(YAML_SYNTAX.document(), "docs/diagnostics.md#kl001");
        assert_eq!(Code { id: "KC001", ..YAML_SYNTAX }.document(), "docs/rules/KC001.md");
    }

    #[test]
    fn codes_are_found_by_id_and_by_name() {
        for asked in ["KL001", "kl001", "yaml-syntax", "YAML-Syntax"] {
            assert_eq!(find(asked), Some(&YAML_SYNTAX), "{asked}");
        }
        assert_eq!(find("KL999"), None);
    }
}
