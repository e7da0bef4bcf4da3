//! The gRPC server: messages to use cases and back, nothing else.

use contracts::{
    crm::customer::v1::{self, customer_result, customer_service_server::CustomerService, customers_page_result},
    mask::Mask,
    read,
};
use kernel::{CustomerId, Principal, Result, Role};
use runtime::grpc::{Answer, answer, in_their_places, principal, rpc_status, status};
use store::Page;
use tonic::{Request, Status};

use crate::{
    application::{Application, CustomerRecord, DELETION, OFFICE},
    messages,
    parts::CustomerParts,
};

mod requests;

/// The service as tonic serves it.
pub(crate) struct Grpc(pub(crate) Application);

#[tonic::async_trait]
impl CustomerService for Grpc {
    async fn create_customer(&self, request: Request<v1::CreateCustomerRequest>) -> Answer<v1::CreateCustomerResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let input = requests::create_customer(request.into_inner())?;
            self.0.create_customer(&principal, &input).await
        };
        answer(outcome.await, |record| v1::CreateCustomerResponse { customer: customer(&record) })
    }

    async fn get_customer(&self, request: Request<v1::GetCustomerRequest>) -> Answer<v1::GetCustomerResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async { self.0.get_customer(&principal, read::id("id", &request.get_ref().id)?).await };
        answer(outcome.await, |record| v1::GetCustomerResponse { customer: customer(&record) })
    }

    async fn batch_get_customers(&self, request: Request<v1::BatchGetCustomersRequest>) -> Answer<v1::BatchGetCustomersResponse> {
        let principal = caller(&request, OFFICE)?;
        let v1::BatchGetCustomersRequest { ids: texts, read_mask } = request.into_inner();
        let outcome = async {
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("ids", texts.len(), read::MAX_IDS)?;
            let ids: Vec<Result<CustomerId>> = texts.iter().map(|id| read::id("id", id)).collect();
            let known: Vec<CustomerId> = ids.iter().flatten().copied().collect();
            let records = self.0.batch_get_customers(&principal, &known, mask).await?;
            Ok((in_their_places(ids, records), mask))
        };
        answer(outcome.await, |(records, mask)| v1::BatchGetCustomersResponse {
            results: texts.into_iter().zip(records).map(|(id, record)| customer_result(id, record, mask)).collect(),
        })
    }

    async fn list_customers(&self, request: Request<v1::ListCustomersRequest>) -> Answer<v1::ListCustomersResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async { self.0.list_customers(&principal, requests::list_customers(request.into_inner())?).await };
        answer(outcome.await, |found| page(&found, Mask::ALL, false))
    }

    async fn batch_list_customers(&self, request: Request<v1::BatchListCustomersRequest>) -> Answer<v1::BatchListCustomersResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let v1::BatchListCustomersRequest { requests, read_mask, omit_cursors } = request.into_inner();
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("requests", requests.len(), read::MAX_LISTS)?;
            let mut lists = Vec::with_capacity(requests.len());
            // For each list whether it was read, so that the pages find their places.
            let read: Vec<Result<()>> =
                requests.into_iter().map(|list| requests::list_customers(list).map(|list| lists.push(list))).collect();
            let pages = self.0.batch_list_customers(&principal, &lists, mask).await?;
            Ok((in_their_places(read, pages), mask, omit_cursors))
        };
        answer(outcome.await, |(pages, mask, omit_cursors)| v1::BatchListCustomersResponse {
            results: pages.into_iter().map(|page| page_result(page, mask, omit_cursors)).collect(),
        })
    }

    async fn search_customers(&self, request: Request<v1::SearchCustomersRequest>) -> Answer<v1::SearchCustomersResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let mask = Mask::read(request.get_ref().read_mask.as_ref())?;
            let search = requests::search_customers(request.into_inner())?;
            Ok((self.0.search_customers(&principal, &search, mask).await?, mask))
        };
        answer(outcome.await, |(found, mask)| v1::SearchCustomersResponse {
            customers: found.customers.iter().map(|record| messages::customer(record, mask)).collect(),
            more: found.more,
        })
    }

    async fn update_customer(&self, request: Request<v1::UpdateCustomerRequest>) -> Answer<v1::UpdateCustomerResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let command = requests::update_customer(request.into_inner())?;
            self.0.update_customer(&principal, &command).await
        };
        answer(outcome.await, |record| v1::UpdateCustomerResponse { customer: customer(&record) })
    }

    async fn archive_customer(&self, request: Request<v1::ArchiveCustomerRequest>) -> Answer<v1::ArchiveCustomerResponse> {
        let principal = caller(&request, OFFICE)?;
        let v1::ArchiveCustomerRequest { id, version } = request.into_inner();
        let outcome = async { self.0.archive_customer(&principal, read::id("id", &id)?, read::version("version", version)?).await };
        answer(outcome.await, |record| v1::ArchiveCustomerResponse { customer: customer(&record) })
    }

    async fn restore_customer(&self, request: Request<v1::RestoreCustomerRequest>) -> Answer<v1::RestoreCustomerResponse> {
        let principal = caller(&request, OFFICE)?;
        let v1::RestoreCustomerRequest { id, version } = request.into_inner();
        let outcome = async { self.0.restore_customer(&principal, read::id("id", &id)?, read::version("version", version)?).await };
        answer(outcome.await, |record| v1::RestoreCustomerResponse { customer: customer(&record) })
    }

    async fn delete_customer(&self, request: Request<v1::DeleteCustomerRequest>) -> Answer<v1::DeleteCustomerResponse> {
        let principal = caller(&request, DELETION)?;
        let v1::DeleteCustomerRequest { id, version } = request.into_inner();
        let outcome = async { self.0.delete_customer(&principal, read::id("id", &id)?, read::version("version", version)?).await };
        answer(outcome.await, |()| v1::DeleteCustomerResponse {})
    }

    async fn add_property(&self, request: Request<v1::AddPropertyRequest>) -> Answer<v1::AddPropertyResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let command = requests::add_property(request.into_inner())?;
            self.0.add_property(&principal, &command).await
        };
        answer(outcome.await, |(record, id)| v1::AddPropertyResponse { customer: customer(&record), property_id: id.to_string() })
    }

    async fn update_property(&self, request: Request<v1::UpdatePropertyRequest>) -> Answer<v1::UpdatePropertyResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let command = requests::update_property(request.into_inner())?;
            self.0.update_property(&principal, &command).await
        };
        answer(outcome.await, |record| v1::UpdatePropertyResponse { customer: customer(&record) })
    }

    async fn remove_property(&self, request: Request<v1::RemovePropertyRequest>) -> Answer<v1::RemovePropertyResponse> {
        let principal = caller(&request, OFFICE)?;
        let outcome = async {
            let command = requests::remove_property(&request.into_inner())?;
            self.0.remove_property(&principal, &command).await
        };
        answer(outcome.await, |record| v1::RemovePropertyResponse { customer: customer(&record) })
    }

    async fn add_customer_note(&self, request: Request<v1::AddCustomerNoteRequest>) -> Answer<v1::AddCustomerNoteResponse> {
        let principal = caller(&request, OFFICE)?;
        let v1::AddCustomerNoteRequest { customer_id, text } = request.into_inner();
        let outcome = async { self.0.add_note(&principal, read::id("customer_id", &customer_id)?, &text).await };
        answer(outcome.await, |(record, id)| v1::AddCustomerNoteResponse { customer: customer(&record), note_id: id.to_string() })
    }

    async fn remove_customer_note(&self, request: Request<v1::RemoveCustomerNoteRequest>) -> Answer<v1::RemoveCustomerNoteResponse> {
        let principal = caller(&request, OFFICE)?;
        let v1::RemoveCustomerNoteRequest { customer_id, note_id } = request.into_inner();
        let outcome = async {
            let (customer, note) = (read::id("customer_id", &customer_id)?, read::id("note_id", &note_id)?);
            self.0.remove_note(&principal, customer, note).await
        };
        answer(outcome.await, |record| v1::RemoveCustomerNoteResponse { customer: customer(&record) })
    }

    async fn batch_list_customer_history(
        &self,
        request: Request<v1::BatchListCustomerHistoryRequest>,
    ) -> Answer<v1::BatchListCustomerHistoryResponse> {
        let principal = caller(&request, OFFICE)?;
        let queries = request.into_inner().queries;
        let outcome = async {
            runtime::history::check(&queries)?;
            self.0.list_history(&principal, queries).await
        };
        answer(outcome.await, |results| v1::BatchListCustomerHistoryResponse { results })
    }
}

