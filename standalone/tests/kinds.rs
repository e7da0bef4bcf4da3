//! The program on every kind of store and bus: it works, and looks after its dead letters while it runs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    path::Path,
    process::{Command, Output},
    sync::Arc,
};

use events::{Bus, InProcessBus, RabbitMq, RabbitMqBus};
use kernel::{Env, Principal};
use runtime::consumers::topology;
use serde_json::{Value, json};
use testkit::{
    Graph, Running,
    house::{Plan, new_name, remove},
    until,
};

const CRM: &str = env!("CARGO_BIN_EXE_crm");
const EMAIL: &str = "admin@office.example";
const PASSWORD: &str = "a long walk home 42";

/// A CRM of its own: a folder, and databases and queues that go with it.
struct Place {
    folder: tempfile::TempDir,
    name: String,
    plan: Plan,
    variables: Vec<(&'static str, String)>,
}

impl Place {
    fn new(store: &str, bus: &str) -> Self {
        let (name, plan) = (new_name(), Plan::new(components::mongodb_url(), components::rabbitmq_url()));
        let variables = vec![
            ("CRM__STORE__KIND", store.to_owned()),
            ("CRM__STORE__URL", plan.mongodb.clone()),
            ("CRM__STORE__DATABASE", name.clone()),
            ("CRM__BUS__KIND", bus.to_owned()),
            ("CRM__BUS__URL", plan.rabbitmq.clone()),
            ("CRM__BUS__NAMESPACE", name.clone()),
        ];
        Self { folder: tempfile::tempdir().unwrap(), name, plan, variables }
    }

