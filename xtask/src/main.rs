//! The developer's commands: `cargo xtask <command>`. CI runs the same.
//!
//! Of the workspace it depends on `components` only, so that it is built in seconds and `up` builds nothing twice.

mod bench;
mod charts;
mod compose;
mod crm;
mod generated;
mod images;
mod kubernetes;
mod lint;
mod test;
mod tools;

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    sync::LazyLock,
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
    /// Run every test, on a MongoDB and a RabbitMQ that are started for it; the scenarios in every shape; a short round of faults.
    ///
    /// Both come from what is installed, else from Docker, else from packages. Where CRM_TEST_MONGODB_URL or CRM_TEST_RABBITMQ_URL is
    /// set, tests use that one.
    Test {
        /// Passed to `cargo test`, such as the name of a test or `-p order`; only that is run then.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Start a MongoDB and a RabbitMQ, until Ctrl-C, for tests that are run by `cargo test`: the short way while developing.
    Components,
    /// Break things under load and show that nothing is lost and nothing happens twice.
    Faults {
        /// With programs as they are deployed: slower to build, for figures.
        #[arg(long)]
        release: bool,
        /// Passed to `faults`, such as `--seed 7 --repetitions 20`; `cargo xtask faults -- --help` tells them.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Write schema.graphql from the gateway's types.
    Schema {
        /// Change nothing; fail where the file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Write the manifest of trusted operations: of each its hash, its cost, its RPC budget.
    Operations {
        /// The folder of the operations, each in a file of its own with its fragments: *.graphql.
        #[arg(default_value = generated::OPERATIONS)]
        folder: String,
        /// Change nothing; fail where the file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Measure the gateway beside a hand-written handler, or what the data costs: docs/benchmark.md tells what the figures mean.
    Bench(bench::Bench),
    /// Check what a pull request must pass beside the tests; without a part all that the installed tools can check.
    Lint {
        /// What to check; its tools must be installed then, as .github/tools does.
        #[arg(value_enum)]
        parts: Vec<lint::Part>,
    },
    /// Write charts/golden anew: the charts as they are rendered with each file of values.
    Charts,
    /// Build the image of every program, by Docker.
    Images {
        /// The tag; by default the version.
        #[arg(long, default_value = env!("CARGO_PKG_VERSION"))]
        tag: String,
        /// Passed to `docker build`, such as `--no-cache`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Try compose.yaml on the local images: start it with the demo, query it, kill each container.
    Compose,
    /// Try the charts on a cluster: install, `helm test`, upgrade and deletion of pods under load, uninstall.
    Kubernetes(kubernetes::Kubernetes),
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Up { arguments } => {
            run(cargo().args(["run", "--release", "--package", "standalone", "--bin", "crm", "--", "up"]).args(arguments))
        }
        Task::Test { arguments } => test::test(&arguments),
        Task::Components => test::components(),
        Task::Faults { release, arguments } => test::faults(release, &arguments),
        Task::Schema { check } => generated::schema(check),
        Task::Operations { folder, check } => generated::operations(&folder, check),
        Task::Bench(arguments) => bench::bench(&arguments),
        Task::Lint { parts } => lint::lint(&parts),
        Task::Charts => charts::write(),
        Task::Images { tag, arguments } => images::build(&tag, &arguments),
        Task::Compose => compose::compose(),
        Task::Kubernetes(arguments) => kubernetes::kubernetes(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> &'static Path {
    // As cargo tells it now: this program may have been built of another folder that shared the target folder.
    static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        package.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
    });
    &ROOT
}

/// The cargo that runs this, in the workspace's folder.
fn cargo() -> Command {
    let mut command = Command::new(option_env!("CARGO").unwrap_or("cargo"));
    command.current_dir(root());
    // What cargo says of this package: build scripts watch it, and would run again, with all that depends on them.
    let own = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(own)) {
        command.env_remove(name);
    }
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

/// Tells whoever runs this.
fn tell(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}

/// Runs a command for its output.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stderr(std::process::Stdio::inherit()).output().with_context(|| format!("{} can't be run", line(command)))?;
    if !output.status.success() {
        bail!("failed: {}", line(command));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