/// Who calls. Who may not is refused before their request is looked at; the use case decides it again, as it has other
/// callers too.
fn caller<T>(request: &Request<T>, needed: Role) -> Result<Principal, Status> {
    let principal = principal(request)?;
    principal.require(needed).map_err(status)?;
    Ok(principal)
}

fn customer(record: &CustomerRecord) -> Option<v1::Customer> {
    let record = CustomerRecord { customer: CustomerParts::from(&record.customer), facts: record.facts.clone() };
    Some(messages::customer(&record, Mask::ALL))
}

fn customer_result(id: String, record: Result<CustomerRecord<CustomerParts>>, mask: Mask<v1::Customer>) -> v1::CustomerResult {
    let result = match record {
        Ok(record) => customer_result::Result::Customer(messages::customer(&record, mask)),
        Err(error) => customer_result::Result::Error(rpc_status(&error)),
    };
    v1::CustomerResult { id, result: Some(result) }
}

fn page(page: &Page<CustomerRecord<CustomerParts>>, mask: Mask<v1::Customer>, omit_cursors: bool) -> v1::ListCustomersResponse {
    v1::ListCustomersResponse {
        next_page_token: page.next_page_token().unwrap_or_default(),
        customers: page.items.iter().map(|record| messages::customer(record, mask)).collect(),
        cursors: if omit_cursors { Vec::new() } else { page.tokens() },
    }
}

fn page_result(
    outcome: Result<Page<CustomerRecord<CustomerParts>>>,
    mask: Mask<v1::Customer>,
    omit_cursors: bool,
) -> v1::CustomersPageResult {
    let result = match outcome {
        Ok(found) => customers_page_result::Result::Page(page(&found, mask, omit_cursors)),
        Err(error) => customers_page_result::Result::Error(rpc_status(&error)),
    };
    v1::CustomersPageResult { result: Some(result) }
}
