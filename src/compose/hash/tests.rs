use super::*;
use crate::{
    compose::{
        Options, Request, load,
        model::{
            Blkio, BlkioRate, BlkioWeight, CredentialSpec, Deploy, DeployResources, Develop, Device,
            DeviceRequest, DiscreteResource, EnvFile, FileReference, GenericResource, Healthcheck, Hook,
            Logging, Mount, MountBind, MountImage, MountTmpfs, MountVolume, Placement, Port, Preference,
            Provider, ResourceLimits, ResourceReservations, RestartPolicy, ServiceModel, ServiceNetwork,
            UpdateConfig, Watch,
        },
        testing::{ROOT, request},
    },
    text::{MemoryFiles, Sources},
};

/// Loads a project as `--hash` does; env files are not there.
fn loaded(text: &str, request: &Request) -> (Option<Project>, Report) {
    let files = MemoryFiles::new([(format!("{ROOT}/compose.yaml"), text)]);
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let options = Options { resolve_environment: false, check_container_names: false, ..Options::default() };
    let request = Request { options, ..request.clone() };
    let project = load(&request, &files, &mut sources, &mut report);
    (project, report)
}

/// What is hashed of service `a` of this project.
fn hashed(text: &str) -> Result<String, NotFinite> {
    let (project, report) = loaded(text, &request());
    let project = project.unwrap_or_else(|| panic!("{text}: {report:#?}"));
    json(&project.services["a"].value)
}

fn of_service(attributes: &str) -> Result<String, NotFinite> {
    hashed(&format!("services: {{a: {{image: x, network_mode: none, {attributes}}}}}"))
}

const PLAIN: &str = r#"{"command":null,"entrypoint":null,"image":"x","network_mode":"none"}"#;

#[test]
fn fields_are_in_the_order_of_go_and_what_is_not_hashed_is_left_out() {
    let text = "\
services:
  a:
    working_dir: /w
    volumes: [{target: /v, source: v, type: volume, volume: {}}]
    networks: {front: , back: {priority: 1}}
    build: {context: .}
    pull_policy: always
    profiles: []
    scale: 2
    depends_on: [b]
    deploy: {replicas: 2, mode: global}
    command: [run, $$HOME]
    cap_add: [ALL]
    x-own: 1
  b: {image: y}
networks: {front: , back: }
volumes: {v: }
";
    let expected = concat!(
        r#"{"cap_add":["ALL"],"command":["run","$HOME"],"#,
        r#""deploy":{"mode":"global","resources":{},"placement":{}},"entrypoint":null,"#,
        r#""networks":{"back":{"priority":1},"front":null},"#,
        r#""volumes":[{"type":"volume","source":"v","target":"/v","volume":{}}],"working_dir":"/w"}"#
    );
    assert_eq!(hashed(text).unwrap(), expected);
    assert_eq!(of_service("pull_policy: always, scale: 2, x-own: {a: b}").unwrap(), PLAIN);
}

