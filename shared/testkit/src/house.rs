//! The CRM as it runs in production: its five programs as processes of their own, any number of replicas of each, on a
//! MongoDB and a RabbitMQ that are there. Each house has databases, queues and ports of its own; all of it goes with it.
//!
//! | module | what |
//! |---|---|
//! | `plan` | what a house is made of, as the settings of its programs |
//! | `replica` | one process: started, asked how it is, signalled, killed |
//! | `ports` | ports that stay free while a program is down |
//! | `keeper` | what ends the processes and takes the folder away, whatever happens to the test |
//! | `clean` | what takes databases and queues away, those of houses that were killed too |

mod clean;
mod keeper;
mod plan;
mod ports;
mod replica;

use std::{
    net::SocketAddr,
    process::ExitStatus,
    time::{Duration, Instant},
};

use futures::future::join_all;
use rustix::process::Signal;
use serde_json::json;

use crate::Graph;
use keeper::Keeper;
use replica::Replica;

pub use clean::{new_name, remove};
pub use plan::{GATEWAY, PROGRAMS, Plan, SERVICES, StoreKind};
pub use ports::free_port;
pub use replica::Failed;

/// With which address the first admin signs in.
pub const ADMIN: &str = "admin@office.example";
/// The password of the first admin.
pub const PASSWORD: &str = "a long walk home 42";

/// For how long an access token is used: well below its life of five minutes.
const TOKEN_USE: Duration = Duration::from_secs(120);
/// How often a start that lost a port to somebody else is tried.
const TRIES: usize = 3;

/// The programs, at work. Dropping it kills them and removes their databases and queues.
///
/// A replica is named by its program (`auth`, `employee`, `customer`, `order`, `gateway`) and its number from 0 on.
/// Methods panic for one that there is not.
pub struct House {
    plan: Plan,
    name: String,
    replicas: Vec<Replica>,
    keeper: Keeper,
    admin: Option<(Graph, Instant)>,
}

impl House {
    /// Starts all programs at once and waits until each is ready.
    ///
    /// # Panics
    /// Where one ends or is not ready within two minutes, with the last lines of its log.
    pub async fn start(plan: Plan) -> Self {
        clean::sweep(&plan).await;
        let mut tried = 1;
        loop {
            let mut house = Self::prepare(plan.clone());
            house.launch_all();
            match house.all_ready().await {
                Ok(()) => return house,
                // Somebody took a port between our look and the program's start.
                Err(failed) if failed.lost_port() && tried < TRIES => tried += 1,
                Err(failed) => panic!("{failed}"),
            }
        }
    }

    /// A house with its names and ports in which nothing runs yet: [`launch`](Self::launch) starts each program.
    ///
    /// # Panics
    /// Where a program is not built.
    #[must_use]
    pub fn prepare(plan: Plan) -> Self {
        let name = clean::new_name();
        let keeper = Keeper::new(&name);
        let mut ports = ports::free(2 * PROGRAMS.len() * plan.replicas).into_iter();
        let mut next = || SocketAddr::from((plan.bind, ports.next().expect("as many ports as were asked for")));
        let mut replicas = Vec::new();
        for program in PROGRAMS {
            for number in 0..plan.replicas {
                replicas.push(Replica::new(program, number, next(), next(), keeper.folder()));
            }
        }
        Self { plan, name, replicas, keeper, admin: None }
    }

    /// Starts all programs, and waits for none.
    pub fn launch_all(&mut self) {
        for program in PROGRAMS {
            for number in 0..self.plan.replicas {
                self.launch(program, number);
            }
        }
    }

    /// Starts a program that does not run, and does not wait for it.
    ///
    /// # Panics
    /// Where it runs, or can't be started.
    pub fn launch(&mut self, program: &str, replica: usize) {
        let settings = self.plan.settings(&self.name, program, replica, &self.replicas);
        let command = self.plan.command(program, settings, &self.keeper);
        self.replica_mut(program, replica).launch(command);
    }

    /// Waits until every program is ready.
    ///
    /// # Errors
    /// [`Failed`] for the first that ended, or is not ready within two minutes.
    pub async fn all_ready(&mut self) -> Result<(), Failed> {
        join_all(self.replicas.iter_mut().map(Replica::ready)).await.into_iter().collect()
    }

    /// Waits until this one is ready.
    ///
    /// # Errors
    /// [`Failed`] where it ended, or is not ready within two minutes.
    pub async fn ready(&mut self, program: &str, replica: usize) -> Result<(), Failed> {
        self.replica_mut(program, replica).ready().await
    }

    /// What health says of `part` of a replica: of the whole where it is empty, of `live`, and of a service also of `store`,
    /// `bus` or its full name. A program that does not answer within two seconds is not well.
    pub async fn serving(&self, program: &str, replica: usize, part: &str) -> bool {
        self.replica(program, replica).serving(part).await
    }

