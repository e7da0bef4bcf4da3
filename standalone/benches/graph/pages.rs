//! What a page of a list of orders reads from the store, in a small company and in a large one.

mod company;

use std::{
    io::{self, Write as _},
    time::Instant,
};

use anyhow::bail;
use kernel::{Env, PageSize};
use order::{
    Application,
    application::{ListOrders, OrderFilter},
    domain::Status,
};
use serde::Serialize;
use store::Store;

use company::Company;

/// The numbers of orders that are compared.
const SIZES: [usize; 2] = [5_000, 500_000];
/// How far apart what a page reads may be, as a multiple of the page's size. What it reads is an index entry and a document
/// for each order, and an entry ahead for each status that it is merged of: it may vary by a part of that, as a page at the
/// end of a list is shorter, and not with the number of orders.
const TOLERANCE: usize = 3;

/// What the pages of one list read: index entries and documents.
#[derive(Debug, Serialize)]
struct Reads {
    list: &'static str,
    orders: usize,
    page_size: usize,
    pages: usize,
    first_page: u64,
    last_page: u64,
    most: u64,
}

/// Fills a store of each size, walks through each list to its end, and fails where a page reads more in the large one.
pub(crate) async fn run(json: bool) -> anyhow::Result<()> {
    let mut sizes = Vec::new();
    for size in SIZES {
        let began = Instant::now();
        let store = Store::sqlite_in_memory(order::COLLECTIONS).await?;
        let company = Company::fill(&store, size).await?;
        eprintln!("{size} orders in the store after {:.1} s", began.elapsed().as_secs_f64());
        let mut reads = Vec::new();
        for (list, filter) in lists(&company) {
            reads.push(walk(&store, &company, size, list, filter).await?);
        }
        eprintln!("their lists read to the end after {:.1} s", began.elapsed().as_secs_f64());
        sizes.push(reads);
    }
    tell(json, sizes.iter().flatten())?;
    for (small, large) in sizes[0].iter().zip(&sizes[1]) {
        if small.most.abs_diff(large.most) > (TOLERANCE * small.page_size) as u64 {
            let Reads { list, orders, most, .. } = large;
            bail!("{list}: a page reads up to {most} rows of {orders} orders, and {} of {}", small.most, small.orders);
        }
    }
    Ok(())
}

/// The lists that the office looks at.
fn lists(company: &Company) -> [(&'static str, OrderFilter); 5] {
    [
        ("all", OrderFilter::default()),
        ("by status", OrderFilter { statuses: vec![Status::Completed], ..OrderFilter::default() }),
        ("by customer", OrderFilter { customer_id: Some(company.customer()), ..OrderFilter::default() }),
        ("by employee", OrderFilter { employee_id: Some(company.employee()), ..OrderFilter::default() }),
        ("needs crew", OrderFilter { needs_crew: Some(true), ..OrderFilter::default() }),
    ]
}

/// Reads a list to its end by the use case that serves it.
async fn walk(store: &Store, company: &Company, orders: usize, list: &'static str, filter: OrderFilter) -> anyhow::Result<Reads> {
    let application = Application::new(store.clone(), Env::system());
    let page_size = PageSize::DEFAULT;
    let mut asked = ListOrders { filter, page_size, ..ListOrders::default() };
    let mut reads = Reads { list, orders, page_size: page_size.get(), pages: 0, first_page: 0, last_page: 0, most: 0 };
    loop {
        let before = store.examined();
        let page = application.list_orders(&company.principal, asked.clone()).await?;
        reads.last_page = store.examined() - before;
        reads.most = reads.most.max(reads.last_page);
        if reads.pages == 0 {
            reads.first_page = reads.last_page;
        }
        reads.pages += 1;
        match page.next_page_token() {
            Some(token) => asked.page_token = token.to_owned(),
            None => return Ok(reads),
        }
    }
}

fn tell<'a>(json: bool, reads: impl Iterator<Item = &'a Reads>) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    if !json {
        writeln!(out, "{:<12} {:>9} {:>9} {:>12} {:>12} {:>12}", "list", "orders", "pages", "first page", "last page", "most")?;
    }
    for reads in reads {
        if json {
            writeln!(out, "{}", serde_json::to_string(reads)?)?;
        } else {
            let Reads { list, orders, pages, first_page, last_page, most, .. } = reads;
            writeln!(out, "{list:<12} {orders:>9} {pages:>9} {first_page:>12} {last_page:>12} {most:>12}")?;
        }
    }
    Ok(())
}
