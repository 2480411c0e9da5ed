//! The three states of each environment, and what comes of comparing them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use camino::{Utf8Path, Utf8PathBuf};

use super::{
    absent,
    early::{self, Early, KnownParts, Outcome, Overlays, Place, Rendered},
    external::{self, Program},
    live::Cluster,
    places, server,
    written::Written,
};
use crate::{
    cli::{
        environments::{self, Loaded, LoadedEnvironment},
        manifests::{Examples, Manifests},
        recorded::Recording,
    },
    compose::model::InputRole,
    diag::{Diagnostic, Report, codes},
    disk::Disk,
    drift::{
        self, Comparison, Drift, Facts, Owners, Reading, Sides, Terms,
        fact::MoreVariables,
        report::{self, Checked},
    },
    kustomize::{
        Owner, TreeFile,
        build::{Builder, Object, Refusal, RefusalKind},
    },
    plan::{self, Known, Plan},
    render,
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
    /// The cluster that is asked, and what for.
    pub(super) cluster: Option<Asking<'a>>,
    pub(super) sources: &'a mut Sources,
    /// What the overlays render to; nothing where other manifests stand for them.
    pub(super) early: &'a Early,
    /// What the built-in kustomize renders of overlays that have fields which it does not know.
    pub(super) passed: BTreeMap<String, Arc<Vec<Object>>>,
    /// Generated files that a run would not write any more.
    pub(super) stale: BTreeSet<Utf8PathBuf>,
}

/// What a cluster is asked for.
pub(super) struct Asking<'a> {
    pub(super) cluster: Cluster<'a>,
    /// For what it has.
    pub(super) is_live: bool,
    /// For whether it would take the manifests.
    pub(super) is_server: bool,
}

/// An environment, and what it becomes.
type Pair<'a> = (&'a LoadedEnvironment, &'a plan::Environment);

/// The facts of one environment in its three states.
pub(in crate::cli) struct States {
    /// What Compose asks for.
    pub(in crate::cli) compose: Facts,
    /// What the last run wrote; none for manifests that no run wrote.
    pub(in crate::cli) written: Option<Facts>,
    /// What a cluster would get.
    pub(in crate::cli) cluster: Facts,
    /// Mounted files that are not here.
    pub(in crate::cli) missing_files: BTreeSet<Utf8PathBuf>,
}

impl<'a> Comparing<'a> {
    /// Compares the environments with these names.
    pub(super) fn run(&mut self, chosen: &BTreeSet<String>, report: &mut Report) -> Checked {
        let mut checked = Checked::default();
        for (own, facts) in self.facts(chosen, report) {
            let shown = |path: &Utf8PathBuf| environments::from(self.directory, path).into();
            let mut environment = report::Environment {
                name: own.name.clone(),
                not_compared: None,
                facts: 0,
                from_tree: 0,
                missing_files: own.missing.iter().map(shown).collect(),
            };
            match facts {
                Ok(facts) => {
                    environment.missing_files.extend(facts.missing_files.iter().map(shown));
                    let Comparison { mut drifts, facts, from_tree } = self.compared(own, &facts, report);
                    (environment.facts, environment.from_tree) = (facts, from_tree);
                    if self.is_of_another_version(own, report) {
                        self.written.forgive(&mut drifts);
                    }
                    checked.drifts.extend(drifts);
                }
                Err(why) => environment.not_compared = Some(why),
            }
            checked.environments.push(environment);
        }
        checked
    }

    /// The facts of the environments with these names; the reason where there are none.
    pub(super) fn facts(
        &mut self,
        chosen: &BTreeSet<String>,
        report: &mut Report,
    ) -> Vec<(&'a LoadedEnvironment, Result<States, String>)> {
        let (loaded, plan): (&'a Loaded, &'a Plan) = (self.loaded, self.plan);
        let all: Vec<Pair<'a>> = loaded.environments.iter().zip(&plan.environments).collect();
        let all: Vec<_> = all.into_iter().filter(|(own, _)| chosen.contains(&own.name)).collect();
        let fresh = self.fresh();
        let is_same = self.written.is_own && self.is_same(&fresh);
        if loaded.environments.iter().all(|own| own.known == Known::All) {
            self.stale = self.written.stale(&fresh);
        }
        let known = &self.early.known;
        let mut cluster = self.cluster_states(&all);
        let mut written = self.written_states(&all, &fresh, known);
        // Where every file is what a run would write, both states are one.
        let mut compose = if is_same { Rendered::new() } else { self.compose_states(&all, &fresh, known) };
        self.ask_server(&cluster, report);
        let mut live = self.live_states(&cluster);
        let states = all.into_iter().map(|(own, planned)| {
            let [written, compose, cluster] =
                [&mut written, &mut compose, &mut cluster].map(|states| states.remove(&own.name));
            (own, self.read((own, planned), [compose, written, cluster], live.remove(&own.name), report))
        });
        states.collect()
    }

