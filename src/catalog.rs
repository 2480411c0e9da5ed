//! What is known of images and programs: one table of images, one of programs and one of tasks, with one row a name.
//!
//! Everything that has to know what `postgres` is or what `-p` means to `mysqldump` asks here. The rows stand in
//! the order of their names; a search is a binary search.

pub mod dumps;
pub mod ports;
pub mod reference;

mod images;
mod programs;
mod tasks;

use self::reference::Reference;

/// A small image with a shell and the usual tools, for what pods do before their programs start.
pub const HELPER_IMAGE: &str = "busybox:1.36";

/// What is known of an image.
#[derive(Debug)]
pub struct Image {
    /// The last part of its repository, or the last two where the last alone does not tell: `mssql/server`.
    pub name: &'static str,
    /// What its program does for others.
    pub role: Role,
    /// The ports that its program listens on.
    pub ports: &'static [u16],
    /// The ports of variants, by a part of their tags.
    pub tagged: &'static [(&'static str, &'static [u16])],
    /// Ports at which several containers of the image find each other.
    pub peers: &'static [u16],
    /// Its settings list all that it listens on, the usual ports among them.
    pub lists_listeners: bool,
    /// The group of the image's user, if its program is not root from the start. A program that begins as root
    /// makes its directories its own by itself.
    pub group: Option<i64>,
    /// Who publishes the image that has this group.
    pub maker: &'static str,
    /// Directories in which it creates its data only if they are empty: a `lost+found` is refused.
    pub empty_data: &'static [&'static str],
    /// Directories that it declares as volumes: a container without a mount there gets a volume without a name.
    pub volumes: &'static [&'static str],
    /// The variable that names its data, which is named for the host without it: `rabbit@HOST`.
    pub named_for_host: Option<&'static str>,
    /// The one program that the image is: what a container is given are words of this program.
    pub program: Option<&'static str>,
}

/// What the program of an image does for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Keeps records and answers queries.
    Database,
    /// Keeps what others can make again.
    Cache,
    /// Passes messages on.
    Queue,
    /// Keeps anything else for others: objects, settings, indexes.
    Store,
    /// Starts jobs in other containers.
    Scheduler,
    /// Is there for other programs to run on: its own is a shell, or reads a language as it is typed.
    System,
    /// Anything else.
    Server,
}

impl Role {
    /// It is a backing service: there is one of it, even if it has no volume.
    pub fn is_backing(self) -> bool {
        matches!(self, Role::Database | Role::Cache | Role::Queue | Role::Store)
    }
}

/// What is known of a program.
#[derive(Debug)]
pub struct Program {
    /// The name, without a directory.
    pub name: &'static str,
    /// When it ends by itself.
    pub ends: Ends,
    /// What else is known.
    pub properties: &'static [Property],
    /// How it starts another program, if that is what it does.
    pub wraps: Option<Wraps>,
    /// Where its words hold secrets. None if its options have no meaning of their own.
    pub options: Option<Options>,
    /// The same for its tasks, by their words: `alias set`.
    pub tasks: &'static [(&'static str, Options)],
}

/// When a program ends by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    /// Nobody knows.
    Unknown,
    /// Always, if it is the system's program of this name.
    Always,
    /// If it is given one of these tasks, wherever the program lies. `*` at the beginning or the end of a task is any
    /// text; alone it is any task, and none.
    Told(&'static [&'static str]),
    /// It depends on its options.
    ByWords,
}

/// What is known of a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Property {
    /// Acts on processes of its own container.
    ActsHere,
    /// Only a shell can run it.
    Builtin,
    /// No user is called like this command.
    Command,
    /// Looks at something before another command runs.
    Condition,
    /// A daemon that ends at once if it is told to test or to signal.
    Controlled,
    /// Runs crontabs.
    Cron,
    /// Stays up until it is stopped.
    Daemon,
    /// Waits for an event, not for a time.
    Event,
    /// Passes its input on.
    Filter,
    /// Prepares nothing that a later command sees.
    Harmless,
    /// Says something or does nothing.
    Inert,
    /// Starts another program and looks after its processes.
    Init,
    /// Asks at a host and a port, which are two words.
    Knocks,
    /// Listens at the port behind `-p`.
    PortBehindP,
    /// Asks whether something else is there.
    Probe,
    /// Its output is looked at; an assignment of it is no work done.
    Query,
    /// What it is told says what it does.
    Runner,
    /// Prepares a container in a way that each job can repeat.
    Setup,
    /// Reads scripts of the shell language.
    Shell,
    /// Always succeeds.
    Succeeds,
    /// Waits for hosts and ports.
    Waits,
    /// Waits until a file changes.
    WatchesFiles,
}

