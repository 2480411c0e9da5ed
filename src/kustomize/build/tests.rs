use proptest::prelude::*;

use super::*;
use crate::text::MemoryFiles;

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    \
                          spec:\n      containers:\n      - name: web\n        image: nginx:1\n        env:\n        - {name: A, \
                          value: one}\n        - {name: B, value: two}\n        envFrom:\n        - configMapRef: {name: conf}\n";

/// Files below `/p`.
fn files(files: &[(&str, &str)]) -> MemoryFiles {
    MemoryFiles::new(files.iter().map(|(path, text)| (format!("/p/{path}"), *text)))
}

fn render(directory: &str, all: &MemoryFiles) -> Result<Built, Refusal> {
    build(Utf8Path::new(directory), Utf8Path::new("/p"), all)
}

fn refusal(all: &[(&str, &str)]) -> Refusal {
    render("/p/top", &files(all)).expect_err("it is refused")
}

/// The value of a field, and its place.
fn field(built: &Built, kind: &str, path: &str) -> (String, String) {
    let object = built.objects.iter().find(|object| resource::text(&object.node, "kind") == kind).unwrap();
    let step = |node: &'_ Node, name: &str| match name.parse::<usize>() {
        Ok(at) => node.as_seq().unwrap()[at].clone(),
        Err(_) => node.get(name).unwrap_or_else(|| panic!("{name} in {:?}", node.to_json())).clone(),
    };
    let node = path.split('/').fold(object.node.clone(), |node, name| step(&node, name));
    let place = built.sources.location(node.span);
    (node.to_json().to_string(), format!("{}:{}", place.file, place.line))
}

#[test]
fn every_value_has_the_place_that_gave_it() {
    let all = files(&[
        (
            "base/kustomization.yaml",
            "resources: [web.yaml]\nconfigMapGenerator:\n- name: conf\n  envs: [conf.env]\n",
        ),
        ("base/web.yaml", DEPLOYMENT),
        ("base/conf.env", "# ours\nX=1\nY=2\n"),
        (
            "top/kustomization.yaml",
            "resources: [../base]\nnamespace: prod\nconfigMapGenerator:\n- name: conf\n  behavior: merge\n  literals:\n  - \
             Y=3\n  files: [Z=z.txt]\npatches:\n- path: p.yaml\n- target: {kind: Deployment}\n  patch: |-\n    - op: \
             replace\n      path: /spec/replicas\n      value: 4\nimages:\n- name: nginx\n  newTag: '2'\n",
        ),
        ("top/z.txt", "z"),
        (
            "top/p.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n      \
             containers:\n      - name: web\n        env:\n        - name: B\n          value: other\n",
        ),
    ]);
    let built = render("/p/top", &all).unwrap();
    let expect = |kind: &str, path: &str, value: &str, place: &str| {
        assert_eq!(field(&built, kind, path), (value.to_owned(), place.to_owned()), "{path}");
    };
    expect("Deployment", "metadata/namespace", "\"prod\"", "top/kustomization.yaml:2");
    expect("Deployment", "spec/replicas", "4", "top/kustomization.yaml:15");
    let container = "spec/template/spec/containers/0";
    expect("Deployment", &format!("{container}/image"), "\"nginx:2\"", "top/kustomization.yaml:18");
    expect("Deployment", &format!("{container}/env/0/value"), "\"other\"", "top/p.yaml:11");
    expect("Deployment", &format!("{container}/env/1/value"), "\"one\"", "base/web.yaml:12");
    expect("ConfigMap", "data/X", "\"1\"", "base/conf.env:2");
    expect("ConfigMap", "data/Y", "\"3\"", "top/kustomization.yaml:7");
    expect("ConfigMap", "data/Z", "\"z\"", "top/z.txt:1");
    let (name, _) = field(&built, "ConfigMap", "metadata/name");
    expect("Deployment", &format!("{container}/envFrom/0/configMapRef/name"), &name, "base/web.yaml:15");
    assert_eq!(built.objects[0].first_name, "conf");
}

