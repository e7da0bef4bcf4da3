//! The same lists at two sizes of a company, each read to its end: a page costs the same in both.

use std::time::Instant;

use anyhow::bail;
use kernel::{Env, PageSize};
use order::{Application, application::OrderFilter};
use serde::Serialize;
use store::Store;

use super::{TOLERANCE, order_list, order_lists};
use crate::{
    company::Company,
    report::{Row, tell},
};

/// The numbers of orders that are compared, and whose they are.
const SIZES: [usize; 2] = [5_000, 500_000];
const CUSTOMERS: usize = 100;

/// What the pages of one list read: index entries and documents.
#[derive(Debug, Clone, Serialize)]
struct Pages {
    list: &'static str,
    orders: usize,
    page_size: usize,
    pages: usize,
    first_page: u64,
    last_page: u64,
    most: u64,
}

impl Row for Pages {
    const COLUMNS: &'static [(&'static str, usize)] =
        &[("list", 24), ("orders", 9), ("pages", 9), ("first page", 12), ("last page", 12), ("most", 12)];

    fn cells(&self) -> Vec<String> {
        let numbers = [self.orders as u64, self.pages as u64, self.first_page, self.last_page, self.most];
        [self.list.to_owned()].into_iter().chain(numbers.map(|number| number.to_string())).collect()
    }
}

/// Fills a store of each size, walks through each list to its end, and fails where a page reads more in the large one.
pub(super) async fn run(json: bool) -> anyhow::Result<()> {
    let mut sizes = Vec::new();
    for size in SIZES {
        let began = Instant::now();
        let store = Store::sqlite_in_memory(order::COLLECTIONS).await?;
        let company = Company::new(CUSTOMERS);
        company.fill_orders(&store, size).await?;
        eprintln!("{size} orders in the store after {:.1} s", began.elapsed().as_secs_f64());
        let mut reads = Vec::new();
        for (list, filter) in order_lists(&company) {
            reads.push(walk(&store, &company, size, list, filter).await?);
        }
        eprintln!("their lists read to the end after {:.1} s", began.elapsed().as_secs_f64());
        sizes.push(reads);
    }
    tell(json, &sizes.concat())?;
    for (small, large) in sizes[0].iter().zip(&sizes[1]) {
        if small.most.abs_diff(large.most) > (TOLERANCE * small.page_size) as u64 {
            let Pages { list, orders, most, .. } = large;
            bail!("{list}: a page reads up to {most} rows of {orders} orders, and {} of {}", small.most, small.orders);
        }
    }
    Ok(())
}

/// Reads a list to its end by the use case that serves it.
async fn walk(store: &Store, company: &Company, orders: usize, list: &'static str, filter: OrderFilter) -> anyhow::Result<Pages> {
    let application = Application::new(store.clone(), Env::system());
    let mut asked = order_list(filter);
    let page_size = PageSize::DEFAULT.get();
    let mut reads = Pages { list, orders, page_size, pages: 0, first_page: 0, last_page: 0, most: 0 };
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
