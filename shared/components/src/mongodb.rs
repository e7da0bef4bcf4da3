//! A MongoDB replica set of its own.

mod wire;

use std::{
    ffi::OsString,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use bson::{Bson, Document, doc};
use tempfile::TempDir;

use crate::{
    container::Container,
    guardian::Home,
    locate::{self, Found},
    node::Node,
    port::Port,
    program::{Program, in_netns},
    wait,
};

/// The name of the replica set.
const SET: &str = "rs0";
/// How long one question to a member may take: a frozen one must not hold up the others for long.
const QUESTION: Duration = Duration::from_secs(1);
/// How long a command that changes something may take.
const ORDER: Duration = Duration::from_secs(30);
const IMAGE: &str = "mongo:8";
/// What a member keeps in memory; enough for tests.
const CACHE_GB: &str = "0.25";

/// How a replica set is started.
#[derive(Debug, Clone)]
pub struct MongoOptions {
    /// How many members, from 1 to 7.
    pub members: usize,
    /// The folder the members' data folders are made in, such as one on a small file system. Without: a temporary folder.
    pub data: Option<PathBuf>,
    /// The address the members listen at, which must be reachable from here as well.
    pub bind: IpAddr,
    /// The network namespace (`ip netns`) the members run in.
    pub netns: Option<String>,
    /// How long the others wait for a silent primary before they elect another.
    pub election_timeout: Duration,
}

impl Default for MongoOptions {
    fn default() -> Self {
        Self { members: 1, data: None, bind: IpAddr::V4(Ipv4Addr::LOCALHOST), netns: None, election_timeout: Duration::from_secs(2) }
    }
}

/// A replica set; it ends, and its data goes, when this is dropped or the process that started it ends.
#[derive(Debug)]
pub struct MongoDb {
    // Dropped in this order: the members end before their folders go.
    members: Vec<Member>,
    /// In Docker: what gives all members one network, so that each finds the others where clients find them.
    _network: Option<Node>,
    _home: Home,
}

#[derive(Debug)]
struct Member {
    node: Node,
    address: SocketAddr,
    _port: Port,
}

impl MongoDb {
    /// Starts a replica set of that many members and waits until it has a primary and all others follow it.
    ///
    /// # Errors
    /// Where no MongoDB can be found, with all that was tried, or where it can't be started.
    pub fn start(members: usize) -> Result<Self> {
        Self::start_with(MongoOptions { members, ..MongoOptions::default() })
    }

    /// Starts a replica set and waits until it has a primary and all others follow it.
    ///
    /// # Errors
    /// Where no MongoDB can be found, with all that was tried, or where it can't be started.
    pub fn start_with(options: MongoOptions) -> Result<Self> {
        ensure!((1..=7).contains(&options.members), "members must be from 1 to 7, not {}", options.members);
        let found = locate::mongodb(IMAGE, options.netns.is_some() || options.data.is_some())?;
        let ports = (0..options.members).map(|_| Port::reserve(options.bind)).collect::<Result<Vec<_>>>()?;
        let elsewhere = options.data.as_deref().map(|data| tempfile::Builder::new().prefix("crm-mongodb-").tempdir_in(data));
        let elsewhere = elsewhere.transpose().context("the folder for the data can't be written")?;
        let home = Home::new("mongodb", elsewhere.as_ref().map(TempDir::path))?;
        let elsewhere = elsewhere.map(TempDir::keep); // it is the home's now
        let data = elsewhere.as_deref().unwrap_or(home.folder());

        let mut network = None;
        if matches!(found, Found::Docker) {
            network.insert(Node::Container(docker_network(&home, options.bind, &ports)?)).launch()?;
        }
        let mut members = Vec::with_capacity(ports.len());
        for (number, port) in ports.into_iter().enumerate() {
            let node = match &found {
                Found::Installed(mongod) => {
                    Node::Program(program(&home, &data.join(format!("member-{number}")), mongod, number, &options, &port)?)
                }
                Found::Docker => Node::Container(docker_member(&home, number, &port)?),
            };
            members.push(Member { node, address: SocketAddr::new(options.bind, port.number()), _port: port });
        }
        let mut set = Self { members, _network: network, _home: home };
        set.initiate(options.election_timeout).context("MongoDB can't be started")?;
        Ok(set)
    }

    /// Its address, with every member.
    #[must_use]
    pub fn url(&self) -> String {
        let members: Vec<String> = self.members.iter().map(|member| member.address.to_string()).collect();
        format!("mongodb://{}/?replicaSet={SET}", members.join(","))
    }

    /// Which member is the primary; waits while there is none.
    ///
    /// # Errors
    /// Where none is elected in time.
    pub fn primary(&self) -> Result<usize> {
        wait::find(wait::PATIENCE, || {
            let answers = self.members.iter().enumerate().filter(|(_, member)| member.node.is_up());
            let primaries = answers.filter_map(|(number, member)| {
                let hello = hello(member.address).filter(|hello| hello.get_bool("isWritablePrimary").unwrap_or(false))?;
                // One that was frozen believes for a moment that it still is the primary: the later election counts.
                Some((hello.get_object_id("electionId").ok()?.bytes(), number))
            });
            primaries.max().map(|(_, number)| number)
        })
        .with_context(|| format!("no primary was elected within {} s", wait::PATIENCE.as_secs()))
    }

    /// Makes the primary step down, so that another member is elected. The only member of a set comes back as primary after a second.
    ///
    /// # Errors
    /// Where there is no primary, or it refuses.
    pub fn step_down(&self) -> Result<()> {
        let primary = &self.members[self.primary()?];
        let order = match self.members.len() {
            1 => doc! { "replSetStepDown": 1, "secondaryCatchUpPeriodSecs": 0, "force": true },
            _ => doc! { "replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5 },
        };
        wire::command(primary.address, order, ORDER).map(drop)
    }

    /// Waits until every member that runs follows the primary. One that came back with writes that nobody else has undoes them first, and
    /// does not count for a majority until then.
    ///
    /// # Errors
    /// Where one does not in time.
    pub fn settle(&self) -> Result<()> {
        let primary = self.members[self.primary()?].address;
        let settled = wait::find(wait::PATIENCE, || {
            let latest = term(&hello(primary)?)?;
            let mut running = self.members.iter().filter(|member| member.node.is_up());
            running.all(|member| hello(member.address).filter(takes_part).and_then(|hello| term(&hello)) == Some(latest)).then_some(())
        });
        settled.with_context(|| format!("not every member followed the primary within {} s", wait::PATIENCE.as_secs()))
    }

    /// Kills a member at once, as `kill -9` does.
    ///
    /// # Panics
    /// Where there is no such member.
    pub fn kill(&mut self, member: usize) {
        self.members[member].node.kill();
    }

    /// Starts a member that was killed, with its data and at its port, and waits until it answers as a member of the set.
    ///
    /// # Errors
    /// Where it does not come up.
    ///
    /// # Panics
    /// Where there is no such member.
    pub fn restart(&mut self, member: usize) -> Result<()> {
        let restarted = &mut self.members[member];
        let address = restarted.address;
        restarted.node.kill();
        restarted.node.start(|| hello(address).filter(takes_part)).with_context(|| format!("member {member} can't be restarted")).map(drop)
    }

    /// Freezes a member: it keeps its connections and answers nothing.
    ///
    /// # Panics
    /// Where there is no such member.
    pub fn pause(&self, member: usize) {
        self.members[member].node.pause();
    }

    /// Ends [`pause`](Self::pause).
    ///
    /// # Panics
    /// Where there is no such member.
    pub fn resume(&self, member: usize) {
        self.members[member].node.resume();
    }

    /// Starts the members, makes them a set, and waits until all take part in it.
    fn initiate(&mut self, election_timeout: Duration) -> Result<()> {
        for member in &mut self.members {
            member.node.launch()?;
        }
        for Member { node, address, .. } in &mut self.members {
            node.wait(|| hello(*address))?;
        }
        let members: Vec<Bson> =
            (0i32..).zip(&self.members).map(|(id, member)| doc! { "_id": id, "host": member.address.to_string() }.into()).collect();
        let timeout = i64::try_from(election_timeout.as_millis())?;
        let settings = doc! {
            "electionTimeoutMillis": timeout,
            "heartbeatIntervalMillis": (timeout / 4).max(50),
            "heartbeatTimeoutSecs": i64::try_from(election_timeout.as_secs().max(1))?,
        };
        let order = doc! { "replSetInitiate": { "_id": SET, "members": members, "settings": settings } };
        wire::command(self.members[0].address, order, ORDER)?;
        for Member { node, address, .. } in &mut self.members {
            node.wait(|| hello(*address).filter(takes_part))?;
        }
        self.primary().map(drop)
    }
}

/// What a server says of itself, if it answers.
fn hello(server: SocketAddr) -> Option<Document> {
    wire::command(server, doc! { "hello": 1 }, QUESTION).ok()
}

/// The term, begun by an election, of a server's last write.
fn term(hello: &Document) -> Option<i64> {
    hello.get_document("lastWrite").ok()?.get_document("opTime").ok()?.get_i64("t").ok()
}

/// Whether a server is a primary or a secondary, not still on its way to be one.
fn takes_part(hello: &Document) -> bool {
    ["isWritablePrimary", "secondary"].iter().any(|state| hello.get_bool(state).unwrap_or(false))
}

fn program(home: &Home, data: &Path, mongod: &Path, number: usize, options: &MongoOptions, port: &Port) -> Result<Program> {
    fs::create_dir(data).context("a data folder can't be made")?;
    let mut line: Vec<OsString> = vec![mongod.into(), "--dbpath".into(), data.into(), "--bind_ip".into(), options.bind.to_string().into()];
    line.push("--nounixsocket".into());
    line.extend(arguments(port).map(OsString::from));
    Ok(Program::new(home, &format!("member-{number}"), in_netns(options.netns.as_deref(), line)))
}

/// What each member is told, however it runs.
fn arguments(port: &Port) -> impl Iterator<Item = String> {
    let port = port.number().to_string();
    let fixed = ["--replSet", SET, "--port", &port, "--wiredTigerCacheSizeGB", CACHE_GB, "--quiet"].map(str::to_owned);
    let parameters = [
        "diagnosticDataCollectionEnabled=false", // nobody reads it
        // What a killed program had begun is undone after that long, and keeps others from the same documents until then (60 s by
        // default). No transaction of the store takes as long.
        "transactionLifetimeLimitSeconds=10",
        "oplogNetworkTimeoutBufferSeconds=1", // seconds after which a secondary turns from a frozen primary to the next
    ];
    fixed.into_iter().chain(parameters.into_iter().flat_map(|parameter| ["--setParameter".to_owned(), parameter.to_owned()]))
}

/// What owns the network of all members and outlives each; Docker publishes ports of a container's own network only.
fn docker_network(home: &Home, bind: IpAddr, ports: &[Port]) -> Result<Container> {
    let publish = ports.iter().map(|port| format!("--publish={}:{}", SocketAddr::new(bind, port.number()), port.number()));
    Container::new(home, "network", publish.chain([IMAGE, "sleep", "infinity"].map(str::to_owned)).collect())
}

fn docker_member(home: &Home, number: usize, port: &Port) -> Result<Container> {
    let network = format!("--network=container:{}", Container::named(home, "network"));
    let run = [network, IMAGE.to_owned(), "mongod".to_owned(), "--bind_ip_all".to_owned()];
    Container::new(home, &format!("member-{number}"), run.into_iter().chain(arguments(port)).collect())
}

#[cfg(test)]
mod tests;
