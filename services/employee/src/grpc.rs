//! The gRPC server: messages to use cases and back, nothing else.

use contracts::{
    crm::employee::v1::{self, employee_result, employee_service_server::EmployeeService, employees_page_result},
    mask::Mask,
    read,
};
use kernel::Result;
use runtime::grpc::{Answer, answer, in_their_places, principal, rpc_status};
use store::Page;
use tonic::Request;

use crate::{application::Application, domain::Employee, messages, parts::EmployeeParts};

mod requests;

/// The service as tonic serves it.
pub(crate) struct Grpc(pub(crate) Application);

#[tonic::async_trait]
impl EmployeeService for Grpc {
    async fn create_employee(&self, request: Request<v1::CreateEmployeeRequest>) -> Answer<v1::CreateEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let profile = requests::profile(&request.into_inner())?;
            self.0.create_employee(&principal, profile).await
        };
        answer(outcome.await, |employee| v1::CreateEmployeeResponse { employee: some(&employee) })
    }

    async fn get_employee(&self, request: Request<v1::GetEmployeeRequest>) -> Answer<v1::GetEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let id = read::id("id", &request.into_inner().id)?;
            self.0.get_employee(&principal, id).await
        };
        answer(outcome.await, |employee| v1::GetEmployeeResponse { employee: some(&employee) })
    }

    async fn batch_get_employees(&self, request: Request<v1::BatchGetEmployeesRequest>) -> Answer<v1::BatchGetEmployeesResponse> {
        let principal = principal(&request)?;
        let v1::BatchGetEmployeesRequest { ids, read_mask } = request.into_inner();
        let outcome = async {
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("ids", ids.len(), read::MAX_IDS)?;
            let read: Vec<_> = ids.iter().map(|id| read::id("id", id)).collect();
            let good: Vec<_> = read.iter().filter_map(|id| id.as_ref().ok().copied()).collect();
            let answers = self.0.batch_get_employees(&principal, &good, mask).await?;
            Ok((in_their_places(read, answers), mask))
        };
        answer(outcome.await, |(answers, mask)| v1::BatchGetEmployeesResponse {
            results: ids
                .into_iter()
                .zip(answers)
                .map(|(id, answer)| v1::EmployeeResult { id, result: Some(result(answer, mask)) })
                .collect(),
        })
    }

    async fn list_employees(&self, request: Request<v1::ListEmployeesRequest>) -> Answer<v1::ListEmployeesResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let list = requests::list(request.into_inner())?;
            self.0.list_employees(&principal, &list).await
        };
        answer(outcome.await, |found| page(&found, Mask::ALL, false))
    }

    async fn batch_list_employees(&self, request: Request<v1::BatchListEmployeesRequest>) -> Answer<v1::BatchListEmployeesResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::BatchListEmployeesRequest { requests, read_mask, omit_cursors } = request.into_inner();
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("requests", requests.len(), read::MAX_LISTS)?;
            let mut good = Vec::with_capacity(requests.len());
            let read = requests.into_iter().map(|list| requests::list(list).map(|list| good.push(list))).collect();
            let answers = self.0.batch_list_employees(&principal, &good, mask).await?;
            Ok((in_their_places(read, answers), mask, omit_cursors))
        };
        answer(outcome.await, |(answers, mask, omit_cursors)| v1::BatchListEmployeesResponse {
            results: answers
                .into_iter()
                .map(|answer| v1::EmployeesPageResult { result: Some(page_result(answer, mask, omit_cursors)) })
                .collect(),
        })
    }

    async fn search_employees(&self, request: Request<v1::SearchEmployeesRequest>) -> Answer<v1::SearchEmployeesResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let mask = Mask::read(request.get_ref().read_mask.as_ref())?;
            let search = requests::search(request.into_inner())?;
            Ok((self.0.search_employees(&principal, &search, mask).await?, mask))
        };
        answer(outcome.await, |(found, mask)| v1::SearchEmployeesResponse {
            employees: found.employees.iter().map(|employee| messages::employee(employee, mask)).collect(),
            more: found.more,
        })
    }

    async fn update_employee(&self, request: Request<v1::UpdateEmployeeRequest>) -> Answer<v1::UpdateEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let command = requests::update(request.into_inner())?;
            self.0.update_employee(&principal, command).await
        };
        answer(outcome.await, |employee| v1::UpdateEmployeeResponse { employee: some(&employee) })
    }

    async fn deactivate_employee(&self, request: Request<v1::DeactivateEmployeeRequest>) -> Answer<v1::DeactivateEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::DeactivateEmployeeRequest { id, version } = request.into_inner();
            let (id, version) = requests::versioned("id", &id, version)?;
            self.0.deactivate_employee(&principal, id, version).await
        };
        answer(outcome.await, |employee| v1::DeactivateEmployeeResponse { employee: some(&employee) })
    }

    async fn reactivate_employee(&self, request: Request<v1::ReactivateEmployeeRequest>) -> Answer<v1::ReactivateEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::ReactivateEmployeeRequest { id, version } = request.into_inner();
            let (id, version) = requests::versioned("id", &id, version)?;
            self.0.reactivate_employee(&principal, id, version).await
        };
        answer(outcome.await, |employee| v1::ReactivateEmployeeResponse { employee: some(&employee) })
    }

    async fn add_time_off(&self, request: Request<v1::AddTimeOffRequest>) -> Answer<v1::AddTimeOffResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let command = requests::add_time_off(request.into_inner())?;
            self.0.add_time_off(&principal, command).await
        };
        answer(outcome.await, |(employee, time_off)| v1::AddTimeOffResponse {
            employee: some(&employee),
            time_off_id: time_off.to_string(),
        })
    }

    async fn remove_time_off(&self, request: Request<v1::RemoveTimeOffRequest>) -> Answer<v1::RemoveTimeOffResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let (employee, time_off, version) = requests::remove_time_off(&request.into_inner())?;
            self.0.remove_time_off(&principal, employee, time_off, version).await
        };
        answer(outcome.await, |employee| v1::RemoveTimeOffResponse { employee: some(&employee) })
    }

    async fn put_employee_photo(&self, request: Request<v1::PutEmployeePhotoRequest>) -> Answer<v1::PutEmployeePhotoResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::PutEmployeePhotoRequest { employee_id, content, version } = request.into_inner();
            let (employee, version) = requests::versioned("employee_id", &employee_id, version)?;
            self.0.put_photo(&principal, employee, version, content).await
        };
        answer(outcome.await, |employee| v1::PutEmployeePhotoResponse { employee: some(&employee) })
    }

    async fn get_employee_photo(&self, request: Request<v1::GetEmployeePhotoRequest>) -> Answer<v1::GetEmployeePhotoResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let employee = read::id("employee_id", &request.into_inner().employee_id)?;
            self.0.get_photo(&principal, employee).await
        };
        answer(outcome.await, |photo| v1::GetEmployeePhotoResponse {
            content: photo.content,
            content_type: "image/jpeg".to_owned(),
            photo_version: photo.version,
        })
    }

    async fn delete_employee_photo(&self, request: Request<v1::DeleteEmployeePhotoRequest>) -> Answer<v1::DeleteEmployeePhotoResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::DeleteEmployeePhotoRequest { employee_id, version } = request.into_inner();
            let (employee, version) = requests::versioned("employee_id", &employee_id, version)?;
            self.0.delete_photo(&principal, employee, version).await
        };
        answer(outcome.await, |employee| v1::DeleteEmployeePhotoResponse { employee: some(&employee) })
    }

    async fn batch_list_employee_history(
        &self,
        request: Request<v1::BatchListEmployeeHistoryRequest>,
    ) -> Answer<v1::BatchListEmployeeHistoryResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let queries = request.into_inner().queries;
            runtime::history::check(&queries)?;
            self.0.list_history(&principal, queries).await
        };
        answer(outcome.await, |results| v1::BatchListEmployeeHistoryResponse { results })
    }
}

fn some(employee: &Employee) -> Option<v1::Employee> {
    Some(messages::employee(&EmployeeParts::from(employee), Mask::ALL))
}

fn result(answer: Result<EmployeeParts>, mask: Mask<v1::Employee>) -> employee_result::Result {
    match answer {
        Ok(employee) => employee_result::Result::Employee(messages::employee(&employee, mask)),
        Err(error) => employee_result::Result::Error(rpc_status(&error)),
    }
}

fn page_result(answer: Result<Page<EmployeeParts>>, mask: Mask<v1::Employee>, omit_cursors: bool) -> employees_page_result::Result {
    match answer {
        Ok(found) => employees_page_result::Result::Page(page(&found, mask, omit_cursors)),
        Err(error) => employees_page_result::Result::Error(rpc_status(&error)),
    }
}

fn page(page: &Page<EmployeeParts>, mask: Mask<v1::Employee>, omit_cursors: bool) -> v1::ListEmployeesResponse {
    v1::ListEmployeesResponse {
        employees: page.items.iter().map(|employee| messages::employee(employee, mask)).collect(),
        cursors: if omit_cursors { Vec::new() } else { page.tokens() },
        next_page_token: page.next_page_token().unwrap_or_default(),
    }
}
