//! Measures durable commits a second on this machine's disk: `cargo run --release -p store --example commit_rate`;
//! on a MongoDB with its address behind `--`.
//!
//! Each commit has what a use case commits: a changed document with three indexes, its history entry, and an event.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a tool for developers")]

use std::time::{Duration, Instant};

use kernel::{Actor, CompanyId, Env, Envelope, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Collection, CompanyStore, Document, Index, MongoDb, Query, Store};
use tokio::task::JoinSet;
use uuid::Uuid;

static ORDERS: Collection = Collection {
    name: "orders",
    indexes: &[
        Index { name: "by_start", fields: &["starts_at"], unique: false },
        Index { name: "by_customer", fields: &["customer_id", "starts_at"], unique: false },
        Index { name: "by_status", fields: &["status", "starts_at"], unique: false },
    ],
    history: Some("order"),
    unaudited: &[],
};

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Order {
    id: Uuid,
    version: u64,
    customer_id: Uuid,
    status: String,
    starts_at: i64,
    comment: String,
}

impl Document for Order {
    const COLLECTION: &'static Collection = &ORDERS;
    fn id(&self) -> Uuid {
        self.id
    }
    fn version(&self) -> u64 {
        self.version
    }
}

/// Commits inserts one after another for a while; how many.
async fn commits(company: CompanyStore, actor: Actor, until: Instant) -> u64 {
    let env = Env::system();
    let mut done = 0;
    while Instant::now() < until {
        let order = Order {
            id: env.random_uuid(),
            version: 1,
            customer_id: env.random_uuid(),
            status: "SCHEDULED".into(),
            starts_at: env.now().as_micros(),
            comment: "x".repeat(500),
        };
        let mut transaction = company.transaction(&actor, env.now());
        transaction.insert(&order).publish(Envelope {
            id: env.new_id(),
            kind: "crm.order.v1.OrderCreated".into(),
            source: "order".into(),
            subject: order.id,
            version: 1,
            company: company.id(),
            time: Timestamp::EPOCH,
            actor: actor.clone(),
            traceparent: None,
            data: vec![0; 300],
        });
        transaction.commit().await.unwrap();
        done += 1;
    }
    done
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let store = match std::env::args().nth(1) {
        Some(url) => {
            let database = format!("commit_rate_{}", Env::system().random_uuid().simple());
            println!("the database {database} stays there");
            Store::mongodb(&MongoDb { url, database }, &[&ORDERS]).unwrap()
        }
        None => Store::sqlite(folder.path().join("orders.db"), &[&ORDERS]).await.unwrap(),
    };
    store.ping().await.unwrap();
    let company = store.company(CompanyId::from_uuid(Uuid::from_u128(1)));
    let actor = Actor::Service { name: "example".into() };
    for concurrency in [1, 16, 64, 256] {
        let begun = Instant::now();
        let until = begun + Duration::from_secs(3);
        let tasks: JoinSet<u64> = (0..concurrency).map(|_| commits(company.clone(), actor.clone(), until)).collect();
        let done: u64 = tasks.join_all().await.iter().sum();
        println!("{concurrency:>4} at once: {:>6.0} commits/s", done as f64 / begun.elapsed().as_secs_f64());
    }
    let page = Query::by("starts_at").descending().eq("status", "SCHEDULED").page(50, None);
    let begun = Instant::now();
    let mut pages = 0;
    while begun.elapsed() < Duration::from_secs(2) {
        company.find::<Order>(&page).await.unwrap();
        pages += 1;
    }
    println!("pages of 50, one after another: {:.0} a second", f64::from(pages) / begun.elapsed().as_secs_f64());
}
