//! Data is kept in a backup and comes back; a person's data goes for good.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's assertions")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};
use testkit::{Graph, Running, until};

const CRM: &str = env!("CARGO_BIN_EXE_crm");
const EMAIL: &str = "admin@office.example";
const PASSWORD: &str = "a long walk home 42";
const ORDER: &str = "query($id: ID!) { order(id: $id) { status customerName customerPhone address { street } customer { id } } }";

/// The program on a folder.
struct Crm {
    running: Running,
    graph: Graph,
}

impl Crm {
    fn start(folder: &Path) -> Self {
        let running = Running::start(CRM, &["serve", "--data", folder.to_str().unwrap(), "--port", "0", "--grpc-port", "0"]);
        let base = running
            .line("where the gateway is", |line| Some(line.trim().strip_prefix("GraphQL")?.trim().strip_suffix("/graphql")?.to_owned()));
        Self { running, graph: Graph::new(base) }
    }

    /// The program on a new folder, and its first admin.
    async fn new(folder: &Path) -> (Self, Graph) {
        let crm = Self::start(folder);
        let output = command(folder, &["admin", "create", "--email", EMAIL, "--name", "Ada First"]);
        let token = told(&output).lines().last().unwrap().to_owned();
        crm.graph.change("invitationAccept", "session { accessToken }", json!({ "token": token, "password": PASSWORD })).await;
        let admin = crm.admin().await;
        (crm, admin)
    }

    async fn admin(&self) -> Graph {
        self.graph.sign_in(EMAIL, PASSWORD).await
    }

    fn stop(self) {
        self.running.kill();
    }
}

fn command(data: &Path, arguments: &[&str]) -> Output {
    Command::new(CRM).args(arguments).arg("--data").arg(data).output().unwrap()
}

