//! The three states of each environment, and what comes of comparing them.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    external::{self, Program},
    manifests::{Examples, Manifests},
    places,
    written::Written,
};
use crate::{
    cli::environments::{self, Environment, Loaded},
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    drift::{
        self, Comparison, Facts, Owners, Reading, Sides, Terms,
        report::{self, Checked},
    },
    kustomize::{
        Owner, TreeFile,
        build::{Builder, Object, Refusal, RefusalKind},
    },
    plan::{self, Known, Plan},
    render, secret_files,
    text::{Files, MemoryFiles, Sources, Span, clean},
};

/// What environments are compared with.
pub(super) struct Comparing<'a> {
    pub(super) loaded: &'a Loaded,
    pub(super) plan: &'a Plan,
    pub(super) written: &'a Written,
    /// The directory of the project.
    pub(super) directory: &'a Utf8Path,
    pub(super) files: &'a dyn Files,
    pub(super) disk: &'a Disk,
    /// The program that renders what the built-in kustomize does not know, if the command line names one.
    pub(super) kustomize: Option<&'a str>,
    /// Where programs are.
    pub(super) path: Option<&'a str>,
    /// Manifests that stand for what an environment renders to, with the name that messages have for them.
    pub(super) rendered: Option<(Utf8PathBuf, Vec<u8>)>,
    pub(super) sources: &'a mut Sources,
}

/// The objects of one state by environment, or why there are none.
type States = BTreeMap<String, Result<Vec<Object>, Refusal>>;

