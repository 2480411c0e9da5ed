//! The table of images. One row a name, in the order of the names.

use super::{Image, Role};

/// An image of which nothing else is known.
const PLAIN: Image = Image {
    name: "",
    role: Role::Server,
    ports: &[],
    tagged: &[],
    peers: &[],
    lists_listeners: false,
    group: None,
    maker: "",
    empty_data: &[],
    volumes: &[],
    program: None,
};

const MYSQL_DATA: &[&str] = &["/var/lib/mysql"];
const POSTGRES_VOLUME: &[&str] = &["/var/lib/postgresql/data"];
const POSTGRES_DATA: &[&str] = &["/var/lib/postgresql", "/var/lib/postgresql/data"];

/// Every image that is known.
pub(super) static IMAGES: &[Image] = &[
    Image { name: "activemq", role: Role::Queue, ports: &[61616, 8161], ..PLAIN },
    Image { name: "activemq-artemis", role: Role::Queue, ports: &[61616, 8161], ..PLAIN },
    Image { name: "adminer", ports: &[8080], ..PLAIN },
    Image {
        name: "alertmanager",
        ports: &[9093],
        group: Some(65534),
        maker: "prom",
        volumes: &["/alertmanager"],
        ..PLAIN
    },
    Image { name: "almalinux", role: Role::System, ..PLAIN },
    Image { name: "alpine", role: Role::System, ..PLAIN },
    Image { name: "amazonlinux", role: Role::System, ..PLAIN },
    Image {
        name: "arangodb",
        role: Role::Database,
        ports: &[8529],
        volumes: &["/var/lib/arangodb3"],
        ..PLAIN
    },
    Image { name: "atlas", program: Some("atlas"), ..PLAIN },
    Image { name: "atmoz/sftp", program: Some("create-sftp-user"), ..PLAIN },
    Image { name: "aws-cli", program: Some("aws"), ..PLAIN },
    Image { name: "azure-sql-edge", role: Role::Database, ports: &[1433], ..PLAIN },
    Image { name: "azurite", ports: &[10000, 10001, 10002], ..PLAIN },
    Image { name: "bash", role: Role::System, ..PLAIN },
    Image { name: "beanstalkd", role: Role::Queue, ports: &[11300], ..PLAIN },
    Image { name: "browserless", ports: &[3000], ..PLAIN },
    Image { name: "bun", role: Role::System, ..PLAIN },
    Image { name: "busybox", role: Role::System, ..PLAIN },
    Image { name: "caddy", ports: &[80, 443], ..PLAIN },
    Image { name: "cadvisor", ports: &[8080], ..PLAIN },
    Image {
        name: "cassandra",
        role: Role::Database,
        ports: &[9042],
        peers: &[7000],
        volumes: &["/var/lib/cassandra"],
        ..PLAIN
    },
    Image { name: "centos", role: Role::System, ..PLAIN },
    Image { name: "chronograf", ports: &[8888], ..PLAIN },
    Image { name: "clamav", ports: &[3310], ..PLAIN },
    Image {
        name: "clickhouse-server",
        role: Role::Database,
        ports: &[8123, 9000],
        volumes: &["/var/lib/clickhouse"],
        ..PLAIN
    },
    Image { name: "cockroach", role: Role::Database, ports: &[26257, 8080], peers: &[26257], ..PLAIN },
    Image {
        name: "consul",
        role: Role::Store,
        ports: &[8500],
        peers: &[8300, 8301, 8302],
        volumes: &["/consul/data"],
        ..PLAIN
    },
    Image { name: "coturn/coturn", program: Some("turnserver"), ..PLAIN },
    Image { name: "couchdb", role: Role::Database, ports: &[5984], volumes: &["/opt/couchdb/data"], ..PLAIN },
    Image {
        name: "cp-kafka",
        role: Role::Queue,
        ports: &[9092],
        lists_listeners: true,
        group: Some(1000),
        maker: "confluentinc",
        ..PLAIN
    },
    Image { name: "cp-schema-registry", ports: &[8081], ..PLAIN },
    Image { name: "cp-server", role: Role::Queue, ports: &[9092], lists_listeners: true, ..PLAIN },
    Image {
        name: "cp-zookeeper",
        role: Role::Store,
        ports: &[2181],
        group: Some(1000),
        maker: "confluentinc",
        ..PLAIN
    },
    Image { name: "crazymax/swarm-cronjob", role: Role::Scheduler, ..PLAIN },
    Image { name: "curl", program: Some("curl"), ..PLAIN },
    Image { name: "dbmate", program: Some("dbmate"), ..PLAIN },
    Image { name: "debian", role: Role::System, ..PLAIN },
    Image { name: "dperson/samba", program: Some("samba.sh"), ..PLAIN },
    Image { name: "dragonfly", role: Role::Cache, ports: &[6379], ..PLAIN },
    Image { name: "drupal", ports: &[80], ..PLAIN },
    Image { name: "dynamodb-local", role: Role::Database, ports: &[8000], ..PLAIN },
    Image {
        name: "elasticsearch",
        role: Role::Store,
        ports: &[9200, 9300],
        peers: &[9300],
        group: Some(1000),
        maker: "elasticsearch",
        ..PLAIN
    },
    Image {
        name: "emqx",
        role: Role::Queue,
        ports: &[1883],
        volumes: &["/opt/emqx/data", "/opt/emqx/log"],
        ..PLAIN
    },
    Image { name: "etcd", role: Role::Store, ports: &[2379, 2380], peers: &[2380], ..PLAIN },
    Image { name: "fedora", role: Role::System, ..PLAIN },
    Image { name: "flyway", program: Some("flyway"), ..PLAIN },
    Image { name: "funkyfuture/deck-chores", role: Role::Scheduler, ..PLAIN },
    Image { name: "garnet", role: Role::Cache, ports: &[6379], ..PLAIN },
    Image { name: "ghost", ports: &[2368], volumes: &["/var/lib/ghost/content"], ..PLAIN },
    Image { name: "git", program: Some("git"), ..PLAIN },
    Image { name: "gitea", ports: &[3000, 22], volumes: &["/data"], ..PLAIN },
    Image { name: "golang", role: Role::System, ..PLAIN },
    Image { name: "gotenberg", ports: &[3000], ..PLAIN },
    Image { name: "grafana", ports: &[3000], group: Some(472), maker: "grafana", ..PLAIN },
    Image { name: "graphql-engine", ports: &[8080], ..PLAIN },
    Image { name: "graylog", ports: &[9000], group: Some(1100), maker: "graylog", ..PLAIN },
    Image { name: "haproxy", ports: &[80], ..PLAIN },
    Image { name: "httpd", ports: &[80], ..PLAIN },
    Image { name: "imgproxy", ports: &[8080], ..PLAIN },
    Image {
        name: "influxdb",
        role: Role::Database,
        ports: &[8086],
        volumes: &["/var/lib/influxdb", "/var/lib/influxdb2"],
        ..PLAIN
    },
    Image { name: "jaeger", ports: &[16686, 4317, 4318], ..PLAIN },
    Image {
        name: "jenkins",
        ports: &[8080],
        group: Some(1000),
        maker: "jenkins",
        volumes: &["/var/jenkins_home"],
        ..PLAIN
    },
    Image {
        name: "kafka",
        role: Role::Queue,
        ports: &[9092],
        lists_listeners: true,
        group: Some(1000),
        maker: "apache",
        ..PLAIN
    },
    Image { name: "kafka-ui", ports: &[8080], ..PLAIN },
    Image { name: "keycloak", ports: &[8080], ..PLAIN },
    Image { name: "keydb", role: Role::Cache, ports: &[6379], volumes: &["/data"], ..PLAIN },
    Image { name: "kibana", ports: &[5601], group: Some(1000), maker: "kibana", ..PLAIN },
    Image { name: "kong", ports: &[8000, 8443, 8001], ..PLAIN },
    Image { name: "liquibase", program: Some("liquibase"), ..PLAIN },
    Image { name: "localstack", ports: &[4566], ..PLAIN },
    Image { name: "logstash", ports: &[5044, 9600], group: Some(1000), maker: "logstash", ..PLAIN },
    Image { name: "loki", ports: &[3100], group: Some(10001), maker: "grafana", ..PLAIN },
    Image { name: "mailcatcher", ports: &[1025, 1080], ..PLAIN },
    Image { name: "maildev", ports: &[1025, 1080], ..PLAIN },
    Image { name: "mailhog", ports: &[1025, 8025], ..PLAIN },
    Image { name: "mailpit", ports: &[1025, 8025], ..PLAIN },
    Image {
        name: "mariadb",
        role: Role::Database,
        ports: &[3306],
        empty_data: MYSQL_DATA,
        volumes: MYSQL_DATA,
        ..PLAIN
    },
    Image { name: "matomo", ports: &[80], volumes: &["/var/www/html"], ..PLAIN },
    Image { name: "mc", program: Some("mc"), ..PLAIN },
    Image { name: "mcuadros/ofelia", role: Role::Scheduler, ..PLAIN },
    Image { name: "meilisearch", role: Role::Store, ports: &[7700], ..PLAIN },
    Image { name: "memcached", role: Role::Cache, ports: &[11211], ..PLAIN },
    Image { name: "metabase", ports: &[3000], ..PLAIN },
    Image { name: "migrate", program: Some("migrate"), ..PLAIN },
    Image { name: "minio", role: Role::Store, ports: &[9000], ..PLAIN },
    Image { name: "mockserver", ports: &[1080], ..PLAIN },
    Image {
        name: "mongo",
        role: Role::Database,
        ports: &[27017],
        empty_data: &["/data/db"],
        volumes: &["/data/db", "/data/configdb"],
        ..PLAIN
    },
    Image { name: "mongo-express", ports: &[8081], ..PLAIN },
    Image { name: "mongodb", role: Role::Database, ports: &[27017], ..PLAIN },
    Image {
        name: "mosquitto",
        role: Role::Queue,
        ports: &[1883],
        volumes: &["/mosquitto/data", "/mosquitto/log"],
        ..PLAIN
    },
    Image { name: "mssql/server", role: Role::Database, ports: &[1433], group: Some(10001), ..PLAIN },
    Image {
        name: "mysql",
        role: Role::Database,
        ports: &[3306],
        empty_data: MYSQL_DATA,
        volumes: MYSQL_DATA,
        ..PLAIN
    },
    Image { name: "n8n", ports: &[5678], group: Some(1000), maker: "n8nio", ..PLAIN },
    Image { name: "nats", role: Role::Queue, ports: &[4222], peers: &[6222], ..PLAIN },
    Image {
        name: "neo4j",
        role: Role::Database,
        ports: &[7474, 7687],
        volumes: &["/data", "/logs"],
        ..PLAIN
    },
    Image { name: "netresearch/ofelia", role: Role::Scheduler, ..PLAIN },
    Image { name: "nextcloud", ports: &[80], volumes: &["/var/www/html"], ..PLAIN },
    Image {
        name: "nexus3",
        ports: &[8081],
        group: Some(200),
        maker: "sonatype",
        volumes: &["/nexus-data"],
        ..PLAIN
    },
    Image { name: "nginx", ports: &[80], ..PLAIN },
    Image { name: "node", role: Role::System, ..PLAIN },
    Image { name: "node-exporter", ports: &[9100], ..PLAIN },
    Image {
        name: "node-red",
        ports: &[1880],
        group: Some(1000),
        maker: "nodered",
        volumes: &["/data"],
        ..PLAIN
    },
    Image { name: "ollama", ports: &[11434], ..PLAIN },
    Image { name: "openldap", ports: &[389], volumes: &["/var/lib/ldap", "/etc/ldap/slapd.d"], ..PLAIN },
    Image {
        name: "opensearch",
        role: Role::Store,
        ports: &[9200],
        peers: &[9300],
        group: Some(1000),
        maker: "opensearchproject",
        ..PLAIN
    },
    Image {
        name: "opensearch-dashboards",
        ports: &[5601],
        group: Some(1000),
        maker: "opensearchproject",
        ..PLAIN
    },
    Image { name: "openssl", program: Some("openssl"), ..PLAIN },
    Image { name: "opentelemetry-collector", ports: &[4317, 4318], ..PLAIN },
    Image { name: "opentelemetry-collector-contrib", ports: &[4317, 4318], ..PLAIN },
    Image { name: "oraclelinux", role: Role::System, ..PLAIN },
    Image {
        name: "percona",
        role: Role::Database,
        ports: &[3306],
        empty_data: MYSQL_DATA,
        volumes: MYSQL_DATA,
        ..PLAIN
    },
    Image {
        name: "pgadmin4",
        ports: &[80],
        group: Some(5050),
        maker: "dpage",
        volumes: &["/var/lib/pgadmin"],
        ..PLAIN
    },
    Image { name: "pgbouncer", ports: &[5432], ..PLAIN },
    Image {
        name: "pgvector",
        role: Role::Database,
        ports: &[5432],
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image { name: "phpmyadmin", ports: &[80], ..PLAIN },
    Image { name: "portainer", ports: &[9000], volumes: &["/data"], ..PLAIN },
    Image {
        name: "postgis",
        role: Role::Database,
        ports: &[5432],
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image {
        name: "postgres",
        role: Role::Database,
        ports: &[5432],
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image {
        name: "postgresql",
        role: Role::Database,
        ports: &[5432],
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image { name: "postgrest", ports: &[3000], ..PLAIN },
    Image { name: "premoweb/chadburn", role: Role::Scheduler, ..PLAIN },
    Image {
        name: "prometheus",
        ports: &[9090],
        group: Some(65534),
        maker: "prom",
        volumes: &["/prometheus"],
        ..PLAIN
    },
    Image { name: "pulsar", role: Role::Queue, ports: &[6650, 8080], ..PLAIN },
    Image { name: "pushgateway", ports: &[9091], ..PLAIN },
    Image { name: "python", role: Role::System, ..PLAIN },
    Image { name: "qdrant", role: Role::Store, ports: &[6333, 6334], ..PLAIN },
    Image {
        name: "rabbitmq",
        role: Role::Queue,
        ports: &[5672],
        peers: &[4369, 25672],
        tagged: &[("management", &[5672, 15672])],
        volumes: &["/var/lib/rabbitmq"],
        ..PLAIN
    },
    Image { name: "redis", role: Role::Cache, ports: &[6379], volumes: &["/data"], ..PLAIN },
    Image { name: "redis-commander", ports: &[8081], ..PLAIN },
    Image { name: "redis-stack", role: Role::Cache, ports: &[6379], ..PLAIN },
    Image { name: "redis-stack-server", role: Role::Cache, ports: &[6379], ..PLAIN },
    Image { name: "redpanda", role: Role::Queue, ports: &[9092], lists_listeners: true, ..PLAIN },
    Image { name: "registry", ports: &[5000], volumes: &["/var/lib/registry"], ..PLAIN },
    Image { name: "rethinkdb", role: Role::Database, ports: &[28015], volumes: &["/data"], ..PLAIN },
    Image { name: "rockylinux", role: Role::System, ..PLAIN },
    Image { name: "ruby", role: Role::System, ..PLAIN },
    Image { name: "rust", role: Role::System, ..PLAIN },
    Image { name: "schema-registry", ports: &[8081], ..PLAIN },
    Image {
        name: "scylla",
        role: Role::Database,
        ports: &[9042],
        peers: &[7000],
        volumes: &["/var/lib/scylla"],
        ..PLAIN
    },
    // Its parts speak gRPC at their ports + 10000.
    Image {
        name: "seaweedfs",
        role: Role::Store,
        peers: &[18080, 18888, 19333],
        volumes: &["/data"],
        ..PLAIN
    },
    Image { name: "selenium", ports: &[4444], ..PLAIN },
    Image { name: "soketi/ofelia", role: Role::Scheduler, ..PLAIN },
    Image {
        name: "solr",
        role: Role::Store,
        ports: &[8983],
        group: Some(8983),
        volumes: &["/var/solr"],
        ..PLAIN
    },
    Image { name: "sonarqube", ports: &[9000], group: Some(1000), ..PLAIN },
    Image { name: "standalone-chrome", ports: &[4444], ..PLAIN },
    Image { name: "standalone-chromium", ports: &[4444], ..PLAIN },
    Image { name: "standalone-firefox", ports: &[4444], ..PLAIN },
    Image { name: "tempo", ports: &[3200], group: Some(10001), maker: "grafana", ..PLAIN },
    Image {
        name: "timescaledb",
        role: Role::Database,
        ports: &[5432],
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image {
        name: "timescaledb-ha",
        role: Role::Database,
        ports: &[5432],
        group: Some(1000),
        maker: "timescale",
        empty_data: POSTGRES_DATA,
        volumes: POSTGRES_VOLUME,
        ..PLAIN
    },
    Image { name: "tomcat", ports: &[8080], ..PLAIN },
    Image { name: "traefik", ports: &[80], ..PLAIN },
    Image { name: "typesense", role: Role::Store, ports: &[8108], ..PLAIN },
    Image { name: "ubi8", role: Role::System, ..PLAIN },
    Image { name: "ubi9", role: Role::System, ..PLAIN },
    Image { name: "ubuntu", role: Role::System, ..PLAIN },
    Image { name: "unleash-server", ports: &[4242], ..PLAIN },
    Image { name: "valkey", role: Role::Cache, ports: &[6379], volumes: &["/data"], ..PLAIN },
    Image { name: "varnish", ports: &[80], ..PLAIN },
    Image {
        name: "vault",
        role: Role::Store,
        ports: &[8200],
        peers: &[8201],
        volumes: &["/vault/file", "/vault/logs"],
        ..PLAIN
    },
    Image { name: "verdaccio", ports: &[4873], group: Some(10001), maker: "verdaccio", ..PLAIN },
    Image { name: "weaviate", role: Role::Store, ports: &[8080], ..PLAIN },
    Image { name: "wiremock", ports: &[8080], ..PLAIN },
    Image { name: "wordpress", ports: &[80], volumes: &["/var/www/html"], ..PLAIN },
    Image { name: "zipkin", ports: &[9411], ..PLAIN },
    Image {
        name: "zookeeper",
        role: Role::Store,
        ports: &[2181],
        peers: &[2888, 3888],
        volumes: &["/data", "/datalog", "/logs"],
        ..PLAIN
    },
];
