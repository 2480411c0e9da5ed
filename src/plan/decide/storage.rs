//! Volumes that outlive their containers: who claims what.

use std::collections::{BTreeMap, BTreeSet, btree_map::Entry};

use k8s_openapi::{
    api::core::v1::{
        NFSVolumeSource, PersistentVolumeClaim, PersistentVolumeClaimSpec, VolumeResourceRequirements,
    },
    apimachinery::pkg::{api::resource::Quantity, apis::meta::v1::ObjectMeta},
};

use super::{
    kind::WorkloadKind,
    kinds::{self, Kinds},
};
use crate::{
    compose::{
        model::{Mount, Service, Volume},
        values::bytes,
    },
    k8s::name,
    plan::{
        facts::{
            Context, Facts, KnownSecrets, files,
            kompose::PREFIX,
            kompose::claims::{self, Wanted},
            volumes,
        },
        fate::KeyPath,
        ledger::{Entries, Ledger},
        model::Moved,
        reasons,
    },
};

/// The size of a claim: compose knows none, and a claim has to say one.
const SIZE: &str = "10Gi";
/// Names of claims leave room for a number.
const CLAIM_LENGTH: usize = 55;

/// How the named volumes of a project are kept.
#[derive(Debug, Default)]
pub(in crate::plan) struct Storage {
    volumes: BTreeMap<String, Kept>,
    /// Data directories of the host, by path.
    directories: BTreeMap<String, Directory>,
    /// Services that have several pods at once.
    several: BTreeSet<String>,
    /// Who mounts each directory of the host.
    sharers: BTreeMap<String, BTreeSet<String>>,
    /// What claims were called before, by the directories or volumes that are mounted where these were.
    earlier: BTreeMap<String, BTreeSet<String>>,
    /// The same by the names of the claims.
    owners: BTreeMap<String, BTreeSet<String>>,
    /// Data directories of the host that belong to one StatefulSet.
    owned: BTreeSet<String>,
    /// Volumes and directories of the host that a database mounts.
    of_databases: BTreeSet<String>,
    /// What Compose has for the claims, by their names.
    moved: BTreeMap<String, Moved>,
}

/// A directory of the host that holds data.
#[derive(Debug, Clone)]
struct Directory {
    claim: String,
    /// The app that the claim stands with: the first one that uses it.
    app: String,
    users: BTreeSet<String>,
    several_replicas: bool,
    /// Whether it was said that several pods mount it.
    is_said: bool,
    object: PersistentVolumeClaim,
}

impl Directory {
    fn is_shared(&self) -> bool {
        self.users.len() > 1 || self.several_replicas
    }
}

/// How one named volume is kept.
#[derive(Debug, Clone)]
pub(in crate::plan) struct Kept {
    /// The name of the claim.
    pub(in crate::plan) claim: String,
    pub(in crate::plan) how: How,
    /// The apps that use it.
    apps: Vec<String>,
    object: PersistentVolumeClaim,
    /// Labels whose values nobody may read in the claim.
    secret_labels: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::plan) enum How {
    /// A StatefulSet claims it for its pod.
    Template,
    /// A claim in the tree.
    Claim,
    /// A claim that somebody else made.
    External,
    /// A directory of an NFS server, mounted as it is.
    Nfs(NFSVolumeSource),
    /// In memory, with a limit in bytes.
    Memory(Option<i64>),
}

impl Kept {
    /// Whether several pods mount it.
    pub(super) fn is_shared(&self) -> bool {
        is_shared(&self.object)
    }

    /// What a StatefulSet claims by this name for each of its pods.
    pub(super) fn template(&self, name: &str) -> PersistentVolumeClaim {
        let mut claim = with_access(self.object.clone(), false);
        claim.metadata.name = Some(name.to_owned());
        claim
    }
}

