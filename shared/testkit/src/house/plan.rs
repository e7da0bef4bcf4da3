//! What a house is made of, as the settings of its programs.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use super::{keeper::Keeper, replica::Replica};

/// The programs, in the order in which they are named.
pub const PROGRAMS: [&str; 5] = ["auth", "employee", "customer", "order", GATEWAY];
/// Those of them that are services.
pub const SERVICES: [&str; 4] = ["auth", "employee", "customer", "order"];
/// The one that is none.
pub const GATEWAY: &str = "gateway";

/// What a house is made of.
#[derive(Clone)]
pub struct Plan {
    /// The MongoDB: `mongodb://127.0.0.1:27017/?replicaSet=rs0`.
    pub mongodb: String,
    /// The RabbitMQ: `amqp://guest:guest@127.0.0.1:5672/%2f`.
    pub rabbitmq: String,
    /// How many of each program, the gateway too.
    pub replicas: usize,
    /// Where the services keep their data.
    pub store: StoreKind,
    /// More environment variables for all programs, over those of the house: `("ORDER__GRPC__CALL_TIMEOUT", "2s")`.
    pub more: Vec<(String, String)>,
    /// What the programs are started through, such as `ip netns exec crm-apps`. It must become the program (`exec`), and
    /// the programs' addresses must be within the test's reach.
    pub within: Option<Vec<String>>,
    /// The address on which the programs listen, and under which they know one another.
    pub bind: IpAddr,
}

/// Where the services of a house keep their data.
#[derive(Debug, Clone)]
pub enum StoreKind {
    /// In a database each of the plan's MongoDB.
    MongoDb,
    /// In a file each of this folder: `order.sqlite`.
    Sqlite(PathBuf),
}

impl Plan {
    /// One of each program, on this machine, on MongoDB and RabbitMQ.
    #[must_use]
    pub fn new(mongodb: impl Into<String>, rabbitmq: impl Into<String>) -> Self {
        Self {
            mongodb: mongodb.into(),
            rabbitmq: rabbitmq.into(),
            replicas: 1,
            store: StoreKind::MongoDb,
            more: Vec::new(),
            within: None,
            bind: Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// The same with `replicas` of each program.
    #[must_use]
    pub fn replicas(self, replicas: usize) -> Self {
        Self { replicas, ..self }
    }

    /// The environment of one replica of the house `name`, which consists of `all`.
    pub(super) fn settings(&self, name: &str, program: &str, number: usize, all: &[Replica]) -> Vec<(String, String)> {
        let me = all.iter().find(|replica| replica.is(program, number)).expect("one of the house");
        let at = |service: &str| {
            let addresses = all.iter().filter(|replica| replica.program == service).map(|replica| format!("http://{}", replica.address));
            addresses.collect::<Vec<_>>().join(",")
        };
        let mut settings = listening("TELEMETRY__METRICS_", me.metrics);
        settings.push(("TELEMETRY__LOG_FORMAT".to_owned(), "text".to_owned()));
        let mut set = |key: &str, value: &str| settings.push((key.to_owned(), value.to_owned()));
        if program == GATEWAY {
            for service in SERVICES {
                set(&format!("SERVICES__{}", service.to_uppercase()), &at(service));
            }
            set("DEVELOPMENT__RPC_COUNT", "true");
            set("CACHE__BUS_URL", &self.rabbitmq);
            set("CACHE__BUS_NAMESPACE", name);
            settings.extend(listening("HTTP__", me.address));
        } else {
            set("BUS__KIND", "rabbitmq");
            set("BUS__URL", &self.rabbitmq);
            set("BUS__NAMESPACE", name);
            match &self.store {
                StoreKind::MongoDb => {
                    set("STORE__KIND", "mongodb");
                    set("STORE__URL", &self.mongodb);
                    set("STORE__DATABASE", &database(name, program));
                }
                StoreKind::Sqlite(folder) => {
                    set("STORE__KIND", "sqlite");
                    set("STORE__PATH", folder.join(format!("{program}.sqlite")).to_str().expect("a path of Unicode"));
                }
            }
            if program != "auth" {
                set("AUTH__URL", &at("auth"));
            }
            settings.extend(listening("GRPC__", me.address));
        }
        let prefix = program.to_uppercase();
        let own = settings.into_iter().map(|(key, value)| (format!("{prefix}__{key}"), value));
        own.chain(self.more.iter().cloned()).collect()
    }

    /// The command that starts a program with these settings. It ends with the house.
    ///
    /// # Panics
    /// Where the program is not built.
    pub(super) fn command(&self, program: &str, settings: Vec<(String, String)>, keeper: &Keeper) -> Command {
        let words = self.within.iter().flatten().map(PathBuf::from).chain([executable(program)]).collect::<Vec<_>>();
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).envs(settings).stdin(Stdio::null()).process_group(keeper.group());
        command
    }
}

/// The database of a program in the house `name`.
pub(super) fn database(name: &str, program: &str) -> String {
    format!("{name}_{program}")
}

fn listening(section: &str, at: SocketAddr) -> Vec<(String, String)> {
    vec![(format!("{section}ADDRESS"), at.ip().to_string()), (format!("{section}PORT"), at.port().to_string())]
}

/// The program as cargo built it: in the folder of the running executable, or above it where that is a test.
fn executable(program: &str) -> PathBuf {
    let mut folder = std::env::current_exe().expect("the running program's path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let path = folder.join(program);
    assert!(path.exists(), "{} is not there: run cargo build --workspace --bins (cargo xtask test does it first)", path.display());
    path
}
