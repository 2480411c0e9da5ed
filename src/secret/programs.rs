//! Programs whose options mean something of their own, where a secret stands as well: `-p` is a password for
//! some and a port for most.

/// What a program makes of its words.
#[derive(Debug)]
pub(super) struct Program {
    /// As it is called, without its directory; behind a blank, its first words that are no options. A name
    /// with a `/` is that of an image whose own program it is.
    pub(super) names: &'static [&'static str],
    /// Options with a secret as the next word.
    pub(super) secrets: &'static [&'static str],
    /// Short options with a secret right behind them, within the same word.
    pub(super) glued: &'static [&'static str],
    /// Options with `user:password`.
    pub(super) pairs: &'static [&'static str],
    /// Options that take no secret as the next word, though their name says so.
    pub(super) switches: &'static [&'static str],
    /// Which of the words that are no options are secrets, counted from 0 behind the name.
    pub(super) positions: &'static [usize],
    /// Which of them are `user:password`.
    pub(super) pair_positions: &'static [usize],
}

const PLAIN: Program = Program {
    names: &[],
    secrets: &[],
    glued: &[],
    pairs: &[],
    switches: &[],
    positions: &[],
    pair_positions: &[],
};

static PROGRAMS: &[Program] = &[
    Program {
        names: &[
            "mysql",
            "mysqladmin",
            "mysqlbinlog",
            "mysqlcheck",
            "mysqldump",
            "mysqlimport",
            "mysqlpump",
            "mysqlshow",
            "mysqlslap",
            "mysqlsh",
            "mariadb",
            "mariadb-admin",
            "mariadb-backup",
            "mariadb-binlog",
            "mariadb-check",
            "mariadb-dump",
            "mariadb-import",
            "mariadb-show",
            "mariabackup",
            "xtrabackup",
            "mydumper",
            "myloader",
        ],
        glued: &["-p"],
        switches: &["--password"],
        ..PLAIN
    },
    Program {
        names: &[
            "psql",
            "pg_dump",
            "pg_dumpall",
            "pg_restore",
            "pg_basebackup",
            "pg_isready",
            "createdb",
            "dropdb",
            "createuser",
            "vacuumdb",
            "reindexdb",
        ],
        switches: &["--password", "--no-password"],
        ..PLAIN
    },
    Program {
        names: &["redis-cli", "valkey-cli", "keydb-cli", "redis-benchmark"],
        secrets: &["-a", "--pass"],
        ..PLAIN
    },
    Program { names: &["redis-cli auth", "redis-cli AUTH", "valkey-cli auth"], positions: &[0], ..PLAIN },
    Program {
        names: &[
            "mongo",
            "mongosh",
            "mongodump",
            "mongorestore",
            "mongoexport",
            "mongoimport",
            "mongostat",
            "mongotop",
            "mongofiles",
        ],
        secrets: &["-p"],
        glued: &["-p"],
        ..PLAIN
    },
    Program {
        names: &["curl"],
        secrets: &["--oauth2-bearer", "--pass"],
        pairs: &["-u", "--user", "-U", "--proxy-user", "-E", "--cert"],
        ..PLAIN
    },
    Program { names: &["http", "https", "xh"], pairs: &["-a", "--auth"], ..PLAIN },
    Program { names: &["etcdctl", "influxd", "influx_inspect"], pairs: &["--user"], ..PLAIN },
    Program { names: &["influx"], secrets: &["-p", "-t"], ..PLAIN },
    Program { names: &["turnserver", "coturn/coturn"], pairs: &["-u", "--user"], ..PLAIN },
    Program { names: &["sshpass"], secrets: &["-p"], glued: &["-p"], ..PLAIN },
    Program { names: &["mc alias set", "mcli alias set"], positions: &[3], ..PLAIN },
    Program { names: &["mc config host add", "mcli config host add"], positions: &[3], ..PLAIN },
    Program { names: &["mc admin user add"], positions: &[2], ..PLAIN },
    Program {
        names: &["rabbitmqctl add_user", "rabbitmqctl change_password", "rabbitmqctl authenticate_user"],
        positions: &[1],
        ..PLAIN
    },
    Program { names: &["rabbitmqadmin"], secrets: &["-p"], ..PLAIN },
    Program {
        names: &[
            "ldapsearch",
            "ldapadd",
            "ldapmodify",
            "ldapdelete",
            "ldapwhoami",
            "ldapcompare",
            "ldappasswd",
            "ldapmodrdn",
        ],
        secrets: &["-w"],
        ..PLAIN
    },
    Program {
        names: &[
            "docker login",
            "podman login",
            "helm registry login",
            "oras login",
            "crane auth login",
            "skopeo login",
            "buildah login",
        ],
        secrets: &["-p"],
        ..PLAIN
    },
    Program { names: &["docker", "podman", "buildctl", "buildah"], switches: &["--secret"], ..PLAIN },
    Program { names: &["consul", "nomad", "serf"], secrets: &["-encrypt", "--encrypt"], ..PLAIN },
    Program { names: &["vault login"], positions: &[0], ..PLAIN },
    Program { names: &["ngrok authtoken", "ngrok config add-authtoken"], positions: &[0], ..PLAIN },
    Program { names: &["smbclient"], pairs: &["-U", "--user"], ..PLAIN },
    Program { names: &["samba.sh", "dperson/samba"], pairs: &["-u"], ..PLAIN },
    Program { names: &["atmoz/sftp"], pair_positions: &[0, 1, 2, 3, 4, 5, 6, 7], ..PLAIN },
    Program { names: &["mosquitto_pub", "mosquitto_sub", "mosquitto_rr"], secrets: &["-P", "--pw"], ..PLAIN },
    Program { names: &["mosquitto_passwd"], positions: &[2], ..PLAIN },
    Program { names: &["cypher-shell"], secrets: &["-p"], ..PLAIN },
    Program { names: &["neo4j-admin dbms set-initial-password"], positions: &[0], ..PLAIN },
    Program { names: &["sqlcmd", "bcp"], secrets: &["-P"], ..PLAIN },
    Program { names: &["cqlsh"], secrets: &["-p"], ..PLAIN },
    Program { names: &["nodetool"], secrets: &["-pw"], ..PLAIN },
    Program { names: &["nc", "ncat", "rsync", "scp", "ssh", "wget"], ..PLAIN },
    Program { names: &["lftp"], pairs: &["-u"], ..PLAIN },
];

