//! How databases write out their data and read it again: safer than a copy of their files, which other versions,
//! processors and locales cannot read.

use super::{Image, reference::Reference};

/// The commands of one database, for a shell in its container, without single quotes.
#[derive(Debug, PartialEq, Eq)]
pub struct Dump {
    /// Writes everything to standard output.
    pub save: &'static str,
    /// Reads that from standard input, and replaces what is there.
    pub load: &'static str,
}

const POSTGRES: Dump = Dump {
    save: r#"pg_dumpall --clean --if-exists -U "${POSTGRES_USER:-postgres}""#,
    load: r#"psql -q -d postgres -U "${POSTGRES_USER:-postgres}""#,
};
// Where no socket is at its usual place, the database is asked by its port.
const MYSQL: Dump = Dump {
    save: r#"export MYSQL_PWD="${MYSQL_ROOT_PASSWORD:-$(cat "${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}")}"; mysql -uroot -e "SELECT 1" >/dev/null 2>&1 || set -- -h127.0.0.1; mysqldump -uroot "$@" --all-databases --single-transaction --routines --events --triggers --flush-privileges"#,
    load: r#"export MYSQL_PWD="${MYSQL_ROOT_PASSWORD:-$(cat "${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}")}"; mysql -uroot -e "SELECT 1" >/dev/null 2>&1 </dev/null || set -- -h127.0.0.1; mysql -uroot "$@""#,
};
const MARIADB: Dump = Dump {
    save: r#"export MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-$(cat "${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}}")}}"; "$(command -v mariadb-dump || echo mysqldump)" -uroot --all-databases --single-transaction --routines --events --triggers --flush-privileges"#,
    load: r#"export MYSQL_PWD="${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-$(cat "${MARIADB_ROOT_PASSWORD_FILE:-${MYSQL_ROOT_PASSWORD_FILE:-/dev/null}}")}}"; "$(command -v mariadb || echo mysql)" -uroot"#,
};
const MONGO: Dump = Dump {
    save: r#"mongodump --quiet --archive ${MONGO_INITDB_ROOT_USERNAME:+-u "$MONGO_INITDB_ROOT_USERNAME" -p "$MONGO_INITDB_ROOT_PASSWORD" --authenticationDatabase admin}"#,
    load: r#"mongorestore --quiet --archive --drop ${MONGO_INITDB_ROOT_USERNAME:+-u "$MONGO_INITDB_ROOT_USERNAME" -p "$MONGO_INITDB_ROOT_PASSWORD" --authenticationDatabase admin}"#,
};

/// How the database of an image does it; none for an image whose variables have other names, or that needs more than
/// two commands.
pub fn dump_of_image(reference: &str) -> Option<&'static Dump> {
    let reference = Reference::parse(reference);
    if reference.maker().starts_with("bitnami") {
        return None;
    }
    match Image::of(&reference)?.name {
        "postgres" | "postgis" | "pgvector" => Some(&POSTGRES),
        "mysql" | "percona" => Some(&MYSQL),
        "mariadb" => Some(&MARIADB),
        "mongo" => Some(&MONGO),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_images_with_known_variables_have_a_dump() {
        for (image, expected) in [
            ("postgres:16", Some(&POSTGRES)),
            ("registry.example:5000/library/postgres", Some(&POSTGRES)),
            ("bitnami/mongodb", None),
            ("bitnami/mariadb:11", None),
            ("mariadb", Some(&MARIADB)),
            ("redis", None),
            ("acme/shop", None),
        ] {
            assert_eq!(dump_of_image(image), expected, "{image}");
        }
        for dump in [POSTGRES, MYSQL, MARIADB, MONGO] {
            assert!(!dump.save.contains('\'') && !dump.load.contains('\''), "{dump:?}");
        }
    }
}