impl Storage {
    /// Decides for every named volume that some service mounts.
    pub(super) fn of(facts: &Facts<'_>, kinds: &Kinds, found: &KnownSecrets) -> Self {
        let context = &facts.context;
        let mut users: BTreeMap<String, Vec<(&str, bool)>> = BTreeMap::new();
        let kept = |service: &Service| claims::wanted(service) != Some(Wanted::EmptyDir);
        for (name, service) in context.services().filter(|(_, service)| kept(service)) {
            for mount in volumes::effective(context, service)
                .into_iter()
                .filter(|mount| !volumes::spares_the_image(service, mount))
            {
                let volume = mount.r#type.as_ref().is_some_and(|kind| kind.value == "volume");
                if let Some(source) =
                    mount.source.as_ref().filter(|source| volume && !source.value.is_empty())
                {
                    users
                        .entry(source.value.clone())
                        .or_default()
                        .push((name, volumes::is_read_only(&mount)));
                }
            }
        }
        let mut sharers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut earlier: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut owned = BTreeSet::new();
        let mut of_databases = BTreeSet::new();
        for (name, service) in context.services() {
            for mount in volumes::effective(context, service) {
                let Mount { source: Some(source), target, .. } = mount.value else { continue };
                let place = target.map(|target| (context.names.workload(name).to_owned(), target.value));
                let claim = place.and_then(|place| context.earlier.claims.get(&place));
                earlier.entry(source.value.clone()).or_default().extend(claim.cloned());
                sharers.entry(source.value).or_default().insert(name.to_owned());
            }
            if kinds.claims_for_itself(name) {
                owned.extend(files::own_directories(service, facts.services.mounts(name)));
            }
            let image = facts.services.program(name);
            if image.is_some_and(|image| !image.empty_data.is_empty()) || volumes::keeps_a_database(service) {
                let whole = |mount: &Mount| {
                    let path = mount.volume.as_ref().and_then(|volume| volume.value.subpath.as_ref());
                    path.is_none() && claims::sub_path(service).is_none()
                };
                let mounts =
                    volumes::effective(context, service).into_iter().map(|mount| mount.value).filter(whole);
                of_databases.extend(mounts.filter_map(|mount| Some(mount.source?.value)));
            }
        }
        let kept = |volume: &String, users: &[(&str, bool)]| keep(context, (kinds, found), volume, users);
        let volumes = users.into_iter().map(|(volume, users)| (volume.clone(), kept(&volume, &users)));
        let several = context.services().filter(|(name, service)| has_several_pods(kinds, name, service));
        Self {
            volumes: volumes.collect(),
            directories: BTreeMap::new(),
            several: several.map(|(name, _)| name.to_owned()).collect(),
            sharers,
            owners: owners(&earlier),
            earlier,
            owned,
            of_databases,
            moved: BTreeMap::new(),
        }
    }

