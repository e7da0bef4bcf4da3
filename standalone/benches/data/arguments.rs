//! The command line of the benchmarks of data. It stands alone: `cargo xtask bench --help` shows it without building anything.

use clap::{Args, Subcommand};

/// What is measured.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Measure {
    /// What pages of lists, batches and searches read from the store, in a small company and in a large one
    Reads(Reads),
    /// Order creations on MongoDB beside a bare insert of the same documents in the same transaction
    Writes(Writes),
    /// The time from a commit to its effect at another service, on MongoDB and RabbitMQ
    Lag(Lag),
}

/// The company whose lists are read.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reads {
    /// Print a line of JSON for each result, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// On MongoDB, where it tells itself what it examined; SQLite otherwise, at 5,000 and at 500,000 orders
    #[arg(long)]
    pub(crate) mongodb: bool,
    /// Customers on MongoDB
    #[arg(long, value_name = "N", default_value_t = 1_000_000, requires = "mongodb", value_parser = clap::value_parser!(u32).range(1_000..))]
    pub(crate) customers: u32,
    /// Orders on MongoDB
    #[arg(long, value_name = "N", default_value_t = 2_000_000, requires = "mongodb", value_parser = clap::value_parser!(u32).range(1_000..))]
    pub(crate) orders: u32,
}

/// How orders are created.
#[derive(Debug, Clone, Args)]
pub(crate) struct Writes {
    /// Print a line of JSON for each result, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// How often each contestant is measured, in turns; the median counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) rounds: u32,
    /// How long each measurement takes, in seconds
    #[arg(long, value_name = "S", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=60))]
    pub(crate) seconds: u32,
    /// How many write at once, each one after another
    #[arg(long, value_name = "N", default_values_t = [1, 16], value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) writers: Vec<u32>,
}

/// How events are caused.
#[derive(Debug, Clone, Args)]
pub(crate) struct Lag {
    /// Print a line of JSON for each result, and no table
    #[arg(long)]
    pub(crate) json: bool,
    /// Writes per second; each at its own time, whether those before it are done or not
    #[arg(long, value_name = "N", default_values_t = [20, 500], value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) rate: Vec<u32>,
    /// How long each rate is kept up, in seconds
    #[arg(long, value_name = "S", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub(crate) seconds: u32,
}
