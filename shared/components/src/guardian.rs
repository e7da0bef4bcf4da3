//! Who takes away what the operating system would keep, whatever ends the process that started it.

use std::{
    ffi::OsStr,
    fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context as _, Result};

/// Waits for the end of its input, which comes when its owner drops it or dies, killed or not; then does its work. It has a process
/// group of its own, so that what ends its owner by the terminal does not end it.
#[derive(Debug)]
pub struct Guardian(Child);

impl Guardian {
    /// Runs the shell's `script` on the arguments in the end.
    ///
    /// # Errors
    /// Where there is no shell.
    pub fn new(script: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Self> {
        let waiting = format!("trap '' HUP INT TERM\nwhile read -r _; do :; done\n{script}");
        let mut command = Command::new("sh");
        command.args(["-c", &waiting, "guardian"]).args(arguments).process_group(0);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Ok(Self(command.spawn().context("sh can't be run")?))
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Where waiting fails the guardian does its work all the same.
        let _ = self.0.wait();
    }
}

/// Ends every process group in the files `*.pid` and every container in the files `*.container` of the first folder, and removes all
/// the folders.
const CLEAN_UP: &str = r#"
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
    _guardian: Guardian,
}

impl Home {
    /// Makes a folder for a component; `data` is a folder elsewhere that goes with it.
    pub(crate) fn new(component: &str, data: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix(&format!("crm-{component}-")).tempdir().context("no temporary folder")?;
        let guardian = Guardian::new(CLEAN_UP, [folder.path()].into_iter().chain(data))?;
        Ok(Self { folder: folder.keep(), _guardian: guardian })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Has a container removed in the end.
    pub(crate) fn owns_container(&self, name: &str) -> Result<()> {
        fs::write(self.folder.join(format!("{name}.container")), name).context("a container can't be noted")
    }
}
