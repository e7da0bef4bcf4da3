//! Roles × methods: who may call what, about whom. A method without a row fails.

use contracts::crm::{
    api::v1::HistoryQuery,
    auth::v1::{self, auth_service_client::AuthServiceClient},
};
use kernel::Role;
use runtime::Transport;
use testkit::{Bearer, matrix};
use tonic::{
    Code::{self, InvalidArgument, NotFound, Ok as Fine, PermissionDenied, Unauthenticated},
    Request, Status,
};

use crate::house::{House, PASSWORD};

const SERVICE: &str = "crm.auth.v1.AuthService";

/// Whom a call is about.
#[derive(Debug, Clone, Copy, PartialEq)]
enum About {
    /// Nobody, or the caller.
    Self_,
    /// A cleaner who waits for their first password.
    Cleaner,
    /// A manager without an employee.
    Manager,
    /// Another admin.
    Admin,
}
use About::{Admin, Cleaner, Manager, Self_};

/// The method, whom it is about, and what a caller gets: nobody in particular, a cleaner, a manager, an admin.
const ROWS: &[(&str, About, [Code; 4])] = &[
    ("SignIn", Self_, [Fine, Fine, Fine, Fine]),
    ("RefreshSession", Self_, [Unauthenticated, Unauthenticated, Unauthenticated, Unauthenticated]),
    ("SignOut", Self_, [Unauthenticated, Fine, Fine, Fine]),
    ("GetJwks", Self_, [Fine, Fine, Fine, Fine]),
    ("ChangePassword", Self_, [Unauthenticated, Fine, Fine, Fine]),
    ("CreateInvitation", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("CreateInvitation", Cleaner, [Unauthenticated, PermissionDenied, Fine, Fine]),
    ("CreateInvitation", Manager, [Unauthenticated, PermissionDenied, NotFound, Fine]),
    ("CreateInvitation", Admin, [Unauthenticated, PermissionDenied, NotFound, Fine]),
    ("AcceptInvitation", Self_, [InvalidArgument, InvalidArgument, InvalidArgument, InvalidArgument]),
    ("GetAccount", Self_, [Unauthenticated, Fine, Fine, Fine]),
    ("GetAccount", Cleaner, [Unauthenticated, NotFound, Fine, Fine]),
    ("GetAccount", Manager, [Unauthenticated, NotFound, NotFound, Fine]),
    ("GetAccount", Admin, [Unauthenticated, NotFound, NotFound, Fine]),
    ("BatchGetAccounts", Self_, [Unauthenticated, Fine, Fine, Fine]),
    ("BatchGetAccounts", Cleaner, [Unauthenticated, NotFound, Fine, Fine]),
    ("BatchGetAccounts", Manager, [Unauthenticated, NotFound, NotFound, Fine]),
    ("BatchGetAccounts", Admin, [Unauthenticated, NotFound, NotFound, Fine]),
    ("ListAccounts", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("BatchListAccounts", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("ChangeRole", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("ChangeRole", Cleaner, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("ChangeRole", Manager, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("ChangeRole", Admin, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("DisableAccount", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("DisableAccount", Cleaner, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("DisableAccount", Manager, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("DisableAccount", Admin, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("EnableAccount", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("EnableAccount", Cleaner, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("EnableAccount", Manager, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("EnableAccount", Admin, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("BatchListAccountHistory", Self_, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
    ("BatchListAccountHistory", Cleaner, [Unauthenticated, PermissionDenied, PermissionDenied, Fine]),
];

#[test]
fn every_method_has_a_row_and_every_row_a_method() {
    matrix::every_method_has_a_row(SERVICE, ROWS.iter().map(|row| row.0));
    for method in matrix::methods(SERVICE) {
        for (name, about, [nobody, ..]) in ROWS.iter().filter(|row| row.0 == method.name) {
            // Without a session to refresh a public method says so in the same words.
            let open = *nobody != Unauthenticated || *name == "RefreshSession";
            assert_eq!(open, method.public, "{name} about {about:?}");
        }
    }
}

#[tokio::test]
async fn every_role_gets_what_the_matrix_says() {
    matrix::check(SERVICE, ROWS.iter().copied(), ["nobody", "cleaner", "manager", "admin"], async |method, about, caller| {
        call(method, *about, caller).await
    })
    .await;
}

/// The code of one call, in a house of its own.
async fn call(method: &str, about: About, caller: &str) -> Code {
    let house = House::new().await;
    let admin = house.admin().await;
    let another_admin = house.another_admin(1, &admin).await;
    let cleaner = house.account(2, Role::Employee, false).await;
    let manager = house.account(3, Role::Manager, true).await;
    let by = match caller {
        "nobody" => None,
        "cleaner" => Some(house.person(4, Role::Employee).await),
        "manager" => Some(house.person(5, Role::Manager).await),
        _ => Some(admin.clone()),
    };
    let id = match about {
        Self_ => by.as_ref().map_or(cleaner.id, |by| by.id),
        Cleaner => cleaner.id,
        Manager => manager.id,
        Admin => another_admin.id,
    };
    let version = house.stored(id).await.version;
    let token = by.map(|by| by.access);
    match invoke(house.client.clone(), method, token.as_deref(), id.to_string(), version, &manager.email.to_string()).await {
        Ok(code) => code,
        Err(status) => status.code(),
    }
}

async fn invoke(
    mut client: AuthServiceClient<Transport>,
    method: &str,
    token: Option<&str>,
    account_id: String,
    version: u64,
    email: &str,
) -> Result<Code, Status> {
    fn by<T>(token: Option<&str>, message: T) -> Request<T> {
        token.map_or_else(Bearer::nobody, Bearer::new).on(message)
    }
    match method {
        "SignIn" => {
            let request = v1::SignInRequest { email: email.to_owned(), password: PASSWORD.to_owned(), company_id: String::new() };
            client.sign_in(by(token, request)).await?;
        }
        "RefreshSession" => {
            client.refresh_session(by(token, v1::RefreshSessionRequest { refresh_token: "none".to_owned() })).await?;
        }
        "SignOut" => {
            client.sign_out(by(token, v1::SignOutRequest {})).await?;
        }
        "GetJwks" => {
            client.get_jwks(by(token, v1::GetJwksRequest {})).await?;
        }
        "ChangePassword" => {
            let request = v1::ChangePasswordRequest { current_password: PASSWORD.to_owned(), new_password: "auzas un mieži".to_owned() };
            client.change_password(by(token, request)).await?;
        }
        "CreateInvitation" => {
            client.create_invitation(by(token, v1::CreateInvitationRequest { account_id })).await?;
        }
        "AcceptInvitation" => {
            let request = v1::AcceptInvitationRequest { token: "none".to_owned(), password: PASSWORD.to_owned() };
            client.accept_invitation(by(token, request)).await?;
        }
        "GetAccount" => {
            client.get_account(by(token, v1::GetAccountRequest { id: account_id })).await?;
        }
        "BatchGetAccounts" => {
            let answer = client
                .batch_get_accounts(by(token, v1::BatchGetAccountsRequest { read_mask: None, ids: vec![account_id] }))
                .await?
                .into_inner();
            if let Some(v1::account_result::Result::Error(status)) = &answer.results[0].result {
                return Ok(Code::from_i32(status.code));
            }
        }
        "ListAccounts" => {
            client.list_accounts(by(token, v1::ListAccountsRequest::default())).await?;
        }
        "BatchListAccounts" => {
            let request =
                v1::BatchListAccountsRequest { read_mask: None, omit_cursors: false, requests: vec![v1::ListAccountsRequest::default()] };
            client.batch_list_accounts(by(token, request)).await?;
        }
        "ChangeRole" => {
            client.change_role(by(token, v1::ChangeRoleRequest { account_id, role: 2, version })).await?;
        }
        "DisableAccount" => {
            client.disable_account(by(token, v1::DisableAccountRequest { account_id, version })).await?;
        }
        "EnableAccount" => {
            client.enable_account(by(token, v1::EnableAccountRequest { account_id, version })).await?;
        }
        "BatchListAccountHistory" => {
            let queries = vec![HistoryQuery { entity_id: account_id, ..Default::default() }];
            client.batch_list_account_history(by(token, v1::BatchListAccountHistoryRequest { queries })).await?;
        }
        other => panic!("{other} has a row but is not called"),
    }
    Ok(Fine)
}