    /// Whether another version wrote the manifests, and nothing changed since.
    fn is_of_another_version(&self, own: &LoadedEnvironment, report: &Report) -> bool {
        let recording = Recording {
            directory: self.directory,
            sources: self.sources,
            hidden: report.hidden(),
            before: &self.written.inputs,
        };
        self.written.other_version.is_some()
            && self.written.is_untouched()
            && recording.is_same(std::slice::from_ref(own))
            && recording.is_same_beside(self.files)
    }

    /// What there is to say of generated files as such.
    pub(super) fn notes(&self, checked: &Checked, shown: &Utf8Path) -> Vec<Drift> {
        // What comes of a file that is not here is not stale.
        let is_whole = checked.environments.iter().all(|environment| environment.missing_files.is_empty());
        let none = BTreeSet::new();
        let stale = if is_whole { &self.stale } else { &none };
        self.written.notes(&checked.drifts, stale, shown, self.sources)
    }

    /// Variables that an environment may have more than is known: files that services name are missing.
    fn more_variables(&self, own: &LoadedEnvironment) -> MoreVariables {
        let inputs = own.project.inputs.iter().filter(|input| input.role == InputRole::ServiceEnvFile);
        let missing = inputs.filter(|input| own.missing.contains(&input.path));
        let known = missing
            .map(|input| self.written.inputs.variables.get(&environments::from(self.directory, &input.path)));
        let known: Vec<Option<&BTreeSet<String>>> = known.collect();
        match known.iter().copied().collect::<Option<Vec<_>>>() {
            None => MoreVariables::Any,
            Some(names) if names.is_empty() && own.known != Known::SomeVariables => MoreVariables::None,
            // Files of labels are missing, or those of another project.
            Some(names) if names.is_empty() => MoreVariables::Any,
            Some(names) => MoreVariables::Named(names.into_iter().flatten().cloned().collect()),
        }
    }

    /// What a run would write now, each file by its path.
    fn fresh(&self) -> Vec<TreeFile> {
        let outermost: Vec<(&str, bool)> =
            self.loaded.environments.iter().map(|it| (it.name.as_str(), false)).collect();
        let earlier = render::earlier::read(&outermost, &self.loaded.output, self.files);
        if self.plan.environments.iter().all(|environment| environment.known == Known::All) {
            return render::render(self.plan, &earlier).files;
        }
        // An environment of which files are missing is rendered as far as it is known.
        let mut plan = self.plan.clone();
        plan.environments.iter_mut().for_each(|environment| environment.known = Known::All);
        for environment in plan.environments.iter_mut().filter(|it| self.is_partial(&it.name)) {
            let Some(outermost) = earlier.outermost(&environment.name) else { continue };
            for (name, image) in &mut environment.images {
                // What a file sets that is missing is as it is.
                if let Some(there) = outermost.images.get(name) {
                    image.name.clone_from(&there.name);
                    image.tag.clone_from(&there.tag);
                }
            }
        }
        render::render(&plan, &earlier).files
    }

    fn is_partial(&self, name: &str) -> bool {
        self.loaded.environments.iter().any(|own| own.name == name && own.known != Known::All)
    }

    fn is_same(&self, fresh: &[TreeFile]) -> bool {
        let is_whole = self.loaded.environments.iter().all(|it| it.known == Known::All);
        let mut generated = fresh.iter().filter(|file| file.owner == Owner::Generated);
        is_whole
            && generated
                .all(|file| self.files.read(&self.loaded.output.join(&file.path)).as_ref() == Ok(&file.bytes))
    }

