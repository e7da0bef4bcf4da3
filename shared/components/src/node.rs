//! One running part of a component, wherever it runs.

use std::fs;

use anyhow::{Result, bail};

use crate::{container::Container, program::Program, wait};

/// A program or a container.
#[derive(Debug)]
pub(crate) enum Node {
    Program(Program),
    Container(Container),
}

impl Node {
    /// Starts it and waits until `answer` finds an answer.
    ///
    /// # Errors
    /// Where it can't be started, ends or does not answer in time, with the last it said.
    pub(crate) fn start<T>(&mut self, answer: impl FnMut() -> Option<T>) -> Result<T> {
        self.launch()?;
        self.wait(answer)
    }

    /// Starts it.
    pub(crate) fn launch(&mut self) -> Result<()> {
        match self {
            Self::Program(program) => program.start(),
            Self::Container(container) => container.start(),
        }
    }

    /// Waits until `answer` finds an answer of the one that was started.
    pub(crate) fn wait<T>(&mut self, mut answer: impl FnMut() -> Option<T>) -> Result<T> {
        let answer = wait::find(wait::PATIENCE, || match answer() {
            Some(answer) => Some(Some(answer)),
            None => self.ended().then_some(None),
        });
        match answer {
            Some(Some(answer)) => Ok(answer),
            Some(None) => bail!("it ended:\n{}", self.said()),
            None => bail!("it did not answer within {} s:\n{}", wait::PATIENCE.as_secs(), self.said()),
        }
    }

    /// Ends it at once.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::Program(program) => program.kill(),
            Self::Container(container) => container.kill(),
        }
    }

    /// Freezes it.
    pub(crate) fn pause(&self) {
        match self {
            Self::Program(program) => program.pause(),
            Self::Container(container) => container.pause(),
        }
    }

    /// Ends the freeze.
    pub(crate) fn resume(&self) {
        match self {
            Self::Program(program) => program.resume(),
            Self::Container(container) => container.resume(),
        }
    }

    /// Whether it has been started and not been killed here.
    pub(crate) fn is_up(&self) -> bool {
        match self {
            Self::Program(program) => program.is_up(),
            Self::Container(container) => container.is_up(),
        }
    }

    fn ended(&mut self) -> bool {
        match self {
            Self::Program(program) => program.ended().is_some(),
            Self::Container(container) => container.ended(),
        }
    }

    fn said(&self) -> String {
        match self {
            Self::Program(program) => {
                let log = fs::read(program.log()).unwrap_or_default();
                let log = String::from_utf8_lossy(&log);
                let lines: Vec<&str> = log.lines().collect();
                lines[lines.len().saturating_sub(20)..].join("\n")
            }
            Self::Container(container) => container.log(),
        }
    }
}
