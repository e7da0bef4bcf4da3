//! How the figures are told.
#![expect(clippy::print_stdout, reason = "the report is what the program is for")]

use serde_json::json;

use crate::{scenarios::Scenario, tally::Tally};

/// What came of a scenario.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Which.
    pub(crate) scenario: &'static Scenario,
    /// How many repetitions came to their end.
    pub(crate) repetitions: u32,
    /// The sum of them.
    pub(crate) tally: Tally,
    /// Why it could not be played, or not to its end.
    pub(crate) failure: Option<String>,
}

impl Outcome {
    /// Whether it was played, and everything held.
    pub(crate) fn holds(&self) -> bool {
        self.failure.is_none() && self.tally.holds()
    }
}

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Table,
    Markdown,
    Json,
}

/// The names of the columns.
const COLUMNS: [&str; 10] =
    ["#", "scenario", "repetitions", "acknowledged", "lost", "events", "events lost", "doubled", "converged ms, max", "holds"];

/// Tells what there is.
pub(crate) fn list(scenarios: &[&Scenario]) {
    for scenario in scenarios {
        println!("{:>2}  {}\n      {}\n      holds: {}", scenario.row, scenario.name, scenario.fault, scenario.holds);
    }
}

/// Tells the figures.
pub(crate) fn tell(outcomes: &[Outcome], format: Format) {
    if format == Format::Json {
        outcomes.iter().for_each(|outcome| println!("{}", line(outcome)));
        return;
    }
    let rows: Vec<Vec<String>> = outcomes.iter().map(cells).collect();
    let heads: Vec<String> = COLUMNS.iter().map(|&head| head.to_owned()).collect();
    let width = |column: usize| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    let padded = |row: &[String]| -> Vec<String> {
        row.iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| if column == 1 { format!("{cell:<width$}") } else { format!("{cell:>width$}") })
            .collect()
    };
    let (between, edge) = if format == Format::Markdown { (" | ", "| ") } else { ("  ", "") };
    let row = |row: &[String]| println!("{edge}{}{}", padded(row).join(between), edge.trim().replace('|', " |"));
    row(&heads);
    if format == Format::Markdown {
        let rule =
            widths.iter().enumerate().map(|(column, width)| if column == 1 { "-".repeat(*width) } else { "-".repeat(width - 1) + ":" });
        println!("| {} |", rule.collect::<Vec<_>>().join(" | "));
    }
    rows.iter().for_each(|cells| row(cells));
}

/// Tells on standard error what did not hold, and how to see it again.
pub(crate) fn explain(outcome: &Outcome, seed: u64) {
    let name = outcome.scenario.name;
    outcome.tally.notes.iter().for_each(|note| eprintln!("{name}: {note}"));
    if outcome.holds() {
        return;
    }
    outcome.failure.iter().for_each(|failure| eprintln!("{name}: could not be played: {failure}"));
    outcome.tally.broken.iter().for_each(|broken| eprintln!("{name}: does not hold: {broken}"));
    eprintln!("{name}: again with: cargo xtask faults --seed {seed} --repetitions {} {name}", outcome.repetitions.max(1));
}

fn cells(outcome: &Outcome) -> Vec<String> {
    let Outcome { scenario, repetitions, tally, failure } = outcome;
    let holds = match (failure, outcome.holds()) {
        (Some(_), _) => "not played",
        (None, true) => "yes",
        (None, false) => "NO",
    };
    vec![
        scenario.row.to_string(),
        scenario.name.to_owned(),
        repetitions.to_string(),
        tally.acknowledged.to_string(),
        tally.lost.to_string(),
        tally.events.to_string(),
        tally.events_lost.to_string(),
        tally.doubled.to_string(),
        tally.converged.as_millis().to_string(),
        holds.to_owned(),
    ]
}

fn line(outcome: &Outcome) -> serde_json::Value {
    let Outcome { scenario, repetitions, tally, failure } = outcome;
    json!({
        "scenario": scenario.name,
        "repetitions": repetitions,
        "acknowledged": tally.acknowledged,
        "lost": tally.lost,
        "events": tally.events,
        "events_lost": tally.events_lost,
        "doubled": tally.doubled,
        "converged_ms_max": u64::try_from(tally.converged.as_millis()).unwrap_or(u64::MAX),
        "holds": outcome.holds(),
        "broken": tally.broken,
        "failure": failure,
    })
}
