//! Order creations on MongoDB: the use case beside a bare insert of the documents that it makes.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::future::try_join_all;
use kernel::{Address, Currency, Decimal, Env, Money, Timestamp};
use mongodb::{
    Client, Database,
    bson::{Binary, Bson, Document, doc, spec::BinarySubtype},
    options::{Acknowledgment, ReadConcern, WriteConcern},
};
use order::{
    Application,
    application::{CreateOrder, PlaceChoice},
};
use serde::Serialize;
use store::{MongoDb, Store};

use crate::{
    arguments::Writes,
    company::Company,
    report::{Row, tell},
};

const CUSTOMERS: usize = 1_000;
/// The unit of times in `/proc`: USER_HZ, which is 100 on every architecture that we run on.
const TICK: Duration = Duration::from_millis(10);

/// What came of one contestant with a number of writers.
#[derive(Debug, Clone, Serialize)]
struct Written {
    contestant: &'static str,
    writers: u32,
    /// Orders created per second.
    per_second: f64,
    /// Processor time of this process per order, in microseconds; MongoDB's is not in it.
    cpu_us: f64,
    /// Orders per second as a share of the bare insert's.
    rate_ratio: f64,
    /// Processor time as a multiple of the bare insert's.
    cpu_ratio: f64,
}

impl Row for Written {
    const COLUMNS: &'static [(&'static str, usize)] =
        &[("contestant", 12), ("writers", 8), ("orders/s", 10), ("share", 7), ("CPU µs", 9), ("×", 6)];

    fn cells(&self) -> Vec<String> {
        let Self { contestant, writers, per_second, cpu_us, rate_ratio, cpu_ratio } = self;
        vec![
            (*contestant).to_owned(),
            writers.to_string(),
            format!("{per_second:.0}"),
            format!("{rate_ratio:.2}"),
            format!("{cpu_us:.0}"),
            format!("{cpu_ratio:.2}"),
        ]
    }
}

pub(crate) async fn run(arguments: &Writes) -> anyhow::Result<()> {
    let url = components::mongodb_url();
    let name = format!("crm_bench_{}_order", Env::system().random_uuid().simple());
    let database = Client::with_uri_str(&url).await?.database(&name);
    let store = Store::mongodb(&MongoDb { url, database: name }, order::COLLECTIONS)?;
    let measured = measure(arguments, &store, &database).await;
    database.drop().await?;
    tell(arguments.json, &measured?)
}

async fn measure(arguments: &Writes, store: &Store, database: &Database) -> anyhow::Result<Vec<Written>> {
    let company = Company::new(CUSTOMERS);
    company.introduce(store).await?;
    let application = Application::new(store.clone(), Env::system());
    create(&application, &company, 0).await?;
    let bare = Bare::like_the_last(database).await?;

    let mut rows = Vec::new();
    for &writers in &arguments.writers {
        let (mut cases, mut bares) = (Vec::new(), Vec::new());
        let length = Duration::from_secs(arguments.seconds.into());
        for _ in 0..arguments.rounds {
            cases.push(load(writers, length, |number| create(&application, &company, number)).await?);
            bares.push(load(writers, length, |_| bare.insert(database)).await?);
        }
        let (case, bare) = (median(cases), median(bares));
        for (contestant, figures) in [("use case", case), ("bare insert", bare)] {
            let (per_second, cpu_us) = figures;
            rows.push(Written { contestant, writers, per_second, cpu_us, rate_ratio: per_second / bare.0, cpu_ratio: cpu_us / bare.1 });
        }
    }
    Ok(rows)
}

/// An order, taken by the use case.
async fn create(application: &Application, company: &Company, number: u64) -> anyhow::Result<()> {
    let price = Money::rounded(Decimal::new(8_000, 2), Currency::EUR);
    let starts_at = Timestamp::EPOCH.plus(Duration::from_secs(1_900_000_000 + number % 1_000_000 * 60));
    let address = Address {
        street: "Brīvības iela 1".to_owned(),
        city: "Rīga".to_owned(),
        postal_code: "LV-1010".to_owned(),
        country_code: "LV".to_owned(),
    };
    let command = CreateOrder {
        customer_id: company.customer_of(number),
        place: PlaceChoice { property_id: None, address: Some(address) },
        order: Company::new_order(starts_at, 2, price)?,
    };
    application.create_order(&company.principal, command).await?;
    Ok(())
}