    /// Kills it as the operating system does: at once, wherever it is. One that has ended stays so.
    pub fn kill(&mut self, program: &str, replica: usize) {
        self.replica_mut(program, replica).kill();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    ///
    /// # Panics
    /// Where it does not run, or does not end within a minute.
    pub async fn terminate(&mut self, program: &str, replica: usize) -> ExitStatus {
        self.replica_mut(program, replica).terminate().await
    }

    /// Stops its clock (SIGSTOP): it keeps its connections and does nothing.
    pub fn pause(&self, program: &str, replica: usize) {
        self.replica(program, replica).signal(Signal::STOP);
    }

    /// Lets a paused one go on (SIGCONT).
    pub fn resume(&self, program: &str, replica: usize) {
        self.replica(program, replica).signal(Signal::CONT);
    }

    /// Starts a program that has ended again, with the same ports and settings, and waits until it is ready.
    ///
    /// # Panics
    /// Where it runs, or is not ready within two minutes.
    pub async fn restart(&mut self, program: &str, replica: usize) {
        self.launch(program, replica);
        self.ready(program, replica).await.unwrap_or_else(|failed| panic!("{failed}"));
    }

    /// Its process.
    ///
    /// # Panics
    /// Where it does not run.
    #[must_use]
    pub fn pid(&self, program: &str, replica: usize) -> u32 {
        self.replica(program, replica).pid()
    }

    /// Where it listens: a service for gRPC, a gateway for HTTP.
    #[must_use]
    pub fn address(&self, program: &str, replica: usize) -> SocketAddr {
        self.replica(program, replica).address
    }

    /// Its metrics, in Prometheus' text format.
    ///
    /// # Panics
    /// Where it does not tell.
    pub async fn metrics(&self, program: &str, replica: usize) -> String {
        let url = format!("http://{}/metrics", self.replica(program, replica).metrics);
        reqwest::get(url).await.expect("an answer").text().await.expect("text")
    }

    /// The last lines of its log.
    #[must_use]
    pub fn log(&self, program: &str, replica: usize) -> String {
        self.replica(program, replica).last_lines()
    }

    /// Where the gateways are: `http://127.0.0.1:18080`.
    #[must_use]
    pub fn gateways(&self) -> Vec<String> {
        (0..self.plan.replicas).map(|number| format!("http://{}", self.address(GATEWAY, number))).collect()
    }

    /// The first admin, at the first gateway, with a token that is good for some minutes. Made at the first call, by the
    /// command and the invitation with which an operator does it.
    ///
    /// # Panics
    /// Where the admin can't be made or can't sign in.
    pub async fn admin(&mut self) -> Graph {
        if let Some((admin, since)) = &self.admin
            && since.elapsed() < TOKEN_USE
        {
            return admin.clone();
        }
        let stranger = Graph::new(&self.gateways()[0]);
        if self.admin.is_none() {
            let input = json!({ "token": self.invitation().await, "password": PASSWORD });
            stranger.change("invitationAccept", "session { accessToken }", input).await;
        }
        let admin = stranger.sign_in(ADMIN, PASSWORD).await;
        self.admin = Some((admin.clone(), Instant::now()));
        admin
    }

    /// Runs a program with the arguments of one of its commands, as an operator would: `auth admin create …`. Returns
    /// what it prints.
    ///
    /// # Panics
    /// Where the command fails.
    pub async fn command(&self, program: &str, arguments: &[&str]) -> String {
        let settings = self.plan.settings(&self.name, program, 0, &self.replicas);
        let mut command = tokio::process::Command::from(self.plan.command(program, settings, &self.keeper));
        let output = command.args(arguments).kill_on_drop(true).output().await.expect("a program to start");
        assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    async fn invitation(&self) -> String {
        let printed = self.command("auth", &["admin", "create", "--email", ADMIN, "--name", "Ada First"]).await;
        printed.lines().last().expect("an invitation").to_owned()
    }

    /// The database of a program, where the house stands on MongoDB.
    #[must_use]
    pub fn database(&self, program: &str) -> String {
        plan::database(&self.name, program)
    }

    /// What the names of its queues and exchanges begin with.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.name
    }

    /// The MongoDB that it stands on.
    #[must_use]
    pub fn mongodb(&self) -> &str {
        &self.plan.mongodb
    }

    /// The RabbitMQ that it stands on.
    #[must_use]
    pub fn rabbitmq(&self) -> &str {
        &self.plan.rabbitmq
    }

    /// Leaves the programs' logs where they are when the house ends, and says where.
    pub fn keep_logs(&self) {
        self.keeper.keep_logs();
    }

    fn replica(&self, program: &str, number: usize) -> &Replica {
        let found = self.replicas.iter().find(|replica| replica.is(program, number));
        found.unwrap_or_else(|| panic!("there is no {program} {number}"))
    }

    fn replica_mut(&mut self, program: &str, number: usize) -> &mut Replica {
        let found = self.replicas.iter_mut().find(|replica| replica.is(program, number));
        found.unwrap_or_else(|| panic!("there is no {program} {number}"))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.keeper.end();
        for replica in &mut self.replicas {
            replica.kill();
        }
        clean::remove(&self.plan, &self.name);
    }
}
