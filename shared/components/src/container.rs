//! A program in a container of Docker.

use std::process::Command;

use anyhow::Result;

use crate::{command, guardian::Home, wait};

/// A container that can be started again, with its data, after it was killed.
#[derive(Debug)]
pub(crate) struct Container {
    name: String,
    /// What follows `docker run --detach --name …`.
    run: Vec<String>,
    exists: bool,
    is_up: bool,
}

impl Container {
    /// The container of this image and arguments, not started yet. `name` is its own within the home, which removes it in the end.
    pub(crate) fn new(home: &Home, name: &str, run: Vec<String>) -> Result<Self> {
        let name = Self::named(home, name);
        home.owns_container(&name)?;
        Ok(Self { name, run, exists: false, is_up: false })
    }

    /// The name by which Docker knows it.
    pub(crate) fn named(home: &Home, name: &str) -> String {
        let folder = home.folder().file_name().unwrap_or_default().to_string_lossy();
        format!("{}-{name}", folder.replace('.', ""))
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn start(&mut self) -> Result<()> {
        if self.exists {
            self.docker(&["start"])?;
        } else {
            // The first of an image downloads it.
            command::output(Command::new("docker").args(["run", "--detach", "--name", &self.name]).args(&self.run), wait::DOWNLOAD)?;
            self.exists = true;
        }
        self.is_up = true;
        Ok(())
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself.
        let _ = self.docker(&["kill"]);
        self.is_up = false;
    }

    /// Freezes it.
    pub(crate) fn pause(&self) {
        let _ = self.docker(&["pause"]);
    }

    /// Ends the freeze.
    pub(crate) fn resume(&self) {
        let _ = self.docker(&["unpause"]);
    }

    /// Whether it has been started and not been killed here.
    pub(crate) fn is_up(&self) -> bool {
        self.is_up
    }

    /// Whether it has ended by itself.
    pub(crate) fn ended(&self) -> bool {
        self.docker(&["inspect", "--format", "{{.State.Running}}"]).is_ok_and(|running| running.trim() == "false")
    }

    /// What it has printed.
    pub(crate) fn log(&self) -> String {
        self.docker(&["logs", "--tail", "20"]).unwrap_or_else(|error| format!("{error:#}"))
    }

    fn docker(&self, line: &[&str]) -> Result<String> {
        command::output(Command::new("docker").args(line).arg(&self.name), wait::PATIENCE)
    }
}
