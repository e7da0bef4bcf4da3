//! The commands for events that a consumer gave up on: `crm dead-letters list`. Every service's program has them too, and
//! all show the same ones, since the programs share the bus.

use std::time::Duration;

use backon::{ConstantBuilder, Retryable as _};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Args, Subcommand};
use events::{Bus, DeadLetter, DeadLetterId};
use kernel::{Envelope, Error, Result};
use serde_json::{Value, json};

/// How often the bus is asked whether it is connected, and how many times.
const CONNECTING: (Duration, usize) = (Duration::from_millis(100), 100);
/// How many dead letters one command looks at: more than anybody reads, few enough to be in memory together.
const MOST: usize = 10_000;
/// The longest error in a list; all of it is shown with the single dead letter.
const LONGEST_ERROR: usize = 120;

/// A command and its arguments.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List them, the oldest first
    List {
        /// The most to list
        #[arg(long, default_value_t = 100)]
        limit: usize,
        /// Only those of this consumer, such as order.customers
        #[arg(long)]
        consumer: Option<String>,
    },
    /// Show one, and what its event says, which may be personal data
    Show {
        /// Which, as the list names it
        id: DeadLetterId,
    },
    /// Put them back into their consumers' queues, as if they had not been tried
    Replay(Chosen),
    /// Throw them away for good
    Discard(Chosen),
}

/// Which ones.
#[derive(Debug, Clone, Args)]
pub struct Chosen {
    /// Which, as the list names them
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub ids: Vec<DeadLetterId>,
    /// All that are there now
    #[arg(long)]
    pub all: bool,
    /// With --all: only those of this consumer
    #[arg(long, requires = "all")]
    pub consumer: Option<String>,
}

impl Command {
    /// What the commands together are called, and what they are for.
    pub(crate) const NAME: &str = "dead-letters";
    pub(crate) const ABOUT: &str = "Events that a consumer gave up on: list, show, replay, discard";

    /// Does it. Returns what to print.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`] where the bus can't be reached within some seconds.
    pub async fn run(&self, bus: &dyn Bus) -> Result<String> {
        connected(bus).await?;
        match self {
            Self::List { limit, consumer } => Ok(table(&chosen(bus, consumer.as_deref(), *limit).await?)),
            Self::Show { id } => {
                let letter = bus.dead_letter(id).await?;
                serde_json::to_string_pretty(&whole(&letter)).map_err(Error::internal)
            }
            Self::Replay(which) => {
                let ids = which.ids(bus).await?;
                let done = each(&ids, async |id| bus.replay(id).await).await?;
                Ok(format!("{done} of {} dead letters wait for their consumers again.", ids.len()))
            }
            Self::Discard(which) => {
                let ids = which.ids(bus).await?;
                let done = each(&ids, async |id| bus.discard(id).await).await?;
                Ok(format!("{done} of {} dead letters are thrown away.", ids.len()))
            }
        }
    }
}

/// Waits until a bus that was just opened is connected.
///
/// # Errors
/// [`Error::Unavailable`] where it is not within some seconds.
pub async fn connected(bus: &dyn Bus) -> Result<()> {
    let (every, times) = CONNECTING;
    let connected = (|| bus.ping()).retry(ConstantBuilder::default().with_delay(every).with_max_times(times));
    connected.when(|error| matches!(error, Error::Unavailable(_))).await
}

impl Chosen {
    async fn ids(&self, bus: &dyn Bus) -> Result<Vec<DeadLetterId>> {
        if !self.all {
            return Ok(self.ids.clone());
        }
        let letters = chosen(bus, self.consumer.as_deref(), MOST).await?;
        Ok(letters.into_iter().map(|letter| letter.id).collect())
    }
}

/// The oldest of one consumer or all.
async fn chosen(bus: &dyn Bus, consumer: Option<&str>, limit: usize) -> Result<Vec<DeadLetter>> {
    let most = if consumer.is_some() { MOST } else { limit.min(MOST) };
    let mut letters = bus.dead_letters(most).await?;
    letters.retain(|letter| consumer.is_none_or(|consumer| letter.id.consumer == consumer));
    letters.truncate(limit);
    Ok(letters)
}

/// Does something with each, and tells with how many. Of several, one that somebody else dealt with meanwhile is passed over.
async fn each(ids: &[DeadLetterId], act: impl AsyncFn(&DeadLetterId) -> Result<()>) -> Result<usize> {
    let mut done = 0;
    for id in ids {
        match act(id).await {
            Ok(()) => done += 1,
            Err(Error::NotFound { .. }) if ids.len() > 1 => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

fn table(letters: &[DeadLetter]) -> String {
    if letters.is_empty() {
        return "There are no dead letters.".to_owned();
    }
    let mut rows = vec![["ID", "EVENT", "GIVEN UP", "TRIES", "ERROR"].map(str::to_owned)];
    rows.extend(letters.iter().map(row));
    let widths: [usize; 5] = std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    let lines = rows.iter().map(|row| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn row(letter: &DeadLetter) -> [String; 5] {
    let kind = letter.envelope.as_ref().map_or("(unreadable)", |envelope| &envelope.kind);
    let mut error: String = letter.error.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = error.char_indices().nth(LONGEST_ERROR) {
        error.truncate(at);
        error.push('…');
    }
    [letter.id.to_string(), kind.to_owned(), letter.at.to_string(), letter.attempts.to_string(), error]
}

fn whole(letter: &DeadLetter) -> Value {
    json!({
        "id": letter.id.to_string(),
        "consumer": letter.id.consumer,
        "attempts": letter.attempts,
        "error": letter.error,
        "at": letter.at.to_string(),
        "event": letter.envelope.as_ref().map(event),
    })
}

/// The event's attributes as CloudEvents names them; its data as JSON, or in base64 where no contract reads it.
fn event(envelope: &Envelope) -> Value {
    let data = contracts::event::describe(&envelope.kind, &envelope.data).and_then(|message| serde_json::to_value(message).ok());
    let mut event = json!({
        "id": envelope.id.to_string(),
        "type": envelope.kind,
        "source": envelope.source,
        "subject": envelope.subject.to_string(),
        "version": envelope.version,
        "company": envelope.company.to_string(),
        "time": envelope.time.to_string(),
        "actor": envelope.actor,
        "traceparent": envelope.traceparent,
    });
    match data {
        Some(data) => event["data"] = data,
        None => event["data_base64"] = STANDARD.encode(&envelope.data).into(),
    }
    event
}

#[cfg(test)]
mod tests;
