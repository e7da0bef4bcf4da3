//! The gRPC server: messages to use cases and back, nothing else.

use contracts::{
    crm::auth::v1::{self, account_result, accounts_page_result, auth_service_server::AuthService},
    mask::Mask,
    read,
};
use kernel::{AccountId, Result};
use runtime::grpc::{Answer, answer, in_their_places, principal, rpc_status, session};
use store::Page;
use tonic::Request;

use crate::{
    application::{AccountRecord, Application, ChangePassword, ListAccounts, SignIn},
    domain::{account, password::Password, secret::Secret},
    messages,
    parts::AccountParts,
};

/// The service as tonic serves it.
pub(crate) struct Grpc(pub(crate) Application);

#[tonic::async_trait]
impl AuthService for Grpc {
    async fn sign_in(&self, request: Request<v1::SignInRequest>) -> Answer<v1::SignInResponse> {
        let v1::SignInRequest { email, password, company_id } = request.into_inner();
        let outcome = async {
            let company = read::optional_id("company_id", &company_id)?;
            self.0.sign_in(SignIn { email, password: Password::given(&password), company }).await
        };
        answer(outcome.await, |tokens| v1::SignInResponse { session: Some(messages::session(&tokens)) })
    }

    async fn refresh_session(&self, request: Request<v1::RefreshSessionRequest>) -> Answer<v1::RefreshSessionResponse> {
        let outcome = self.0.refresh_session(&request.into_inner().refresh_token).await;
        answer(outcome, |tokens| v1::RefreshSessionResponse { session: Some(messages::session(&tokens)) })
    }

    async fn sign_out(&self, request: Request<v1::SignOutRequest>) -> Answer<v1::SignOutResponse> {
        let outcome = self.0.sign_out(&principal(&request)?, session(&request)?).await;
        answer(outcome, |()| v1::SignOutResponse {})
    }

    async fn get_jwks(&self, _: Request<v1::GetJwksRequest>) -> Answer<v1::GetJwksResponse> {
        answer(self.0.jwks().await, |keys| v1::GetJwksResponse { keys: keys.into_iter().map(messages::jwk).collect() })
    }

    async fn change_password(&self, request: Request<v1::ChangePasswordRequest>) -> Answer<v1::ChangePasswordResponse> {
        let (principal, session) = (principal(&request)?, session(&request)?);
        let v1::ChangePasswordRequest { current_password, new_password } = request.into_inner();
        let command = ChangePassword { current: Password::given(&current_password), new: Secret::new(new_password) };
        answer(self.0.change_password(&principal, session, command).await, |()| v1::ChangePasswordResponse {})
    }

    async fn create_invitation(&self, request: Request<v1::CreateInvitationRequest>) -> Answer<v1::CreateInvitationResponse> {
        let principal = principal(&request)?;
        let account = request.into_inner().account_id;
        let outcome = async { self.0.create_invitation(&principal, read::id("account_id", &account)?).await };
        answer(outcome.await, |invitation| messages::invitation(&invitation))
    }

    async fn accept_invitation(&self, request: Request<v1::AcceptInvitationRequest>) -> Answer<v1::AcceptInvitationResponse> {
        let v1::AcceptInvitationRequest { token, password } = request.into_inner();
        let outcome = self.0.accept_invitation(&token, &Secret::new(password)).await;
        answer(outcome, |tokens| v1::AcceptInvitationResponse { session: Some(messages::session(&tokens)) })
    }

