//! `cargo xtask bench reads | writes | lag`: what the data of the services costs, by the services' own use cases.
//!
//! | module | what |
//! |---|---|
//! | [`arguments`] | the command line |
//! | [`company`] | a company with any number of customers and orders |
//! | [`reads`] | what pages, batches and searches read |
//! | [`writes`] | what an order's creation costs, beside a bare insert of the same documents |
//! | [`lag`] | from a commit to its effect at another service |
//! | [`report`] | what is told |
//!
//! What the figures mean, and what they don't, is in `docs/benchmark.md`.

mod arguments;
mod company;
mod lag;
mod reads;
mod report;
mod writes;

use std::process::ExitCode;

use anyhow::bail;
use clap::Parser as _;

use arguments::Measure;

/// As all programs of the product have it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure what the data of the services costs.
#[derive(clap::Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Command {
    #[command(subcommand)]
    measure: Measure,
    /// What cargo says to every benchmark
    #[arg(long, hide = true, global = true)]
    bench: bool,
}

fn main() -> ExitCode {
    match run(&Command::parse().measure) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(measure: &Measure) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let measured = async {
            match measure {
                Measure::Reads(arguments) => reads::run(arguments).await,
                Measure::Writes(arguments) => writes::run(arguments).await,
                Measure::Lag(arguments) => lag::run(arguments).await,
            }
        };
        tokio::select! {
            outcome = measured => outcome,
            () = runtime::signal::stop_requested() => bail!("stopped"),
        }
    })
}
