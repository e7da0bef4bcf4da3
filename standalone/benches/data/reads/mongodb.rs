//! A large company on MongoDB. What a read examined, MongoDB's own profiler says, not the program that asked.

use std::time::Instant;

use anyhow::bail;
use contracts::mask::Mask;
use customer::application::{CustomerFilter, ListCustomers, SearchCustomers};
use futures::TryStreamExt as _;
use kernel::{CustomerId, Env, PageSize};
use mongodb::{
    Client, Database,
    bson::{Document, doc},
};
use order::application::{ListOrders, OrderFilter};
use serde::Serialize;
use store::{MongoDb, Store, backend::Search};

use super::{TOLERANCE, customer_lists, order_list, order_lists};
use crate::{
    arguments::Reads,
    company::Company,
    report::{Row, tell},
};

/// The page that is compared with the first.
const FAR: usize = 10_000;
/// The size of the pages that lead there.
const STRIDE: i32 = 100;
/// How many documents a batch asks for.
const BATCH: usize = 100;

/// What one read examined.
#[derive(Debug, Serialize)]
struct Examined {
    read: String,
    page: Option<usize>,
    /// The most items of the answer; the limit of a search.
    items: usize,
    keys: u64,
    documents: u64,
    /// The most documents that it may examine.
    limit: u64,
    /// Whether MongoDB sorted in memory, or read a collection without an index.
    unaided: bool,
}

impl Row for Examined {
    const COLUMNS: &'static [(&'static str, usize)] =
        &[("read", 44), ("page", 7), ("items", 6), ("keys", 8), ("documents", 10), ("at most", 8)];

    fn cells(&self) -> Vec<String> {
        let page = self.page.map(|page| page.to_string()).unwrap_or_default();
        let numbers = [self.items as u64, self.keys, self.documents, self.limit].map(|number| number.to_string());
        [self.read.clone(), page].into_iter().chain(numbers).collect()
    }
}

/// A service's database, made for this and dropped after.
struct Place {
    database: Database,
    store: Store,
}

