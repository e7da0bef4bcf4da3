//! Signing in, passwords, and accounts.

use std::collections::BTreeMap;

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use contracts::crm::auth::v1;
use kernel::Error;

use super::{payload, send, versioned};
use crate::graph::{
    account::{Account, Role},
    error::Field,
    id::Kind,
    scalar::{DateTime, EmailAddress},
};

/// Mutations of the auth service.
#[derive(Default)]
pub(crate) struct AuthMutation;

/// Mutations of the auth service.
#[Object]
impl AuthMutation {
    /// Signs in with email and password. For everybody.
    async fn sign_in(&self, ctx: &Context<'_>, #[graphql(desc = "Who.")] input: SignInInput) -> Field<SignInPayload> {
        SignInPayload::of(send!(ctx, auth.sign_in(input.write())).map_err(in_input))
    }

    /// Exchanges a refresh token for the next pair of tokens. A token that was used before ends the whole session. For
    /// everybody.
    async fn session_refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which session.")] input: SessionRefreshInput,
    ) -> Field<SessionRefreshPayload> {
        let message = v1::RefreshSessionRequest { refresh_token: input.refresh_token };
        SessionRefreshPayload::of(send!(ctx, auth.refresh_session(Ok(message))).map_err(in_input))
    }

    /// Ends the viewer's session.
    async fn sign_out(&self, ctx: &Context<'_>) -> Field<SignOutPayload> {
        SignOutPayload::of(send!(ctx, auth.sign_out(Ok(v1::SignOutRequest {}))))
    }

    /// Changes the viewer's password and ends their other sessions.
    async fn password_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From what, to what.")] input: PasswordChangeInput,
    ) -> Field<PasswordChangePayload> {
        let message = v1::ChangePasswordRequest { current_password: input.current_password, new_password: input.new_password };
        PasswordChangePayload::of(send!(ctx, auth.change_password(Ok(message))))
    }

    /// Makes a one-time invitation with which a person sets their first password; an earlier one ends. For the office.
    async fn invitation_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom.")] input: InvitationCreateInput,
    ) -> Field<InvitationCreatePayload> {
        InvitationCreatePayload::of(send!(ctx, auth.create_invitation(input.write())))
    }

    /// Sets the first password with an invitation, and signs in. For everybody.
    async fn invitation_accept(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which invitation, and the password.")] input: InvitationAcceptInput,
    ) -> Field<InvitationAcceptPayload> {
        let message = v1::AcceptInvitationRequest { token: input.token, password: input.password };
        InvitationAcceptPayload::of(send!(ctx, auth.accept_invitation(Ok(message))).map_err(in_input))
    }

    /// Changes an account's role. For admins; the last admin stays one.
    async fn account_change_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account, and the role.")] input: AccountChangeRoleInput,
    ) -> Field<AccountChangeRolePayload> {
        AccountChangeRolePayload::of(send!(ctx, auth.change_role(input.write())))
    }

    /// Disables an account and ends its sessions. For admins; the last admin can't be disabled.
    async fn account_disable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: AccountDisableInput,
    ) -> Field<AccountDisablePayload> {
        AccountDisablePayload::of(send!(ctx, auth.disable_account(input.write())))
    }

    /// Enables a disabled account. For admins.
    async fn account_enable(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: AccountEnableInput,
    ) -> Field<AccountEnablePayload> {
        AccountEnablePayload::of(send!(ctx, auth.enable_account(input.write())))
    }
}

/// Credentials that the input holds and that are refused: what is wrong with the input, not with the request's own token.
fn in_input(error: Error) -> Error {
    match error {
        Error::Unauthenticated { reason, message } => {
            Error::FailedPrecondition { reason, field: "".into(), message: message.into_owned(), details: BTreeMap::new() }
        }
        other => other,
    }
}

/// A session: what a sign-in gives.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// To be sent as `Authorization: Bearer`.
    access_token: String,
    /// When the access token ends.
    access_token_expires_at: Option<DateTime>,
    /// Exchanged once for the next pair of tokens by `sessionRefresh`. Keep it secret.
    refresh_token: String,
    /// When the session ends, however often it is refreshed.
    expires_at: Option<DateTime>,
    /// The account that signed in.
    account: Option<Account>,
}

impl From<v1::Session> for Session {
    fn from(session: v1::Session) -> Self {
        Self {
            access_token: session.access_token,
            access_token_expires_at: DateTime::read(session.access_token_expires_at),
            refresh_token: session.refresh_token,
            expires_at: DateTime::read(session.expires_at),
            account: session.account.map(Account::from),
        }
    }
}