    /// Notes where Compose has the data of a claim that a service mounts.
    pub(super) fn note_moved(&mut self, moved: Moved) {
        match self.moved.entry(moved.claim.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(moved);
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                known.users.extend(moved.users);
                known.dumped_by = known.dumped_by.take().or(moved.dumped_by);
            }
        }
    }

    /// What Compose has for the claims.
    pub(in crate::plan) fn into_moved(self) -> Vec<Moved> {
        self.moved.into_values().collect()
    }

    /// How a named volume is kept.
    pub(super) fn of_volume(&self, volume: &str) -> Option<&Kept> {
        self.volumes.get(volume)
    }

    /// Whether a database mounts the volume, or the directory of the host.
    pub(super) fn is_of_database(&self, source: &str) -> bool {
        self.of_databases.contains(source)
    }

    /// What the StatefulSet that a directory of the host belongs to claims in its place, once somebody mounts it.
    pub(super) fn template_of(&self, source: &str) -> Option<PersistentVolumeClaim> {
        self.directories.get(source).filter(|_| self.owned.contains(source)).map(|it| it.object.clone())
    }

    /// The claim of a directory of the host that holds data, which `service` uses too.
    pub(super) fn claim_directory(
        &mut self,
        app: &str,
        (key, service): (&str, &Service),
        source: &str,
        stem: &str,
    ) -> String {
        // Not after the app, which may get another name when a service comes or goes: the data would stay behind.
        let alone = self.sharers.get(source).is_none_or(|services| services.len() < 2);
        let wanted = if alone { format!("{key}-{stem}") } else { stem.to_owned() };
        let wanted = name::shortened(&name::dns_label(&wanted), CLAIM_LENGTH);
        let taken = |name: &String| {
            self.directories.values().any(|directory| directory.claim == *name)
                || self.volumes.values().any(|kept| kept.claim == *name)
        };
        // What another directory had before stays with its data.
        let is_of_another =
            |name: &String| self.owners.get(name).is_some_and(|owners| owners.iter().any(|it| it != source));
        let claim = self.earlier_claim(source, stem).filter(|name| !taken(name));
        let claim = claim.unwrap_or_else(|| name::free(&wanted, |name| taken(name) || is_of_another(name)));
        let new = || {
            let mut object = claim_object(&claim, false);
            claims::settle(&mut object, None, Some(service));
            let users = BTreeSet::new();
            Directory { claim, app: app.to_owned(), users, several_replicas: false, is_said: false, object }
        };
        let directory = self.directories.entry(source.to_owned()).or_insert_with(new);
        directory.users.insert(key.to_owned());
        directory.several_replicas |= self.several.contains(key);
        directory.claim.clone()
    }

    /// What the claim of a directory was called before, if it was named as it is today: alone or with others.
    fn earlier_claim(&self, source: &str, stem: &str) -> Option<String> {
        let services = self.sharers.get(source).into_iter().flatten();
        let stems = services.map(|service| format!("{service}-{stem}")).chain([stem.to_owned()]);
        let stems: Vec<String> =
            stems.map(|stem| name::shortened(&name::dns_label(&stem), CLAIM_LENGTH)).collect();
        let is_numbered = |rest: &str| rest.strip_prefix('-').is_some_and(|rest| rest.parse::<u32>().is_ok());
        let is_named_so = |name: &&String| {
            let mut rest = stems.iter().filter_map(|stem| name.strip_prefix(stem.as_str()));
            rest.any(|rest| rest.is_empty() || is_numbered(rest))
        };
        self.earlier.get(source)?.iter().find(is_named_so).cloned()
    }

    /// Whether several pods mount the claim of a directory of the host, which nobody asked before.
    pub(super) fn is_newly_shared(&mut self, source: &str) -> bool {
        let directory = self.directories.get_mut(source);
        let shared = directory.filter(|it| !it.is_said && it.is_shared());
        shared.map(|directory| directory.is_said = true).is_some()
    }

    /// Whether pods on several nodes mount a claim.
    pub(super) fn is_shared_claim(&self, claim: &str) -> bool {
        let volumes = self.volumes.values().filter(|kept| kept.claim == claim);
        let directories = self.directories.values().filter(|directory| directory.claim == claim);
        volumes.map(|kept| is_shared(&kept.object)).chain(directories.map(Directory::is_shared)).any(|it| it)
    }

    /// Claims that only one app uses.
    pub(in crate::plan) fn claims_of(&self, app: &str) -> Vec<PersistentVolumeClaim> {
        let kept = self.volumes.values().filter(|kept| kept.how == How::Claim && kept.apps == [app]);
        let directories = self.directories.iter();
        let directories = directories.filter(|(source, it)| it.app == app && !self.owned.contains(*source));
        let claims =
            directories.map(|(_, directory)| with_access(directory.object.clone(), directory.is_shared()));
        kept.map(|kept| kept.object.clone()).chain(claims).collect()
    }

    /// Claims that several apps use.
    pub(in crate::plan) fn shared_claims(&self) -> Vec<PersistentVolumeClaim> {
        let kept = self.volumes.values().filter(|kept| kept.how == How::Claim && kept.apps.len() > 1);
        kept.map(|kept| kept.object.clone()).collect()
    }

    /// Claims that somebody else made.
    pub(in crate::plan) fn external_claims(&self) -> Vec<PersistentVolumeClaim> {
        let kept = self.volumes.values().filter(|kept| kept.how == How::External);
        kept.map(|kept| kept.object.clone()).collect()
    }

    /// Enters what became of the top-level volumes.
    pub(super) fn record_volumes(&self, context: &Context<'_>, ledger: &mut Ledger) {
        let environment = context.environment;
        for (volume, declared) in &context.project.volumes {
            let base = KeyPath::new(["volumes", volume]);
            let Some(kept) = self.volumes.get(volume) else {
                Entries::new(ledger, base, "").ignored(&[], reasons::UNUSED_VOLUME);
                continue;
            };
            let file = match (&kept.how, kept.apps.as_slice()) {
                (How::External, _) => format!("overlays/{environment}/external.yaml"),
                (How::Claim, [app]) => context.layout.app_file(app, &format!("{}.pvc.yaml", kept.claim)),
                (How::Claim, _) => format!("base/{}.pvc.yaml", kept.claim),
                (_, apps) => {
                    context.layout.app_file(apps.first().map_or("", String::as_str), "kustomization.yaml")
                }
            };
            let mut entries = Entries::new(ledger, base, file);
            entries.mapped(&[]);
            match kept.how {
                How::Claim if is_shared(&kept.object) => {
                    entries.approximated(&[], reasons::SEVERAL_PODS_MOUNT);
                }
                How::Template if is_shared(&kept.object) => {
                    entries.approximated(&[], reasons::EACH_POD_CLAIMS);
                }
                _ => {}
            }
            if let Some(volume) = &declared.value {
                settings(volume, kept, &mut entries);
            }
        }
    }
}

