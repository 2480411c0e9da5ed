//! Any directory in memory renders or is refused, and what it renders to can be written, read and shown.
//!
//! An input is the texts of [`NAMES`], in that order, with a line `%%` between them.

#![no_main]

use camino::Utf8Path;
use kustompose::{
    kustomize::build::{Builder, Object, build, printed},
    text::{MemoryFiles, Sources},
    yaml::emit::{self, Yaml},
};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 8] = [
    "/p/top/kustomization.yaml",
    "/p/top/patch.yaml",
    "/p/base/kustomization.yaml",
    "/p/base/objects.yaml",
    "/p/base/more.yaml",
    "/p/base/values.env",
    "/p/component/kustomization.yaml",
    "/p/component/patch.yaml",
];

fuzz_target!(|input: &str| {
    let files = MemoryFiles::new(NAMES.into_iter().zip(input.split("\n%%\n")));
    let (directory, root) = (Utf8Path::new("/p/top"), Utf8Path::new("/p"));
    let mut sources = Sources::default();
    let mut builder = Builder::new(root, &files, &mut sources);
    // What one build finds does not depend on those before it.
    let first = builder.build(Utf8Path::new("/p/base")).map(|objects| texts(&objects));
    let alone = build(Utf8Path::new("/p/base"), root, &files).map(|built| texts(&built.objects));
    let top = builder.build(directory).map(|objects| texts(&objects));
    assert_eq!(first, alone);
    match build(directory, root, &files) {
        Err(refusal) => {
            assert!(!refusal.to_string().is_empty());
            assert_eq!(top, Err(refusal));
        }
        Ok(built) => {
            let texts = texts(&built.objects);
            assert_eq!(top.as_ref(), Ok(&texts));
            for object in &built.objects {
                assert!(built.sources.location(object.origin).line > 0);
                built.sources.slice(object.node.span);
            }
            let all = texts.join("---\n");
            let mut sources = Sources::default();
            let again = printed(Utf8Path::new("printed.yaml"), all.as_bytes(), &mut sources);
            assert_eq!(again.map(|objects| self::texts(&objects)), Ok(texts), "{all}");
        }
    }
});

fn texts(objects: &[Object]) -> Vec<String> {
    objects.iter().map(|object| emit::document(&Yaml::from(object.node.clone()))).collect()
}
