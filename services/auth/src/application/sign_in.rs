//! Signing in with a password.

use kernel::{CompanyId, EmailAddress, Error, Result};
use store::Transaction;

use super::{Application, Tokens};
use crate::{
    documents::UNIQUE_EMAIL,
    domain::{account::Account, password::Password},
    publishing,
};

/// What a person hands in to sign in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// The account's address, as typed.
    pub email: String,
    /// The password.
    pub password: Password,
    /// The company; `None` where the installation has one.
    pub company: Option<CompanyId>,
}

impl Application {
    /// Begins a session. An unknown address, a wrong password, a disabled account and one that waits for its first password
    /// are refused in the same words after the same work. For anybody.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] `SIGN_IN_FAILED`; [`Error::ResourceExhausted`] after too many wrong passwords;
    /// [`Error::Invalid`] where the company is not given and there are several.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<Tokens> {
        let company = self.company_of(sign_in.company).await?;
        let account = match (company, EmailAddress::parse("email", &sign_in.email)) {
            (Some(company), Ok(email)) => self.store.company(company).find_one::<Account>(UNIQUE_EMAIL, email.as_str()).await?,
            _ => None,
        };
        if let Some(company) = company {
            self.check_tries(&self.store.company(company), &sign_in.email).await?;
        }

        let hash = account.as_ref().and_then(|account| account.password_hash().ok());
        let right = self.passwords.verify(sign_in.password, hash).await?;
        if let (true, Some(company), Some(account)) = (right, company, account.as_ref()) {
            return self.signed_in(company, account.clone()).await;
        }
        if let Some(company) = company {
            self.note_refusal(company, &sign_in.email, account.as_ref()).await?;
        }
        Err(Error::unauthenticated("SIGN_IN_FAILED", "the email address or the password is wrong"))
    }

    async fn signed_in(&self, company: CompanyId, account: Account) -> Result<Tokens> {
        let key = self.signing_key().await?;
        let mut transaction = self.store.company(company).transaction(&account.principal(company).actor, self.env.now());
        // Where the account is disabled or its password changed at this moment, its epoch is another: the session that
        // begins here ended before it did.
        let begun = self.begin_session(&mut transaction, company, &account);
        transaction.commit().await?;
        tracing::info!(account = %account.id, session = %begun.session.id, "signed in");
        Ok(self.first_tokens(&key, company, &begun, account))
    }

    /// Writes down that a sign-in was refused; as much for no account as for one (ASVS 6.3.8).
    async fn note_refusal(&self, company: CompanyId, email: &str, account: Option<&Account>) -> Result<()> {
        let principal = Self::service(company);
        if let Some(account) = account {
            let reason = publishing::sign_in_refusal(account.password_hash().err());
            tracing::info!(account = %account.id, reason, "a sign-in was refused");
        } else {
            tracing::info!(reason = "UNKNOWN_ACCOUNT", "a sign-in was refused");
        }
        let told = |transaction: &mut Transaction| {
            if let Some(account) = account {
                let reason = publishing::sign_in_refusal(account.password_hash().err());
                transaction.publish(publishing::sign_in_failed(&self.env, &principal, account, reason));
            }
        };
        self.note_failure(&self.store.company(company), email, told).await
    }
}