/// A claim of the usual size; `shared` if pods on several nodes mount it.
/// By its name, whose a claim was.
fn owners(earlier: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut owners: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (source, claims) in earlier {
        for claim in claims {
            owners.entry(claim.clone()).or_default().insert(source.clone());
        }
    }
    owners
}

fn claim_object(claim: &str, shared: bool) -> PersistentVolumeClaim {
    let claim = PersistentVolumeClaim {
        metadata: ObjectMeta { name: Some(claim.to_owned()), ..ObjectMeta::default() },
        spec: Some(PersistentVolumeClaimSpec {
            resources: Some(VolumeResourceRequirements {
                requests: Some(BTreeMap::from([("storage".to_owned(), Quantity(SIZE.to_owned()))])),
                ..VolumeResourceRequirements::default()
            }),
            ..PersistentVolumeClaimSpec::default()
        }),
        ..PersistentVolumeClaim::default()
    };
    with_access(claim, shared)
}

fn with_access(mut claim: PersistentVolumeClaim, shared: bool) -> PersistentVolumeClaim {
    let mode = if shared { "ReadWriteMany" } else { "ReadWriteOnce" };
    if let Some(spec) = &mut claim.spec {
        spec.access_modes = Some(vec![mode.to_owned()]);
    }
    claim
}

fn is_shared(claim: &PersistentVolumeClaim) -> bool {
    let modes = claim.spec.iter().filter_map(|spec| spec.access_modes.as_ref()).flatten();
    modes.into_iter().any(|mode| mode == "ReadWriteMany")
}

/// Whether what a service becomes has several pods at once.
fn has_several_pods(kinds: &Kinds, name: &str, service: &Service) -> bool {
    kinds.of(name) == WorkloadKind::DaemonSet
        || kinds.jobs(name).is_some_and(|jobs| jobs.workloads() > 1)
        || kinds::most_pods(service) > 1
}

fn keep(
    context: &Context<'_>,
    (kinds, found): (&Kinds, &KnownSecrets),
    volume: &str,
    users: &[(&str, bool)],
) -> Kept {
    let declared = context.project.volumes.get(volume).and_then(|volume| volume.value.as_deref());
    let external = declared.is_some_and(volumes::is_external);
    let real_name = declared.and_then(|volume| volume.name.as_ref()).map(|name| name.value.as_str());
    let claim = name::dns_label(if external { real_name.unwrap_or(volume) } else { volume });
    let mut apps: Vec<String> = users.iter().map(|(user, _)| context.apps.of(user).to_owned()).collect();
    apps.sort();
    apps.dedup();
    let names: Vec<&str> = users.iter().map(|(user, _)| *user).collect();
    let several_pods = names.windows(2).any(|pair| pair[0] != pair[1])
        || context
            .services()
            .any(|(name, service)| names.contains(&name) && has_several_pods(kinds, name, service));
    let template = names.iter().all(|name| kinds.claims_for_itself(name) && *name == names[0]);
    let how = match declared.and_then(special) {
        _ if external => How::External,
        Some(how) => how,
        None if template => How::Template,
        None => How::Claim,
    };
    let mut object = claim_object(&claim, several_pods);
    let mut secret_labels = Vec::new();
    if let Some(labels) = declared.and_then(|volume| volume.labels.as_ref()) {
        let own = |key: &str| name::is_label_key(key) && !key.starts_with(PREFIX);
        let legal = labels.value.iter().filter(|(key, _)| own(key));
        let (secret, annotations): (BTreeMap<String, String>, BTreeMap<String, String>) = legal
            .map(|(key, value)| (key.clone(), value.value.clone()))
            .partition(|(key, value)| found.is_secret_label(key, value));
        object.metadata.annotations = (!annotations.is_empty()).then_some(annotations);
        secret_labels.extend(secret.into_keys());
    }
    let user = names.first().and_then(|name| context.project.services.get(*name));
    claims::settle(&mut object, declared, user.map(|user| &*user.value));
    Kept { claim, how, apps, object, secret_labels }
}