impl Comparing<'_> {
    /// Compares the environments with these names.
    pub(super) fn run(&mut self, chosen: &BTreeSet<String>, report: &mut Report) -> Checked {
        let all: Vec<(&Environment, &plan::Environment)> =
            self.loaded.environments.iter().zip(&self.plan.environments).collect();
        let all: Vec<_> = all.into_iter().filter(|(own, _)| chosen.contains(&own.name)).collect();
        let fresh = self.fresh();
        let is_same = self.written.is_own && self.is_same(&fresh);
        let mut written = self.written_states(&all, &fresh);
        // Where every file is what a run would write, both states are one.
        let mut compose = if is_same { States::new() } else { self.compose_states(&all, &fresh) };
        let mut cluster = self.cluster_states(&all);
        let mut checked = Checked::default();
        for (own, planned) in all {
            let name = &own.name;
            let [written, compose, cluster] =
                [&mut written, &mut compose, &mut cluster].map(|states| states.remove(name));
            let compose = if is_same { written.clone() } else { compose };
            let result = self.environment((own, planned), [compose, written, cluster], report);
            let missing = own.missing.iter().map(|path| environments::from(self.directory, path).into());
            let mut environment = report::Environment {
                name: name.clone(),
                not_compared: None,
                facts: 0,
                from_tree: 0,
                missing_files: missing.collect(),
            };
            match result {
                Ok(Comparison { drifts, facts, from_tree }) => {
                    (environment.facts, environment.from_tree) = (facts, from_tree);
                    checked.drifts.extend(drifts);
                }
                Err(why) => environment.not_compared = Some(why),
            }
            checked.environments.push(environment);
        }
        checked
    }

    /// What a run would write now, each file by its path.
    fn fresh(&self) -> Vec<TreeFile> {
        // An environment of which files are missing is rendered as far as it is known.
        let mut plan = self.plan.clone();
        plan.environments.iter_mut().for_each(|environment| environment.known = Known::All);
        let outermost: Vec<(&str, bool)> =
            self.loaded.environments.iter().map(|it| (it.name.as_str(), false)).collect();
        let earlier = render::earlier::read(&outermost, &self.loaded.output, self.files);
        render::render(&plan, &earlier).files
    }

    fn is_same(&self, fresh: &[TreeFile]) -> bool {
        let is_whole = self.loaded.environments.iter().all(|it| it.known == Known::All);
        let mut generated = fresh.iter().filter(|file| file.owner == Owner::Generated);
        is_whole
            && generated
                .all(|file| self.files.read(&self.loaded.output.join(&file.path)).as_ref() == Ok(&file.bytes))
    }

    /// The path of an environment's overlay.
    fn overlay(&self, name: &str) -> Utf8PathBuf {
        self.loaded.output.join(format!("overlays/{name}"))
    }

    /// What Compose asks for: the overlays as they would be written now, in memory.
    fn compose_states(&mut self, all: &[(&Environment, &plan::Environment)], fresh: &[TreeFile]) -> States {
        let output = &self.loaded.output;
        let files = fresh.iter().map(|file| (clean(&output.join(&file.path)), file.bytes.clone()));
        let files = MemoryFiles::new(files);
        let manifests =
            Manifests { files: &files, output, examples: Examples::Always, replaced: BTreeMap::new() };
        let overlays: Vec<(String, Utf8PathBuf)> =
            all.iter().map(|(own, _)| (own.name.clone(), self.overlay(&own.name))).collect();
        build(&overlays, self.directory, &manifests, self.sources)
    }

    /// What the last run wrote: the generated files as they are, below the outermost layer that it would write.
    fn written_states(&mut self, all: &[(&Environment, &plan::Environment)], fresh: &[TreeFile]) -> States {
        if !self.written.is_own {
            return States::new();
        }
        let output = &self.loaded.output;
        let yours = fresh.iter().filter(|file| file.owner == Owner::Yours);
        let replaced = yours.map(|file| (clean(&output.join(&file.path)), file.bytes.clone())).collect();
        let manifests = Manifests { files: self.files, output, examples: Examples::Always, replaced };
        let is_written =
            |(own, _): &&(&Environment, &plan::Environment)| self.written.inputs.contains_key(&own.name);
        let overlays: Vec<(String, Utf8PathBuf)> = all
            .iter()
            .filter(is_written)
            .map(|(own, _)| (own.name.clone(), self.overlay(&own.name)))
            .collect();
        build(&overlays, self.directory, &manifests, self.sources)
    }

    /// What a cluster would get.
    fn cluster_states(&mut self, all: &[(&Environment, &plan::Environment)]) -> States {
        let output = &self.loaded.output;
        let mut states = States::new();
        if let (Some((path, bytes)), Some((own, _))) = (&self.rendered, all.first()) {
            let objects = external::objects(path, bytes, self.sources);
            return States::from([(own.name.clone(), objects)]);
        }
        let manifests = Manifests {
            files: self.files,
            output,
            examples: Examples::WhereMissing,
            replaced: BTreeMap::new(),
        };
        let overlays: Vec<(String, Utf8PathBuf)> =
            all.iter().map(|(own, _)| (own.name.clone(), self.place_of(own))).collect();
        states.extend(build(&overlays, self.directory, &manifests, self.sources));
        for (name, overlay) in overlays {
            let Some(Err(refusal)) = states.get(&name) else { continue };
            if matches!(refusal.kind, RefusalKind::Unknown { .. }) {
                let program = Program::find(self.kustomize, self.path, self.disk);
                let rendered =
                    external::render(program, refusal, &overlay, &manifests, self.disk, self.sources);
                states.insert(name, rendered);
            }
        }
        states
    }

    /// Where the manifests of an environment are.
    fn place_of(&self, own: &Environment) -> Utf8PathBuf {
        match &own.overlay {
            Some(overlay) => clean(&self.directory.join(overlay)),
            None => self.overlay(&own.name),
        }
    }

    /// Compares one environment; the reason if that cannot be done.
    fn environment(
        &self,
        (own, planned): (&Environment, &plan::Environment),
        states: [Option<Result<Vec<Object>, Refusal>>; 3],
        report: &mut Report,
    ) -> Result<Comparison, String> {
        let mut refused = |refusal: Refusal| {
            let message = format!("`{}` cannot be compared: {refusal}", own.name);
            report.push(Diagnostic::error(codes::NOT_COMPARED, message).help(help(&refusal)));
            refusal.to_string()
        };
        let [compose, written, cluster] = states;
        let compose = compose.transpose().map_err(&mut refused)?.unwrap_or_default();
        let is_own = own.overlay.is_none() && self.written.is_own;
        let written = written.transpose().map_err(&mut refused)?.filter(|_| is_own);
        let cluster = cluster.transpose().map_err(&mut refused)?.unwrap_or_default();
        let shown = clean(self.loaded.output.strip_prefix(self.directory).unwrap_or(&self.loaded.output));
        let of_tree = |path: &Utf8Path| path.strip_prefix(&shown).map(Utf8Path::to_owned).ok();
        let is_secret = |span: Span| {
            let path = of_tree(self.sources.get(span.source).path());
            path.is_some_and(|path| secret_files::is_value(&path))
        };
        let own_reading = Reading { owners: Owners::Own, is_secret: &is_secret };
        let mut compose = drift::facts(&compose, &own_reading);
        places::put(&mut compose, &planned.intent, own.known);
        let written: Option<Facts> = written.map(|objects| drift::facts(&objects, &own_reading));
        let services: BTreeSet<String> = compose.services.keys().cloned().collect();
        let owners = if written.is_some() { Owners::Own } else { Owners::Any(&services) };
        let cluster = drift::facts(&cluster, &Reading { owners, is_secret: &is_secret });
        let sides =
            Sides { environment: &own.name, compose: &compose, written: written.as_ref(), cluster: &cluster };
        let layer =
            |path: &Utf8Path| of_tree(path).map_or(drift::Layer::Yours, |path| self.written.layer(&path));
        let terms = Terms {
            sources: self.sources,
            layer: &layer,
            settings: &self.loaded.settings.check,
            hidden: report.hidden(),
        };
        Ok(drift::compare(&sides, &terms))
    }
}

/// Renders directories that have parts in common.
fn build(
    overlays: &[(String, Utf8PathBuf)],
    root: &Utf8Path,
    files: &dyn Files,
    sources: &mut Sources,
) -> States {
    let mut builder = Builder::new(root, files, sources);
    overlays.iter().map(|(name, path)| (name.clone(), builder.manifests(path))).collect()
}

/// What to do about a refusal.
fn help(refusal: &Refusal) -> &'static str {
    match refusal.kind {
        RefusalKind::Unknown { .. } => {
            "install `kustomize` or `kubectl`, or name a program that renders it with `--kustomize PROGRAM`"
        }
        RefusalKind::Missing { .. } => {
            "run `kustompose convert` if it is a generated file; else restore it, or remove the line that names it"
        }
        RefusalKind::Wrong => "`kubectl kustomize` stops at it, too: correct it",
    }
}
