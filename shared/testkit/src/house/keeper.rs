//! What ends the processes of a house and takes its folder away, whatever happens to the test: tests are killed, and what
//! is in a `static` is never dropped.

use std::{
    env, fs,
    io::Write as _,
    os::unix::process::CommandExt as _,
    panic,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, Once, PoisonError},
};

/// Leads the group of the processes. It waits for a line, or for the end of its input, which comes with the end of whoever
/// holds the other side of the pipe: then nobody else takes the databases away, and a file says so for the next house. At
/// last it kills the group and itself.
const SCRIPT: &str = r#"read -r _ || : > "$2"; [ -e "$1/failed" ] || rm -rf -- "$1"; kill -9 0"#;
/// What the names of files begin with that say which house is left over.
const LEFT: &str = "crm-house-left-";

/// The folders of the houses there are, for [`tell`].
static FOLDERS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The one who puts out the lights.
pub(super) struct Keeper {
    leader: Child,
    line: Option<ChildStdin>,
    folder: PathBuf,
}

impl Keeper {
    /// A keeper of the house `name`, with a new folder for its logs.
    pub(super) fn new(name: &str) -> Self {
        static TELL: Once = Once::new();
        TELL.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                before(info);
                tell();
            }));
        });
        let folder = tempfile::Builder::new().prefix("crm-house-").tempdir().expect("a folder").keep();
        folders().push(folder.clone());
        let mut command = Command::new("sh");
        command
            .args(["-c", SCRIPT, "keeper"])
            .arg(&folder)
            .arg(env::temp_dir().join(format!("{LEFT}{name}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut leader = command.process_group(0).spawn().expect("a shell");
        let line = leader.stdin.take();
        Self { leader, line, folder }
    }

    /// The process group of the house.
    pub(super) fn group(&self) -> i32 {
        i32::try_from(self.leader.id()).expect("a process id")
    }

    /// Where the logs are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves the logs where they are, and says where.
    pub(super) fn keep_logs(&self) {
        keep(&self.folder);
    }

    /// Ends every process of the house.
    pub(super) fn end(&mut self) {
        if let Some(mut line) = self.line.take() {
            let _ = line.write_all(b"\n");
        }
        let _ = self.leader.wait();
        folders().retain(|folder| *folder != self.folder);
    }
}

/// The houses of this machine that were left over, with the files that say so.
pub(super) fn left() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(env::temp_dir()).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.file_name().to_str()?.strip_prefix(LEFT)?.to_owned(), entry.path()))).collect()
}

fn folders() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    FOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// At a panic: the last lines of every log there is, and where the whole of it is, which is then left there.
fn tell() {
    for folder in folders().iter() {
        keep(folder);
        let mut logs: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        logs.sort();
        for log in logs.iter().filter(|path| path.extension().is_some_and(|extension| extension == "log")) {
            eprintln!("{}:\n{}", log.file_stem().unwrap_or_default().display(), last_lines(&fs::read(log).unwrap_or_default(), 5));
        }
    }
}

/// Leaves a house's logs where they are, and says where.
fn keep(folder: &Path) {
    let _ = fs::write(folder.join("failed"), "");
    eprintln!("\nthe programs' logs are in {}", folder.display());
}

/// The last `count` lines of a log.
pub(super) fn last_lines(log: &[u8], count: usize) -> String {
    let text = String::from_utf8_lossy(log);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;
    use crate::house::new_name;

    fn sleeper(keeper: &Keeper) -> Child {
        Command::new("sleep").arg("600").process_group(keeper.group()).spawn().unwrap()
    }

    #[test]
    fn processes_and_folder_go_with_the_house() {
        let name = new_name();
        let mut keeper = Keeper::new(&name);
        let mut sleeper = sleeper(&keeper);
        keeper.end();
        assert_eq!(sleeper.wait().unwrap().signal(), Some(9));
        assert!(!keeper.folder().exists());
        assert!(left().iter().all(|(left, _)| *left != name));
    }

    #[test]
    fn processes_and_folder_go_though_the_test_was_killed() {
        let name = new_name();
        let mut keeper = Keeper::new(&name);
        let mut sleeper = sleeper(&keeper);
        // All that a killed test does is to let go of what it holds.
        drop(keeper.line.take());
        assert_eq!(sleeper.wait().unwrap().signal(), Some(9));
        keeper.end();
        assert!(!keeper.folder().exists());
        let (_, file) = left().into_iter().find(|(left, _)| *left == name).expect("it is known that the house is left over");
        fs::remove_file(file).unwrap();
    }

    #[test]
    fn logs_that_are_kept_stay_when_the_processes_end() {
        let mut keeper = Keeper::new(&new_name());
        let mut sleeper = sleeper(&keeper);
        keeper.keep_logs();
        keeper.end();
        assert_eq!(sleeper.wait().unwrap().signal(), Some(9));
        fs::remove_dir_all(keeper.folder()).unwrap();
    }

    #[test]
    fn a_logs_end_is_shown() {
        assert_eq!(last_lines(b"one\ntwo\nthree\n", 2), "two\nthree");
        assert_eq!(last_lines(b"one\n", 2), "one");
    }
}
