//! A program as a process of its own, which can be killed.

use std::{
    ffi::OsStr,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to say something.
const PATIENCE: Duration = Duration::from_secs(120);

/// A program that runs; it is killed when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Running {
    /// Starts the program at `path`.
    ///
    /// # Panics
    /// Where it can't be started.
    pub fn start(path: impl AsRef<OsStr>, arguments: &[&str]) -> Self {
        Self::start_with(path, arguments, &[])
    }

    /// Starts the program at `path` with these environment variables besides its own.
    ///
    /// # Panics
    /// Where it can't be started.
    pub fn start_with(path: impl AsRef<OsStr>, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(path);
        command.args(arguments).envs(variables.iter().copied());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("a program to start");
        let (tell, lines) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().expect("its output"));
        std::thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    /// Waits for a line of its output in which `find` finds something.
    ///
    /// # Panics
    /// Where the program ends or is silent before.
    pub fn line<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the program did not say {what}"));
            if let Some(found) = find(&line) {
                return found;
            }
        }
    }

    /// Kills it as the operating system does: at once, wherever it is.
    ///
    /// # Panics
    /// Where it has ended before.
    pub fn kill(mut self) {
        self.child.kill().expect("a program to kill");
        self.child.wait().expect("its end");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A process that is killed when this is dropped.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends a signal to the process.
pub(crate) fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a signal to a process of ours");
}