/// How a program starts another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wraps {
    /// Options with a value as the next word.
    pub valued: &'static [&'static str],
    /// Words of its own between its options and the program.
    pub operands: usize,
    /// Assignments may stand before the program.
    pub assignments: bool,
    /// Tasks of which one stands before the program; none if it always starts one.
    pub behind: &'static [&'static str],
    /// It runs a script, which is known by its name.
    pub is_script: bool,
    /// It changes nothing of what the program does.
    pub is_plain: bool,
}

/// Where the words of a program hold secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Options with a secret as the next word.
    pub secrets: &'static [&'static str],
    /// Short options with a secret right behind them, within the same word.
    pub glued: &'static [&'static str],
    /// Options with `user:password`.
    pub pairs: &'static [&'static str],
    /// Options that take no secret as the next word, though their name says so.
    pub switches: &'static [&'static str],
    /// Words that are secrets, counted from 0 among those that are no options.
    pub positions: &'static [usize],
    /// Words that are `user:password`, counted likewise.
    pub pair_positions: &'static [usize],
    /// The value of each `name=value` is a secret.
    pub assigned: bool,
    /// The name of a value is the word before it.
    pub named: bool,
    /// A letter of a short option by which the first word is missing; none if it is empty.
    pub without_first: &'static str,
}

/// What a word says that a program is given, or that is a part of a name.
#[derive(Debug)]
pub struct Task {
    /// The word.
    pub name: &'static str,
    /// What it says.
    pub says: Says,
    /// Whether a name with it, wherever it stands in the name, is that of something which waits for work.
    pub is_worker: bool,
}

/// What a task says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// A database is changed, once.
    Migrates,
    /// Something is done once.
    Once,
    /// The program stays up.
    Stays,
    /// The program usually stays up.
    StaysUsually,
    /// A program that is there to do something once stays up.
    StaysWhenAsked,
}

impl Image {
    /// The image of a reference. One that is only named for a known program is none.
    pub fn of(reference: &Reference) -> Option<&'static Image> {
        image(reference.last_parts(2)).or_else(|| image(reference.last_parts(1)))
    }

    /// The image of a reference as it is written.
    pub fn written(reference: &str) -> Option<&'static Image> {
        Image::of(&Reference::parse(reference))
    }
}

/// Whether a reference names a database, a cache, a queue or another backing service.
pub fn is_backing_service(reference: &str) -> bool {
    Image::written(reference).is_some_and(|image| image.role.is_backing())
}

/// The ports of an image, or of one that is named for such a program: `acme/shop-postgres`.
pub fn ports_of_image(reference: &str) -> &'static [u16] {
    /// Where PHP's process manager listens, which a web server in another container asks.
    const PHP_FPM: &[u16] = &[9000];
    let reference = Reference::parse(reference);
    let tag = reference.tag.as_deref().unwrap_or_default();
    let last = reference.last_parts(1);
    if last.contains("fpm") || tag.contains("fpm") {
        return PHP_FPM;
    }
    let Some(image) = Image::of(&reference).or_else(|| image(last.rsplit(['-', '_']).next()?)) else {
        return &[];
    };
    let tagged = image.tagged.iter().find(|(part, _)| image.name == last && tag.contains(part));
    tagged.map_or(image.ports, |(_, ports)| ports)
}