/// The documents of one creation, to be inserted again under other identifiers.
struct Bare {
    inserted: Vec<(String, Document)>,
    replaced: (String, Vec<Document>),
}

impl Bare {
    /// Takes what the last creation left: an order, its history entry, its event; and the copies that it touches.
    async fn like_the_last(database: &Database) -> anyhow::Result<Self> {
        let mut inserted = Vec::new();
        for collection in ["orders", "history", "outbox"] {
            let document = database.collection::<Document>(collection).find_one(doc! {}).await?;
            inserted.push((collection.to_owned(), document.with_context(|| format!("nothing in {collection}"))?));
        }
        let mut copies = database.collection::<Document>("customers").find(doc! {}).limit(CUSTOMERS as i64).await?;
        let mut replaced = Vec::new();
        while copies.advance().await? {
            replaced.push(copies.deserialize_current()?);
        }
        Ok(Self { inserted, replaced: ("customers".to_owned(), replaced) })
    }

    async fn insert(&self, database: &Database) -> anyhow::Result<()> {
        let env = Env::system();
        let mut session = database.client().start_session().await?;
        session
            .start_transaction()
            .read_concern(ReadConcern::snapshot())
            .write_concern(WriteConcern::builder().w(Acknowledgment::Majority).journal(true).build())
            .await?;
        for (collection, document) in &self.inserted {
            let mut document = document.clone();
            renew(&mut document, &env);
            database.collection::<Document>(collection).insert_one(document).session(&mut session).await?;
        }
        let (collection, copies) = &self.replaced;
        let place = usize::from_le_bytes(env.random_bytes()) % copies.len();
        let copy = &copies[place];
        let known = doc! { "_id": copy.get("_id").cloned().unwrap_or(Bson::Null) };
        let replaced = database.collection::<Document>(collection).replace_one(known, copy).session(&mut session).await;
        // Two writers met at one copy: the use case would queue for it.
        match replaced {
            Ok(_) => session.commit_transaction().await?,
            Err(_) => session.abort_transaction().await?,
        }
        Ok(())
    }
}

/// Gives a document an identifier of its own.
fn renew(document: &mut Document, env: &Env) {
    let fresh = || Bson::Binary(Binary { subtype: BinarySubtype::Uuid, bytes: env.random_uuid().as_bytes().to_vec() });
    match document.get_mut("_id") {
        Some(Bson::Document(key)) => drop(key.insert("id", fresh())),
        Some(id) => *id = fresh(),
        None => {}
    }
}

/// Writes for a while: orders per second, and processor time per order in microseconds.
async fn load<F: Future<Output = anyhow::Result<()>>>(
    writers: u32,
    length: Duration,
    write: impl Fn(u64) -> F + Copy,
) -> anyhow::Result<(f64, f64)> {
    let (began, cpu) = (Instant::now(), cpu()?);
    let writing = (0..u64::from(writers)).map(|writer| async move {
        let mut written = 0;
        while began.elapsed() < length {
            write(writer + written * u64::from(writers)).await?;
            written += 1;
        }
        anyhow::Ok(written)
    });
    let written: u64 = try_join_all(writing).await?.into_iter().sum();
    let (elapsed, used) = (began.elapsed(), self::cpu()?.saturating_sub(cpu));
    Ok((written as f64 / elapsed.as_secs_f64(), used.as_secs_f64() * 1e6 / written.max(1) as f64))
}

/// The processor time that this process has used.
fn cpu() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat").context("the benchmark needs Linux, for /proc")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat can't be read")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>).sum::<Result<u32, _>>()?;
    Ok(TICK * ticks)
}

/// The figures of the round in the middle, each for itself.
fn median(mut rounds: Vec<(f64, f64)>) -> (f64, f64) {
    let middle = rounds.len() / 2;
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let rate = rounds[middle].0;
    rounds.sort_by(|a, b| a.1.total_cmp(&b.1));
    (rate, rounds[middle].1)
}
