//! One process of a house.

use std::{
    fmt,
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

use super::{keeper, plan::GATEWAY};
use crate::{program::signal, until};

/// How long a program may take to be ready: far longer than it should on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(20);
/// How long an answer about health may take.
const ANSWER: Duration = Duration::from_secs(2);

/// One process of a house.
pub(super) struct Replica {
    /// Which program it is.
    pub(super) program: &'static str,
    number: usize,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// Where its metrics are.
    pub(super) metrics: SocketAddr,
    log: PathBuf,
    child: Option<Child>,
}

/// A program that did not become ready, and the last lines of its log.
#[derive(Debug)]
pub struct Failed {
    replica: String,
    how: String,
    log: String,
}

impl Failed {
    /// Whether somebody else took its port before it.
    pub(super) fn lost_port(&self) -> bool {
        self.log.contains("the port is in use")
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}; its log ends with\n{}", self.replica, self.how, self.log)
    }
}

impl Replica {
    pub(super) fn new(program: &'static str, number: usize, address: SocketAddr, metrics: SocketAddr, folder: &Path) -> Self {
        Self { program, number, address, metrics, log: folder.join(format!("{program}-{number}.log")), child: None }
    }

    pub(super) fn is(&self, program: &str, number: usize) -> bool {
        self.program == program && self.number == number
    }

    pub(super) fn launch(&mut self, mut command: Command) {
        assert!(self.ended().is_some() || self.child.is_none(), "{} {} runs", self.program, self.number);
        let log = File::options().create(true).append(true).open(&self.log).expect("a log");
        command.stdout(log.try_clone().expect("the log")).stderr(log);
        self.child = Some(command.spawn().expect("a program to start"));
    }

    /// How it ended; `None` where it runs or never ran.
    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.as_mut()?.try_wait().expect("its state")
    }

    pub(super) async fn ready(&mut self) -> Result<(), Failed> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Err(self.failed(format!("ended with {status}")));
            }
            if self.serving("").await {
                return Ok(());
            }
            if began.elapsed() > PATIENCE {
                return Err(self.failed(format!("is not ready after {PATIENCE:?}")));
            }
            tokio::time::sleep(POLL).await;
        }
    }

    fn failed(&self, how: String) -> Failed {
        Failed { replica: format!("{} {}", self.program, self.number), how, log: self.last_lines() }
    }

    pub(super) async fn serving(&self, part: &str) -> bool {
        let asking = async {
            if self.program == GATEWAY {
                let path = if part == "live" { "healthz" } else { "readyz" };
                return reqwest::get(format!("http://{}/{path}", self.address)).await.is_ok_and(|reply| reply.status().is_success());
            }
            let Ok(channel) = self.connect().await else { return false };
            let request = HealthCheckRequest { service: part.to_owned() };
            let answer = HealthClient::new(channel).check(request).await;
            answer.is_ok_and(|answer| answer.into_inner().status() == ServingStatus::Serving)
        };
        tokio::time::timeout(ANSWER, asking).await.unwrap_or(false)
    }

    async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        Endpoint::from_shared(format!("http://{}", self.address))?.connect().await
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.as_ref().unwrap_or_else(|| panic!("{} {} does not run", self.program, self.number)).id()
    }

    pub(super) fn signal(&self, name: Signal) {
        signal(self.pid(), name);
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended.
            let _ = child.kill();
            child.wait().expect("its end");
        }
    }

    pub(super) async fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let ended = until("the program ends", async || self.ended()).await;
        self.child = None;
        ended
    }

    pub(super) fn last_lines(&self) -> String {
        keeper::last_lines(&fs::read(&self.log).unwrap_or_default(), 20)
    }
}
