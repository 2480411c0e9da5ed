//! Programs that end, by their names and what they are told.

use crate::shell::round;

/// Programs of the system that do their work and end, wherever they lie among the system's.
const TOOLS: &[&str] = &[
    ":",
    "[",
    "addgroup",
    "adduser",
    "alias",
    "apk",
    "apt",
    "apt-get",
    "awk",
    "base64",
    "basename",
    "break",
    "bunzip2",
    "bzip2",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "clickhouse-client",
    "cmp",
    "comm",
    "continue",
    "cp",
    "cqlsh",
    "createdb",
    "createuser",
    "cut",
    "cypher-shell",
    "date",
    "dd",
    "declare",
    "df",
    "diff",
    "dig",
    "dirname",
    "dnf",
    "dos2unix",
    "dropdb",
    "du",
    "echo",
    "egrep",
    "envsubst",
    "exit",
    "export",
    "expr",
    "false",
    "fgrep",
    "find",
    "getent",
    "grep",
    "groupadd",
    "gunzip",
    "gzip",
    "head",
    "hostname",
    "htpasswd",
    "id",
    "influx",
    "initdb",
    "install",
    "jq",
    "keytool",
    "ldapadd",
    "ldapmodify",
    "ldapsearch",
    "let",
    "ln",
    "local",
    "ls",
    "mariadb",
    "mariadb-admin",
    "mariadb-dump",
    "md5sum",
    "mkcert",
    "mkdir",
    "mktemp",
    "mongo",
    "mongodump",
    "mongoexport",
    "mongoimport",
    "mongorestore",
    "mongosh",
    "mv",
    "mysql",
    "mysqladmin",
    "mysqldump",
    "mysqlimport",
    "nproc",
    "nslookup",
    "od",
    "paste",
    "pg_dump",
    "pg_isready",
    "pg_restore",
    "popd",
    "printenv",
    "printf",
    "psql",
    "pushd",
    "pwd",
    "readlink",
    "readonly",
    "realpath",
    "return",
    "rm",
    "rmdir",
    "scp",
    "sed",
    "seq",
    "set",
    "setfacl",
    "sha256sum",
    "shift",
    "shopt",
    "sort",
    "split",
    "sqlcmd",
    "sqlite3",
    "ssh-keygen",
    "stat",
    "sync",
    "tar",
    "tee",
    "test",
    "touch",
    "tr",
    "trap",
    "true",
    "type",
    "typeset",
    "ulimit",
    "umask",
    "uname",
    "uniq",
    "unset",
    "unxz",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wc",
    "wget",
    "which",
    "whoami",
    "xxd",
    "xz",
    "yq",
    "yum",
    "zip",
    "zstd",
];

