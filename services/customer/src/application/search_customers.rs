//! Searching customers.

use std::cmp::Reverse;

use contracts::{crm::customer::v1, mask::Mask};
use kernel::{Principal, Result, search};

use super::{Application, CustomerFilter, CustomerRecord, Known, OFFICE};
use crate::{documents, parts::CustomerParts};

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
    pub customers: Vec<CustomerRecord<CustomerParts>>,
    /// Whether there are more than these.
    pub more: bool,
}

impl Application {
    /// Customers by the beginnings of words of name, address, email, registration number and contacts' names, and by
    /// digits of telephone numbers. Those that have the most of the words whole come first, then by name. No
    /// more is read than the mask asks for. For the office.
    ///
    /// # Errors
    /// [`kernel::Error::Invalid`] that names `text` or `limit`.
    pub async fn search_customers(&self, principal: &Principal, search: &SearchCustomers, mask: Mask<v1::Customer>) -> Result<Found> {
        principal.require(OFFICE)?;
        let limit = search::limit(search.limit)?;
        let words = search::parse(&search.text)?;
        let company = self.company(principal);
        let read = company.only(mask.names().chain(["terms", "sort_name"]));
        let (found, unread) = read.search::<CustomerParts>(documents::TERMS, &words, &search.filter.conditions()).await?;
        let ranked = found.into_iter().filter_map(|customer| Some((search::rank(customer.terms.get()?, &words)?, customer)));
        let mut ranked: Vec<(usize, CustomerParts)> = ranked.collect();
        ranked.sort_by(|(a_exact, a), (b_exact, b)| {
            (Reverse(a_exact), a.sort_name.get(), a.id).cmp(&(Reverse(b_exact), b.sort_name.get(), b.id))
        });
        let more = unread || ranked.len() > limit;
        ranked.truncate(limit);
        let ids: Vec<_> = ranked.iter().map(|(_, customer)| customer.id).collect();
        let known = Known::of(&company, &ids, mask).await?;
        Ok(Found { customers: ranked.into_iter().map(|(_, customer)| known.record(customer)).collect(), more })
    }
}
