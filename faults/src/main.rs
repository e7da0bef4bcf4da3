//! Breaks things on purpose, on the real components, and counts what was lost.
//!
//! `cargo xtask faults` builds the programs and runs this. The invariant of every scenario: no acknowledged write lost, no event
//! lost, no effect twice, copies of other services' facts equal to the facts.
//!
//! | module | what |
//! |---|---|
//! | `scenarios` | the table of faults, and how each is made |
//! | `round` | runs them: worlds, repetitions, several side by side |
//! | `world` | what a scenario plays on: MongoDB, RabbitMQ, the programs |
//! | `pair` | two services in miniature on the same store and bus, where a fault must hit one exact moment |
//! | `workload` | clients who write, and note what was acknowledged |
//! | `ledger` | what was acknowledged, held against what is there |
//! | `reading` | what is there, read from the databases |
//! | `child` | what runs as a process of its own, to be killed |
//! | `tally`, `report` | what was measured, and how it is told |
//! | `chance` | every random choice, from the seed |

mod chance;
mod child;
mod ledger;
mod pair;
mod reading;
mod report;
mod round;
mod scenarios;
mod tally;
mod wait;
mod workload;
mod world;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Parser;
use tracing_subscriber::EnvFilter;

use chance::Chance;
use report::Format;
use scenarios::{SCENARIOS, Scenario};

/// Breaks things on purpose, on the real components, and counts what was lost.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask faults", bin_name = "cargo xtask faults")]
struct Arguments {
    /// The scenarios to run; all where none is named.
    scenarios: Vec<String>,
    /// Makes the random moments of another run again; printed by each run.
    #[arg(long)]
    seed: Option<u64>,
    /// How often each scenario is played, at other moments each time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    repetitions: u32,
    /// Keep what takes long at its full length: a service that stands still for 30 s, 100,000 events that wait.
    #[arg(long)]
    long: bool,
    /// How many scenarios are played side by side, each on components of its own.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=16))]
    jobs: u32,
    /// A line of JSON for each scenario instead of the table.
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// The table in Markdown.
    #[arg(long)]
    markdown: bool,
    /// What is logged of the parts of the product that run within this program, such as `info` or `events=debug`.
    #[arg(long, default_value = "off")]
    log: String,
    /// Only tell what there is, and what must hold.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    if let Some(code) = child::run() {
        return code;
    }
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("faults: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether everything held.
fn run(arguments: &Arguments) -> anyhow::Result<bool> {
    let chosen = chosen(&arguments.scenarios)?;
    if arguments.list {
        report::list(&chosen);
        return Ok(true);
    }
    let filter = EnvFilter::try_new(&arguments.log).context("--log")?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let seed = arguments.seed.unwrap_or_else(Chance::seed);
    eprintln!("seed {seed}");
    let format = match (arguments.json, arguments.markdown) {
        (true, _) => Format::Json,
        (_, true) => Format::Markdown,
        _ => Format::Table,
    };
    let plan = round::Plan { seed, repetitions: arguments.repetitions, long: arguments.long, jobs: arguments.jobs };
    let outcomes = round::play(chosen, &plan)?;
    report::tell(&outcomes, format);
    Ok(outcomes.iter().all(report::Outcome::holds))
}

/// The scenarios of those names, in the order of the table.
fn chosen(names: &[String]) -> anyhow::Result<Vec<&'static Scenario>> {
    if let Some(unknown) = names.iter().find(|name| SCENARIOS.iter().all(|scenario| scenario.name != name.as_str())) {
        bail!("there is no scenario {unknown}; --list tells them all");
    }
    Ok(SCENARIOS.iter().filter(|scenario| names.is_empty() || names.iter().any(|name| name == scenario.name)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_one_scenario_with_a_name_of_its_own() {
        let rows: Vec<u8> = SCENARIOS.iter().map(|scenario| scenario.row).collect();
        assert_eq!(rows, (1..=20).collect::<Vec<u8>>());
        let mut names: Vec<&str> = SCENARIOS.iter().map(|scenario| scenario.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SCENARIOS.len());
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        assert!(chosen(&["no-such-fault".to_owned()]).is_err());
        assert_eq!(chosen(&[]).unwrap().len(), SCENARIOS.len());
    }
}
