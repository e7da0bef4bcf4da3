//! The programs under test: the services, and the contestants in front of them.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use components::RabbitMq;
use http_body_util::Full;
use hyper::{Request, header::HOST};
use tempfile::TempDir;

use crate::{bare, handwritten, http::Connection, peers, plain, process::Process, queries::Form};

/// How long the demo may take to be made. It takes seconds; on a machine that is busy with much else, more.
const DEMO: Duration = Duration::from_secs(300);
/// How long a program may take to be ready.
const READY: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// What the names in RabbitMQ begin with; the demo's have something behind it.
const NAMESPACE: &str = "crm_bench";
/// How many things of each kind are kept: all.
const THINGS: &str = "10000";

/// The services, with the demo's data.
pub(crate) struct Services {
    _process: Process,
    /// The folder of the data, and the broker, where events are to be heard by others.
    heard: Option<(TempDir, RabbitMq)>,
    /// The gateway in the same process, which is no contestant.
    pub(crate) gateway: SocketAddr,
    /// Where each of them is: its name in capitals, its URL.
    urls: Vec<(String, String)>,
}

/// A program that answers the queries, by calling the services over TCP.
pub(crate) struct Contestant {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    pub(crate) address: SocketAddr,
    pub(crate) form: Form,
}

impl Services {
    /// Starts them and waits for the demo to be complete.
    pub(crate) async fn start(heard: bool) -> anyhow::Result<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crm"));
        command.args(["up", "--port", "0", "--grpc-port", "0"]);
        let heard = if heard { Some((TempDir::new()?, RabbitMq::start()?)) } else { None };
        match &heard {
            Some((folder, broker)) => {
                command.arg("--data").arg(folder.path());
                command.env("CRM__BUS__KIND", "rabbitmq").env("CRM__BUS__URL", broker.url()).env("CRM__BUS__NAMESPACE", NAMESPACE)
            }
            None => command.arg("--ephemeral"),
        };
        let mut process = Process::start("crm", &mut command)?;
        let gateway = process.line(READY, |line| line.trim().strip_prefix("GraphQL").and_then(port)).await?;
        let ports = process.line(READY, |line| line.trim().strip_prefix("gRPC").map(services)).await?;
        process.line(DEMO, |line| line.contains("The demo is ready").then_some(())).await?;
        let urls = ports.into_iter().map(|(name, address)| (name.to_uppercase(), format!("http://{address}"))).collect();
        Ok(Self { _process: process, heard, gateway: (Ipv4Addr::LOCALHOST, gateway).into(), urls })
    }
}

/// The port in `http://localhost:8080/graphql`.
fn port(url: &str) -> Option<u16> {
    url.trim().strip_prefix("http://localhost:")?.split('/').next()?.parse().ok()
}

/// The addresses in `auth 127.0.0.1:50051 · employee …`.
fn services(line: &str) -> Vec<(String, String)> {
    line.split('·')
        .filter_map(|service| service.trim().split_once(' '))
        .map(|(name, address)| (name.to_owned(), address.to_owned()))
        .collect()
}

impl Contestant {
    /// All of them; the limit, to which the others are compared, is the first.
    pub(crate) async fn all(services: &Services, peers: bool) -> anyhow::Result<Vec<Self>> {
        let own = std::env::current_exe().context("this program's own file")?;
        // Cargo puts the programs of a workspace side by side.
        let gateway = Path::new(env!("CARGO_BIN_EXE_crm")).with_file_name("gateway");
        if !gateway.is_file() {
            bail!("{} is not there: run this as cargo xtask bench, which builds it", gateway.display());
        }
        let mut contestants = vec![
            Self::start(handwritten::COMMAND, Form::Path, Command::new(&own).arg(handwritten::COMMAND), services).await?,
            Self::start(bare::COMMAND, Form::Path, Command::new(&own).arg(bare::COMMAND), services).await?,
            Self::start("gateway", Form::GraphQl, &mut Command::new(&gateway), services).await?,
            Self::start(plain::COMMAND, Form::GraphQl, Command::new(&own).arg(plain::COMMAND), services).await?,
        ];
        if let Some((_, broker)) = &services.heard {
            let mut command = Command::new(gateway);
            command.env("GATEWAY__CACHE__THINGS", THINGS).env("GATEWAY__CACHE__BUS_URL", broker.url());
            command.env("GATEWAY__CACHE__BUS_NAMESPACE", format!("{NAMESPACE}_demo"));
            contestants.insert(3, Self::start("cached", Form::GraphQl, &mut command, services).await?);
        }
        for (name, form) in peers::ALL.iter().filter(|_| peers) {
            contestants.push(Self::start(name, *form, &mut peers::program(name)?, services).await?);
        }
        Ok(contestants)
    }

    async fn start(name: &'static str, form: Form, command: &mut Command, services: &Services) -> anyhow::Result<Self> {
        // Taken by nobody now; whoever takes it before the contestant does makes that end, with a line that says so.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr()).context("a free port")?;
        let port = address.port().to_string();
        for (service, url) in &services.urls {
            command.env(format!("GATEWAY__SERVICES__{service}"), url).env(format!("{service}_URL"), url);
        }
        command.env("GATEWAY__HTTP__PORT", &port).env("PORT", &port).env("GATEWAY__DEVELOPMENT__RPC_COUNT", "true");
        let mut contestant = Self { name, process: Process::start(name, command)?, address, form };
        let began = Instant::now();
        while !contestant.is_ready().await {
            contestant.process.expect_running()?;
            if began.elapsed() > READY {
                bail!("{name} was not ready within {READY:?}");
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(contestant)
    }

    async fn is_ready(&self) -> bool {
        let Ok(request) = Request::builder().uri("/readyz").header(HOST, "localhost").body(Full::<Bytes>::default()) else { return false };
        match Connection::open(self.address).await {
            Ok(mut connection) => connection.send(request).await.is_ok(),
            Err(_) => false,
        }
    }
}
