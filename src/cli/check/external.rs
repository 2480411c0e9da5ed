//! Manifests that the built-in kustomize did not render: given as a file, or rendered by another program.

use camino::{Utf8Path, Utf8PathBuf};

use crate::{
    cli::manifests::Manifests,
    disk::Disk,
    kustomize::build::{Object, Refusal, RefusalKind, printed},
    text::{Sources, Span},
};

/// A program that renders kustomizations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Program {
    /// Its path.
    path: String,
    /// What comes before the directory.
    arguments: &'static [&'static str],
}

impl Program {
    /// The program that the command line names, else `kustomize`, else `kubectl`; none if there is neither.
    pub(super) fn find(named: Option<&str>, path: Option<&str>, disk: &Disk) -> Option<Self> {
        if let Some(named) = named {
            let is_kubectl = Utf8Path::new(named).file_name() == Some("kubectl");
            return Some(Self::new(named.to_owned(), is_kubectl));
        }
        let find = |name: &str| on_path(name, path, disk);
        let kustomize = find("kustomize").map(|path| Self::new(path, false));
        kustomize.or_else(|| find("kubectl").map(|path| Self::new(path, true)))
    }

    fn new(path: String, is_kubectl: bool) -> Self {
        Self { path, arguments: if is_kubectl { &["kustomize"] } else { &["build"] } }
    }
}

/// The path of a program.
pub(super) fn on_path(name: &str, path: Option<&str>, disk: &Disk) -> Option<String> {
    let directories = path.unwrap_or_default().split(':').filter(|directory| !directory.is_empty());
    let mut all = directories.map(|directory| Utf8Path::new(directory).join(name));
    all.find(|path| disk.is_program(path)).map(Utf8PathBuf::into_string)
}

/// Renders a directory with another program, in a copy in which examples stand for values that are missing. Without a
/// program, what the built-in kustomize refused stays refused.
pub(super) fn render(
    program: Option<Program>,
    refusal: &Refusal,
    directory: &Utf8Path,
    manifests: &Manifests<'_>,
    disk: &Disk,
    sources: &mut Sources,
) -> Result<Vec<Object>, Refusal> {
    let Some(program) = program else {
        let message = format!("{}, and there is neither `kustomize` nor `kubectl`", refusal.message);
        return Err(Refusal { message, ..refusal.clone() });
    };
    let output = disk.run_in_copy((&program.path, program.arguments), manifests.output, directory, manifests);
    let place = refusal.place.clone();
    match output {
        Ok(text) => {
            let (file, line) =
                place.map_or_else(|| (directory.to_owned(), 1), |place| (place.file, place.line));
            let mut objects = objects(&file, text.as_bytes(), sources)?;
            // Lines of what was printed are not those of the file: what is not known otherwise has the place of
            // the field that only the program knows.
            let span = start_of_line(&file, line, sources);
            objects.iter_mut().for_each(|object| object.stand_at(span));
            Ok(objects)
        }
        Err(why) => {
            let message = format!("`{}` cannot render it: {}", program.path, why.trim());
            Err(Refusal { kind: RefusalKind::Wrong, message, place })
        }
    }
}

/// The start of a line, counted from 1, of a file that was read.
fn start_of_line(file: &Utf8Path, line: usize, sources: &mut Sources) -> Span {
    let read = sources.iter().find(|(_, source)| source.path() == file && !source.text().is_empty());
    let start = read.map(|(id, source)| (id, source.line_start(line.saturating_sub(1))));
    let (id, start) = start.unwrap_or_else(|| (sources.add(file, ""), 0));
    Span::new(id, start, start)
}

/// The objects of a text that a kustomize printed.
pub(super) fn objects(path: &Utf8Path, bytes: &[u8], sources: &mut Sources) -> Result<Vec<Object>, Refusal> {
    printed(path, bytes, sources)
}