/// Programs that do one thing or another, with the words that say one that ends: `*` at the end of a word is any
/// ending, alone it is any word. Their names are their own, wherever they lie.
const TOLD: &[(&str, &[&str])] = &[
    ("airflow", &["db", "version", "users", "connections", "variables", "pools"]),
    ("alembic", &["*"]),
    ("artisan", &["migrate*", "db:*", "key:generate", "*:cache", "*:clear", "optimize*", "storage:link"]),
    ("atlas", &["migrate", "schema"]),
    ("aws", &["*"]),
    ("awslocal", &["*"]),
    ("composer", &["install", "update", "dump-autoload", "require"]),
    (
        "console",
        &["doctrine:*", "cache:clear", "cache:warmup", "assets:install", "importmap:install", "dbal:*"],
    ),
    ("consul", &["kv", "acl", "config", "intention", "members", "snapshot"]),
    ("cub", &["*"]),
    ("db-migrate", &["*"]),
    ("dbmate", &["*"]),
    ("diesel", &["*"]),
    (
        "django-admin",
        &["migrate", "collectstatic", "loaddata", "compilemessages", "createsuperuser", "check"],
    ),
    ("elasticsearch-certutil", &["*"]),
    ("elasticsearch-keystore", &["*"]),
    ("elasticsearch-plugin", &["*"]),
    ("elasticsearch-reset-password", &["*"]),
    ("elasticsearch-users", &["*"]),
    ("flask", &["db"]),
    ("flyway", &["*"]),
    ("git", &["clone", "pull", "fetch", "config", "checkout", "init", "submodule", "lfs", "reset", "log"]),
    ("goose", &["*"]),
    ("hasura", &["migrate", "metadata", "seed", "deploy"]),
    ("kafka-acls", &["*"]),
    ("kafka-broker-api-versions", &["*"]),
    ("kafka-configs", &["*"]),
    ("kafka-storage", &["*"]),
    ("kafka-topics", &["*"]),
    ("kibana-encryption-keys", &["*"]),
    ("kibana-keystore", &["*"]),
    ("knex", &["migrate:*", "seed:*"]),
    ("liquibase", &["*"]),
    ("logstash-keystore", &["*"]),
    (
        "manage.py",
        &["migrate", "collectstatic", "loaddata", "compilemessages", "createsuperuser", "check", "flush"],
    ),
    (
        "mc",
        &[
            "alias",
            "anonymous",
            "config",
            "cp",
            "encrypt",
            "event",
            "idp",
            "ilm",
            "ls",
            "mb",
            "mirror",
            "mv",
            "policy",
            "quota",
            "rb",
            "ready",
            "rm",
            "share",
            "stat",
            "tag",
            "user",
            "version",
            "info",
        ],
    ),
    ("migrate", &["*"]),
    ("mix", &["ecto.*", "deps.get", "compile"]),
    ("npm", &["ci", "install", "i"]),
    (
        "openssl",
        &[
            "ca", "dgst", "dhparam", "ecparam", "enc", "genpkey", "genrsa", "passwd", "pkcs12", "pkey",
            "rand", "req", "rsa", "verify", "version", "x509",
        ],
    ),
    ("pip", &["install"]),
    ("pip3", &["install"]),
    ("pnpm", &["install", "i"]),
    ("prisma", &["migrate", "db", "generate"]),
    ("rails", &["db:*", "assets:*"]),
    ("rake", &["db:*", "assets:*"]),
    ("rpk", &["topic", "acl", "cluster", "security", "registry"]),
    ("sequelize", &["db:*"]),
    ("sequelize-cli", &["db:*"]),
    ("sql-migrate", &["*"]),
    ("sqlx", &["*"]),
    ("sqitch", &["*"]),
    ("superset", &["db", "init", "fab"]),
    ("typeorm", &["migration:*", "schema:*"]),
    ("typeorm-ts-node-commonjs", &["migration:*", "schema:*"]),
    (
        "vault",
        &["auth", "kv", "list", "login", "operator", "policy", "read", "secrets", "status", "token", "write"],
    ),
    ("yarn", &["install"]),
];

/// Words by which such a program goes on all the same.
const GO_ON: &[&str] = &[
    "--daemon",
    "--follow",
    "--tail",
    "--watch",
    "agent",
    "console",
    "daemon",
    "dev",
    "listen",
    "logs",
    "monitor",
    "proxy",
    "run-worker",
    "s",
    "serve",
    "server",
    "shell",
    "start",
    "studio",
    "trace",
    "up-and-serve",
    "watch",
    "worker",
];

/// Does a program end that is told this?
pub(super) fn ends(words: &[String]) -> bool {
    let Some((first, rest)) = words.split_first() else { return false };
    let name = base_name(first);
    if is_of_system(first) {
        let ended = match name {
            "sleep" => Some(sleeps_shortly(rest)),
            "tail" => Some(!rest.iter().any(|word| has_flag(word, &['f', 'F']) || word.starts_with("--f"))),
            "curl" => Some(!rest.iter().any(|word| word == "--no-buffer" || is_unbuffered(word))),
            "ping" => Some(rest.iter().any(|word| has_flag(word, &['c']))),
            "nc" | "ncat" | "netcat" => Some(rest.iter().any(|word| has_flag(word, &['z']))),
            "redis-cli" | "valkey-cli" => Some(!rest.iter().any(|word| listens(word))),
            "rsync" => Some(!rest.iter().any(|word| word == "--daemon")),
            // It ends what does not.
            "timeout" => Some(rest.len() > 1),
            "command" => Some(asks_only(rest)),
            _ => TOOLS.contains(&name).then_some(true),
        };
        if let Some(ended) = ended {
            return ended;
        }
    }
    told(name.strip_suffix(".sh").unwrap_or(name), rest)
}

fn told(name: &str, rest: &[String]) -> bool {
    let operands = || rest.iter().filter(|word| !word.starts_with('-')).map(String::as_str);
    if rest.iter().any(|word| GO_ON.contains(&word.as_str()) || word == "-w") {
        return false;
    }
    if matches!(name, "npm" | "yarn" | "pnpm" | "bun") && operands().any(is_migration) {
        return true;
    }
    match TOLD.iter().find(|(known, _)| *known == name) {
        Some((_, tasks)) => {
            operands().any(|word| tasks.iter().any(|task| fits(task, word))) || *tasks == ["*"]
        }
        None if name.starts_with("wait-for") => !rest.iter().any(|word| word == "--"),
        // `app -c FILE migrate`, whatever the program is.
        None => operands().any(|word| word == "migrate") && !parts(name).any(|part| GO_ON.contains(&part)),
    }
}

