//! Rounds of measurements: each query at each number of connections, the contestants in turns.

use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::{
    arguments::Arguments,
    compare::{data, difference},
    http::Connection,
    load::{Load, Sample},
    peers, plot,
    programs::{Contestant, Services},
    queries::{Form, Query},
    report::{Report, Row, median, rounded},
    session::Session,
};

/// The most connections of which a picture is made.
const PLOTTED: u32 = 16;
/// How often the services are looked at until they are at rest, and how long between two looks.
const LOOKS: (u32, Duration) = (60, Duration::from_secs(1));

/// A measurement of one contestant.
struct Measured {
    sample: Sample,
    cpu: Duration,
    memory: f64,
}

/// Starts everything, compares the answers, measures.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<()> {
    eprintln!("starting the services, and making the demo's data");
    let services = Services::start(arguments.cache).await?;
    let mut session = Session::begin(services.gateway).await?;
    let contestants = Contestant::all(&services, arguments.peers).await?;
    let queries = Query::all(&arguments.query, &mut Connection::open(services.gateway).await?, &session.token().await?).await?;
    settle(&contestants, &queries, &session.token().await?).await?;
    for peer in contestants.iter().filter(|contestant| peers::is_one(contestant.name)) {
        peers::check(peer, services.gateway, &session.token().await?)?;
    }
    let (mut report, mut all) = (Report::new(arguments.json), Vec::new());
    for query in &queries {
        agree(&contestants, query, &session.token().await?).await?;
        for &connections in &arguments.connections {
            eprintln!("measuring {} with connections: {connections}", query.name);
            let rows = rounds(&contestants, query, connections, arguments, &mut session).await?;
            report.tell(&rows)?;
            all.extend(rows);
        }
    }
    if let Some(file) = &arguments.plot {
        let connections = arguments.connections.iter().copied().filter(|connections| *connections <= PLOTTED).max();
        let drawn = plot::svg(&all, connections.context("a plot is of at most 16 connections")?);
        std::fs::write(file, drawn).with_context(|| format!("{} can't be written", file.display()))?;
    }
    Ok(())
}

/// Waits until answers stay the same: events of the demo may still be on their way when it is made.
async fn settle(contestants: &[Contestant], queries: &[Query], token: &str) -> anyhow::Result<()> {
    let contestant = contestants.first().context("no contestant")?;
    let mut before: Vec<Value> = Vec::new();
    for _ in 0..LOOKS.0 {
        let mut now = Vec::new();
        for query in queries {
            now.push(answer(contestant, query, token).await?);
        }
        if now == before {
            return Ok(());
        }
        before = now;
        tokio::time::sleep(LOOKS.1).await;
    }
    bail!("the services' answers go on changing though nobody changes anything");
}

/// Goes on only where all contestants answer the same.
async fn agree(contestants: &[Contestant], query: &Query, token: &str) -> anyhow::Result<()> {
    let mut first: Option<(&str, Value)> = None;
    // The answers of one with a schema of its own were compared before.
    for contestant in contestants.iter().filter(|contestant| contestant.form != Form::Own) {
        let answer = answer(contestant, query, token).await?;
        match &first {
            None => first = Some((contestant.name, answer)),
            Some((name, expected)) => {
                if let Some(difference) = difference(expected, &answer) {
                    bail!("{name} and {} don't answer the query {} alike: {difference}", contestant.name, query.name);
                }
            }
        }
    }
    Ok(())
}

async fn answer(contestant: &Contestant, query: &Query, token: &str) -> anyhow::Result<Value> {
    let asked = async {
        let answer = Connection::open(contestant.address).await?.send(query.request(contestant.form, token)?).await?;
        data(&answer.body)
    };
    asked.await.with_context(|| format!("{} at the query {}", contestant.name, query.name))
}

async fn rounds(
    contestants: &[Contestant],
    query: &Query,
    connections: u32,
    arguments: &Arguments,
    session: &mut Session,
) -> anyhow::Result<Vec<Row>> {
    let mut measured: Vec<Vec<Measured>> = contestants.iter().map(|_| Vec::new()).collect();
    for round in 0..arguments.rounds {
        // Another one begins each time, so that none is always the one after the same other.
        for turn in 0..contestants.len() {
            let number = (turn + round as usize) % contestants.len();
            let (contestant, token) = (&contestants[number], session.token().await?);
            let one = measure(contestant, query, connections, Duration::from_secs(arguments.seconds.into()), &token);
            measured[number].push(one.await.with_context(|| format!("{} at the query {}", contestant.name, query.name))?);
        }
    }
    let limit = measured.first().map_or(0.0, |limit| median(limit.iter().map(Measured::cpu_us)));
    Ok(contestants.iter().zip(&measured).map(|(contestant, measured)| row(contestant.name, query, connections, measured, limit)).collect())
}

async fn measure(contestant: &Contestant, query: &Query, connections: u32, time: Duration, token: &str) -> anyhow::Result<Measured> {
    let request = query.request(contestant.form, token)?;
    let mut load = Load::open(contestant.address, connections).await?;
    load.run(&request, time / 4).await?;
    let before = contestant.process.cpu()?;
    let sample = load.run(&request, time).await?;
    Ok(Measured { sample, cpu: contestant.process.cpu()?.saturating_sub(before), memory: contestant.process.memory()? })
}

impl Measured {
    fn cpu_us(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.sample.count()
    }
}

fn row(contestant: &'static str, query: &Query, connections: u32, measured: &[Measured], limit: f64) -> Row {
    let of = |value: &dyn Fn(&Measured) -> f64| median(measured.iter().map(value));
    let all = |value: &dyn Fn(&Measured) -> f64| measured.iter().map(value).sum::<f64>();
    let cpu_us = of(&Measured::cpu_us);
    Row {
        contestant,
        query: query.name.as_str(),
        connections,
        cpu_us: rounded(cpu_us, 1),
        ratio: rounded(cpu_us / limit, 2),
        rps: rounded(of(&|one| one.sample.count() / one.sample.elapsed.as_secs_f64()), 0),
        p50_ms: rounded(of(&|one| one.sample.quantile(0.5)), 3),
        p99_ms: rounded(of(&|one| one.sample.quantile(0.99)), 3),
        // Not the median: a call more in one of many requests shall show.
        rpcs: rounded(all(&|one| one.sample.rpcs as f64) / all(&|one| one.sample.count()), 2),
        rss_mib: rounded(of(&|one| one.memory), 1),
    }
}
