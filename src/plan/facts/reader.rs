//! What is read and parsed in a run, for all environments: every file and every script once.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::model::Build,
    shell::{Scripts, dockerfile::Dockerfile},
    text::Files,
};

/// Reads the files of a run, and keeps what they were parsed into.
pub(in crate::plan) struct Reader<'f> {
    pub(in crate::plan) files: &'f dyn Files,
    pub(in crate::plan) scripts: Scripts,
    dockerfiles: RefCell<BTreeMap<Way, Option<Rc<Dockerfile>>>>,
}

/// How a Dockerfile is read: what its text is or where it lies, the target, the arguments.
type Way = (Result<String, Utf8PathBuf>, String, BTreeMap<String, String>);

impl<'f> Reader<'f> {
    /// Nothing is read yet.
    pub(in crate::plan) fn new(files: &'f dyn Files) -> Self {
        Self { files, scripts: Scripts::default(), dockerfiles: RefCell::default() }
    }

    /// The text of a file, if it is here and one.
    pub(in crate::plan) fn text(&self, path: &Utf8Path) -> Option<String> {
        String::from_utf8(self.files.read(path).ok()?).ok()
    }

    /// The Dockerfile of a build, if it is here.
    pub(in crate::plan) fn dockerfile(&self, build: &Build) -> Option<Rc<Dockerfile>> {
        let text = match &build.dockerfile_inline {
            Some(text) => Ok(text.value.clone()),
            None => Err(place_of_dockerfile(build)?),
        };
        let target = build.target.as_ref().map_or("", |target| target.value.as_str()).to_owned();
        let arguments = build.args.iter().flat_map(|args| args.value.iter());
        let given = arguments.filter_map(|(name, value)| Some((name.clone(), value.value.clone()?)));
        let way = (text, target, given.collect());
        if let Some(known) = self.dockerfiles.borrow().get(&way) {
            return known.clone();
        }
        let (text, target, given) = &way;
        let text = match text {
            Ok(text) => Some(text.clone()),
            Err(place) => self.text(place),
        };
        let read = text.and_then(|text| Dockerfile::read(&text, target, given)).map(Rc::new);
        self.dockerfiles.borrow_mut().insert(way, read.clone());
        read
    }
}

/// Where the Dockerfile of a build lies, unless it stands in the compose file.
pub(in crate::plan) fn place_of_dockerfile(build: &Build) -> Option<Utf8PathBuf> {
    let name = build.dockerfile.as_ref().map_or("Dockerfile", |name| name.value.as_str());
    Some(Utf8Path::new(&build.context.as_ref()?.value).join(name))
}