/// The group of the user that the program of an image is, unless it begins as root or nothing is known.
pub fn group_of_image(reference: &str) -> Option<i64> {
    /// The one that all images of Bitnami have.
    const BITNAMI: i64 = 1001;
    /// Images that are made for a user other than root: a part of their names, one of their tags, the group.
    const VARIANTS: &[(&str, &str, i64)] = &[
        ("chainguard/", "", 65532),
        ("distroless/", "nonroot", 65532),
        ("forgejo/forgejo", "rootless", 1000),
        ("gitea/gitea", "rootless", 1000),
        ("nginx-unprivileged", "", 101),
        ("qdrant/qdrant", "unprivileged", 1000),
    ];
    let reference = Reference::parse(reference);
    let maker = reference.maker();
    if maker.starts_with("bitnami") {
        return Some(BITNAMI);
    }
    let tag = reference.tag.as_deref().unwrap_or_default();
    let of_variant =
        VARIANTS.iter().find(|(name, part, _)| reference.name().contains(name) && tag.contains(part));
    if let Some((.., group)) = of_variant {
        return Some(*group);
    }
    let image = Image::of(&reference)?;
    // Without a maker, it is official or a mirror.
    let is_made_so = image.name.contains('/') || ["", "library", image.maker].contains(&maker);
    image.group.filter(|_| is_made_so)
}

/// Whether a database has its data in this directory, which must be empty when that is created.
pub fn is_database_directory(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    images::IMAGES.iter().any(|image| image.empty_data.contains(&path))
}

/// The directories that an image declares as volumes.
pub fn volumes_of_image(reference: &str) -> &'static [&'static str] {
    /// Since 18, PostgreSQL has a directory for each version below this one, and refuses a volume at the old place.
    const SINCE_POSTGRES_18: &[&str] = &["/var/lib/postgresql"];
    let reference = Reference::parse(reference);
    let Some(image) = Image::of(&reference) else { return &[] };
    let version = reference.tag.iter().flat_map(|tag| tag.split(|c: char| !c.is_ascii_digit())).next();
    let version: Option<u32> = version.and_then(|version| version.parse().ok());
    match image.name {
        "postgres" if version.is_none_or(|version| version >= 18) => SINCE_POSTGRES_18,
        _ => image.volumes,
    }
}

fn image(name: &str) -> Option<&'static Image> {
    let at = images::IMAGES.binary_search_by(|image| image.name.cmp(name)).ok()?;
    images::IMAGES.get(at)
}

impl Program {
    /// Whether the program has a property.
    pub fn is(&self, property: Property) -> bool {
        self.properties.contains(&property)
    }
}

/// The program of a name, which has no directory.
pub fn program(name: &str) -> Option<&'static Program> {
    let at = programs::PROGRAMS.binary_search_by(|program| program.name.cmp(name)).ok()?;
    programs::PROGRAMS.get(at)
}

/// Whether the program of a name, which has no directory, has a property.
pub fn is(name: &str, property: Property) -> bool {
    program(name).is_some_and(|program| program.is(property))
}

/// The options of a program, or of a task of it: `mc alias set`.
pub fn options(spoken: &str) -> Option<&'static Options> {
    match spoken.split_once(' ') {
        None => program(spoken)?.options.as_ref(),
        Some((name, words)) => {
            program(name)?.tasks.iter().find(|(task, _)| *task == words).map(|(_, options)| options)
        }
    }
}

/// Whether the words of a task of a program begin with these.
pub fn begins_task(spoken: &str) -> bool {
    let (name, words) = spoken.split_once(' ').unwrap_or((spoken, ""));
    let goes_on =
        |task: &str| words.is_empty() || task.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '));
    program(name).is_some_and(|program| program.tasks.iter().any(|(task, _)| goes_on(task)))
}

/// What a task says.
pub fn task(word: &str) -> Option<Says> {
    row_of_task(word).map(|task| task.says)
}

/// Whether a part of a name is that of something which waits for work: `consumers` of `bin/consumers.py`.
pub fn names_worker(part: &str) -> bool {
    row_of_task(part.trim_end_matches('s')).is_some_and(|task| task.is_worker)
}

fn row_of_task(word: &str) -> Option<&'static Task> {
    let at = tasks::TASKS.binary_search_by(|task| task.name.cmp(word)).ok()?;
    tasks::TASKS.get(at)
}