    fn folder(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn serve(&self) -> (Running, Graph) {
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let arguments = ["serve", "--data", self.folder(), "--port", "0", "--grpc-port", "0"];
        let running = Running::start_with(CRM, &arguments, &variables);
        let find = |line: &str| Some(line.trim().strip_prefix("GraphQL")?.trim().strip_suffix("/graphql")?.to_owned());
        let base = running.line("where the gateway is", find);
        (running, Graph::new(base))
    }

    /// Runs a command beside it.
    fn output(&self, command: &str) -> Output {
        let variables = self.variables.iter().map(|(name, value)| (*name, value.as_str()));
        Command::new(CRM).args(command.split(' ')).args(["--data", self.folder()]).envs(variables).output().unwrap()
    }

    /// Runs a command beside it; what it printed.
    fn run(&self, command: &str) -> String {
        let output = self.output(command);
        assert!(output.status.success(), "{command}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The bus, as another program has it.
    fn bus(&self, env: &Env) -> Arc<dyn Bus> {
        let file = self.folder.path().join("events.sqlite");
        if file.exists() {
            return Arc::new(InProcessBus::open(&file, env.clone()).unwrap());
        }
        let settings = RabbitMq { url: self.plan.rabbitmq.clone(), namespace: self.name.clone() };
        Arc::new(RabbitMqBus::new(&settings, &topology(), env.clone()).unwrap())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        remove(&self.plan, &self.name);
    }
}

async fn admin(place: &Place, graph: &Graph) -> Graph {
    let told = place.run(&format!("admin create --email {EMAIL} --name Ada"));
    let token = told.lines().last().unwrap();
    until("it is ready", async || reqwest::get(format!("{}/readyz", graph.base)).await.is_ok_and(|it| it.status() == 200).then_some(()))
        .await;
    graph.change("invitationAccept", "session { accessToken }", json!({ "token": token, "password": PASSWORD })).await;
    graph.sign_in(EMAIL, PASSWORD).await
}

/// An order needs what three services tell each other.
async fn an_order_is_taken_and_counted(admin: &Graph) {
    let property = json!({ "address": { "street": "Jomas iela 1", "city": "Jūrmala" } });
    let input = json!({ "type": "PERSON", "name": "Kind Of All", "phone": "+37129000001", "properties": [property] });
    let customer = admin.change("customerCreate", "customer { id }", input).await["customer"]["id"].clone();
    let order = json!({
        "customerId": customer, "serviceType": "SERVICE_CLEANING", "startsAt": "2031-05-01T09:00:00Z", "endsAt": "2031-05-01T11:00:00Z",
        "priceTerms": { "fixed": { "amount": "50" } },
    });
    until("the order service knows the customer", async || {
        let payload = admin.attempt("orderCreate", "order { id }", order.clone()).await;
        payload["order"]["id"].is_string().then_some(())
    })
    .await;
    until("the customer service has counted the order", async || {
        let data = admin.data("query($id: ID!) { customer(id: $id) { orderCount } }", json!({ "id": customer })).await;
        (data["customer"]["orderCount"] == 1).then_some(())
    })
    .await;
}

/// An event that the order service can't read becomes a dead letter, and every command works while the CRM runs.
async fn dead_letters_are_looked_after(place: &Place) {
    let env = Env::system();
    let bus = place.bus(&env);
    let somebody = Principal::service(env.new_id(), "test");
    let mut event =
        events::envelope(&env, &somebody, "customer", env.random_uuid(), 1, &contracts::crm::customer::v1::CustomerCreated::default());
    event.data = b"\xff\xff".to_vec();
    until("it is published", async || bus.publish(&event).await.ok()).await;

    let id = format!("order.customers/{}", event.id);
    let listed = || place.run("dead-letters list --consumer order.customers").contains(&id);
    until("it is given up on", async || listed().then_some(())).await;
    let shown: Value = serde_json::from_str(&place.run(&format!("dead-letters show {id}"))).unwrap();
    assert_eq!((&shown["attempts"], &shown["event"]["type"]), (&json!(1), &json!("crm.customer.v1.CustomerCreated")));
    let at = shown["at"].clone();
    assert!(place.run(&format!("dead-letters replay {id}")).starts_with("1 of 1 "));
    until("it is given up on again", async || {
        let shown = listed().then(|| place.run(&format!("dead-letters show {id}")))?;
        (serde_json::from_str::<Value>(&shown).unwrap()["at"] != at).then_some(())
    })
    .await;
    assert!(place.run("dead-letters discard --all").starts_with("1 of 1 "));
    assert_eq!(place.run("dead-letters list").trim(), "There are no dead letters.");
}

async fn works_on(store: &str, bus: &str) {
    let place = Place::new(store, bus);
    let (_running, graph) = place.serve();
    let admin = admin(&place, &graph).await;
    an_order_is_taken_and_counted(&admin).await;
    dead_letters_are_looked_after(&place).await;
    let file = |name: &str| Path::new(place.folder()).join(name).exists();
    assert_eq!((file("order.sqlite"), file("events.sqlite")), (store == "sqlite", bus == "in-process"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_sqlite_and_the_in_process_bus() {
    works_on("sqlite", "in-process").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_sqlite_and_rabbitmq() {
    works_on("sqlite", "rabbitmq").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_mongodb_and_the_in_process_bus() {
    works_on("mongodb", "in-process").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_works_on_mongodb_and_rabbitmq() {
    works_on("mongodb", "rabbitmq").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_demo_is_not_played_where_people_work() {
    let place = Place::new("mongodb", "rabbitmq");
    place.run(&format!("admin create --email {EMAIL} --name Ada"));
    let refused = place.output("demo");
    assert!(!refused.status.success());
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("was invited to be the first admin"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_healthcheck_tells_whether_it_is_ready() {
    let place = Place::new("sqlite", "in-process");
    let (running, graph) = place.serve();
    let check = format!("healthcheck --port {}", graph.base.rsplit(':').next().unwrap());
    until("it is ready", async || place.output(&check).status.success().then_some(())).await;
    drop(running);
    assert!(!place.output(&check).status.success(), "nobody is there any more");
}
