//! Runs scenarios: worlds, repetitions, several side by side.

use std::{
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use anyhow::{Context as _, Result};
use futures::FutureExt as _;
use serde::{Deserialize, Serialize};

use crate::{
    chance::Chance,
    report::{self, Outcome},
    scenarios::{Play, Scenario},
    tally::Tally,
    world::{Shape, World},
};

/// How scenarios are played.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) repetitions: u32,
    pub(crate) long: bool,
    pub(crate) jobs: u32,
}

/// One repetition of a scenario.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// Counted from 0.
    pub(crate) repetition: u32,
    /// Whether what takes long is kept at its full length.
    pub(crate) long: bool,
    /// The repetition's random choices.
    pub(crate) chance: Chance,
}

impl Plan {
    /// The repetition of that number.
    pub(crate) fn round(&self, scenario: &str, repetition: u32) -> Round {
        Round { repetition, long: self.long, chance: Chance::of(self.seed, scenario, repetition) }
    }
}

/// What is still to be played, and the worlds that wait to be used again.
struct Table {
    waiting: Vec<&'static Scenario>,
    worlds: Vec<World>,
    outcomes: Vec<Outcome>,
}

/// Plays the scenarios; what came of each, in the order of their rows.
///
/// # Errors
/// Where there can't be threads.
pub(crate) fn play(mut scenarios: Vec<&'static Scenario>, plan: &Plan) -> Result<Vec<Outcome>> {
    // What takes longest begins first; within that, worlds of one kind follow each other.
    scenarios.sort_by_key(|scenario| (scenario.seconds, scenario.shape as u8, scenario.row));
    let (alone, beside): (Vec<_>, Vec<_>) = scenarios.into_iter().partition(|scenario| matches!(scenario.play, Play::Alone(_)));
    let table = Mutex::new(Table { waiting: beside, worlds: Vec::new(), outcomes: Vec::new() });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().context("no threads")?;
    std::thread::scope(|scope| {
        for _ in 0..plan.jobs {
            scope.spawn(|| runtime.block_on(play_on(&table, plan)));
        }
    });
    locked(&table).waiting = alone;
    runtime.block_on(play_on(&table, plan));
    let mut outcomes = std::mem::take(&mut locked(&table).outcomes);
    outcomes.sort_by_key(|outcome| outcome.scenario.row);
    Ok(outcomes)
}

fn locked(table: &Mutex<Table>) -> std::sync::MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Plays one scenario after another until none is left.
async fn play_on(table: &Mutex<Table>, plan: &Plan) {
    loop {
        let (scenario, world) = {
            let mut table = locked(table);
            let Some(scenario) = table.waiting.pop() else { return };
            let fit = table.worlds.iter().position(|world| world.shape() == scenario.shape);
            (scenario, fit.map(|fit| table.worlds.swap_remove(fit)))
        };
        let began = Instant::now();
        eprintln!("{}: begins", scenario.name);
        let (outcome, world) = play_one(scenario, world, plan).await;
        let verdict = if outcome.holds() { "holds" } else { "does not hold" };
        eprintln!("{}: {verdict}, after {} s", scenario.name, began.elapsed().as_secs());
        report::explain(&outcome, plan.seed);
        let gone = {
            let mut table = locked(table);
            table.outcomes.push(outcome);
            table.worlds.extend(world);
            let needed: Vec<Shape> = table.waiting.iter().map(|scenario| scenario.shape).collect();
            table.worlds.extract_if(.., |world| !needed.contains(&world.shape())).collect::<Vec<_>>()
        };
        // Ending a world takes a moment, which nobody else should wait for.
        tokio::task::block_in_place(|| drop(gone));
    }
}

/// The world comes back where it is fit to be used again.
async fn play_one(scenario: &'static Scenario, world: Option<World>, plan: &Plan) -> (Outcome, Option<World>) {
    let mut outcome = Outcome { scenario, repetitions: 0, tally: Tally::default(), failure: None };
    // What tests are made of fails by panics.
    let playing = AssertUnwindSafe(play_all(&mut outcome, world, plan)).catch_unwind().await;
    let world = match playing {
        Ok(Ok(world)) => Some(world),
        Ok(Err(error)) => {
            outcome.failure = Some(format!("{error:#}"));
            None
        }
        Err(panic) => {
            let words = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|&words| words.to_owned()));
            outcome.failure = Some(words.unwrap_or_else(|| "it panicked".to_owned()));
            None
        }
    };
    let fit = world.filter(|_| outcome.holds());
    (outcome, fit)
}

async fn play_all(outcome: &mut Outcome, world: Option<World>, plan: &Plan) -> Result<World> {
    let scenario = outcome.scenario;
    let mut world = match world {
        Some(world) => world,
        None => World::start(scenario.shape).await?,
    };
    match scenario.play {
        Play::Each(play) | Play::Alone(play) => {
            for repetition in 0..plan.repetitions {
                let mut round = plan.round(scenario.name, repetition);
                let played = play(&mut world, &mut round).await;
                if !played.as_ref().is_ok_and(Tally::holds) {
                    world.keep_logs();
                }
                let mut tally = played.with_context(|| format!("repetition {repetition}"))?;
                tally.broken.iter_mut().chain(&mut tally.notes).for_each(|told| *told = format!("repetition {repetition}: {told}"));
                outcome.tally.add(tally);
                outcome.repetitions += 1;
            }
        }
        Play::All(play) => {
            for tally in play(*plan).await? {
                outcome.tally.add(tally);
                outcome.repetitions += 1;
            }
        }
    }
    Ok(world)
}