/// The name of a program without its directory.
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Whether a program is named as one of the system's is: alone, or in a directory for programs that are installed.
/// `./date` and `/app/bin/date` may be anything.
pub fn is_of_system(path: &str) -> bool {
    let Some((directory, name)) = path.rsplit_once('/') else { return true };
    let is_installed = ["/usr/", "/opt/"].iter().any(|root| directory.starts_with(root));
    let is_for_programs = directory.ends_with("/bin") || directory.ends_with("/sbin");
    !name.is_empty() && is_for_programs && (is_installed || matches!(directory, "/bin" | "/sbin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_order_and_once() {
        assert!(images::IMAGES.is_sorted_by(|one, next| one.name < next.name));
        assert!(programs::PROGRAMS.is_sorted_by(|one, next| one.name < next.name));
        assert!(tasks::TASKS.is_sorted_by(|one, next| one.name < next.name));
    }

    #[test]
    fn the_programs_of_images_are_known() {
        for image in images::IMAGES {
            assert!(image.program.is_none_or(|name| program(name).is_some()), "{}", image.name);
        }
    }

    #[test]
    fn images_are_found_by_the_end_of_their_repositories() {
        for (reference, name) in [
            ("postgres:16", Some("postgres")),
            ("registry.example.com/team/redis@sha256:ab", Some("redis")),
            ("mcr.microsoft.com/mssql/server:2022-latest", Some("mssql/server")),
            ("acme/server", None),
            ("acme/shop-postgres", None),
        ] {
            assert_eq!(Image::written(reference).map(|image| image.name), name, "{reference}");
        }
    }

    #[test]
    fn images_have_the_ports_of_their_programs() {
        for (image, ports) in [
            ("postgres:16", &[5432][..]),
            ("ghcr.io/acme/shop-postgres:2", &[5432]),
            ("acme/web", &[]),
            ("php:8.3-fpm-alpine", &[9000]),
            ("wordpress", &[80]),
            ("wordpress:6-fpm", &[9000]),
            ("acme/our_redis", &[6379]),
            ("mcr.microsoft.com/mssql/server:2022-latest", &[1433]),
            ("rabbitmq:3-management", &[5672, 15672]),
            ("acme/our-rabbitmq:3-management", &[5672]),
            // Stores whose ports no table had.
            ("cockroachdb/cockroach:v24", &[26257, 8080]),
            ("scylladb/scylla", &[9042]),
            // A wrong port is worse than none: a Service without ports leads to any.
            ("acme/postgres-exporter", &[]),
        ] {
            assert_eq!(ports_of_image(image), ports, "{image}");
        }
    }

    #[test]
    fn groups_are_those_of_the_makers_images() {
        for (image, group) in [
            ("grafana/grafana:11", Some(472)),
            ("registry.example.com/grafana:11", Some(472)),
            ("acme/grafana", None),
            ("bitnami/grafana", Some(1001)),
            ("bitnamilegacy/anything", Some(1001)),
            ("mcr.microsoft.com/mssql/server", Some(10001)),
            ("solr:9", Some(8983)),
            ("postgres", None),
        ] {
            assert_eq!(group_of_image(image), group, "{image}");
        }
    }

    #[test]
    fn backing_services_are_those_that_others_keep_things_in() {
        for image in
            ["postgres", "redis:7", "emqx/emqx", "solr", "minio/minio", "mcr.microsoft.com/mssql/server"]
        {
            assert!(is_backing_service(image), "{image}");
        }
        for image in ["nginx", "minio/mc", "acme/server", "mcuadros/ofelia", ""] {
            assert!(!is_backing_service(image), "{image}");
        }
    }

    #[test]
    fn tasks_of_programs_have_options_of_their_own() {
        assert!(options("mysql").is_some_and(|options| options.glued == ["-p"]));
        assert!(options("mc alias set").is_some_and(|options| options.positions == [3]));
        assert!(options("mc").is_none() && options("echo").is_none() && options("mc alias").is_none());
        assert!(begins_task("mc") && begins_task("mc alias") && begins_task("helm registry"));
        assert!(!begins_task("mc alias set") && !begins_task("mc al") && !begins_task("echo"));
    }

    #[test]
    fn programs_of_the_system_lie_where_they_are_installed() {
        for path in ["date", "/bin/date", "/usr/local/bin/date", "/opt/mssql-tools18/bin/sqlcmd"] {
            assert!(is_of_system(path), "{path}");
        }
        for path in ["./date", "bin/date", "/app/bin/date", "/date", "/bin/", "/usr/share/date"] {
            assert!(!is_of_system(path), "{path}");
        }
        assert_eq!(base_name("/usr/bin/env"), "env");
    }
}
