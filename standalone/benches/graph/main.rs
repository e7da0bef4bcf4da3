//! `cargo xtask bench`: the gateway beside handlers written by hand.
//!
//! | module | what |
//! |---|---|
//! | [`arguments`] | the command line |
//! | [`queries`] | the queries, as each contestant is asked them |
//! | [`handwritten`] | the contestant that is the limit: a handler for each query, written by hand |
//! | [`bare`] | the same handlers on HTTP/2 alone, without a client for gRPC and without messages |
//! | [`plain`] | the contestant on async-graphql, as its users write it |
//! | [`server`], [`call`] | what these three have around their handlers, and in hand for a request |
//! | [`peers`] | the contestants that others make, in `peers/` |
//! | [`programs`], [`process`] | the programs under test, each a process of its own |
//! | [`session`] | signing in, and a token that does not end meanwhile |
//! | [`http`], [`load`] | connections, and the requests sent on them |
//! | [`compare`] | that all contestants answer the same |
//! | [`measure`], [`report`] | rounds of measurements, and what is told of them |
//!
//! What the figures mean, and what they don't, is in `docs/benchmark.md`.

mod arguments;
mod bare;
mod call;
mod compare;
mod handwritten;
mod http;
mod load;
mod measure;
mod peers;
mod plain;
mod plot;
mod process;
mod programs;
mod queries;
mod report;
mod server;
mod session;

use std::process::ExitCode;

use anyhow::bail;
use clap::Parser as _;

use arguments::Arguments;

/// As all programs of the product have it, and the contestants among them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measure the gateway beside handlers written by hand for the same queries.
#[derive(clap::Parser)]
#[command(name = "cargo xtask bench", bin_name = "cargo xtask bench")]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn main() -> ExitCode {
    // This program is three of the contestants too: it runs itself for that.
    let outcome = match std::env::args().nth(1).as_deref() {
        Some(handwritten::COMMAND) => handwritten::run(),
        Some(bare::COMMAND) => bare::run(),
        Some(plain::COMMAND) => plain::run(),
        _ => run(&Command::parse().arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread sends the requests, so that the contestants have the rest of the machine.
fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        tokio::select! {
            outcome = measure::run(arguments) => outcome,
            // What was started ends as it is dropped.
            () = runtime::signal::stop_requested() => bail!("stopped"),
        }
    })
}
