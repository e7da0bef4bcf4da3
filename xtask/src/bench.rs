//! Benchmarks.

#[path = "../../standalone/benches/data/arguments.rs"]
mod data;
#[path = "../../standalone/benches/graph/arguments.rs"]
mod graph;

use ::components::Components;
use clap::Args;
use data::{Measure, Reads};

use crate::{cargo, run};

/// Of the gateway, or of the data.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Bench {
    #[command(subcommand)]
    data: Option<Measure>,
    #[command(flatten)]
    graph: graph::Arguments,
}

/// A benchmark reads its arguments itself; here they were checked before anything is built.
pub(crate) fn bench(arguments: &Bench) -> anyhow::Result<()> {
    let given = || std::env::args_os().skip(2);
    match &arguments.data {
        None => {
            // As programs are built for their images.
            const DEPLOYED: [&str; 2] = ["--profile", "dist"];
            // The programs that it runs are built together with it, and of the same packages, so that nothing is built twice.
            const WHAT: [&str; 6] = ["--package", "standalone", "--package", "gateway", "--bench", "graph"];
            run(cargo().args(["build", "--bins"]).args(DEPLOYED).args(WHAT))?;
            run(cargo().arg("bench").args(DEPLOYED).args(WHAT).arg("--").args(given()))
        }
        Some(measure) => {
            const WHAT: [&str; 5] = ["bench", "--package", "standalone", "--bench", "data"];
            run(cargo().args(WHAT).arg("--no-run"))?;
            let components = match measure {
                Measure::Reads(Reads { mongodb: false, .. }) => None,
                _ => Some(Components::start()?),
            };
            let variables = components.iter().flat_map(|components| components.variables());
            run(cargo().args(WHAT).arg("--").args(given()).envs(variables))
        }
    }
}
