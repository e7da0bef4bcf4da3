//! A cut between two hosts: network namespaces joined by one cable, the databases and the broker in one, the programs and the
//! clients in the other. Nothing outside these namespaces is touched; they go with this process.
//!
//! The cut is made by sending what one side sends to a station that is not there: nobody answers and nobody is told, as it is
//! when a cable is cut or a firewall drops.

use std::{
    io::{BufRead as _, BufReader},
    net::{IpAddr, Ipv4Addr},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use components::{Guardian, MongoDb, MongoOptions, RabbitMq, RabbitOptions};
use serde::{Deserialize, Serialize};
use testkit::house::{House, Plan as HousePlan};
use tokio::task::block_in_place;

use crate::{
    child::Task,
    reading::Reading,
    round::{Plan, Round},
    tally::Tally,
    workload::Load,
    world::World,
};

/// The addresses: of the block for documentation, which no network has.
const DATA: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const APPS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// A station that is not there.
const NOBODY: &str = "02:00:00:00:00:99";
/// The name of each end of the cable, within its namespace.
const CABLE: &str = "cable";

/// How long everything may take to be equal after the cut.
const BOUND: Duration = Duration::from_secs(30);
/// How long some writes may take to be acknowledged before the cut and after.
const WRITES: Duration = Duration::from_secs(60);
/// How long a cut lasts.
const LASTS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(30)];
/// What stands before a tally in the output of the process within the namespace.
const TALLY: &str = "tally ";

/// What the process within the programs' namespace must know.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Inside {
    data: String,
    apps: String,
    plan: Plan,
}

/// Which way is cut.
#[derive(Debug, Clone, Copy)]
enum Way {
    ToData,
    FromData,
    Both,
}

/// Makes the namespaces, and plays all repetitions within the programs' one.
pub(crate) async fn cut(plan: Plan) -> Result<Vec<Tally>> {
    let process = std::process::id();
    let hosts = Hosts::new(format!("crm-data-{process}"), format!("crm-apps-{process}"))?;
    let inside = Inside { data: hosts.data.clone(), apps: hosts.apps.clone(), plan };
    let mut child = Task::Network(inside).command(&["ip", "netns", "exec", &hosts.apps])?.spawn()?;
    let output = child.stdout.take().context("the process within the namespace has no output")?;
    let tallies = block_in_place(|| {
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        lines.filter_map(|line| serde_json::from_str(line.strip_prefix(TALLY)?).ok()).collect::<Vec<Tally>>()
    });
    let status = block_in_place(|| child.wait())?;
    if !status.success() {
        bail!("the process within the namespace ended with {status}, after {} repetitions", tallies.len());
    }
    Ok(tallies)
}

/// Within the namespace: plays all repetitions, and tells of each.
#[expect(clippy::print_stdout, reason = "what the parent reads")]
pub(crate) async fn inside(inside: Inside) -> Result<()> {
    let (data, bind) = (Some(inside.data.clone()), IpAddr::V4(DATA));
    let mongodb = block_in_place(|| MongoDb::start_with(MongoOptions { netns: data.clone(), bind, ..MongoOptions::default() }))?;
    let rabbitmq = block_in_place(|| RabbitMq::start_with(RabbitOptions { netns: data, bind }))?;
    let house = House::start(HousePlan::new(mongodb.url(), rabbitmq.url())).await;
    let mut world = World::of(mongodb, rabbitmq, house);
    for repetition in 0..inside.plan.repetitions {
        let mut round = inside.plan.round("network-cut", repetition);
        let played = once(&mut world, &inside, &mut round).await;
        if !played.as_ref().is_ok_and(Tally::holds) {
            world.keep_logs();
        }
        println!("{TALLY}{}", serde_json::to_string(&played?)?);
    }
    Ok(())
}

async fn once(world: &mut World, inside: &Inside, round: &mut Round) -> Result<Tally> {
    let load = world.load(Load::USUAL, &mut round.chance).await?;
    load.until_acknowledged(round.chance.number(5, 40), WRITES).await?;
    tokio::time::sleep(round.chance.millis(0, 300)).await;
    let way = round.chance.one_of(&[Way::ToData, Way::FromData, Way::Both]);
    let lasts = round.chance.one_of(&LASTS);
    let cut = Cut::make(inside, way)?;
    tokio::time::sleep(lasts).await;
    cut.mend()?;
    let back = Instant::now();
    load.until_acknowledged(5, WRITES).await?;
    let reading = Reading::of(world, &load.marks).await?;
    let (ledger, watch) = load.stop().await?;
    let mut tally = reading.converge(&ledger, back, BOUND).await?;
    tally.notes.push(format!("{way:?} for {lasts:?}: equal after {:?}, {} writes failed", tally.converged, watch.failures().len()));
    Ok(tally)
}

/// A cut that lasts until it is mended.
struct Cut<'a> {
    ends: Vec<(&'a str, Ipv4Addr)>,
}

impl<'a> Cut<'a> {
    fn make(inside: &'a Inside, way: Way) -> Result<Self> {
        let (from_data, to_data) = ((inside.data.as_str(), APPS), (inside.apps.as_str(), DATA));
        let ends = match way {
            Way::ToData => vec![to_data],
            Way::FromData => vec![from_data],
            Way::Both => vec![to_data, from_data],
        };
        for (host, peer) in &ends {
            ip(&["-n", host, "neigh", "replace", &peer.to_string(), "lladdr", NOBODY, "dev", CABLE, "nud", "permanent"])?;
        }
        Ok(Self { ends })
    }

    fn mend(self) -> Result<()> {
        for (host, peer) in &self.ends {
            ip(&["-n", host, "neigh", "del", &peer.to_string(), "dev", CABLE])?;
        }
        Ok(())
    }
}

/// Two hosts and the cable between them.
struct Hosts {
    data: String,
    apps: String,
    _guardian: Guardian,
}

impl Hosts {
    fn new(data: String, apps: String) -> Result<Self> {
        let guardian = Guardian::new(r#"for host in "$@"; do ip netns delete "$host"; done"#, [&data, &apps])?;
        let hosts = Self { data, apps, _guardian: guardian };
        for host in [&hosts.data, &hosts.apps] {
            ip(&["netns", "add", host])?;
        }
        ip(&["link", "add", CABLE, "netns", &hosts.data, "type", "veth", "peer", "name", CABLE, "netns", &hosts.apps])?;
        for (host, address) in [(&hosts.data, DATA), (&hosts.apps, APPS)] {
            ip(&["-n", host, "address", "add", &format!("{address}/24"), "dev", CABLE])?;
            ip(&["-n", host, "link", "set", "lo", "up"])?;
            ip(&["-n", host, "link", "set", CABLE, "up"])?;
        }
        Ok(hosts)
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let output = match Command::new("ip").args(arguments).output() {
        Ok(output) => output,
        Err(error) => bail!("ip can't be run ({error}): install iproute2"),
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        bail!("ip {}: {said}: network namespaces need root, or a container with CAP_NET_ADMIN and CAP_SYS_ADMIN", arguments.join(" "));
    }
    Ok(())
}
