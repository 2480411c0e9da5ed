//! Where ports are learned from, beside what compose says of them: proxies in front, variables, commands,
//! health checks, Dockerfiles, images.

use crate::{
    compose::{
        model::{Healthcheck, Service},
        values::image,
    },
    plan::facts::image::{is_store, last_part},
    text::Spanned,
};

/// Ports of well-known images, by the last part of their repository.
const IMAGES: &[(&str, &[u16])] = &[
    ("activemq", &[61616, 8161]),
    ("adminer", &[8080]),
    ("alertmanager", &[9093]),
    ("azure-sql-edge", &[1433]),
    ("azurite", &[10000, 10001, 10002]),
    ("beanstalkd", &[11300]),
    ("browserless", &[3000]),
    ("caddy", &[80, 443]),
    ("cadvisor", &[8080]),
    ("cassandra", &[9042]),
    ("chronograf", &[8888]),
    ("clamav", &[3310]),
    ("clickhouse-server", &[8123, 9000]),
    ("consul", &[8500]),
    ("couchdb", &[5984]),
    ("cp-kafka", &[9092]),
    ("cp-schema-registry", &[8081]),
    ("cp-zookeeper", &[2181]),
    ("drupal", &[80]),
    ("dynamodb-local", &[8000]),
    ("elasticsearch", &[9200, 9300]),
    ("emqx", &[1883]),
    ("etcd", &[2379, 2380]),
    ("ghost", &[2368]),
    ("gitea", &[3000, 22]),
    ("gotenberg", &[3000]),
    ("grafana", &[3000]),
    ("graphql-engine", &[8080]),
    ("haproxy", &[80]),
    ("httpd", &[80]),
    ("imgproxy", &[8080]),
    ("influxdb", &[8086]),
    ("jaeger", &[16686, 4317, 4318]),
    ("jenkins", &[8080]),
    ("kafka", &[9092]),
    ("kafka-ui", &[8080]),
    ("keycloak", &[8080]),
    ("keydb", &[6379]),
    ("kibana", &[5601]),
    ("kong", &[8000, 8443, 8001]),
    ("localstack", &[4566]),
    ("logstash", &[5044, 9600]),
    ("loki", &[3100]),
    ("mailcatcher", &[1025, 1080]),
    ("maildev", &[1025, 1080]),
    ("mailhog", &[1025, 8025]),
    ("mailpit", &[1025, 8025]),
    ("mariadb", &[3306]),
    ("matomo", &[80]),
    ("meilisearch", &[7700]),
    ("memcached", &[11211]),
    ("metabase", &[3000]),
    ("minio", &[9000]),
    ("mockserver", &[1080]),
    ("mongo", &[27017]),
    ("mongo-express", &[8081]),
    ("mongodb", &[27017]),
    ("mosquitto", &[1883]),
    ("mssql-server", &[1433]),
    ("mysql", &[3306]),
    ("n8n", &[5678]),
    ("nats", &[4222]),
    ("neo4j", &[7474, 7687]),
    ("nextcloud", &[80]),
    ("nexus3", &[8081]),
    ("nginx", &[80]),
    ("node-exporter", &[9100]),
    ("ollama", &[11434]),
    ("openldap", &[389]),
    ("opensearch", &[9200]),
    ("opensearch-dashboards", &[5601]),
    ("opentelemetry-collector", &[4317, 4318]),
    ("opentelemetry-collector-contrib", &[4317, 4318]),
    ("percona", &[3306]),
    ("pgadmin4", &[80]),
    ("pgbouncer", &[5432]),
    ("pgvector", &[5432]),
    ("phpmyadmin", &[80]),
    ("portainer", &[9000]),
    ("postgis", &[5432]),
    ("postgres", &[5432]),
    ("postgresql", &[5432]),
    ("postgrest", &[3000]),
    ("prometheus", &[9090]),
    ("pushgateway", &[9091]),
    ("qdrant", &[6333, 6334]),
    ("rabbitmq", &[5672]),
    ("redis", &[6379]),
    ("redis-commander", &[8081]),
    ("redis-stack", &[6379]),
    ("redis-stack-server", &[6379]),
    ("redpanda", &[9092]),
    ("registry", &[5000]),
    ("schema-registry", &[8081]),
    ("selenium", &[4444]),
    ("solr", &[8983]),
    ("sonarqube", &[9000]),
    ("standalone-chrome", &[4444]),
    ("standalone-chromium", &[4444]),
    ("standalone-firefox", &[4444]),
    ("tempo", &[3200]),
    ("timescaledb", &[5432]),
    ("timescaledb-ha", &[5432]),
    ("tomcat", &[8080]),
    ("traefik", &[80]),
    ("typesense", &[8108]),
    ("unleash-server", &[4242]),
    ("valkey", &[6379]),
    ("varnish", &[80]),
    ("vault", &[8200]),
    ("weaviate", &[8080]),
    ("wiremock", &[8080]),
    ("wordpress", &[80]),
    ("zipkin", &[9411]),
    ("zookeeper", &[2181]),
];

/// What stands before the port of an address of all interfaces.
const EVERYWHERE: &[&str] = &["0.0.0.0:", "[::]:", "*:", "//+:"];

