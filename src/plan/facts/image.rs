//! Which image runs, where, and when it is pulled.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, PodSpec};

use super::context::Context;
use crate::{
    compose::{model::Service, values::image},
    plan::ledger::Entries,
    text::Spanned,
};

/// Images of programs that keep or pass on what others give them, by the last part of their repository.
const STORES: &[&str] = &[
    "activemq",
    "activemq-artemis",
    "arangodb",
    "azure-sql-edge",
    "beanstalkd",
    "cassandra",
    "clickhouse-server",
    "cockroach",
    "consul",
    "couchdb",
    "cp-kafka",
    "cp-server",
    "cp-zookeeper",
    "dragonfly",
    "elasticsearch",
    "etcd",
    "garnet",
    "influxdb",
    "kafka",
    "keydb",
    "mariadb",
    "meilisearch",
    "memcached",
    "minio",
    "mongo",
    "mongodb",
    "mosquitto",
    "mssql-server",
    "mysql",
    "nats",
    "neo4j",
    "opensearch",
    "percona",
    "pgvector",
    "postgis",
    "postgres",
    "postgresql",
    "pulsar",
    "qdrant",
    "rabbitmq",
    "redis",
    "redis-stack",
    "redis-stack-server",
    "redpanda",
    "rethinkdb",
    "scylla",
    "timescaledb",
    "timescaledb-ha",
    "typesense",
    "valkey",
    "vault",
    "zookeeper",
];

/// Is it the image of a store or a broker, of which there is one even if it keeps nothing on a volume?
pub(in crate::plan) fn is_store(image: &str) -> bool {
    STORES.contains(&last_part(image).as_str())
}

/// Images that are one program, by the last part of their repository: what they are given are its words.
const PROGRAMS: &[(&str, &str)] = &[
    ("atlas", "atlas"),
    ("aws-cli", "aws"),
    ("curl", "curl"),
    ("dbmate", "dbmate"),
    ("flyway", "flyway"),
    ("git", "git"),
    ("liquibase", "liquibase"),
    ("mc", "mc"),
    ("migrate", "migrate"),
    ("openssl", "openssl"),
];

/// The program that an image is, if it is no more than that.
pub(in crate::plan) fn only_program(image: &str) -> Option<&'static str> {
    let name = last_part(image);
    PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, program)| *program)
}

/// Images that refuse a data directory with a `lost+found` in it.
const DATABASES: &[&str] = &[
    "mysql",
    "mariadb",
    "percona",
    "postgres",
    "postgresql",
    "postgis",
    "pgvector",
    "timescaledb",
    "timescaledb-ha",
    "mongo",
];

/// Is it the image of a database that takes only an empty directory for a new one?
pub(in crate::plan) fn is_database(image: &str) -> bool {
    DATABASES.contains(&last_part(image).as_str())
}

/// Images whose programs are a user other than root from the start, and that user's group. Those that begin as root
/// make their directories their own by themselves.
const GROUPS: &[(&str, i64)] = &[
    ("alertmanager", 65534),
    ("cp-kafka", 1000),
    ("cp-zookeeper", 1000),
    ("elasticsearch", 1000),
    ("grafana", 472),
    ("graylog", 1100),
    ("jenkins", 1000),
    ("kafka", 1000),
    ("kibana", 1000),
    ("logstash", 1000),
    ("loki", 10001),
    ("mssql-server", 10001),
    ("n8n", 1000),
    ("nexus3", 200),
    ("node-red", 1000),
    ("opensearch", 1000),
    ("opensearch-dashboards", 1000),
    ("pgadmin4", 5050),
    ("prometheus", 65534),
    ("solr", 8983),
    ("sonarqube", 1000),
    ("tempo", 10001),
    ("timescaledb-ha", 1000),
    ("verdaccio", 10001),
];

/// Who makes well-known images: `bitnami/grafana` is another one than `grafana/grafana`.
const MAKERS: &[&str] = &[
    "",
    "apache",
    "confluentinc",
    "dpage",
    "elasticsearch",
    "grafana",
    "graylog",
    "jenkins",
    "kibana",
    "library",
    "logstash",
    "mssql",
    "n8nio",
    "nodered",
    "opensearchproject",
    "prom",
    "sonatype",
    "timescale",
    "verdaccio",
];