#[test]
fn what_patches_take_away_is_noted() {
    let patch = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: null\n  template:\n    \
                 spec:\n      containers:\n      - name: web\n        env:\n        - {name: A, $patch: delete}\n";
    let all = files(&[
        ("top/kustomization.yaml", "resources: [web.yaml]\npatches: [{path: p.yaml}]\n"),
        ("top/web.yaml", DEPLOYMENT),
        ("top/p.yaml", patch),
    ]);
    let built = render("/p/top", &all).unwrap();
    let removed: Vec<String> = built.objects[0]
        .removed
        .iter()
        .map(|it| format!("{} {}", it.path.join("."), built.sources.location(it.span).line))
        .collect();
    assert_eq!(removed, ["spec.replicas 5", "spec.template.spec.containers.web.env.A 11"]);
}

#[test]
fn what_is_not_known_is_refused_with_its_field() {
    let cases = [
        ("replacements: []\n", "replacements"),
        ("resources: []\nhelmCharts: [{name: x}]\n", "helmCharts"),
        ("patches: [{path: p.yaml, options: {allowNameChange: true}}]\n", "patches.options"),
        ("configMapGenerator: [{name: a, envz: [x]}]\n", "configMapGenerator.envz"),
        ("images: [{name: a, tagSuffix: x}]\n", "images.tagSuffix"),
        ("buildMetadata: [managedByLabel]\n", "buildMetadata"),
        ("sortOptions: {order: legacy, legacySortOptions: {}}\n", "sortOptions.legacySortOptions"),
        ("resources: ['https://example.com/x.yaml']\n", "resources"),
        ("resources: [github.com/a/b]\n", "resources"),
        ("namePrefix: y\n", "y"),
    ];
    for (text, field) in cases {
        let refused = refusal(&[("top/kustomization.yaml", text)]);
        assert_eq!(refused.kind, RefusalKind::Unknown { field: field.to_owned() }, "{text}");
        assert_eq!(
            refused.place.map(|place| place.file.into_string()).as_deref(),
            Some("top/kustomization.yaml")
        );
    }
}

const WEB: (&str, &str) = ("top/web.yaml", DEPLOYMENT);

/// Files, and a part of why they are refused.
const STOPS: &[(&[(&str, &str)], &str)] = &[
    (&[("top/kustomization.yaml", "resources: [.]\n")], "`top` takes itself in"),
    (&[("top/kustomization.yaml", "resources: [..]\n")], "`/p` takes itself in"),
    (&[("top/kustomization.yaml", "resources: [x]\n")], "`top/x` does not exist"),
    (&[("top/kustomization.yaml", "resources: [../web.yaml]\n"), ("web.yaml", DEPLOYMENT)], "outside"),
    (&[("top/kustomization.yaml", "resources: [../../etc/passwd]\n")], "does not exist"),
    (
        &[("top/kustomization.yaml", "resources: [web.yaml, web.yaml]\n"), WEB],
        "Deployment `web` is there twice",
    ),
    (&[("top/kustomization.yaml", "resources: [a.yaml]\n"), ("top/a.yaml", "kind: X\n")], "an object needs"),
    (&[("top/kustomization.yaml", "resources: {}\n")], "`resources` must be a list"),
    (&[("top/kustomization.yaml", "# nothing\n")], "one document"),
    (
        &[("top/kustomization.yaml", "kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n")],
        "component",
    ),
    (&[("top/kustomization.yaml", "namespace: 1.10\n")], "`namespace` must be text, not a number"),
    (
        &[("top/kustomization.yaml", "configMapGenerator: [{name: a, literals: [A=1, A=2]}]\n")],
        "`a` has the key `A` twice",
    ),
    (
        &[("top/kustomization.yaml", "configMapGenerator: [{name: a, behavior: merge, literals: [A=1]}]\n")],
        "no ConfigMap `a` to change",
    ),
    (
        &[
            ("top/kustomization.yaml", "resources: [web.yaml]\npatches: [{path: p.yaml}]\n"),
            WEB,
            ("top/p.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: gone}\n"),
        ],
        "the patch of Deployment `gone` finds nothing",
    ),
    (
        &[
            (
                "top/kustomization.yaml",
                "resources: [web.yaml]\npatches: [{patch: '[{op: remove, path: /x}]', target: {name: web}}]\n",
            ),
            WEB,
        ],
        "there is no `/x`",
    ),
    (
        &[
            ("top/kustomization.yaml", "resources: [../a]\n"),
            ("a/kustomization.yaml", "resources: [../b]\n"),
            ("b/kustomization.yaml", "resources: [../a]\n"),
        ],
        "`a` takes itself in",
    ),
];

