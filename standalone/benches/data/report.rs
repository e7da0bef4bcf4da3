//! What is told of measurements: a table, or a line of JSON for each.

use std::io::{self, Write as _};

use serde::Serialize;

/// A row of a table.
pub(crate) trait Row: Serialize {
    /// The headings of its columns, each with its width; the first is written from the left.
    const COLUMNS: &'static [(&'static str, usize)];
    /// What stands in its columns.
    fn cells(&self) -> Vec<String>;
}

/// Tells of rows.
pub(crate) fn tell<R: Row>(json: bool, rows: &[R]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if json {
        for row in rows {
            writeln!(out, "{}", serde_json::to_string(row)?)?;
        }
        return Ok(());
    }
    let line = |cells: Vec<String>| {
        let aligned = cells.iter().zip(R::COLUMNS).enumerate().map(|(column, (cell, (_, width)))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        aligned.collect::<Vec<_>>().join("  ")
    };
    writeln!(out, "{}", line(R::COLUMNS.iter().map(|(heading, _)| (*heading).to_owned()).collect()))?;
    for row in rows {
        writeln!(out, "{}", line(row.cells()))?;
    }
    Ok(())
}

/// The value below which `share` of the sorted values are.
pub(crate) fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}
