//! The developer's commands: `cargo xtask <command>`. CI runs the same.
//!
//! It depends on nothing of the workspace, so that it is built in seconds and `up` builds nothing twice.

#[path = "../../standalone/benches/graph/arguments.rs"]
mod bench;
mod lint;
mod schema;

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};

/// Commands for those who develop the CRM.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build and run the whole CRM in one process, with demo data: SQLite, in-process bus, gateway on port 8080.
    Up {
        /// Passed to `crm up`, such as `--ephemeral`; `cargo xtask up -- --help` tells them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run every test.
    Test {
        /// Passed to `cargo test`, such as the name of a test or `-p order`; everything where nothing is given.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Write schema.graphql from the gateway's types.
    Schema {
        /// Change nothing; fail where the file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Measure the gateway beside a hand-written handler: RPCs per query, CPU per request, requests per second.
    Bench(bench::Arguments),
    /// Check what a pull request must pass: formatting, clippy, stale generated files, contracts, dependencies.
    Lint,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Up { arguments } => {
            run(cargo().args(["run", "--release", "--package", "standalone", "--bin", "crm", "--", "up"]).args(arguments))
        }
        Task::Test { arguments } if arguments.is_empty() => run(cargo().args(["test", "--workspace"])),
        Task::Test { arguments } => run(cargo().arg("test").args(arguments)),
        Task::Schema { check } => schema::schema(check),
        Task::Bench(_) => run_bench(),
        Task::Lint => lint::lint(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The benchmark runs the programs as they are deployed. They are built together with it, and of the same packages, so that
/// nothing is built twice. It reads its arguments itself; here they are checked before anything is built.
fn run_bench() -> anyhow::Result<()> {
    const WHAT: [&str; 6] = ["--package", "standalone", "--package", "gateway", "--bench", "graph"];
    run(cargo().args(["build", "--release", "--bins"]).args(WHAT))?;
    run(cargo().arg("bench").args(WHAT).arg("--").args(std::env::args_os().skip(2)))
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// The cargo that runs this, in the workspace's folder.
fn cargo() -> Command {
    let mut command = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    command.current_dir(root());
    command
}

/// Runs a command, whose output is shown.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{} can't be run", line(command)))?;
    if !status.success() {
        bail!("failed: {}", line(command));
    }
    Ok(())
}

/// Runs a command for its output.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(std::process::Stdio::inherit()).output().with_context(|| format!("{} can't be run", line(command)))?;
    if !output.status.success() {
        bail!("failed: {}", line(command));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Where a program of that name is installed.
fn installed(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}