/// What a command that did its work printed.
fn told(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The line of a command that did nothing.
fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The id and version of a customer with that name.
async fn customer(admin: &Graph, name: &str) -> Value {
    let input = json!({
        "type": "PERSON", "name": name, "phone": "+37129999991", "email": "keepme@office.example",
        "properties": [{ "address": { "street": "Kastanju iela 5", "city": "Jūrmala" }, "accessNotes": "keybox at the gate" }],
    });
    admin.change("customerCreate", "customer { id version }", input).await["customer"].clone()
}

async fn renamed(admin: &Graph, customer: &Value, name: &str) -> Value {
    let input = json!({ "id": customer["id"], "version": customer["version"], "name": name });
    admin.change("customerUpdate", "customer { id version }", input).await["customer"].clone()
}

async fn current(admin: &Graph, customer: &Value) -> Value {
    admin.data("query($id: ID!) { customer(id: $id) { id version name orderCount } }", json!({ "id": customer["id"] })).await["customer"]
        .clone()
}

/// The id of an order of the customer, once the order service knows them.
async fn order(admin: &Graph, customer: &Value, day: u32) -> Value {
    let input = json!({
        "customerId": customer["id"], "serviceType": "SERVICE_CLEANING", "clientComments": "allergic to bleach",
        "startsAt": format!("2031-05-{day:02}T09:00:00Z"), "endsAt": format!("2031-05-{day:02}T11:00:00Z"),
        "priceTerms": { "fixed": { "amount": "50" } },
    });
    until("the order service knows the customer", async || {
        let taken = admin.attempt("orderCreate", "order { id }", input.clone()).await;
        Some(taken["order"]["id"].clone()).filter(Value::is_string)
    })
    .await
}

async fn follows(admin: &Graph, order: &Value, name: &str) {
    until("the order follows its customer", async || {
        (admin.data(ORDER, json!({ "id": order })).await["order"]["customerName"] == name).then_some(())
    })
    .await;
}

async fn counted(admin: &Graph, customer: &Value, orders: u32) {
    until("the orders are counted", async || (current(admin, customer).await["orderCount"] == orders).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_backed_up_comes_back_and_goes_on_though_time_went_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup, other) = (folder.path().join("data"), folder.path().join("backup"), folder.path().join("other"));
    let (crm, admin) = Crm::new(&data).await;
    let anna = customer(&admin, "Anna").await;
    let first = order(&admin, &anna, 1).await;
    counted(&admin, &anna, 1).await;
    let text = told(&command(&data, &["backup", backup.to_str().unwrap()]));
    assert_eq!(text.lines().count(), 4, "a line for each service: {text}");
    // What happens after it is lost.
    let lost = renamed(&admin, &anna, "Anna Lost").await;
    order(&admin, &anna, 2).await;
    follows(&admin, &first, "Anna Lost").await;
    crm.stop();

    assert!(refusal(&command(&data, &["restore", backup.to_str().unwrap()])).contains("not empty"));
    // One file that is cut off keeps all from being written.
    let (whole, name) = (fs::read(backup.join("order.jsonl.gz")).unwrap(), backup.join("order.jsonl.gz"));
    fs::write(&name, &whole[..whole.len() / 2]).unwrap();
    assert!(refusal(&command(&other, &["restore", backup.to_str().unwrap()])).contains("order.jsonl.gz"));
    fs::write(&name, &whole).unwrap();
    told(&command(&other, &["restore", backup.to_str().unwrap()]));

    let crm = Crm::start(&other);
    let admin = crm.admin().await;
    let back = current(&admin, &anna).await;
    assert_eq!(back["name"], "Anna");
    counted(&admin, &anna, 1).await;
    assert_eq!(admin.data(ORDER, json!({ "id": first })).await["order"]["customerName"], "Anna");
    // Who has seen the lost state overwrites nothing with it.
    let stale = json!({ "id": lost["id"], "version": lost["version"], "name": "Anna Stale" });
    let refused = admin.attempt("customerUpdate", "customer { id }", stale).await;
    assert!(refused["customer"].is_null(), "{refused}");
    renamed(&admin, &back, "Anna Again").await;
    follows(&admin, &first, "Anna Again").await;
    order(&admin, &anna, 3).await;
    counted(&admin, &anna, 2).await;
    crm.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_service_that_lost_its_data_catches_up_with_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    let (crm, admin) = Crm::new(&data).await;
    let anna = customer(&admin, "Anna").await;
    let first = order(&admin, &anna, 1).await;
    counted(&admin, &anna, 1).await;
    let text = told(&command(&data, &["backup", backup.to_str().unwrap()]));
    let since = text.lines().find_map(|line| line.strip_prefix("order: ")?.split_whitespace().nth(4)).unwrap().to_owned();
    let anna = renamed(&admin, &anna, "Anna Second").await;
    let anna = renamed(&admin, &anna, "Anna Third").await;
    let berta = customer(&admin, "Berta").await;
    follows(&admin, &first, "Anna Third").await;
    crm.stop();

    for file in fs::read_dir(&data).unwrap().map(|file| file.unwrap().path()) {
        if file.file_name().unwrap().to_str().unwrap().starts_with("order.sqlite") {
            fs::remove_file(file).unwrap();
        }
    }
    told(&command(&data, &["restore", backup.to_str().unwrap(), "--only", "order"]));
    let text = told(&command(&data, &["resend", "--since", &since]));
    assert!(text.contains("events since"), "{text}");
    let crm = Crm::start(&data);
    let admin = crm.admin().await;
    follows(&admin, &first, "Anna Third").await;
    order(&admin, &berta, 2).await;
    counted(&admin, &berta, 1).await;
    let current = current(&admin, &anna).await;
    renamed(&admin, &current, "Anna Fourth").await;
    follows(&admin, &first, "Anna Fourth").await;
    crm.stop();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_customer_is_in_no_byte_of_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let (crm, admin) = Crm::new(folder.path()).await;
    let anna = customer(&admin, "Anna Ozola").await;
    let planned = order(&admin, &anna, 1).await;
    let note = json!({ "customerId": anna["id"], "text": "afraid of geraniums" });
    admin.change("customerNoteAdd", "customer { id }", note).await;
    renamed(&admin, &current(&admin, &anna).await, "Anna Ozola-Liepa").await;
    follows(&admin, &planned, "Anna Ozola-Liepa").await;
    counted(&admin, &anna, 1).await;

    let text = told(&command(folder.path(), &["customer", "erase", anna["id"].as_str().unwrap()]));
    assert!(text.contains("1 orders"), "{text}");
    follows(&admin, &planned, "Erased customer").await;
    let seen = admin.data(ORDER, json!({ "id": planned })).await["order"].clone();
    assert_eq!(seen["status"], "CANCELED");
    assert!(seen["customer"].is_null() && seen["customerPhone"].is_null() && seen["address"].is_null(), "{seen}");
    let gone = admin.run("query($id: ID!) { customer(id: $id) { id } }", json!({ "id": anna["id"] })).await;
    assert_eq!(gone.codes(), ["NOT_FOUND"]);
    until("the bus has nothing left of it", async || {
        let bus = rusqlite::Connection::open(folder.path().join("events.sqlite")).unwrap();
        let waiting: i64 = bus.query_row("SELECT count(*) FROM queue", [], |row| row.get(0)).unwrap();
        (waiting == 0).then_some(())
    })
    .await;
    crm.stop();

    for file in fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "sqlite") {
            // What a program that is asked to stop does as well: the write-ahead log goes into the file.
            let database = rusqlite::Connection::open(&file).unwrap();
            database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        }
    }
    for file in fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path()) {
        let bytes = fs::read(&file).unwrap();
        for trace in ["Ozola", "ozola", "29999991", "keepme", "Kastanju", "kastanju", "keybox", "geraniums", "bleach"] {
            let found = bytes.windows(trace.len()).any(|window| window == trace.as_bytes());
            assert!(!found, "{trace} is in {}", file.display());
        }
    }
    // Once more does no harm.
    told(&command(folder.path(), &["customer", "erase", anna["id"].as_str().unwrap()]));
}
