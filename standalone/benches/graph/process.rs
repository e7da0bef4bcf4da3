//! A program as a process of its own: what it says, what it uses, and its end.

use std::{
    collections::VecDeque,
    fs,
    io::{BufRead as _, BufReader, Read},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use tokio::{sync::mpsc, time::timeout};

/// How long a program may take to end when it is asked to.
const STOP: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);
/// How much of what a program logged is told where it fails, in lines.
const TOLD: usize = 10;
/// The unit of times in `/proc`: USER_HZ, which is 100 on every architecture that we run on.
const TICK: Duration = Duration::from_millis(10);

/// A program that runs. It ends as this is dropped.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    lines: mpsc::UnboundedReceiver<String>,
    log: Arc<Mutex<VecDeque<String>>>,
    logging: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a program. Its log is read all the time, as something does where it is deployed.
    pub(crate) fn start(name: &'static str, command: &mut Command) -> anyhow::Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{program} can't be started"))?;
        let (said, lines) = mpsc::unbounded_channel();
        if let Some(output) = child.stdout.take() {
            // Read to its end, though nobody may be waiting for it any more.
            thread::spawn(move || each_line(output, |line| drop(said.send(line))));
        }
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let logging = child.stderr.take().map(|output| {
            let log = log.clone();
            thread::spawn(move || {
                each_line(output, |line| {
                    let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
                    log.push_back(line);
                    if log.len() > TOLD {
                        log.pop_front();
                    }
                });
            })
        });
        Ok(Self { name, child, lines, log, logging })
    }

    /// Waits for a line of its output in which `find` finds something.
    pub(crate) async fn line<T>(&mut self, patience: Duration, find: impl Fn(&str) -> Option<T>) -> anyhow::Result<T> {
        let found = timeout(patience, async {
            while let Some(line) = self.lines.recv().await {
                if let Some(found) = find(&line) {
                    return Some(found);
                }
            }
            None
        });
        match found.await {
            Ok(Some(found)) => Ok(found),
            Ok(None) => Err(self.failed()),
            Err(_) => bail!("{} did not say within {patience:?} that it is ready", self.name),
        }
    }

    /// Goes on only while it runs.
    pub(crate) fn expect_running(&mut self) -> anyhow::Result<()> {
        if self.child.try_wait()?.is_some() { Err(self.failed()) } else { Ok(()) }
    }

    /// The error of a program that ended: with what it said last.
    fn failed(&mut self) -> anyhow::Error {
        self.stop();
        let status = self.child.wait().map_or_else(|error| error.to_string(), |status| status.to_string());
        if let Some(logging) = self.logging.take() {
            // It ends with the program's output, and can't panic.
            let _ = logging.join();
        }
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        anyhow::anyhow!("{} ended ({status}): {}", self.name, log.iter().cloned().collect::<Vec<_>>().join("\n"))
    }

    /// The processor time that it has used since it began.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = self.proc("stat")?;
        // The name in parentheses may have blanks; after it come the fields from the third on: utime is the 14th, stime the 15th.
        let (_, fields) = stat.rsplit_once(')').context("/proc/…/stat can't be read")?;
        let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
        Ok(TICK * ticks)
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn memory(&self) -> anyhow::Result<f64> {
        let status = self.proc("status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        Ok(resident.context("/proc/…/status has no VmRSS")?.parse::<f64>()? / 1024.0)
    }

    fn proc(&self, file: &str) -> anyhow::Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("{path} can't be read: the benchmark needs Linux, and {} to run", self.name))
    }

    /// Asks it to end, so that it can tidy up, and kills it where it does not.
    fn stop(&mut self) {
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        if ended(&mut self.child) {
            return;
        }
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().is_ok_and(|status| status.success());
        let until = Instant::now() + if asked { STOP } else { Duration::ZERO };
        while !ended(&mut self.child) && Instant::now() < until {
            thread::sleep(POLL);
        }
        // Neither fails but where it has ended by now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
    }
}

fn each_line(output: impl Read, tell: impl FnMut(String)) {
    BufReader::new(output).lines().map_while(Result::ok).for_each(tell);
}