    async fn get_account(&self, request: Request<v1::GetAccountRequest>) -> Answer<v1::GetAccountResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.get_account(&principal, read::id("id", &request.get_ref().id)?).await };
        answer(outcome.await, |record| v1::GetAccountResponse { account: Some(messages::whole(&record)) })
    }

    async fn batch_get_accounts(&self, request: Request<v1::BatchGetAccountsRequest>) -> Answer<v1::BatchGetAccountsResponse> {
        let principal = principal(&request)?;
        let v1::BatchGetAccountsRequest { ids: texts, read_mask } = request.into_inner();
        let outcome = async {
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("ids", texts.len(), read::MAX_IDS)?;
            let ids: Vec<Result<AccountId>> = texts.iter().map(|id| read::id("id", id)).collect();
            let known: Vec<AccountId> = ids.iter().flatten().copied().collect();
            let records = self.0.batch_get_accounts(&principal, &known, mask).await?;
            Ok((in_their_places(ids, records), mask))
        };
        answer(outcome.await, |(records, mask)| v1::BatchGetAccountsResponse {
            results: texts.into_iter().zip(records).map(|(id, record)| account_result(id, record, mask)).collect(),
        })
    }

    async fn list_accounts(&self, request: Request<v1::ListAccountsRequest>) -> Answer<v1::ListAccountsResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.list_accounts(&principal, list(request.into_inner())?).await };
        answer(outcome.await, |found| page(&found, Mask::ALL, false))
    }

    async fn batch_list_accounts(&self, request: Request<v1::BatchListAccountsRequest>) -> Answer<v1::BatchListAccountsResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::BatchListAccountsRequest { requests, read_mask, omit_cursors } = request.into_inner();
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("requests", requests.len(), read::MAX_LISTS)?;
            let mut lists = Vec::with_capacity(requests.len());
            let read: Vec<Result<()>> = requests.into_iter().map(|request| list(request).map(|list| lists.push(list))).collect();
            let pages = self.0.batch_list_accounts(&principal, &lists, mask).await?;
            Ok((in_their_places(read, pages), mask, omit_cursors))
        };
        answer(outcome.await, |(pages, mask, omit_cursors)| v1::BatchListAccountsResponse {
            results: pages.into_iter().map(|page| page_result(page, mask, omit_cursors)).collect(),
        })
    }

    async fn change_role(&self, request: Request<v1::ChangeRoleRequest>) -> Answer<v1::ChangeRoleResponse> {
        let principal = principal(&request)?;
        let v1::ChangeRoleRequest { account_id, role, version } = request.into_inner();
        let outcome = async {
            let mut checks = kernel::Violations::default();
            let account = checks.take(read::id("account_id", &account_id));
            let role = checks.take(read::role("role", role));
            let version = checks.take(read::version("version", version));
            let (account, role, version) = checks.finish_with(|| Some((account?, role?, version?)))?;
            self.0.change_role(&principal, account, role, version).await
        };
        answer(outcome.await, |record| v1::ChangeRoleResponse { account: Some(messages::whole(&record)) })
    }

    async fn disable_account(&self, request: Request<v1::DisableAccountRequest>) -> Answer<v1::DisableAccountResponse> {
        let principal = principal(&request)?;
        let v1::DisableAccountRequest { account_id, version } = request.into_inner();
        let outcome =
            async { self.0.disable_account(&principal, read::id("account_id", &account_id)?, read::version("version", version)?).await };
        answer(outcome.await, |record| v1::DisableAccountResponse { account: Some(messages::whole(&record)) })
    }

    async fn enable_account(&self, request: Request<v1::EnableAccountRequest>) -> Answer<v1::EnableAccountResponse> {
        let principal = principal(&request)?;
        let v1::EnableAccountRequest { account_id, version } = request.into_inner();
        let outcome =
            async { self.0.enable_account(&principal, read::id("account_id", &account_id)?, read::version("version", version)?).await };
        answer(outcome.await, |record| v1::EnableAccountResponse { account: Some(messages::whole(&record)) })
    }

    async fn batch_list_account_history(
        &self,
        request: Request<v1::BatchListAccountHistoryRequest>,
    ) -> Answer<v1::BatchListAccountHistoryResponse> {
        let principal = principal(&request)?;
        let queries = request.into_inner().queries;
        let outcome = async {
            runtime::history::check(&queries)?;
            self.0.list_history(&principal, queries).await
        };
        answer(outcome.await, |results| v1::BatchListAccountHistoryResponse { results })
    }
}

/// Reads what list is asked for.
fn list(request: v1::ListAccountsRequest) -> Result<ListAccounts> {
    let v1::ListAccountsRequest { filter, page_size, page_token } = request;
    let v1::AccountFilter { roles, statuses } = filter.unwrap_or_default();
    let mut checks = kernel::Violations::default();
    let roles = roles.iter().enumerate().filter_map(|(at, role)| checks.take(read::role(&format!("filter.roles[{at}]"), *role))).collect();
    let statuses = statuses
        .iter()
        .enumerate()
        .filter_map(|(at, status)| checks.take(read_status(&format!("filter.statuses[{at}]"), *status)))
        .collect();
    let page_size = checks.take(kernel::PageSize::parse("page_size", page_size));
    checks.finish_with(|| Some(ListAccounts { roles, statuses, page_size: page_size?, page_token }))
}

fn read_status(field: &str, number: i32) -> Result<account::Status> {
    match read::enumeration(field, number)? {
        v1::AccountStatus::Invited => Ok(account::Status::Invited),
        v1::AccountStatus::Active => Ok(account::Status::Active),
        v1::AccountStatus::Disabled => Ok(account::Status::Disabled),
        v1::AccountStatus::Unspecified => Err(kernel::Error::internal("an unspecified value was read")),
    }
}

fn account_result(id: String, record: Result<AccountRecord<AccountParts>>, mask: Mask<v1::Account>) -> v1::AccountResult {
    let result = match record {
        Ok(record) => account_result::Result::Account(messages::account(&record, mask)),
        Err(error) => account_result::Result::Error(rpc_status(&error)),
    };
    v1::AccountResult { id, result: Some(result) }
}

fn page(page: &Page<AccountRecord<AccountParts>>, mask: Mask<v1::Account>, omit_cursors: bool) -> v1::ListAccountsResponse {
    v1::ListAccountsResponse {
        next_page_token: page.next_page_token().unwrap_or_default(),
        accounts: page.items.iter().map(|record| messages::account(record, mask)).collect(),
        cursors: if omit_cursors { Vec::new() } else { page.tokens() },
    }
}

fn page_result(outcome: Result<Page<AccountRecord<AccountParts>>>, mask: Mask<v1::Account>, omit_cursors: bool) -> v1::AccountsPageResult {
    let result = match outcome {
        Ok(found) => accounts_page_result::Result::Page(page(&found, mask, omit_cursors)),
        Err(error) => accounts_page_result::Result::Error(rpc_status(&error)),
    };
    v1::AccountsPageResult { result: Some(result) }
}
