//! Log lines on their way to standard error.
//!
//! A request's line does not wait for whoever reads the log: lines are gathered, and written together a moment later by a thread of their
//! own. Those that tell of something wrong are written at once, with all before them.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, Thread},
    time::Duration,
};

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits for others. So much of the log is lost with a process that is killed.
const WAIT: Duration = Duration::from_millis(50);
/// So many bytes don't wait: whoever adds to them writes them, and waits for the log's reader where that is slow.
const MOST: usize = 64 * 1024;

/// The lines, and where they go. Clones are the same.
pub(super) struct Lines<W>(Arc<Parts<W>>);

struct Parts<W> {
    waiting: Mutex<Vec<u8>>,
    /// Held while lines are written, so that they stay in order.
    out: Mutex<Out<W>>,
    /// Writes what has waited.
    writer: Thread,
}

struct Out<W> {
    writer: W,
    /// The lines that are written; in between, room for those that will wait.
    lines: Vec<u8>,
}

impl<W> Clone for Lines<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: Write + Send + 'static> Lines<W> {
    /// Lines that go to `out`.
    ///
    /// # Errors
    /// Where the system gives no more threads.
    pub(super) fn to(out: W) -> io::Result<Self> {
        let (hand_over, handed) = std::sync::mpsc::sync_channel::<std::sync::Weak<Parts<W>>>(1);
        let thread = thread::Builder::new().name("log".to_owned()).spawn(move || {
            let Ok(parts) = handed.recv() else { return };
            loop {
                thread::park();
                thread::sleep(WAIT);
                let Some(parts) = parts.upgrade() else { return };
                parts.write();
            }
        })?;
        let parts = Arc::new(Parts {
            waiting: Mutex::default(),
            out: Mutex::new(Out { writer: out, lines: Vec::new() }),
            writer: thread.thread().clone(),
        });
        let _ = hand_over.send(Arc::downgrade(&parts));
        Ok(Self(parts))
    }

    /// Writes what waits.
    pub(super) fn flush(&self) {
        self.0.write();
    }
}

impl<W: Write> Parts<W> {
    fn add(&self, line: &[u8], at_once: bool) {
        let mut waiting = lock(&self.waiting);
        let first = waiting.is_empty();
        waiting.extend_from_slice(line);
        let full = waiting.len() >= MOST;
        drop(waiting);
        if at_once || full {
            self.write();
        } else if first {
            self.writer.unpark();
        }
    }

    fn write(&self) {
        let mut out = lock(&self.out);
        let Out { writer, lines } = &mut *out;
        lines.clear();
        mem::swap(lines, &mut *lock(&self.waiting));
        // A log that can't be written can't be complained about in the log.
        let _ = writer.write_all(lines).and_then(|()| writer.flush());
    }
}

impl<W> Drop for Parts<W> {
    fn drop(&mut self) {
        self.writer.unpark();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, W: Write + Send + 'static> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Line<'a, W> {
        Line { lines: &self.0, at_once: false }
    }

    fn make_writer_for(&'a self, metadata: &Metadata<'_>) -> Line<'a, W> {
        Line { lines: &self.0, at_once: *metadata.level() <= Level::WARN }
    }
}

/// Takes one line.
pub(super) struct Line<'a, W> {
    lines: &'a Parts<W>,
    at_once: bool,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.lines.add(line, self.at_once);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Instant};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;

    /// Tells of what is written, each time.
    struct Told(mpsc::Sender<String>);

    impl Write for Told {
        fn write(&mut self, lines: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8(lines.to_vec()).unwrap());
            Ok(lines.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Lines<Told>, mpsc::Receiver<String>, tracing::subscriber::DefaultGuard) {
        let (tell, told) = mpsc::channel();
        let lines = Lines::to(Told(tell)).unwrap();
        let plain = tracing_subscriber::fmt::layer().with_ansi(false).without_time().with_target(false).with_writer(lines.clone());
        (lines, told, tracing::subscriber::set_default(tracing_subscriber::registry().with(plain)))
    }

    #[test]
    fn a_line_is_written_soon_though_nobody_asks_for_it() {
        let (_lines, told, _log) = log();
        for line in ["one", "another, when all before is written"] {
            tracing::info!("{line}");
            assert!(told.recv_timeout(Duration::from_secs(30)).unwrap().contains(line));
        }
    }

    #[test]
    fn what_is_wrong_is_written_before_anything_else_happens_and_after_all_that_was_said_before() {
        let (_lines, told, _log) = log();
        tracing::info!("first");
        tracing::warn!("second");
        let written: String = told.try_iter().collect();
        assert!(written.find("first").unwrap() < written.find("second").unwrap(), "{written}");
    }

    #[test]
    fn much_does_not_wait() {
        let (_lines, told, _log) = log();
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(30) {
            tracing::info!("{}", "a".repeat(1_000));
            if let Ok(lines) = told.try_recv() {
                assert!(lines.len() <= MOST + 1_100);
                return;
            }
        }
        panic!("nothing was written");
    }

    #[test]
    fn nothing_is_left_behind_a_flush() {
        let (lines, told, _log) = log();
        tracing::info!("the last");
        lines.flush();
        assert!(told.try_iter().any(|lines| lines.contains("the last")));
    }
}