/// The group of the user that the program of a well-known image is, unless it begins as root.
pub(in crate::plan) fn group(image: &str) -> Option<i64> {
    let repository = image::Reference::parse(image).repository;
    let maker = repository.rsplit('/').nth(1).unwrap_or_default();
    if maker.starts_with("bitnami") {
        return Some(1001);
    }
    let name = last_part(image);
    GROUPS.iter().find(|(known, _)| *known == name && MAKERS.contains(&maker)).map(|(_, group)| *group)
}

/// The last part of an image's repository, which tells the program; for SQL Server more than the last.
pub(in crate::plan) fn last_part(image: &str) -> String {
    let repository = image::Reference::parse(image).repository;
    if repository.ends_with("mssql/server") {
        return "mssql-server".to_owned();
    }
    repository.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Gives container and pod image, platform and runtime.
pub(in crate::plan) fn plan(
    context: &Context<'_>,
    name: &str,
    service: &Service,
    pod: &mut PodSpec,
    container: &mut Container,
    entries: &mut Entries<'_>,
) {
    let alike = context.images.alike(context.project, name);
    let image = service.image_or_built(&context.project.name, alike.first().copied().unwrap_or(name));
    if service.image.is_some() {
        entries.mapped(&["image"]);
    }
    if service.build.is_some() {
        let reason =
            format!("a cluster does not build: build `{image}` and push it where the cluster can pull it");
        entries.approximated(&["build"], reason);
        if let Some((last, others)) = alike.split_last() {
            let others = others.iter().map(|other| format!("`{other}`")).collect::<Vec<_>>().join(", ");
            let reason = format!("one image for {others} and `{last}`, which are built alike");
            entries.approximated(&["build"], reason);
        }
    }
    container.image = Some(context.images.name(name).map_or(image, str::to_owned));
    if context.images.name(name).is_some() || service.build.is_some() {
        // What is built here may be on the node already, by whatever tag.
        container.image_pull_policy = Some("IfNotPresent".to_owned());
    }
    if let Some(policy) = &service.pull_policy {
        pull_policy(policy, container, entries);
    }
    if service.pull_refresh_after.is_some() {
        entries.as_ever(&["pull_refresh_after"]);
    }
    if let Some(platform) = &service.platform {
        pod.node_selector = Some(node_selector(platform, entries));
    }
    if let Some(runtime) = &service.runtime {
        pod.runtime_class_name = Some(crate::k8s::name::dns_label(&runtime.value));
        entries.as_ever(&["runtime"]);
    }
}

fn pull_policy(policy: &Spanned<String>, container: &mut Container, entries: &mut Entries<'_>) {
    let (wanted, reason) = match policy.value.as_str() {
        "always" => ("Always", None),
        "never" => ("Never", None),
        "missing" | "if_not_present" => ("IfNotPresent", None),
        "build" => ("IfNotPresent", Some("a cluster does not build: the image has to be there")),
        _ => ("Always", Some("a cluster pulls always or once, not after a time")),
    };
    container.image_pull_policy = Some(wanted.to_owned());
    match reason {
        Some(reason) => entries.approximated(&["pull_policy"], reason),
        None => entries.mapped(&["pull_policy"]),
    }
}

/// `os/arch[/variant]` as the labels that every node has.
fn node_selector(platform: &Spanned<String>, entries: &mut Entries<'_>) -> BTreeMap<String, String> {
    let parts: Vec<&str> = platform.value.split('/').collect();
    let (os, architecture) = match parts.as_slice() {
        [architecture] => ("linux", *architecture),
        [os, architecture, ..] => (*os, *architecture),
        [] => ("linux", ""),
    };
    let architecture = match architecture {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    if parts.len() > 2 {
        entries.approximated(&["platform"], "nodes have no label for the variant of an architecture");
    } else {
        entries.mapped(&["platform"]);
    }
    let label = |name: &str, value: &str| (format!("kubernetes.io/{name}"), value.to_owned());
    [label("os", os), label("arch", architecture)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
