//! What is read and parsed in a run, for all environments: every file and every script once.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    compose::model::Build,
    shell::{Scripts, dockerfile::Dockerfile},
    text::{Files, clean},
};

/// What a Dockerfile is called unless it is named.
const USUAL: &str = "Dockerfile";
/// What it may be called as well.
const IN_LOWER_CASE: &str = "dockerfile";

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
            None => Err(place_of_dockerfile(build, self.files)?),
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
pub(in crate::plan) fn place_of_dockerfile(build: &Build, files: &dyn Files) -> Option<Utf8PathBuf> {
    Some(Utf8Path::new(&build.context.as_ref()?.value).join(name_of_dockerfile(build, files)))
}

/// The path of the Dockerfile of a build from its context on. Docker takes `dockerfile` where the directory has no
/// `Dockerfile`, even if that is named. See <https://github.com/moby/moby/pull/10858>.
pub(in crate::plan) fn name_of_dockerfile(build: &Build, files: &dyn Files) -> Utf8PathBuf {
    let named = Utf8Path::new(build.dockerfile.as_ref().map_or(USUAL, |name| name.value.as_str()));
    let root = build.context.as_ref().map_or("", |context| context.value.as_str());
    let place = clean(&Utf8Path::new(root).join(named));
    let is_usual = || {
        // A system that does not tell the two names apart has a file of either name: its directory has one of them.
        let names = place.parent().and_then(|directory| files.list(directory).ok());
        names.is_none_or(|names| names.iter().any(|name| name == USUAL))
    };
    let may_be_lower =
        named.file_name() == Some(USUAL) && files.kind(&place.with_file_name(IN_LOWER_CASE)).is_some();
    if may_be_lower && !is_usual() { named.with_file_name(IN_LOWER_CASE) } else { named.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{MemoryFiles, Span, Spanned};

    #[test]
    fn a_dockerfile_may_be_in_lower_case_where_no_other_is() {
        let files = MemoryFiles::new([
            ("/p/lower/dockerfile", ""),
            ("/p/both/Dockerfile", ""),
            ("/p/both/dockerfile", ""),
            ("/p/none/README.md", ""),
        ]);
        for (context, named, place) in [
            ("/p/lower", None, "/p/lower/dockerfile"),
            ("/p/lower", Some("Dockerfile"), "/p/lower/dockerfile"),
            ("/p", Some("lower/Dockerfile"), "/p/lower/dockerfile"),
            ("/p/none", Some("../lower/Dockerfile"), "/p/none/../lower/dockerfile"),
            ("/p/none", Some("/p/lower/Dockerfile"), "/p/lower/dockerfile"),
            ("/p/lower", Some("DOCKERFILE"), "/p/lower/DOCKERFILE"),
            ("/p/both", None, "/p/both/Dockerfile"),
            ("/p/none", None, "/p/none/Dockerfile"),
            ("https://example.com/x.git", None, "https://example.com/x.git/Dockerfile"),
        ] {
            let text = |text: &str| Some(Spanned::new(text.to_owned(), Span::NOWHERE));
            let build =
                Build { context: text(context), dockerfile: named.and_then(text), ..Build::default() };
            assert_eq!(place_of_dockerfile(&build, &files).unwrap(), place, "{context} {named:?}");
        }
    }
}
