//! Projects of any number of services, made up for measurements. The same call gives the same files.
//!
//! Of ten services one is a database, one a cache and eight are applications. Plain projects have one compose file
//! and no other file. Full projects have Dockerfiles, scripts with loops, env files, and three environments.

use std::{fs, io, path::Path};

/// What a generated project consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One compose file and `.env`.
    Plain,
    /// Dockerfiles, scripts, env files and three environments as well.
    Full,
}

/// A file of a project: its path below the project's directory, and its text.
pub(crate) type File = (String, String);

/// How many services share a database and a cache.
const GROUP: usize = 10;

/// Writes files below a directory.
pub(crate) fn write(files: &[File], directory: &Path) -> io::Result<()> {
    for (path, text) in files {
        let path = directory.join(path);
        fs::create_dir_all(path.parent().unwrap_or(directory))?;
        fs::write(path, text)?;
    }
    Ok(())
}

/// All files of a project of this many services.
pub(crate) fn project(shape: Shape, services: usize) -> Vec<File> {
    let mut files = vec![
        ("compose.yaml".to_owned(), compose(shape, services)),
        (".env".to_owned(), env("1.4.2", "info")),
    ];
    if shape == Shape::Full {
        for (name, tag, level) in [("staging", "1.5.0-rc1", "debug"), ("production", "1.4.2", "warn")] {
            files.push((format!(".env.{name}"), env(tag, level)));
            files.push((format!("compose.{name}.yaml"), layer(name, services)));
        }
        for index in (0..services).filter(|index| role(*index) == Role::Application) {
            files.extend(sources(index));
        }
    }
    files
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Database,
    Cache,
    Application,
}

fn role(index: usize) -> Role {
    match index % GROUP {
        0 => Role::Database,
        1 => Role::Cache,
        _ => Role::Application,
    }
}

fn name(index: usize) -> String {
    let group = index / GROUP;
    match role(index) {
        Role::Database => format!("database-{group}"),
        Role::Cache => format!("cache-{group}"),
        Role::Application => format!("app-{index}"),
    }
}

/// The applications whose script is a loop that a schedule can express.
fn is_loop(index: usize) -> bool {
    index % GROUP == GROUP - 1
}

fn env(tag: &str, level: &str) -> String {
    format!("TAG={tag}\nLOG_LEVEL={level}\nDATABASE_PASSWORD=correct-horse-battery\nREGION=eu-west-1\n")
}

fn compose(shape: Shape, services: usize) -> String {
    let mut text = "name: bench\n\nservices:\n".to_owned();
    for index in 0..services {
        match role(index) {
            Role::Database => text.push_str(&database(index)),
            Role::Cache => text.push_str(&cache(index)),
            Role::Application => text.push_str(&application(shape, index)),
        }
    }
    text.push_str("\nvolumes:\n");
    for index in (0..services).filter(|index| role(*index) == Role::Database) {
        text.push_str(&format!("  {}-data:\n", name(index)));
    }
    text
}

fn database(index: usize) -> String {
    let name = name(index);
    format!(
        r#"
  {name}:
    image: postgres:16-alpine
    restart: unless-stopped
    environment:
      POSTGRES_DB: shop
      POSTGRES_USER: shop
      POSTGRES_PASSWORD: ${{DATABASE_PASSWORD}}
    volumes:
      - {name}-data:/var/lib/postgresql/data
    healthcheck:
      test: ["CMD-SHELL", "pg_isready -U shop"]
      interval: 10s
      timeout: 5s
      retries: 5
"#
    )
}

fn cache(index: usize) -> String {
    format!(
        "\n  {}:\n    image: redis:7-alpine\n    command: [\"redis-server\", \"--appendonly\", \"no\"]\n",
        name(index)
    )
}

