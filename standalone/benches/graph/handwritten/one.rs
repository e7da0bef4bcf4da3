//! The viewer and their account: one call.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use contracts::crm::auth::v1;
use serde::Serialize;

use super::{
    App,
    json::{GlobalId, value},
};
use crate::call::{Call, Failure};

pub(super) async fn one(State(app): State<Arc<App>>, call: Call) -> Result<Response, Failure> {
    let id = call.viewer.account().map(|account| account.to_string()).unwrap_or_default();
    let account = app.auth.clone().get_account(call.request(v1::GetAccountRequest { id })).await?.into_inner().account;
    let role = call.viewer.role.as_str();
    call.answer(Data { me: Viewer { role, account: account.as_ref().map(Account::of) } })
}

#[derive(Serialize)]
pub(crate) struct Data<'a> {
    pub(crate) me: Viewer<'a>,
}

#[derive(Serialize)]
pub(crate) struct Viewer<'a> {
    pub(crate) role: &'static str,
    pub(crate) account: Option<Account<'a>>,
}

#[derive(Default, Serialize)]
pub(crate) struct Account<'a> {
    pub(crate) id: GlobalId<'a>,
    pub(crate) email: &'a str,
    pub(crate) name: &'a str,
    pub(crate) role: Option<&'static str>,
    pub(crate) status: Option<&'static str>,
}

impl<'a> Account<'a> {
    fn of(account: &'a v1::Account) -> Self {
        Self {
            id: GlobalId("account", &account.id),
            email: &account.email,
            name: &account.name,
            role: value(account.role().as_str_name(), "ROLE_"),
            status: value(account.status().as_str_name(), "ACCOUNT_STATUS_"),
        }
    }
}