/// Directives of configuration that stand before a secret, as options do.
const DIRECTIVES: &[&str] = &["requirepass", "masterauth", "primaryauth"];

/// Options of any program with `user:password`, without their dashes.
const PAIRS: &[&str] =
    &["auth", "basic-auth", "basic_auth", "basicauth", "http-auth", "userpass", "user-pass"];

/// What an option says of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is a secret.
    Secret,
    /// It is `user:password`.
    Pair,
    /// The option has none in the next word.
    Switch,
}

/// The program of a name, or that an image runs by itself.
pub(super) fn program(name: &str) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| program.names.contains(&name))
}

/// Does a longer name begin with these words?
pub(super) fn is_beginning(words: &str) -> bool {
    let longer = |name: &&str| name.strip_prefix(words).is_some_and(|rest| rest.starts_with(' '));
    PROGRAMS.iter().flat_map(|program| program.names).any(longer)
}

/// What an option, with its dashes, means for a program.
pub(super) fn meaning(program: Option<&Program>, option: &str) -> Option<Meaning> {
    let own = program.and_then(|program| {
        let lists = [
            (program.secrets, Meaning::Secret),
            (program.pairs, Meaning::Pair),
            (program.switches, Meaning::Switch),
        ];
        lists.into_iter().find(|(options, _)| options.contains(&option)).map(|(_, meaning)| meaning)
    });
    let name = option.trim_start_matches('-');
    let name = name.rsplit('.').next().unwrap_or(name);
    own.or_else(|| (option.len() > 2 && PAIRS.contains(&name)).then_some(Meaning::Pair))
}

/// Does a secret follow on this word, though it is no option?
pub(super) fn is_directive(word: &str) -> bool {
    DIRECTIVES.contains(&word)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_name_stands_once() {
        let mut names = BTreeSet::new();
        for name in PROGRAMS.iter().flat_map(|program| program.names) {
            assert!(names.insert(name), "{name}");
        }
    }

    #[test]
    fn meanings() {
        let cases = [
            ("mysql", "-p", None),
            ("mysql", "--password", Some(Meaning::Switch)),
            ("redis-cli", "-a", Some(Meaning::Secret)),
            ("redis-cli", "-p", None),
            ("curl", "-u", Some(Meaning::Pair)),
            ("nobody", "-u", None),
            ("nobody", "--web.basic-auth", Some(Meaning::Pair)),
        ];
        for (name, option, expected) in cases {
            assert_eq!(meaning(program(name), option), expected, "{name} {option}");
        }
    }
}
