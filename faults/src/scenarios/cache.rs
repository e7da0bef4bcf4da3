//! The entity cache of a gateway, and what it hears of.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use testkit::{Graph, house::GATEWAY};
use tokio::task::block_in_place;

use crate::{round::Round, tally::Tally, wait::until, world::World};

/// How long a gateway may show what was before a change.
const BOUND: Duration = Duration::from_secs(2);
/// How long something may take that has no bound of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// An employee whom one gateway shows, and another one changes.
struct Stage {
    reader: Graph,
    writer: Graph,
    id: Value,
    version: Value,
}

/// Changes an employee through one gateway while another one keeps what it was told of them: with the broker, without it, and after it
/// is back.
pub(crate) async fn broker_killed(world: &mut World, round: &mut Round) -> Result<Tally> {
    let mut stage = Stage::new(world).await?;
    let mut tally = Tally::default();
    stage.until_kept().await?;
    stage.change("Berta", "with the broker", &mut tally).await?;
    stage.until_kept().await?;
    block_in_place(|| world.rabbitmq().map(|rabbitmq| rabbitmq.kill()))?;
    tokio::time::sleep(round.chance.millis(0, 500)).await;
    stage.change("Cilla", "without the broker", &mut tally).await?;
    let (name, rpcs) = stage.shown().await?;
    tally.require(rpcs == 1 && name == "Cilla", || format!("without the broker {name} was shown by {rpcs} calls"));
    block_in_place(|| world.rabbitmq()?.restart())?;
    // What waited in the outbox comes now, late: it takes nothing away that is newer.
    stage.until_kept().await?;
    for replica in 0..2 {
        let house = world.house()?;
        let told = async || house.serving("employee", replica, "bus").await.then_some(());
        until("the service has its bus again", PATIENCE, told).await?;
    }
    stage.change("Daina", "after it was back", &mut tally).await?;
    Ok(tally)
}

impl Stage {
    async fn new(world: &mut World) -> Result<Self> {
        let house = world.house()?;
        let writer = house.admin().await;
        let token = writer.token().context("the admin has no token")?.to_owned();
        let reader = Graph::new(format!("http://{}", house.address(GATEWAY, 1))).with_token(&token);
        let input = json!({ "firstName": "Anna", "lastName": "Liepa", "phone": "+37120000001", "hourlyRate": { "amount": "9.50" } });
        let made = writer.change("employeeCreate", "employee { id version }", input).await["employee"].clone();
        Ok(Self { reader, writer, id: made["id"].clone(), version: made["version"].clone() })
    }

    /// The first name that the reading gateway shows, and the calls that it made for it.
    async fn shown(&self) -> Result<(String, u32)> {
        let reply = self.reader.run("query($id: ID!) { employee(id: $id) { firstName } }", json!({ "id": self.id })).await;
        let name = reply.data()["employee"]["firstName"].as_str().context("no name")?.to_owned();
        Ok((name, reply.rpcs.context("the calls are not counted")?))
    }

    /// Waits until the reading gateway answers of itself.
    async fn until_kept(&self) -> Result<()> {
        let kept = async || self.shown().await.ok().filter(|(_, rpcs)| *rpcs == 0).map(drop);
        until("the gateway keeps what it was told", PATIENCE, kept).await.map(drop)
    }

    /// Changes the name, and sees how long the reading gateway shows the one before.
    async fn change(&mut self, name: &str, when: &str, tally: &mut Tally) -> Result<()> {
        let input = json!({ "id": self.id, "version": self.version, "firstName": name });
        self.version = self.writer.change("employeeUpdate", "employee { version }", input).await["employee"]["version"].clone();
        tally.acknowledged += 1;
        let began = Instant::now();
        let shown = async || self.shown().await.ok().filter(|(shown, _)| shown == name).map(drop);
        until("the change is shown", PATIENCE, shown).await?;
        let took = began.elapsed();
        tally.require(took <= BOUND, || format!("{when}: a change was shown after {} ms", took.as_millis()));
        tally.notes.push(format!("{when} a change was shown after {} ms", took.as_millis()));
        Ok(())
    }
}
