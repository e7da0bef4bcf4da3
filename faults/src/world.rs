//! What a scenario plays on: a MongoDB and a RabbitMQ of its own, and the programs on them.

use anyhow::{Context as _, Result};
use components::{MongoDb, MongoOptions, RabbitMq};
use testkit::house::{House, Plan};
use tokio::task::block_in_place;

use crate::{
    chance::Chance,
    workload::{Load, Workload, graph::Graph},
};

/// What kind of world a scenario needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// None: it makes what it needs.
    Nothing,
    /// MongoDB with one member, and RabbitMQ.
    Components,
    /// Those, and one of each program.
    Programs,
    /// Those, and two of each program.
    Replicas,
    /// Those, and two of each program, the gateways with their entity cache.
    Cached,
    /// Three members, RabbitMQ, and one of each program.
    ThreeMembers,
}

impl Shape {
    fn members(self) -> usize {
        if self == Self::ThreeMembers { 3 } else { 1 }
    }

    fn replicas(self) -> usize {
        match self {
            Self::Nothing | Self::Components => 0,
            Self::Programs | Self::ThreeMembers => 1,
            Self::Replicas | Self::Cached => 2,
        }
    }
}

/// A world. Everything in it ends when it is dropped.
pub(crate) struct World {
    shape: Shape,
    // The programs first: what they stand on ends after them.
    house: Option<House>,
    ground: Option<(MongoDb, RabbitMq)>,
}

impl World {
    /// Starts a world.
    ///
    /// # Errors
    /// Where a component can't be had or a program does not start, with what to do.
    pub(crate) async fn start(shape: Shape) -> Result<Self> {
        if shape == Shape::Nothing {
            return Ok(Self { shape, house: None, ground: None });
        }
        let ground = block_in_place(|| start_components(&MongoOptions { members: shape.members(), ..MongoOptions::default() }))?;
        let house = match shape.replicas() {
            0 => None,
            replicas => {
                let mut plan = Plan::new(ground.0.url(), ground.1.url()).replicas(replicas);
                if shape == Shape::Cached {
                    plan.more.push(("GATEWAY__CACHE__THINGS".to_owned(), "1000".to_owned()));
                }
                Some(House::start(plan).await)
            }
        };
        Ok(Self { shape, house, ground: Some(ground) })
    }

    /// A world of parts that were started otherwise.
    pub(crate) fn of(mongodb: MongoDb, rabbitmq: RabbitMq, house: House) -> Self {
        Self { shape: Shape::Programs, house: Some(house), ground: Some((mongodb, rabbitmq)) }
    }

    /// What kind of world it is.
    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    /// Its MongoDB.
    pub(crate) fn mongodb(&mut self) -> Result<&mut MongoDb> {
        self.ground.as_mut().map(|(mongodb, _)| mongodb).context("this world has no MongoDB")
    }

    /// Its RabbitMQ.
    pub(crate) fn rabbitmq(&mut self) -> Result<&mut RabbitMq> {
        self.ground.as_mut().map(|(_, rabbitmq)| rabbitmq).context("this world has no RabbitMQ")
    }

    /// Its programs.
    pub(crate) fn house(&mut self) -> Result<&mut House> {
        self.house.as_mut().context("this world has no programs")
    }

    /// Leaves the programs' logs where they are, and says where.
    pub(crate) fn keep_logs(&self) {
        if let Some(house) = &self.house {
            house.keep_logs();
        }
    }

    /// The first admin at each gateway.
    pub(crate) async fn graphs(&mut self) -> Result<Vec<Graph>> {
        let house = self.house()?;
        let admin = house.admin().await;
        let token = admin.token().context("the admin has no token")?;
        Ok(house.gateways().iter().map(|base| Graph::new(base, token)).collect())
    }

    /// Lets clients write.
    pub(crate) async fn load(&mut self, load: Load, chance: &mut Chance) -> Result<Workload> {
        Workload::start(self.graphs().await?, load, chance).await
    }
}

/// Starts both components side by side.
///
/// # Errors
/// Where one can't be had, with what to do.
pub(crate) fn start_components(mongodb: &MongoOptions) -> Result<(MongoDb, RabbitMq)> {
    Ok((MongoDb::start_with(mongodb.clone())?, RabbitMq::start()?))
}
