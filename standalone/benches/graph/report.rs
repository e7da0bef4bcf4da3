//! What is told of the measurements.

use std::io::{self, Write as _};

use serde::Serialize;

/// What came of one contestant with one query at a number of connections.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) contestant: &'static str,
    pub(crate) query: &'static str,
    pub(crate) connections: u32,
    /// Processor time of the contestant per request, in microseconds.
    pub(crate) cpu_us: f64,
    /// That, as a multiple of the limit's.
    pub(crate) ratio: f64,
    /// Requests per second.
    pub(crate) rps: f64,
    /// The time in which half of the answers came, in milliseconds.
    pub(crate) p50_ms: f64,
    /// The time in which 99 of 100 answers came, in milliseconds.
    pub(crate) p99_ms: f64,
    /// gRPC calls per request.
    pub(crate) rpcs: f64,
    /// Memory of the contestant afterwards, in MiB.
    pub(crate) rss_mib: f64,
}

/// Tells of rows as they come.
pub(crate) struct Report {
    json: bool,
    begun: bool,
}

impl Report {
    pub(crate) fn new(json: bool) -> Self {
        Self { json, begun: false }
    }

    /// Tells of the contestants with one query at a number of connections.
    pub(crate) fn tell(&mut self, rows: &[Row]) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        if self.json {
            for row in rows {
                writeln!(out, "{}", serde_json::to_string(row)?)?;
            }
            return Ok(());
        }
        if !self.begun {
            self.begun = true;
            writeln!(
                out,
                "{:<6} {:>11}  {:<12} {:>6} {:>9} {:>6} {:>8} {:>8} {:>8} {:>8}",
                "query", "connections", "contestant", "RPCs", "CPU µs", "×", "req/s", "p50 ms", "p99 ms", "RSS MiB"
            )?;
        }
        for row in rows {
            writeln!(
                out,
                "{:<6} {:>11}  {:<12} {:>6} {:>9.0} {:>6.2} {:>8.0} {:>8.2} {:>8.2} {:>8.1}",
                row.query, row.connections, row.contestant, row.rpcs, row.cpu_us, row.ratio, row.rps, row.p50_ms, row.p99_ms, row.rss_mib
            )?;
        }
        writeln!(out)?;
        Ok(())
    }
}

/// The value in the middle; of an even number of them the upper one.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// To so many decimals: what is beyond them is noise.
pub(crate) fn rounded(value: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (value * unit).round() / unit
}
