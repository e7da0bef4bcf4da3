//! The command line of the benchmark of the gateway. It stands alone: `cargo xtask bench --help` shows it without building anything.

use clap::{Args, ValueEnum};

/// What is measured, and how long.
#[derive(Debug, Clone, Args)]
pub(crate) struct Arguments {
    /// Print a line of JSON for each result, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// How often each contestant is measured, in turns; the median counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long each measurement takes, in seconds; a quarter of it comes before, to warm up
    #[arg(long, value_name = "S", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// How many connections send requests, each one after another
    #[arg(long, value_name = "N", default_values_t = [1, 16, 64], value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) connections: Vec<u32>,
    /// Only these queries
    #[arg(long, value_name = "NAME", value_delimiter = ',', default_values_t = QueryName::ALL)]
    pub(crate) query: Vec<QueryName>,
    /// Measure what others offer too: Apollo Server, Mercurius, Hive Gateway. Needs Node.js 20 or later; installs them by npm
    #[arg(long)]
    pub(crate) peers: bool,
    /// Measure the gateway with its entity cache too. Needs a RabbitMQ, which it gets and starts itself, and root where none is installed
    #[arg(long)]
    pub(crate) cache: bool,
    /// Draw the ratios at 16 connections, or the most below, as a picture (SVG) in that file
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<std::path::PathBuf>,
    /// What cargo says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// The queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryName {
    /// 50 orders, each with its customer and its employees
    Large,
    /// 50 orders with customer and employees, and the next 3 orders of each employee
    Deep,
    /// One order by its id, with its customer
    Small,
    /// 20 customers
    List,
    /// The viewer and their account
    One,
}

impl QueryName {
    pub(crate) const ALL: [Self; 5] = [Self::Large, Self::Deep, Self::Small, Self::List, Self::One];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Large => "large",
            Self::Deep => "deep",
            Self::Small => "small",
            Self::List => "list",
            Self::One => "one",
        }
    }
}

impl std::fmt::Display for QueryName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