fn application(shape: Shape, index: usize) -> String {
    let (name, first) = (name(index), index / GROUP * GROUP);
    let (database, cache) = (self::name(first), self::name(first + 1));
    // The first application of a group calls no other one.
    let upstream = self::name(if index % GROUP == 2 { index } else { index - 1 });
    let mut text = format!(
        r#"
  {name}:
    image: registry.example.com/shop/{name}:${{TAG:-1.0}}
    restart: unless-stopped
    environment:
      LOG_LEVEL: ${{LOG_LEVEL:-info}}
      PORT: "8080"
      REGION: ${{REGION}}
      DATABASE_URL: postgres://shop:${{DATABASE_PASSWORD}}@{database}:5432/shop
      CACHE_URL: redis://{cache}:6379/{db}
      UPSTREAM_URL: http://{upstream}:8080
      WORKERS: "{workers}"
      FEATURE_{index}: "on"
    ports:
      - "{port}:8080"
    depends_on:
      {database}:
        condition: service_healthy
      {cache}:
        condition: service_started
    deploy:
      replicas: 2
      resources:
        limits:
          cpus: "0.5"
          memory: 256M
    labels:
      com.example.team: team-{team}
"#,
        db = index % 16,
        workers = index % 4 + 1,
        port = 20000 + index,
        team = index % 7,
    );
    text.push_str(match shape {
        Shape::Full if is_loop(index) => "",
        _ => HEALTHCHECK,
    });
    if shape == Shape::Full {
        text.push_str(&format!("    build: ./{name}\n    env_file: ./{name}/app.env\n"));
        if is_loop(index) {
            text.push_str("    command: [\"/app/loop.sh\"]\n");
        }
    }
    text
}

const HEALTHCHECK: &str = r#"    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost:8080/healthz"]
      interval: 15s
      timeout: 3s
      retries: 3
      start_period: 20s
"#;

/// The compose file of one environment: a third of the applications differ in it.
fn layer(environment: &str, services: usize) -> String {
    let mut text = "services:\n".to_owned();
    let replicas = if environment == "production" { 4 } else { 1 };
    for index in (0..services).filter(|index| role(*index) == Role::Application && index % 3 == 0) {
        let name = name(index);
        text.push_str(&format!(
            "  {name}:\n    environment:\n      ENVIRONMENT: {environment}\n      WORKERS: \"8\"\n    deploy:\n      replicas: {replicas}\n"
        ));
    }
    // A file without services would be no compose file.
    if services <= GROUP {
        text.push_str(&format!("  {}:\n    restart: always\n", name(0)));
    }
    text
}

/// What an application is built of.
fn sources(index: usize) -> Vec<File> {
    let name = name(index);
    let dockerfile = r#"FROM golang:1.25 AS build
WORKDIR /src
COPY . .
RUN go build -o /out/server ./...

FROM debian:bookworm-slim
ARG VERSION=dev
ENV VERSION=$VERSION
WORKDIR /app
COPY --from=build /out/server /app/server
COPY loop.sh entrypoint.sh /app/
EXPOSE 8080
HEALTHCHECK --interval=30s CMD curl -f http://localhost:8080/healthz || exit 1
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["/app/server"]
"#;
    let entrypoint = "#!/bin/sh\nset -eu\n: \"${PORT:=8080}\"\nif [ \"${MIGRATE:-no}\" = yes ]; then\n  /app/server migrate\nfi\nexec \"$@\"\n";
    let repeated = format!(
        "#!/bin/sh\nset -eu\nwhile true; do\n  /app/server report --name {name} || echo \"report failed\" >&2\n  sleep 900\ndone\n"
    );
    let variables = format!("QUEUE={name}\nTIMEOUT_SECONDS={}\nGREETING=hello from {name}\n", index % 60 + 1);
    [
        ("Dockerfile", dockerfile.to_owned()),
        ("entrypoint.sh", entrypoint.to_owned()),
        ("loop.sh", repeated),
        ("app.env", variables),
        ("main.go", "package main\n\nfunc main() {}\n".to_owned()),
    ]
    .map(|(file, text)| (format!("{name}/{file}"), text))
    .into()
}
