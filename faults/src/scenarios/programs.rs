//! The programs are killed, asked to stop, and made to stand still.

use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use testkit::house::{PROGRAMS, SERVICES};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    chance::Chance,
    reading::Reading,
    round::Round,
    tally::Tally,
    workload::{Load, graph::Graph},
    world::World,
};

/// How long everything may take to be equal after the fault.
const BOUND: Duration = Duration::from_secs(30);
/// How long writes may take to go on after a program is back.
const WRITES: Duration = Duration::from_secs(30);

/// Kills each program in turn, in a random order, at a random moment under write load.
pub(crate) async fn killed(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    let mut programs = PROGRAMS;
    round.chance.shuffle(&mut programs);
    let mut back = Instant::now();
    for program in programs {
        load.until_acknowledged(round.chance.number(3, 15), WRITES).await?;
        tokio::time::sleep(round.chance.millis(0, 200)).await;
        world.house()?.kill(program, 0);
        tokio::time::sleep(round.chance.millis(0, 800)).await;
        world.house()?.restart(program, 0).await;
        back = Instant::now();
    }
    load.until_acknowledged(3, WRITES).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, _) = load.stop().await?;
    reading.converge(&ledger, back, BOUND).await
}

/// Asks one of the two of each program in turn to stop, under load, and starts it again.
pub(crate) async fn terminated(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    let mut programs = PROGRAMS;
    round.chance.shuffle(&mut programs);
    let mut tally = Tally::default();
    let mut back = Instant::now();
    for program in programs {
        load.until_acknowledged(round.chance.number(5, 15), WRITES).await?;
        tokio::time::sleep(round.chance.millis(0, 200)).await;
        let (replica, failed) = (round.chance.index(2), load.watch().failures().len());
        let house = world.house()?;
        let ended = house.terminate(program, replica).await;
        tally.require(ended.success(), || format!("{program} ended with {ended}"));
        house.restart(program, replica).await;
        back = Instant::now();
        let failures = load.watch().failures().split_off(failed);
        let first = failures.first().cloned().unwrap_or_default();
        tally.require(failures.is_empty(), || format!("{} requests failed while {program} stopped: {first}", failures.len()));
    }
    load.until_acknowledged(3, WRITES).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, _) = load.stop().await?;
    tally.add(reading.converge(&ledger, back, BOUND).await?);
    Ok(tally)
}

/// How long a service stands still: in the long round, and else.
const STILL: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(12)];
/// How long the others are measured before that.
const MEASURED: Duration = Duration::from_secs(6);
/// What is below this is no slowness: a moment of the scheduler's.
const QUICK: Duration = Duration::from_millis(25);
/// The gateway's own deadline for a request, and some more.
const ANSWERED: Duration = Duration::from_secs(12);

/// What is asked of each service.
const QUERIES: [(&str, &str); 4] = [
    ("auth", "accounts(first: 5) { nodes { id } }"),
    ("employee", "employees(first: 5) { nodes { id } }"),
    ("customer", "customers(first: 5) { nodes { id name } }"),
    ("order", "orders(first: 5) { nodes { id status } }"),
];

/// Stops a service's clock while it and the others are asked.
pub(crate) async fn stand_still(world: &mut World, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    let still = round.chance.one_of(&SERVICES);
    let graphs = world.graphs().await?;
    let before = Asking::start(&graphs, still, &mut round.chance);
    tokio::time::sleep(MEASURED).await;
    let before = before.stop().await?;

    world.house()?.pause(still, 0);
    let during = Asking::start(&graphs, still, &mut round.chance);
    let answer = together(&graphs[0], still).await;
    tokio::time::sleep(STILL[usize::from(!round.long)].saturating_sub(answer.0)).await;
    let during = during.stop().await?;
    world.house()?.resume(still, 0);
    let back = Instant::now();

    load.until_acknowledged(5, WRITES).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, _) = load.stop().await?;
    let mut tally = reading.converge(&ledger, back, BOUND).await?;
    let (p99, bound) = (during.p99(), (2 * before.p99()).max(QUICK));
    tally.require(p99 < bound, || format!("{still} stood still: others' p99 {p99:?}, before {:?}", before.p99()));
    tally.require(during.failed == 0, || format!("{still} stood still: {} queries of others failed", during.failed));
    tally.require(answer.0 <= ANSWERED, || format!("{still} stood still: its query was answered after {:?}", answer.0));
    answer.1.into_iter().for_each(|wrong| tally.broken.push(format!("{still} stood still: {wrong}")));
    tally.notes.push(format!(
        "{still} stood still: others' p99 {p99:?} of {} queries, before {:?}; its own field failed after {:?}",
        during.times.len(),
        before.p99(),
        answer.0
    ));
    Ok(tally)
}

/// Asks all services in one operation; how long it took, and what was wrong: only the field of the one may fail, and must.
async fn together(graph: &Graph, still: &str) -> (Duration, Vec<String>) {
    let began = Instant::now();
    let fields: Vec<String> = QUERIES.iter().map(|(service, query)| format!("{service}: {query}")).collect();
    let answer = graph.run(&format!("{{ {} }}", fields.join(" ")), json!({})).await;
    let took = began.elapsed();
    let body = match answer {
        Ok(body) => body,
        Err(failed) => return (took, vec![format!("no answer: {failed:?}")]),
    };
    let mut wrong = Vec::new();
    for (service, _) in QUERIES {
        let there = body["data"][service].is_object();
        if there == (service == still) {
            wrong.push(format!("{service} {}: {body}", if there { "answered" } else { "did not answer" }));
        }
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        if error["path"][0] != still || error["extensions"]["code"] != "UNAVAILABLE" {
            wrong.push(format!("an error on another field, or of another kind: {error}"));
        }
    }
    (took, wrong)
}

/// Clients who ask the services that do not stand still, one query after another.
struct Asking {
    stop: CancellationToken,
    clients: JoinSet<Asked>,
}

/// What they saw.
#[derive(Default)]
struct Asked {
    times: Vec<Duration>,
    failed: usize,
}

impl Asked {
    fn p99(&self) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get((times.len() * 99).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl Asking {
    fn start(graphs: &[Graph], still: &str, chance: &mut Chance) -> Self {
        let stop = CancellationToken::new();
        let mut clients = JoinSet::new();
        for (service, query) in QUERIES.into_iter().filter(|(service, _)| *service != still) {
            let (graph, stop, mut chance) = (graphs[0].clone(), stop.clone(), chance.split());
            let query = format!("{{ {service}: {query} }}");
            clients.spawn(async move {
                let mut asked = Asked::default();
                while !stop.is_cancelled() {
                    let began = Instant::now();
                    let answer = graph.run(&query, json!({})).await;
                    asked.times.push(began.elapsed());
                    asked.failed += usize::from(!answer.is_ok_and(|body| body["data"][service].is_object()));
                    tokio::time::sleep(chance.millis(0, 40)).await;
                }
                asked
            });
        }
        Self { stop, clients }
    }

    async fn stop(mut self) -> Result<Asked> {
        self.stop.cancel();
        let mut all = Asked::default();
        while let Some(asked) = self.clients.join_next().await {
            let asked = asked?;
            all.times.extend(asked.times);
            all.failed += asked.failed;
        }
        Ok(all)
    }
}