/// What `signIn` needs.
#[derive(InputObject)]
pub(crate) struct SignInInput {
    /// The account's email address.
    email: EmailAddress,
    /// The password.
    password: String,
    /// The company's UUID; not needed where the installation has one company.
    company_id: Option<ID>,
}

impl SignInInput {
    fn write(self) -> kernel::Result<v1::SignInRequest> {
        let company_id = self.company_id.map(|id| id.0).unwrap_or_default();
        Ok(v1::SignInRequest { email: self.email.0, password: self.password, company_id })
    }
}

payload! {
    /// What came of `signIn`.
    SignInPayload(reply: v1::SignInResponse) {
        /// The session that began.
        session: Session = reply.session.map(Session::from),
    }
}

/// What `sessionRefresh` needs.
#[derive(InputObject)]
pub(crate) struct SessionRefreshInput {
    /// The session's last refresh token.
    refresh_token: String,
}

payload! {
    /// What came of `sessionRefresh`.
    SessionRefreshPayload(reply: v1::RefreshSessionResponse) {
        /// The session with its next tokens.
        session: Session = reply.session.map(Session::from),
    }
}

payload! {
    /// What came of `signOut`.
    SignOutPayload(_reply: v1::SignOutResponse) {}
}

/// What `passwordChange` needs.
#[derive(InputObject)]
pub(crate) struct PasswordChangeInput {
    /// The password until now.
    current_password: String,
    /// The password from now on: 8 to 128 characters, none of the common ones.
    new_password: String,
}

payload! {
    /// What came of `passwordChange`.
    PasswordChangePayload(_reply: v1::ChangePasswordResponse) {}
}

/// What `invitationCreate` needs.
#[derive(InputObject)]
pub(crate) struct InvitationCreateInput {
    /// The account.
    account_id: ID,
}

impl InvitationCreateInput {
    fn write(&self) -> kernel::Result<v1::CreateInvitationRequest> {
        Ok(v1::CreateInvitationRequest { account_id: Kind::Account.local("account_id", &self.account_id)? })
    }
}

payload! {
    /// What came of `invitationCreate`.
    InvitationCreatePayload(reply: v1::CreateInvitationResponse) {
        /// The one-time token to hand to the person; it is shown once. Keep it secret.
        token: String = Some(reply.token),
        /// Until when it can be accepted.
        expires_at: DateTime = DateTime::read(reply.expires_at),
        /// The account.
        account: Account = reply.account.map(Account::from),
    }
}

/// What `invitationAccept` needs.
#[derive(InputObject)]
pub(crate) struct InvitationAcceptInput {
    /// The one-time token.
    token: String,
    /// The first password: 8 to 128 characters, none of the common ones.
    password: String,
}

payload! {
    /// What came of `invitationAccept`.
    InvitationAcceptPayload(reply: v1::AcceptInvitationResponse) {
        /// The session that began.
        session: Session = reply.session.map(Session::from),
    }
}

/// What `accountChangeRole` needs.
#[derive(InputObject)]
pub(crate) struct AccountChangeRoleInput {
    /// The account.
    account_id: ID,
    /// The role from now on.
    role: Role,
    /// The account's version that the caller has seen.
    version: u64,
}

impl AccountChangeRoleInput {
    fn write(&self) -> kernel::Result<v1::ChangeRoleRequest> {
        let account_id = Kind::Account.local("account_id", &self.account_id)?;
        Ok(v1::ChangeRoleRequest { account_id, role: self.role.into(), version: self.version })
    }
}

payload! {
    /// What came of `accountChangeRole`.
    AccountChangeRolePayload(reply: v1::ChangeRoleResponse) {
        /// The account.
        account: Account = reply.account.map(Account::from),
    }
}

versioned! {
    /// What `accountDisable` needs.
    AccountDisableInput(v1::DisableAccountRequest) {
        /// The account.
        account_id: Account
    }
}

payload! {
    /// What came of `accountDisable`.
    AccountDisablePayload(reply: v1::DisableAccountResponse) {
        /// The account.
        account: Account = reply.account.map(Account::from),
    }
}

versioned! {
    /// What `accountEnable` needs.
    AccountEnableInput(v1::EnableAccountRequest) {
        /// The account.
        account_id: Account
    }
}

payload! {
    /// What came of `accountEnable`.
    AccountEnablePayload(reply: v1::EnableAccountResponse) {
        /// The account.
        account: Account = reply.account.map(Account::from),
    }
}
