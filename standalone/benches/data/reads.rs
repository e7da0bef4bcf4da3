//! What pages of lists, batches and searches read from the store, in a small company and in a large one.

mod mongodb;
mod sqlite;

use customer::application::{CustomerFilter, CustomerOrder, ListCustomers};
use kernel::PageSize;
use order::{
    application::{ListOrders, OrderFilter},
    domain::Status,
};

use crate::{arguments::Reads, company::Company};

/// How much a page may read, as a multiple of its size: an index entry and a document for each item, and an entry ahead for
/// each range that the page is merged of.
const TOLERANCE: usize = 3;

pub(crate) async fn run(arguments: &Reads) -> anyhow::Result<()> {
    if arguments.mongodb { mongodb::run(arguments).await } else { sqlite::run(arguments.json).await }
}

/// The lists of orders that the office looks at.
fn order_lists(company: &Company) -> [(&'static str, OrderFilter); 6] {
    [
        ("orders", OrderFilter::default()),
        ("orders by status", OrderFilter { statuses: vec![Status::Completed], ..OrderFilter::default() }),
        ("orders by statuses", OrderFilter { statuses: vec![Status::Completed, Status::Canceled], ..OrderFilter::default() }),
        ("orders by customer", OrderFilter { customer_id: Some(company.customer()), ..OrderFilter::default() }),
        ("orders by employee", OrderFilter { employee_id: Some(company.employee()), ..OrderFilter::default() }),
        ("orders that need a crew", OrderFilter { needs_crew: Some(true), ..OrderFilter::default() }),
    ]
}

/// The lists of customers that the office looks at.
fn customer_lists() -> [(&'static str, ListCustomers); 2] {
    let list = |order| ListCustomers { filter: CustomerFilter::default(), order, page_size: PageSize::DEFAULT, page_token: String::new() };
    [("customers by name", list(CustomerOrder::Name)), ("customers, newest first", list(CustomerOrder::NewestFirst))]
}

fn order_list(filter: OrderFilter) -> ListOrders {
    ListOrders { filter, page_size: PageSize::DEFAULT, ..ListOrders::default() }
}