/// What the options of the local driver ask for, if Kubernetes has it.
fn special(volume: &Volume) -> Option<How> {
    let options = &volume.driver_opts.as_ref()?.value;
    let option = |key: &str| options.get(key).map_or("", |value| value.value.as_str());
    match option("type") {
        "nfs" | "nfs4" => {
            let server = option("o").split(',').find_map(|part| part.strip_prefix("addr="))?;
            let path = option("device").rsplit_once(':').map_or(option("device"), |(_, path)| path);
            Some(How::Nfs(NFSVolumeSource {
                server: server.to_owned(),
                path: path.to_owned(),
                read_only: mount_options(volume).any(|option| option == "ro").then_some(true),
            }))
        }
        "tmpfs" => {
            let size = mount_options(volume).find_map(|option| option.strip_prefix("size="));
            Some(How::Memory(size.and_then(|size| bytes::parse(size).ok())))
        }
        _ => None,
    }
}

/// What `o` lists for the mount of a volume of the local driver.
fn mount_options(volume: &Volume) -> impl Iterator<Item = &str> {
    let options = volume.driver_opts.as_ref().and_then(|options| options.value.get("o"));
    options.into_iter().flat_map(|text| text.value.split(',')).filter(|option| !option.is_empty())
}

/// Says what became of the options of the local driver.
fn driver_options(volume: &Volume, how: &How, entries: &mut Entries<'_>) {
    let known: &[&str] = match how {
        How::Nfs(_) => &["addr=", "ro", "rw"],
        How::Memory(_) => &["size="],
        _ => {
            return entries.unsupported(&["driver_opts"], reasons::OPTIONS_OF_STORAGE_CLASS);
        }
    };
    entries.mapped(&["driver_opts"]);
    let lost: Vec<&str> = mount_options(volume)
        .filter(|option| {
            !known.iter().any(|known| option == known || known.ends_with('=') && option.starts_with(known))
        })
        .collect();
    if !lost.is_empty() {
        entries.approximated(&["driver_opts", "o"], reasons::options_of_volume(lost.join(",")));
    } else if mount_options(volume).any(|option| option == "rw") {
        entries.mapped_as(&["driver_opts", "o"], reasons::WRITABLE);
    }
    if matches!(how, How::Memory(_)) {
        entries.ignored(&["driver_opts", "device"], reasons::MEMORY_HAS_NO_DEVICE);
    }
}

fn settings(volume: &Volume, Kept { how, secret_labels, .. }: &Kept, entries: &mut Entries<'_>) {
    let Volume { name: real_name, driver, driver_opts, external, labels, extensions: _ } = volume;
    if real_name.is_some() {
        match how {
            How::External => entries.mapped(&["name"]),
            _ => entries.ignored(&["name"], reasons::CLAIMS_NAMED_BY_KEY),
        }
    }
    match driver.as_ref().map(|driver| driver.value.as_str()) {
        Some("local" | "") => entries.mapped(&["driver"]),
        Some(_) => entries.unsupported(&["driver"], reasons::OF_STORAGE_CLASS),
        None => {}
    }
    if driver_opts.is_some() {
        driver_options(volume, how, entries);
    }
    match external {
        Some(external) if external.value => {
            entries.approximated(&["external"], reasons::CLAIM_HAS_TO_BE_THERE)
        }
        Some(_) => entries.mapped(&["external"]),
        None => {}
    }
    if labels.is_some() {
        match how {
            How::Claim | How::Template => {
                entries.approximated(&["labels"], reasons::ANNOTATIONS_OF_CLAIM);
                claims::record_of_volume(volume, entries);
                for key in secret_labels {
                    entries.unsupported(&["labels", key], reasons::SECRET_OF_CLAIM);
                }
            }
            _ => entries.ignored(&["labels"], reasons::NO_CLAIM_TO_LABEL),
        }
    }
}
