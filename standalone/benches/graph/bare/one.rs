//! The viewer and their account: one call.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use contracts::crm::{api::v1 as api, auth::v1};

use super::{
    App, answers,
    wire::{Malformed, Message, Value},
};
use crate::{
    call::{Call, Failure},
    handwritten::{
        json::GlobalId,
        one::{Account, Data, Viewer},
    },
};

pub(super) async fn one(State(app): State<Arc<App>>, call: Call) -> Result<Response, Failure> {
    let id = call.viewer.account().map(|account| account.to_string()).unwrap_or_default();
    let account = app.auth.call(&call, "/crm.auth.v1.AuthService/GetAccount", &v1::GetAccountRequest { id }).await?;
    call.answer(Data { me: Viewer { role: call.viewer.role.as_str(), account: answers::one(&account)? } })
}

impl<'a> Message<'a> for Account<'a> {
    fn field(&mut self, number: u32, value: Value<'a>) -> Result<(), Malformed> {
        match number {
            1 => self.id = GlobalId("account", value.text()?),
            3 => self.email = value.text()?,
            4 => self.name = value.text()?,
            5 => self.role = value.value(api::Role::as_str_name, "ROLE_")?,
            6 => self.status = value.value(v1::AccountStatus::as_str_name, "ACCOUNT_STATUS_")?,
            _ => {}
        }
        Ok(())
    }
}
