use proptest::prelude::*;

use super::*;

/// The places at which a name stands.
fn places(text: &str, host: &str, standing: Standing<'_>) -> Vec<Found> {
    let named = super::words(text).filter(|range| text[range.clone()] == *host);
    named.map(|range| judge(text, range, standing)).collect()
}

fn one(text: &str, host: &str, standing: Standing<'_>) -> Option<Found> {
    places(text, host, standing).into_iter().find(|found| found.is_address)
}

#[test]
fn variables() {
    for (key, text, host, expected) in [
        ("URL", "redis://cache:6379/0", "cache", Some(6379)),
        ("URL", "redis://cache/0", "cache", Some(6379)),
        ("URL", "postgresql+asyncpg://u:p@pg/x", "pg", Some(5432)),
        ("URL", "jdbc:postgresql://pg/x", "pg", Some(5432)),
        ("URL", "mongodb://a,b/x?replicaSet=r", "b", Some(27017)),
        ("URL", "acme://pg/x", "pg", Some(0)),
        ("DSN", "smtp://u:p@my_mail", "my_mail", Some(25)),
        ("DSN", "u:p@tcp(my:3307)/x", "my", Some(3307)),
        ("DSN", "host=pg user=u port=5433", "pg", Some(5433)),
        ("DSN", "mysql:host=my;port=3307;dbname=my", "my", Some(3307)),
        ("DSN", "Server=sql1,1433;Database=x", "sql1", Some(1433)),
        ("DSN", "Server=tcp:sql1,1433;Database=x", "sql1", Some(1433)),
        ("DSN", "Data Source=sql1;User Id=sa", "sql1", Some(0)),
        ("BROKERS", "a:1,kafka:9092", "kafka", Some(9092)),
        ("VOTERS", "1@kafka:9093", "kafka", Some(9093)),
        ("ZOO_SERVERS", "server.1=zoo1:2888:3888;2181", "zoo1", Some(2888)),
        ("LISTENERS", "IN://kafka:29092,OUT://localhost:9092", "kafka", Some(29092)),
        ("DB_HOST", "db", "db", Some(0)),
        ("NODES", "a, b", "b", Some(0)),
        ("JAVA_OPTS", "-Xmx1g --db-host pg", "pg", Some(0)),
        ("DB_NAME", "db", "db", None),
        ("URL", "http://db.example.com/", "db", None),
        ("URL", "http://my-db:1/", "db", None),
        ("CACHE", "cache", "cache", None),
        ("PG_IMAGE", "postgres:1600", "postgres", None),
        ("PG", "postgres:16", "postgres", None),
        ("PG", "postgres:16.2-alpine", "postgres", None),
        ("PG", "docker.io/library/postgres:1600", "postgres", None),
        ("PATH", "/var/log/db/db.log", "db", None),
    ] {
        let found = one(text, host, Standing::Variable(key));
        let port = found.map(|found| found.port.or(found.usual).unwrap_or(0));
        assert_eq!(port, expected, "{key}={text}");
    }
}

#[test]
fn words() {
    for (previous, text, next, host, expected) in [
        ("-h", "pg", "-p", "pg", Some(0)),
        ("--db-host", "pg", "", "pg", Some(0)),
        ("", "--db-host=pg", "", "pg", Some(0)),
        ("-c", "until nc -z mq 5672; do sleep 1; done", "", "mq", Some(5672)),
        ("wait-for", "mq", "5672", "mq", Some(5672)),
        ("-c", "mysqladmin ping -h my", "", "my", Some(0)),
        ("", "curl -f http://web/", "", "web", Some(80)),
        ("run", "worker", "", "worker", None),
        ("sleep", "worker", "60", "worker", None),
        ("-c", "web.py:8000", "", "web", None),
        ("--name", "pg", "", "pg", None),
    ] {
        let found = one(text, host, Standing::Word { previous, next, option: previous });
        let port = found.map(|found| found.port.or(found.usual).unwrap_or(0));
        assert_eq!(port, expected, "{previous} {text} {next}");
    }
}

#[test]
fn files() {
    for (text, host, expected) in [
        ("upstream x {\n  server app;\n}", "app", Some(0)),
        ("fastcgi_pass php:9000;", "php", Some(9000)),
        ("proxy_pass http://app;", "app", Some(80)),
        ("- targets: ['node:9100']", "node", Some(9100)),
        ("elasticsearch.hosts: [\"http://es:9200\"]", "es", Some(9200)),
        ("database:\n  host: pg\n", "pg", Some(0)),
        ("<node><host>zk</host>\n <port>2181</port></node>", "zk", Some(2181)),
        ("<a>zk</a><port>2181</port>", "zk", None),
        ("'host' => 'pg',", "pg", Some(0)),
        ("image: app:8080", "app", None),
        ("# the app serves", "app", None),
        ("location /app {", "app", None),
    ] {
        let port = one(text, host, Standing::File).map(|found| found.port.or(found.usual).unwrap_or(0));
        assert_eq!(port, expected, "{text}");
    }
}

#[test]
fn second_ports() {
    let found = one("server.1=zoo1:2888:3888;2181", "zoo1", Standing::Variable("ZOO_SERVERS"));
    assert_eq!(found.and_then(|found| found.second), Some(3888));
    assert!(says_listening("KAFKA_LISTENERS") && !says_listening("KAFKA_ADVERTISED_LISTENERS"));
}

#[test]
fn ports_stand_beside_hosts() {
    for (key, port) in [
        ("DB_HOST", "DB_PORT"),
        ("PGHOST", "PGPORT"),
        ("dbHost", "dbPort"),
        ("spring.redis.host", "spring.redis.port"),
    ] {
        assert!(port_keys(key).contains(&port.to_owned()), "{key}");
    }
    assert!(port_keys("DB_HOST").contains(&"DB_HOST_PORT".to_owned()) && port_keys("GHOSTS").is_empty());
    for (key, further) in [("MQ__PORT_MANAGEMENT", true), ("MQ__PORT_PUBLISHED", false), ("MQ__PORT", false)]
    {
        assert_eq!(is_further_port(key, "MQ__HOSTNAME"), further, "{key}");
    }
}

#[test]
fn whole_values_are_perhaps_hosts() {
    for (key, expected) in [("CACHE", true), ("DB_NAME", false), ("dbUser", false), ("QUEUE", false)] {
        assert_eq!(is_perhaps("cache", "cache", Standing::Variable(key)), expected, "{key}");
    }
}

proptest! {
    #[test]
    fn what_is_found_is_the_host_as_a_word(
        text in "(db|[@:/=,;. \"'é\\[-]|port=|host|server|://|[0-9]{1,6}|[a-z]){0,24}",
        key in "[A-Z_]{0,6}(HOST|URL|NAME)?",
    ) {
        let word = Standing::Word { previous: "--host", next: "5432", option: "--host" };
        for standing in [Standing::Variable(&key), word, Standing::File] {
            for found in places(&text, "db", standing) {
                prop_assert_eq!(&text[found.range.clone()], "db");
                let (before, after) = (&text[..found.range.start], &text[found.range.end..]);
                prop_assert!(!before.ends_with(is_of_name));
                prop_assert!(!after.trim_start_matches('.').starts_with(is_of_name));
                prop_assert!(found.port.is_none_or(|port| port >= SMALLEST_PORT));
            }
        }
    }
}
