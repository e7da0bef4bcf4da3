//! Who cleans up, whatever ends the process that started a component.

use std::{
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

/// Its input ends when its owner closes it, or dies, killed or not. Then every process group in the files `*.pid` and every
/// container in the files `*.container` ends, and all the folders go. It has a process group of its own, so that what ends its owner
/// by the terminal does not end it.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
while read -r _; do :; done
for file in "$1"/*.pid; do
  [ -f "$file" ] && kill -s KILL -- "-$(cat "$file")"
done
for file in "$1"/*.container; do
  [ -f "$file" ] && docker rm --force --volumes "$(cat "$file")"
done
for _ in 1 2 3 4 5; do
  rm -rf -- "$@" && break
  sleep 0.2
done
"#;

/// The folders of a component, and the guardian that ends it and removes them.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
    guardian: Child,
}

impl Home {
    /// Makes a folder for a component; `data` is a folder elsewhere that goes with it.
    pub(crate) fn new(component: &str, data: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("crm-{component}-")).tempdir().context("no temporary folder")?;
        let guardian = Command::new("sh")
            .args(["-c", SCRIPT, "guardian"])
            .arg(folder.path())
            .args(data)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("sh can't be run")?;
        Ok(Self { folder: folder.keep(), guardian })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has a container removed in the end.
    pub(crate) fn owns_container(&self, name: &str) -> Result<()> {
        fs::write(self.folder.join(format!("{name}.container")), name).context("a container can't be noted")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.guardian.stdin.take());
        // Where waiting fails the guardian does its work all the same.
        let _ = self.guardian.wait();
    }
}