#[test]
fn what_kustomize_stops_at_is_refused() {
    for (all, why) in STOPS {
        let refused = refusal(all);
        assert!(refused.to_string().contains(why), "{all:?}: {refused}");
    }
}

#[test]
fn a_component_alone_has_its_own_objects() {
    let all = files(&[
        (
            "c/kustomization.yaml",
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [web.yaml]\nconfigMapGenerator: \
             [{name: conf, literals: [A=1]}]\npatches: [{target: {kind: CronJob}, patch: '[{op: remove, path: /x}]'}]\n",
        ),
        ("c/web.yaml", DEPLOYMENT),
    ]);
    let mut sources = Sources::default();
    let objects = Builder::new(Utf8Path::new("/p"), &all, &mut sources).part(Utf8Path::new("/p/c")).unwrap();
    let names: Vec<String> =
        objects.iter().map(|it| it.node.to_json()["metadata"]["name"].to_string()).collect();
    assert_eq!(names, ["\"web\"", "\"conf\""]);
}

#[test]
fn patches_upon_patches_stay_within_bounds() {
    let mut nested = String::from("1");
    for _ in 0..60 {
        nested = format!("{{a: {nested}}}");
    }
    let path = "/a".repeat(60);
    let mut patches = String::from("resources: [web.yaml]\npatches:\n");
    for times in 0..8 {
        let path = format!("{}/a", path.repeat(times));
        patches.push_str(&format!(
            "- {{target: {{name: web}}, patch: '[{{op: add, path: \"{path}\", value: {nested}}}]'}}\n"
        ));
    }
    let refused = refusal(&[("top/kustomization.yaml", &patches), ("top/web.yaml", DEPLOYMENT)]);
    assert!(refused.message.contains("nested too deeply"), "{refused}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in the files, there is an answer.
    #[test]
    fn nothing_panics(at in 0usize..900, what in "[ -~\n]{0,3}", length in 0usize..6) {
        let kustomization = "resources: [web.yaml]\nnamePrefix: p-\nlabels:\n- pairs: {a: b}\n  includeSelectors: \
                             true\nconfigMapGenerator:\n- name: conf\n  literals: [A=1, B='x']\n  files: \
                             [K=web.yaml]\npatches:\n- target: {kind: Dep.*, labelSelector: 'a in (b, c),!d'}\n  patch: |-\n    \
                             - {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: C, value: c}}\n- \
                             patch: |-\n    apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    \
                             spec: {template: {spec: {containers: [{name: web, env: [{name: A, $patch: delete}]}]}}}\nimages: \
                             [{name: nginx, newTag: v2}]\nreplicas: [{name: web, count: 2}]\n";
        let change = |text: &str, at: usize| {
            let at = at.min(text.len());
            let end = (at + length).min(text.len());
            format!("{}{what}{}", &text[..at], &text[end..])
        };
        let untouched = [("top/kustomization.yaml", kustomization), ("top/web.yaml", DEPLOYMENT)];
        let first = [("top/kustomization.yaml", change(kustomization, at)), ("top/web.yaml", DEPLOYMENT.to_owned())];
        let second = [("top/kustomization.yaml", kustomization.to_owned()), ("top/web.yaml", change(DEPLOYMENT, at))];
        prop_assert!(render("/p/top", &files(&untouched)).is_ok());
        for texts in [first, second] {
            let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
            let _ = render("/p/top", &files(&texts));
        }
    }
}
