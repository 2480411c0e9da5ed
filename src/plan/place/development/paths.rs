//! The directory that development starts from, and ways between directories.

use camino::{Utf8Path, Utf8PathBuf};

/// The directory of the project if the tree lies in it, else the one that the tree lies in.
pub(super) fn root(project: &Utf8Path, output: &Utf8Path) -> Option<Utf8PathBuf> {
    if output.starts_with(project) && output != project {
        return Some(project.to_owned());
    }
    output.parent().map(Utf8Path::to_owned)
}

/// The way from a directory to a path; `.` if they are the same.
pub(in crate::plan) fn relative(path: &Utf8Path, directory: &Utf8Path) -> Utf8PathBuf {
    let shared =
        path.components().zip(directory.components()).take_while(|(one, other)| one == other).count();
    let up = directory.components().skip(shared).map(|_| "..");
    let down = path.components().skip(shared).map(|part| part.as_str());
    let way: Utf8PathBuf = up.chain(down).collect();
    if way.as_str().is_empty() { Utf8PathBuf::from(".") } else { way }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_one_place_to_another() {
        for (path, directory, way) in [
            ("/p/services/api", "/p", "services/api"),
            ("/p", "/p", "."),
            ("/p/lib", "/p/k8s", "../lib"),
            ("/p", "/p/deploy/k8s", "../.."),
            ("/q", "/p", "../q"),
        ] {
            assert_eq!(relative(path.into(), directory.into()), way, "{path} from {directory}");
        }
    }

    #[test]
    fn paths_start_where_the_project_is() {
        for (project, output, expected) in [
            ("/p", "/p/k8s", "/p"),
            ("/p", "/p/deploy/k8s", "/p"),
            ("/p/docker", "/p/k8s", "/p"),
            ("/p", "/elsewhere/k8s", "/elsewhere"),
        ] {
            assert_eq!(root(project.into(), output.into()).unwrap(), expected, "{output}");
        }
    }
}