/// Ports at which a proxy in front of the service is told to find it: by labels of Traefik and of
/// caddy-docker-proxy, by the variable of nginx-proxy.
pub(super) fn proxied_ports(service: &Service) -> Vec<u16> {
    let deployed = service.deploy.as_ref().and_then(|deploy| deploy.value.labels.as_ref());
    let labels = service.labels.iter().chain(deployed).flat_map(|labels| labels.value.iter());
    let of_label = |(name, value): (&String, &Spanned<String>)| {
        let text = value.value.trim();
        let of_traefik = name.starts_with("traefik.").then(|| name.to_ascii_lowercase());
        if let Some(name) = of_traefik {
            // `traefik.port` and `traefik.SEGMENT.port` are those of Traefik 1.
            let first = name.ends_with(".port") && name.split('.').count() <= 3;
            let number = first || name.ends_with(".loadbalancer.server.port");
            return text.parse().ok().filter(|_| number);
        }
        let upstreams = text.strip_prefix("{{upstreams").filter(|_| name.starts_with("caddy"))?;
        upstreams.trim_end_matches("}}").split_whitespace().last()?.parse().ok()
    };
    let mut ports: Vec<u16> = labels.filter_map(of_label).collect();
    ports.extend(variable(service, "VIRTUAL_PORT").and_then(|port| port.parse::<u16>().ok()));
    ports
}

/// Ports that the variables of a service tell it to listen at: numbers, and addresses of all interfaces.
pub(super) fn variable_ports(service: &Service) -> Vec<u16> {
    let told = ["PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT", "ASPNETCORE_HTTP_PORTS"].iter();
    let numbers = told.filter_map(|name| variable(service, name)?.parse().ok());
    let values = service.environment.iter().flat_map(|field| field.value.values());
    let values = values.filter_map(|value| value.value.as_deref());
    let addresses = values.flat_map(|value| value.split([',', ';', ' '])).filter_map(|address| {
        let (_, behind) = EVERYWHERE.iter().find_map(|all| address.split_once(all))?;
        let digits = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        behind[..digits].parse().ok()
    });
    let mut ports: Vec<u16> = Vec::new();
    for port in numbers.chain(addresses) {
        if port > 0 && !ports.contains(&port) {
            ports.push(port);
        }
    }
    ports
}

/// Ports that the command of a service tells it to listen at, by an option or an address.
pub(super) fn commanded_ports(service: &Service) -> Vec<u16> {
    let words =
        [&service.entrypoint, &service.command].into_iter().flatten().flat_map(|words| words.value.iter());
    let text = words.map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
    let program = text.split_whitespace().next().and_then(|word| word.rsplit('/').next()).unwrap_or_default();
    let is_server = ["memcached", "mysqld", "postgres", "puma", "rails"].contains(&program);
    let mut ports = Vec::new();
    let mut previous = "";
    for word in text.split(|c: char| c.is_whitespace() || c == '=') {
        let everywhere = EVERYWHERE.iter().find_map(|all| word.rsplit_once(all));
        let option = (previous == "--port" || previous == "-p" && is_server).then_some(word);
        let number = everywhere.map(|(_, port)| port).or(option).and_then(|port| port.parse::<u16>().ok());
        ports.extend(number.filter(|port| *port > 0));
        previous = word;
    }
    ports
}

fn variable<'a>(service: &'a Service, name: &str) -> Option<&'a str> {
    service.environment.as_ref()?.value.get(name)?.value.as_deref().map(str::trim)
}

/// Ports of URLs on the container itself in its health check, and whether the URL is one of HTTP.
pub(super) fn health_ports(check: Option<&Spanned<Healthcheck>>) -> Vec<(u16, bool)> {
    let test = check.and_then(|check| check.value.test.as_ref());
    let words: Vec<&str> = test.iter().flat_map(|test| &test.value).map(|word| word.value.as_str()).collect();
    let text = words.join(" ");
    let mut ports = Vec::new();
    for host in ["localhost", "127.0.0.1", "0.0.0.0", "[::1]"] {
        for (at, _) in text.match_indices(&format!("//{host}")) {
            let (before, after) = (&text[..at], &text[at + 2 + host.len()..]);
            let port = match after.strip_prefix(':') {
                Some(digits) => {
                    let end = digits.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(digits.len());
                    digits[..end].parse().ok()
                }
                // `//localhost.example.com` is another host.
                None if after.starts_with(|next: char| next.is_alphanumeric() || "._-".contains(next)) => {
                    None
                }
                None if before.ends_with("https:") => Some(443),
                None => Some(80),
            };
            ports.extend(port.map(|port| (port, before.ends_with("http:"))));
        }
    }
    ports
}

/// Does a program of this image listen at its usual port, whatever else it listens at? Brokers whose settings list all
/// that they listen at do not.
pub(super) fn keeps_its_port(image: &str) -> bool {
    is_store(image) && !["cp-kafka", "cp-server", "kafka", "redpanda"].contains(&last_part(image).as_str())
}

/// Ports at which several containers of a well-known image find each other, whatever else they say.
pub(super) fn peer_ports(image: &str) -> &'static [u16] {
    match last_part(image).as_str() {
        "elasticsearch" | "opensearch" => &[9300],
        _ => &[],
    }
}

/// Ports of a well-known image, or of one that is named for such a program: `acme/shop-postgres`.
pub(super) fn image_ports(image: &str) -> Vec<u16> {
    let reference = image::Reference::parse(image);
    let last = last_part(image);
    // PHP's process manager, which a web server in another container asks.
    if last.contains("fpm") || reference.tag.as_ref().is_some_and(|tag| tag.contains("fpm")) {
        return vec![9000];
    }
    if last == "rabbitmq" && reference.tag.is_some_and(|tag| tag.contains("management")) {
        return vec![5672, 15672];
    }
    let ports_of =
        |name: &str| IMAGES.iter().find(|(known, _)| *known == name).map(|(_, ports)| ports.to_vec());
    ports_of(&last).or_else(|| ports_of(last.rsplit(['-', '_']).next()?)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // A wrong port is worse than none: a Service without ports leads to any.
            ("acme/postgres-exporter", &[]),
        ] {
            assert_eq!(image_ports(image), ports, "{image}");
        }
    }
}
