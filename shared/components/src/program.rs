//! A program as a process of this machine.

use std::{
    ffi::OsString,
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::guardian::Home;

/// Notes the process id, which stays the same, before the program begins: there is no moment at which the guardian misses it.
const START: &str = r#"echo $$ > "$1" && shift && exec "$@""#;

/// A program that can be started again, the same way, after it was killed.
#[derive(Debug)]
pub(crate) struct Program {
    line: Vec<OsString>,
    environment: Vec<(&'static str, OsString)>,
    pid_file: PathBuf,
    log: PathBuf,
    child: Option<Child>,
}

impl Program {
    /// The program of this command line, not started yet. `name` is its own within the home.
    pub(crate) fn new(home: &Home, name: &str, line: Vec<OsString>) -> Self {
        Self {
            line,
            environment: Vec::new(),
            pid_file: home.folder().join(format!("{name}.pid")),
            log: home.folder().join(format!("{name}.log")),
            child: None,
        }
    }

    /// Sets environment variables of the program.
    pub(crate) fn environment(mut self, variables: Vec<(&'static str, OsString)>) -> Self {
        self.environment.extend(variables);
        self
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        let log = File::options().create(true).append(true).open(&self.log).context("a log can't be written")?;
        let child = Command::new("sh")
            .args(["-c", START, "start"])
            .arg(&self.pid_file)
            .args(&self.line)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone().context("a log can't be written")?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .context("sh can't be run")?;
        self.child = Some(child);
        Ok(())
    }

    /// Ends it and what it started, at once.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        if let Some(mut child) = self.child.take() {
            // It is dead in any case; that is only fetched here, so that its port is free and its files are closed afterwards.
            let _ = child.wait();
            let _ = fs::remove_file(&self.pid_file);
        }
    }

    /// Freezes it.
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Ends the freeze.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// Whether it has been started and not been killed here.
    pub(crate) fn is_up(&self) -> bool {
        self.child.is_some()
    }

    /// How it has ended by itself, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().ok().flatten()
    }

    /// Where its output goes.
    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    fn signal(&self, signal: Signal) {
        let group = self.child.as_ref().and_then(|child| Pid::from_raw(i32::try_from(child.id()).ok()?));
        if let Some(group) = group {
            // It may have ended by itself.
            let _ = kill_process_group(group, signal);
        }
    }
}

/// The command line that runs this one in a network namespace, if there is one.
pub(crate) fn in_netns(netns: Option<&str>, line: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let enter = netns.into_iter().flat_map(|netns| ["ip", "netns", "exec", netns].map(OsString::from));
    enter.chain(line).collect()
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}