#[test]
fn each_form_is_written_as_go_writes_it() {
    let cases = [
        ("env_file: a.env", r#""env_file":["/demo/a.env"]"#),
        (
            "env_file: [{path: a.env, required: false, format: raw}]",
            r#""env_file":[{"path":"/demo/a.env","required":false,"format":"raw"}]"#,
        ),
        ("environment: [UNSET, B=2, A=1]", r#""environment":{"A":"1","B":"2","UNSET":null}"#),
        ("ulimits: {b: 1, a: {soft: 0, hard: 2}, c: 0}", r#""ulimits":{"a":{"hard":2},"b":1,"c":{}}"#),
        (
            "deploy: {resources: {limits: {cpus: '0.50', memory: 1k}}, x-own: 1}",
            r#""deploy":{"resources":{"limits":{"cpus":0.5,"memory":"1024"}},"placement":{}}"#,
        ),
        (
            "develop: {watch: [{path: /p, action: rebuild}]}",
            r#""develop":{"watch":[{"path":"/p","action":"rebuild","exec":{"command":null}}]}"#,
        ),
        (
            "blkio_config: {weight_device: [{path: /d, weight: 0}], device_read_bps: [{path: /d, rate: 1k}]}",
            concat!(
                r#""blkio_config":{"weight_device":[{"Path":"/d","Weight":0}],"#,
                r#""device_read_bps":[{"Path":"/d","Rate":"1024"}]}"#
            ),
        ),
        ("command: ''", r#"{"command":[],"#),
        ("post_start: [{command: , user: u}]", r#""post_start":[{"command":null,"user":"u"}]"#),
        ("gpus: all", r#""gpus":[{"count":-1}]"#),
        ("extra_hosts: ['b:::1', 'a=1.1.1.1']", r#""extra_hosts":["a=1.1.1.1","b=::1"]"#),
        ("stop_grace_period: 90s", r#""stop_grace_period":"1m30s""#),
        ("init: false, attach: false, tty: false", r#"{"attach":false,"command":null,"#),
        ("volumes: [{type: bind, source: /a, target: /b, bind: {}}]", r#""target":"/b","bind":{}"#),
    ];
    for (attributes, expected) in cases {
        let hashed = of_service(attributes).unwrap();
        assert!(hashed.contains(expected), "{attributes}: {hashed}");
    }
    let secret = "services: {a: {image: x, secrets: [{source: s, mode: 0440}]}}\nsecrets: {s: {file: f}}";
    assert!(hashed(secret).unwrap().contains(r#""mode":"0440"}]"#));
}

#[test]
fn strings_are_escaped_for_html() {
    let labels = "labels: {\"<k>\": \"& \\\" \\\\ / \\u2028\\u2029 \\b\\f\\n\\r\\t\\x01 \\x7f é\"}";
    let expected =
        concat!(r#""labels":{"\u003ck\u003e":"\u0026 \" \\ / \u2028\u2029 \b\f\n\r\t\u0001 "#, "\x7f é\"}");
    let hashed = of_service(labels).unwrap();
    assert!(hashed.contains(expected), "{hashed}");
}

#[test]
fn numbers_have_32_bits() {
    let cases = [
        ("2", Some("2")),
        ("0.1", Some("0.1")),
        ("123456789.123", Some("123456790")),
        ("1e20", Some("100000000000000000000")),
        ("1e21", Some("1e+21")),
        ("0.000001", Some("0.000001")),
        ("1.5e-9", Some("1.5e-9")),
        ("1e-50", None),
        ("-0.0", None),
    ];
    for (text, expected) in cases {
        let hashed = of_service(&format!("cpus: {text}")).unwrap();
        let expected = expected.map_or(String::new(), |number| format!(r#""cpus":{number},"#));
        assert_eq!(hashed, PLAIN.replacen('{', &format!("{{{expected}"), 1), "{text}");
    }
    for text in [".inf", ".nan", "1e39"] {
        assert_eq!(of_service(&format!("cpus: {text}")), Err(NotFinite("cpus")), "{text}");
    }
}

/// A record, the table of its fields, and what is not hashed of it.
type Row = (&'static [&'static str], &'static [Field], &'static [&'static str]);

fn below(table: &'static [Field], key: &str) -> &'static [Field] {
    let field = table.iter().find(|field| field.key == key).unwrap_or_else(|| panic!("{key}"));
    match field.form {
        Form::Struct(fields) | Form::List(fields) | Form::Names(fields) => fields,
        form => panic!("{key}: {form:?}"),
    }
}

#[test]
fn every_attribute_is_hashed_or_left_out_on_purpose() {
    let rows: &[Row] = &[
        (
            Service::ATTRIBUTES,
            SERVICE,
            // The last two are of newer versions of docker compose.
            &["build", "depends_on", "profiles", "pull_policy", "scale", "pre_start", "pull_refresh_after"],
        ),
        (Blkio::ATTRIBUTES, BLKIO, &[]),
        (BlkioRate::ATTRIBUTES, RATE, &[]),
        (BlkioWeight::ATTRIBUTES, below(BLKIO, "weight_device"), &[]),
        (CredentialSpec::ATTRIBUTES, below(SERVICE, "credential_spec"), &[]),
        (Deploy::ATTRIBUTES, DEPLOY, &["replicas"]),
        (DeployResources::ATTRIBUTES, below(DEPLOY, "resources"), &[]),
        (Develop::ATTRIBUTES, below(SERVICE, "develop"), &[]),
        (Device::ATTRIBUTES, below(SERVICE, "devices"), &[]),
        (DeviceRequest::ATTRIBUTES, DEVICE_REQUEST, &[]),
        (DiscreteResource::ATTRIBUTES, below(GENERIC_RESOURCE, "discrete_resource_spec"), &[]),
        (EnvFile::ATTRIBUTES, ENV_FILE, &[]),
        (FileReference::ATTRIBUTES, FILE_REFERENCE, &[]),
        (GenericResource::ATTRIBUTES, GENERIC_RESOURCE, &[]),
        (Healthcheck::ATTRIBUTES, HEALTHCHECK, &[]),
        (Hook::ATTRIBUTES, HOOK, &[]),
        (Logging::ATTRIBUTES, below(SERVICE, "logging"), &[]),
        (Mount::ATTRIBUTES, MOUNT, &[]),
        (MountBind::ATTRIBUTES, below(MOUNT, "bind"), &[]),
        (MountImage::ATTRIBUTES, below(MOUNT, "image"), &[]),
        (MountTmpfs::ATTRIBUTES, below(MOUNT, "tmpfs"), &[]),
        (MountVolume::ATTRIBUTES, below(MOUNT, "volume"), &[]),
        (Placement::ATTRIBUTES, PLACEMENT, &[]),
        (Port::ATTRIBUTES, PORT, &[]),
        (Preference::ATTRIBUTES, below(PLACEMENT, "preferences"), &[]),
        (Provider::ATTRIBUTES, below(SERVICE, "provider"), &[]),
        (ResourceReservations::ATTRIBUTES, RESOURCE, &["pids"]),
        (RestartPolicy::ATTRIBUTES, RESTART_POLICY, &[]),
        (ServiceModel::ATTRIBUTES, below(SERVICE, "models"), &[]),
        (ServiceNetwork::ATTRIBUTES, NETWORK, &[]),
        (UpdateConfig::ATTRIBUTES, UPDATE_CONFIG, &[]),
        (Watch::ATTRIBUTES, WATCH, &[]),
    ];
    for (attributes, table, others) in rows {
        let fields = table.iter().map(|field| field.key).filter(|key| !others.contains(key));
        let attributes = attributes.iter().copied().filter(|key| !others.contains(key));
        assert_eq!(sorted(&fields.collect::<Vec<_>>()), sorted(&attributes.collect::<Vec<_>>()));
    }
    assert!(ResourceLimits::ATTRIBUTES.iter().all(|key| RESOURCE.iter().any(|field| field.key == *key)));
}

fn sorted<'a>(names: &[&'a str]) -> Vec<&'a str> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names
}

#[test]
fn services_are_named_and_the_lines_end_before_one_that_is_not_active() {
    let text = "services: {b: {image: x}, a: {image: x}, c: {image: x, profiles: [p]}}";
    let (project, _) = loaded(text, &request());
    let project = project.unwrap();
    let cases: [(&str, &[&str], &[&str]); 5] = [
        ("*", &["a", "b"], &[]),
        ("b,a,b", &["a", "b", "b"], &[]),
        ("b", &["b"], &[]),
        ("b,c,a", &["a", "b"], &["the service `c` is not active"]),
        ("b,aa,a", &["a"], &["there is no service `aa`"]),
    ];
    for (wanted, names, messages) in cases {
        let mut report = Report::default();
        let lines = lines(&project, wanted, &mut report);
        let found: Vec<&str> = lines.lines().filter_map(|line| Some(line.split_once(' ')?.0)).collect();
        assert_eq!(found, names, "{wanted}");
        let found: Vec<&str> = report.diagnostics().iter().map(|it| it.message.as_str()).collect();
        assert_eq!(found, messages, "{wanted}");
    }
}

#[test]
fn the_default_platform_is_that_of_services_that_are_built() {
    let text =
        "services: {a: {image: x}, b: {build: {context: ., platforms: [p/a]}}, c: {build: ., platform: p/b}}";
    let with = |platform: &str| {
        let mut request = request();
        request.environment.insert(DEFAULT_PLATFORM.to_owned(), platform.to_owned());
        let (project, mut report) = loaded(text, &request);
        let lines = lines(&project.unwrap(), "*", &mut report);
        (lines, report.diagnostics().iter().map(|it| it.message.clone()).collect::<Vec<_>>())
    };
    let (without, _) = with("");
    let (lines, messages) = with("p/a");
    assert!(messages.is_empty(), "{messages:?}");
    let changed: Vec<bool> = without.lines().zip(lines.lines()).map(|(one, other)| one != other).collect();
    assert_eq!(changed, [false, true, false]);
    let refused = (String::new(), vec!["service `b` runs on `p/c` but is not built for it".to_owned()]);
    assert_eq!(with("p/c"), refused);
}
