//! Use cases that rely on copies of others' facts; see [`copies`](crate::domain::copies) for the invariant that they keep.

use kernel::{EmployeeId, Error, Result};
use runtime::retry::retry_contended;
use store::{CompanyStore, Query};

use crate::{
    documents::is_copies,
    domain::{Agenda, EmployeeCopy, Order, Period, Status, employee::unknown_employee},
};

/// Why an attempt came to nothing.
pub(super) enum Failure {
    /// A copy that it relied on is another one now: it is worth another attempt.
    Outdated(Error),
    /// Another attempt would fare no better.
    Final(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Conflict { collection, .. } if is_copies(collection) => Self::Outdated(error.into()),
            error => Self::Final(error.into()),
        }
    }
}

/// Does a use case, and does it again while a copy that it relied on changed under its hands. A conflict on the order itself
/// is the caller's to hear.
pub(super) async fn relying_on_copies<T, F, W>(attempt: F) -> Result<T>
where
    F: Fn() -> W,
    W: Future<Output = Result<T, Failure>>,
{
    let attempt = &attempt;
    let done = retry_contended("the schedule", || async move {
        match attempt().await {
            Ok(done) => Ok(Ok(done)),
            Err(Failure::Final(error)) => Ok(Err(error)),
            Err(Failure::Outdated(conflict)) => Err(conflict),
        }
    });
    // The copies are ours: no caller could do anything with a conflict on one.
    done.await?
}

/// What some employees have to do around some time.
pub(super) struct Agendas {
    /// The employees, as they were read before their orders.
    pub(super) employees: Vec<EmployeeCopy>,
    orders: Vec<Vec<Order>>,
}

impl Agendas {
    /// Reads what these employees have to do around `period`.
    ///
    /// The copies are read first. Whoever gives an employee something to do writes their copy, so orders that come
    /// after this reading make the commit fail that expects the copies as they were read.
    pub(super) async fn around(company: &CompanyStore, ids: &[EmployeeId], period: Period) -> Result<Self> {
        let uuids: Vec<_> = ids.iter().map(|id| id.uuid()).collect();
        let copies = company.get_many::<EmployeeCopy>(&uuids).await?;
        let known = copies.into_iter().zip(ids).map(|(copy, id)| copy.ok_or_else(|| unknown_employee(*id)));
        let employees = known.collect::<Result<Vec<_>>>()?;
        let orders = orders_around(company, ids, period).await?;
        Ok(Self { employees, orders })
    }

    pub(super) fn list(&self) -> Vec<Agenda<'_>> {
        self.employees.iter().zip(&self.orders).map(|(employee, orders)| Agenda { employee, orders }).collect()
    }
}

/// Open orders of each of these employees that may overlap `period`: those that begin before its end, and no
/// longer before its start than an order can take.
async fn orders_around(company: &CompanyStore, ids: &[EmployeeId], period: Period) -> Result<Vec<Vec<Order>>> {
    const PAGE: usize = 200;
    let query = |id: EmployeeId, token: Option<String>| {
        Query::by("starts_at")
            .eq("employee_ids", id)
            .is_in("status", Status::OPEN.map(Status::as_str))
            .range("starts_at", Some(period.starts_at().minus(Period::LONGEST_ORDER)), Some(period.ends_at()))
            .page(PAGE, token)
    };
    let mut orders = vec![Vec::new(); ids.len()];
    let mut asked: Vec<(usize, Query)> = ids.iter().enumerate().map(|(i, id)| (i, query(*id, None))).collect();
    while !asked.is_empty() {
        let (places, queries): (Vec<usize>, Vec<Query>) = asked.into_iter().unzip();
        asked = Vec::new();
        for (place, page) in places.into_iter().zip(company.find_each::<Order>(&queries).await?) {
            let page = page?;
            if let Some(token) = page.next_page_token() {
                asked.push((place, query(ids[place], Some(token.to_owned()))));
            }
            orders[place].extend(page.items);
        }
    }
    Ok(orders)
}