    /// What Compose asks for: the overlays as they would be written now, in memory.
    fn compose_states(&mut self, all: &[Pair<'_>], fresh: &[TreeFile], known: &KnownParts) -> Rendered {
        let output = &self.loaded.output;
        let files = fresh.iter().map(|file| (clean(&output.join(&file.path)), file.bytes.clone()));
        let files = MemoryFiles::new(files);
        // Manifests of others may have a secret in clear where it is another one than that of Compose.
        let (ours, others): (Vec<&Pair<'_>>, Vec<&Pair<'_>>) =
            all.iter().partition(|(own, _)| self.written.is_own && own.overlay.is_none());
        let mut states = Rendered::new();
        for (pairs, examples) in [(ours, Examples::NotForPatches), (others, Examples::Always)] {
            let manifests = Manifests { files: &files, output, examples, replaced: BTreeMap::new() };
            let overlays: Overlays = pairs
                .iter()
                .map(|(own, _)| (own.name.clone(), early::overlay(&own.name, self.loaded)))
                .collect();
            let on_disk = early::on_disk(self.files, output, Examples::WhereMissing);
            let builder = Builder::new(self.directory, &manifests, self.sources);
            states.extend(early::build(&overlays, &mut known.with_values(builder, &on_disk)));
        }
        states
    }

    /// What the last run wrote: the generated files as they are, below the outermost layer that it would write.
    fn written_states(&mut self, all: &[Pair<'_>], fresh: &[TreeFile], known: &KnownParts) -> Rendered {
        if !self.written.is_own {
            return Rendered::new();
        }
        let output = &self.loaded.output;
        let yours = fresh.iter().filter(|file| file.owner == Owner::Yours);
        let replaced = yours.map(|file| (clean(&output.join(&file.path)), file.bytes.clone())).collect();
        let manifests = Manifests { files: self.files, output, examples: Examples::Always, replaced };
        let is_written = |(own, _): &&(&LoadedEnvironment, &plan::Environment)| {
            self.written.inputs.environments.contains_key(&own.name)
        };
        let overlays: Overlays = all
            .iter()
            .filter(is_written)
            .map(|(own, _)| (own.name.clone(), early::overlay(&own.name, self.loaded)))
            .collect();
        let on_disk = early::on_disk(self.files, output, Examples::Always);
        let builder = Builder::new(self.directory, &manifests, self.sources);
        early::build(&overlays, &mut known.with_examples(builder, &on_disk))
    }

    /// What a cluster would get.
    fn cluster_states(&mut self, all: &[Pair<'_>]) -> Rendered {
        if let (Some((path, bytes)), Some((own, _))) = (&self.rendered, all.first()) {
            let objects = external::objects(path, bytes, self.sources).map(Arc::new);
            return Rendered::from([(own.name.clone(), objects)]);
        }
        let mut states = self.early.cluster.clone();
        let manifests = early::on_disk(self.files, &self.loaded.output, Examples::WhereMissing);
        for (own, _) in all {
            let Some(Err(refusal)) = states.get(&own.name) else { continue };
            if matches!(refusal.kind, RefusalKind::Unknown { .. }) {
                let program = Program::find(self.kustomize, self.path, self.disk);
                let overlay = early::place_of(own, self.loaded, self.directory);
                let rendered =
                    external::render(program, refusal, &overlay, &manifests, self.disk, self.sources);
                let builder = Builder::new(self.directory, &manifests, self.sources);
                if let Ok(objects) = builder.passing_over().manifests(&overlay) {
                    self.passed.insert(own.name.clone(), objects);
                }
                states.insert(own.name.clone(), rendered.map(Arc::new));
            }
        }
        states
    }

    /// Reports what the API server would refuse.
    fn ask_server(&self, manifests: &Rendered, report: &mut Report) {
        let Some(asking) = self.cluster.as_ref().filter(|asking| asking.is_server) else { return };
        for (name, objects) in manifests {
            let Ok(objects) = objects else { continue };
            if let Err(why) = server::ask(&asking.cluster, name, objects, report) {
                report.push(unreachable(name, &why));
            }
        }
    }

    /// What the cluster has of each environment.
    fn live_states(&mut self, manifests: &Rendered) -> BTreeMap<String, Result<Vec<Object>, String>> {
        let Some(asking) = self.cluster.as_ref().filter(|asking| asking.is_live) else {
            return BTreeMap::new();
        };
        let mut states = BTreeMap::new();
        for (name, objects) in manifests {
            let Ok(objects) = objects else { continue };
            let live = asking.cluster.objects(objects, self.written.is_own, self.sources);
            states.insert(name.clone(), live);
        }
        states
    }

    /// The facts of one environment; the reason if there are none.
    fn read(
        &self,
        (own, planned): Pair<'_>,
        states: [Option<Outcome>; 3],
        live: Option<Result<Vec<Object>, String>>,
        report: &mut Report,
    ) -> Result<States, String> {
        let live = live.transpose().inspect_err(|why| report.push(unreachable(&own.name, why)))?;
        let mut refused = |refusal: Refusal| {
            let message = format!("`{}` cannot be compared: {refusal}", own.name);
            report.push(Diagnostic::error(codes::NOT_COMPARED, message).help(help(&refusal)));
            refusal.to_string()
        };
        let [compose, written, cluster] = states;
        let compose = compose.transpose().map_err(&mut refused)?;
        let written = written.transpose().map_err(&mut refused)?;
        let cluster = cluster.transpose().map_err(&mut refused)?.unwrap_or_default();
        let (known, place) = (&self.early.known, self.place());
        let is_secret = |span: Span| place.is_secret(span, self.sources);
        let written = written.map(|objects| known.facts(&objects, &is_secret));
        let compose = compose.map(|objects| known.facts(&objects, &is_secret));
        let mut compose = compose.or_else(|| written.clone()).unwrap_or_default();
        let mut written = written.filter(|_| own.overlay.is_none() && self.written.is_own);
        if let Some(written) = &mut written {
            places::keep_names(&mut compose, &planned.intent);
            places::keep_names(written, &planned.intent);
        }
        places::put(&mut compose, &planned.intent, own, &self.more_variables(own));
        let missing_files = self.take_absent(&mut compose, written.as_ref(), (own, planned), report)?;
        if own.known != Known::All {
            places::forget(&mut compose, &planned.intent, own, written.as_ref());
        }
        let services: BTreeSet<String> = compose.services.keys().cloned().collect();
        let owners = if written.is_some() { Owners::Own } else { Owners::Any(&services) };
        let reading = Reading { owners, is_secret: &is_secret };
        let mut cluster = match written {
            Some(_) => known.facts(&cluster, &is_secret),
            None => drift::facts(&cluster, &reading),
        };
        if let Some(objects) = self.passed.get(&own.name) {
            cluster = drift::placed(cluster, &drift::facts(objects, &reading));
        }
        if let Some(live) = live {
            cluster = drift::settled(drift::facts(&live, &reading), &cluster);
        }
        if written.is_none() {
            places::leave_own_choices(&mut compose, &mut cluster, &planned.intent, own);
        }
        Ok(States { compose, written, cluster, missing_files })
    }

    /// Takes what mounted files deliver that are missing from the manifests; gives the files.
    fn take_absent(
        &self,
        compose: &mut Facts,
        written: Option<&Facts>,
        (own, planned): Pair<'_>,
        report: &mut Report,
    ) -> Result<BTreeSet<Utf8PathBuf>, String> {
        let Some(written) = written else { return Ok(BTreeSet::new()) };
        let missing = absent::take(compose, written, (own, &planned.intent), self.files, self.disk);
        let lost = super::lost_files(missing.iter(), self.directory, self.disk);
        let why = lost.first().map(|diagnostic| diagnostic.message.clone());
        lost.into_iter().for_each(|diagnostic| report.push(diagnostic));
        why.map_or(Ok(missing), Err)
    }

    fn place(&self) -> Place {
        Place { directory: self.directory.to_owned(), output: self.loaded.output.clone() }
    }

    fn compared(&self, own: &LoadedEnvironment, states: &States, report: &Report) -> Comparison {
        let sides = Sides {
            environment: &own.name,
            compose: &states.compose,
            written: states.written.as_ref(),
            cluster: &states.cluster,
        };
        let is_live = self.cluster.as_ref().is_some_and(|asking| asking.is_live);
        let place = self.place();
        let layer = |path: &Utf8Path| match place.of_manifests(path) {
            Some(path) => self.written.layer(&path),
            None if is_live && path.as_str().is_empty() => drift::Layer::Cluster,
            None => drift::Layer::Yours,
        };
        let overlay = environments::from(self.directory, &early::place_of(own, self.loaded, self.directory));
        let terms = Terms {
            sources: self.sources,
            layer: &layer,
            settings: &self.loaded.settings.check,
            hidden: report.hidden(),
            is_live,
            overlay: &overlay,
        };
        let mut compared = drift::compare(&sides, &terms);
        if sides.written.is_none() {
            // `convert` does not write these manifests.
            compared.drifts.iter_mut().for_each(|drift| drift.expected_in = None);
        }
        compared
    }
}

/// What there is to say of a cluster that does not answer.
fn unreachable(environment: &str, why: &str) -> Diagnostic {
    let why = why.lines().last().unwrap_or_default();
    let message = format!("`{environment}` cannot be compared with the cluster: {why}");
    Diagnostic::error(codes::NOT_COMPARED, message)
        .help("see whether `kubectl get deployments` works, and name the right context with `--context`")
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