impl Place {
    async fn make(url: &str, service: &str, collections: &[&'static store::Collection]) -> anyhow::Result<Self> {
        let name = format!("crm_bench_{}_{service}", Env::system().random_uuid().simple());
        let database = Client::with_uri_str(url).await?.database(&name);
        let store = Store::mongodb(&MongoDb { url: url.to_owned(), database: name }, collections)?;
        Ok(Self { database, store })
    }

    /// What MongoDB examined while `work` was done.
    async fn examined<T>(&self, work: impl Future<Output = kernel::Result<T>>) -> anyhow::Result<(T, u64, u64, bool)> {
        self.database.run_command(doc! { "profile": 0 }).await?;
        let profile = self.database.collection::<Document>("system.profile");
        profile.drop().await?;
        self.database.run_command(doc! { "profile": 2 }).await?;
        let done = work.await;
        self.database.run_command(doc! { "profile": 0 }).await?;
        let (mut keys, mut documents, mut unaided) = (0, 0, false);
        let mut operations = profile.find(doc! { "docsExamined": { "$exists": true } }).await?;
        while let Some(operation) = operations.try_next().await? {
            keys += number(&operation, "keysExamined");
            documents += number(&operation, "docsExamined");
            unaided |= operation.get_bool("hasSortStage").unwrap_or(false);
            unaided |= operation.get_str("planSummary").is_ok_and(|plan| plan.contains("COLLSCAN"));
        }
        Ok((done?, keys, documents, unaided))
    }
}

fn number(operation: &Document, field: &str) -> u64 {
    let number = operation.get_i64(field).or_else(|_| operation.get_i32(field).map(i64::from));
    number.ok().and_then(|number| u64::try_from(number).ok()).unwrap_or(0)
}

/// Fills two databases, reads them, tells what was examined, and fails where that was too much.
pub(super) async fn run(arguments: &Reads) -> anyhow::Result<()> {
    let url = components::mongodb_url();
    let orders = Place::make(&url, "order", order::COLLECTIONS).await?;
    let customers = Place::make(&url, "customer", customer::COLLECTIONS).await?;
    let rows = read(arguments, &orders, &customers).await;
    orders.database.drop().await?;
    customers.database.drop().await?;
    let rows = rows?;
    tell(arguments.json, &rows)?;
    match rows.iter().find(|row| row.documents > row.limit || row.unaided) {
        Some(row) => {
            bail!("{}: {} documents examined, {} at most; without an index's help: {}", row.read, row.documents, row.limit, row.unaided)
        }
        None => Ok(()),
    }
}

async fn read(arguments: &Reads, orders: &Place, customers: &Place) -> anyhow::Result<Vec<Examined>> {
    let began = Instant::now();
    let company = Company::new(1_000);
    company.fill_orders(&orders.store, arguments.orders as usize).await?;
    eprintln!("{} orders in MongoDB after {:.0} s", arguments.orders, began.elapsed().as_secs_f64());
    let ids = company.fill_customers(&customers.store, arguments.customers as usize).await?;
    eprintln!("{} customers in MongoDB after {:.0} s", arguments.customers, began.elapsed().as_secs_f64());

    let mut rows = Vec::new();
    read_orders(orders, &company, &mut rows).await?;
    read_customers(customers, &company, ids, &mut rows).await?;
    Ok(rows)
}

async fn read_orders(place: &Place, company: &Company, rows: &mut Vec<Examined>) -> anyhow::Result<()> {
    let application = order::Application::new(place.store.clone(), Env::system());
    let principal = &company.principal;
    let page_size = PageSize::DEFAULT.get();
    for (list, filter) in order_lists(company) {
        let mut asked = order_list(filter);
        let (_, keys, documents, unaided) = place.examined(application.list_orders(principal, asked.clone())).await?;
        rows.push(of_list(list, 1, page_size, (keys, documents, unaided)));

        asked.page_size = PageSize::parse("page_size", Some(STRIDE))?;
        let mut passed = 0;
        while passed < (FAR - 1) * page_size {
            let page = application.list_orders(principal, asked.clone()).await?;
            let Some(token) = page.next_page_token() else { break };
            asked.page_token = token.to_owned();
            passed += STRIDE as usize;
        }
        asked.page_size = PageSize::DEFAULT;
        let (_, keys, documents, unaided) = place.examined(application.list_orders(principal, asked.clone())).await?;
        rows.push(of_list(list, passed / page_size + 1, page_size, (keys, documents, unaided)));
    }

    let next = |employee| ListOrders {
        filter: OrderFilter { employee_id: Some(employee), ..OrderFilter::default() },
        page_size: PageSize::parse("page_size", Some(3)).unwrap_or_default(),
        ..ListOrders::default()
    };
    let lists: Vec<ListOrders> = company.employees().into_iter().map(next).collect();
    let (pages, keys, documents, unaided) = place.examined(application.batch_list_orders(principal, &lists, Mask::ALL)).await?;
    rows.push(of_list("3 orders of each employee, in a batch", 1, 3 * lists.len(), (keys, documents, unaided)));

    let first = pages.into_iter().flatten().flat_map(|page| page.items).map(|view| view.order.id);
    let ids: Vec<_> = first.take(BATCH).collect();
    let (_, keys, documents, unaided) = place.examined(application.batch_get_orders(principal, &ids, Mask::ALL)).await?;
    rows.push(of_list("orders by id, in a batch", 1, ids.len(), (keys, documents, unaided)));
    Ok(())
}

async fn read_customers(place: &Place, company: &Company, ids: Vec<CustomerId>, rows: &mut Vec<Examined>) -> anyhow::Result<()> {
    let application = customer::Application::new(place.store.clone(), Env::system());
    let principal = &company.principal;
    let page_size = PageSize::DEFAULT.get();
    for (list, mut asked) in customer_lists() {
        let (_, keys, documents, unaided) = place.examined(application.list_customers(principal, asked.clone())).await?;
        rows.push(of_list(list, 1, page_size, (keys, documents, unaided)));
        let passed = far(&application, company, &mut asked, page_size).await?;
        let (_, keys, documents, unaided) = place.examined(application.list_customers(principal, asked.clone())).await?;
        rows.push(of_list(list, passed / page_size + 1, page_size, (keys, documents, unaided)));
    }
    let (_, keys, documents, unaided) = place.examined(application.batch_get_customers(principal, &ids, Mask::ALL)).await?;
    rows.push(of_list("customers by id, in a batch", 1, ids.len(), (keys, documents, unaided)));

    for text in
        ["an", "anna", "anna berzins", "anna berzins brivibas riga", "sia ozols 1234", "999", "+37120", "a b c d e f", "zane 777777"]
    {
        let search = SearchCustomers { text: text.to_owned(), filter: CustomerFilter::default(), limit: Some(200) };
        let (found, keys, documents, unaided) = place.examined(application.search_customers(principal, &search, Mask::ALL)).await?;
        // Each customer found is completed with what their orders make known: a document more.
        let limit = (Search::MAX_EXAMINED + found.customers.len()) as u64;
        rows.push(Examined {
            read: format!("search “{text}”"), page: None, items: found.customers.len(), keys, documents, limit, unaided
        });
    }
    Ok(())
}

/// Goes on to a far page.
async fn far(application: &customer::Application, company: &Company, asked: &mut ListCustomers, page_size: usize) -> anyhow::Result<usize> {
    asked.page_size = PageSize::parse("page_size", Some(STRIDE))?;
    let mut passed = 0;
    while passed < (FAR - 1) * page_size {
        let page = application.list_customers(&company.principal, asked.clone()).await?;
        let Some(token) = page.next_page_token() else { break };
        asked.page_token = token.to_owned();
        passed += STRIDE as usize;
    }
    asked.page_size = PageSize::DEFAULT;
    Ok(passed)
}

fn of_list(list: &str, page: usize, items: usize, (keys, documents, unaided): (u64, u64, bool)) -> Examined {
    Examined { read: list.to_owned(), page: Some(page), items, keys, documents, limit: (TOLERANCE * items) as u64, unaided }
}
