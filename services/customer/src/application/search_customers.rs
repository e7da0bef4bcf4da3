//! Searching customers.

use std::cmp::Reverse;

use kernel::{Principal, Result, search};

use super::{Application, CustomerFilter, CustomerRecord, OFFICE, facts, record};
use crate::{documents, domain::Customer};

/// A search that is asked for.
#[derive(Debug, Clone, Default)]
pub struct SearchCustomers {
    /// Beginnings of words in any order, or three or more digits in a row of a telephone number; 1 to 200 characters.
    pub text: String,
    /// Only these.
    pub filter: CustomerFilter,
    /// How many, 1 to 200; 20 where nothing is said.
    pub limit: Option<i32>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The customers, the best first.
    pub customers: Vec<CustomerRecord>,
    /// Whether there are more than these.
    pub more: bool,
}

impl Application {
    /// Customers by the beginnings of words of name, address, email, registration number and contacts' names, and by
    /// digits of telephone numbers. Those that have the most of the words whole come first, then by name. For the office.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `text` or `limit`.
    pub async fn search_customers(&self, principal: &Principal, search: &SearchCustomers) -> Result<Found> {
        principal.require(OFFICE)?;
        let limit = search::limit(search.limit)?;
        let words = search::parse(&search.text)?;
        let company = self.company(principal);
        let (found, unread) = company.search::<Customer>(documents::TERMS, &words, &search.filter.conditions()).await?;
        let mut ranked: Vec<(usize, Customer)> =
            found.into_iter().filter_map(|customer| Some((search::rank(&customer.terms, &words)?, customer))).collect();
        ranked.sort_by(|(a_exact, a), (b_exact, b)| (Reverse(a_exact), &a.sort_name, a.id).cmp(&(Reverse(b_exact), &b.sort_name, b.id)));
        let more = unread || ranked.len() > limit;
        ranked.truncate(limit);
        let ids: Vec<_> = ranked.iter().map(|(_, customer)| customer.id).collect();
        let facts = facts(&company, &ids).await?;
        Ok(Found { customers: ranked.into_iter().map(|(_, customer)| record(customer, &facts)).collect(), more })
    }
}