/// `migrate`, `db:migrate`, `migration:run`, `seed` among the scripts of a package.
fn is_migration(script: &str) -> bool {
    let tasks = ["migrate", "migration", "migrations", "seed", "seeds"];
    parts(script).any(|part| tasks.contains(&part)) && !parts(script).any(|part| GO_ON.contains(&part))
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split([':', '-', '_', '.'])
}

fn fits(task: &str, word: &str) -> bool {
    match (task.strip_suffix('*'), task.strip_prefix('*')) {
        (Some(beginning), _) => word.starts_with(beginning),
        (None, Some(ending)) => word.ends_with(ending),
        (None, None) => word == task,
    }
}

/// What a program starts that does nothing itself; nothing if it is no such program.
pub(super) fn wrapped(words: &[String]) -> Option<&[String]> {
    let (first, rest) = words.split_first()?;
    let behind_options = |rest: &'_ [String], valued: &[&str]| -> usize {
        let mut index = 0;
        while let Some(option) = rest.get(index).filter(|word| word.starts_with('-')) {
            index += if valued.contains(&option.as_str()) { 2 } else { 1 };
        }
        index
    };
    let name = base_name(first);
    let skipped = match name {
        "command" if asks_only(rest) => return None,
        "exec" | "command" | "builtin" | "nohup" | "time" | "nice" | "ionice" | "stdbuf" | "setsid"
        | "busybox" => behind_options(rest, &["-n", "-c"]),
        "env" => {
            let options = behind_options(rest, &["-u"]);
            let is_assignment = |word: &&String| word.contains('=');
            options + rest.get(options..)?.iter().take_while(is_assignment).count()
        }
        "sudo" => behind_options(rest, &["-u", "-g", "-H"]),
        "gosu" | "su-exec" | "chroot" => behind_options(rest, &[]) + 1,
        "setpriv" | "xargs" | "npx" | "bunx" | "pnpx" => {
            behind_options(rest, &["-n", "-I", "-P", "-L", "-p"])
        }
        "docker-entrypoint.sh" | "docker-php-entrypoint" | "docker-entrypoint" => 0,
        "bundle" | "pnpm" | "yarn" if rest.first().is_some_and(|word| word == "exec" || word == "dlx") => 1,
        "poetry" | "uv" | "pipenv" | "pdm" | "rye" | "hatch"
            if rest.first().is_some_and(|word| word == "run") =>
        {
            1
        }
        "yarn" if rest.first().is_some_and(|word| TOLD.iter().any(|(known, _)| known == word)) => 0,
        // Their scripts are known by name.
        "php" | "python" | "python3" | "ruby" | "node" => {
            let options = behind_options(rest, &["-d", "-c", "-e", "-r"]);
            let is_inline = rest.iter().take(options).any(|word| matches!(word.as_str(), "-c" | "-e" | "-r"));
            let script = rest.get(options).filter(|_| !is_inline)?;
            TOLD.iter().find(|(known, _)| *known == base_name(script))?;
            options
        }
        _ => return None,
    };
    rest.get(skipped..).filter(|rest| !rest.is_empty())
}

/// The text that `su USER -c TEXT` runs.
pub(super) fn text_of_other_user(words: &[String]) -> Option<&str> {
    let at = words.iter().position(|word| word == "-c")?;
    words.first().filter(|first| *first == "su").and(words.get(at + 1)).map(String::as_str)
}

/// `command -v PROGRAM` runs nothing.
fn asks_only(rest: &[String]) -> bool {
    rest.first().is_some_and(|option| matches!(option.as_str(), "-v" | "-V"))
}

fn is_unbuffered(word: &str) -> bool {
    has_flag(word, &['N']) && word.chars().all(|letter| "-fikLNsSv".contains(letter))
}

fn listens(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ["monitor", "subscribe", "psubscribe", "--stat"].contains(&lower.as_str())
        || lower.starts_with("--latency")
}

fn sleeps_shortly(rest: &[String]) -> bool {
    /// Seconds that a task waits for something before it begins.
    const LONGEST: f64 = 900.0;
    let seconds: Option<f64> = rest.iter().map(|word| round::seconds_of(word)).sum();
    seconds.is_some_and(|seconds| seconds <= LONGEST)
}

/// Has a word of one-letter options one of these?
fn has_flag(word: &str, letters: &[char]) -> bool {
    word.strip_prefix('-').is_some_and(|flags| !flags.starts_with('-') && flags.contains(letters))
}

fn base_name(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// Is it named as one of the system's programs is? `./date` may be anything.
fn is_of_system(word: &str) -> bool {
    match word.rsplit_once('/') {
        None => true,
        Some((folder, _)) => word.starts_with('/') && (folder.ends_with("/bin") || folder.ends_with("/sbin")),
    }
}
