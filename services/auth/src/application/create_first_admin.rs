//! The first admin of a company.

use kernel::{CompanyId, EmailAddress, Error, Result, Role, text};
use runtime::retry::retry_conflicts;
use store::Part;

use super::{AccountRecord, Application, Invitation, Known, create_invitation::invitation};
use crate::{
    documents::UNIQUE_EMAIL,
    domain::account::{Account, Change, MAX_NAME},
};

impl Application {
    /// Makes the first admin, who sets the password with the invitation that is returned. While it has not been accepted,
    /// the same address gets another one. For the operator: a command calls it, no method does.
    ///
    /// # Errors
    /// [`Error::FailedPrecondition`] `ADMIN_EXISTS`, or `ADMIN_INVITED` where another address was invited; [`Error::Invalid`] that names
    /// `email` or `name`.
    pub async fn create_first_admin(&self, company: CompanyId, email: &str, name: &str) -> Result<Invitation> {
        let email = EmailAddress::parse("email", email)?;
        let name = text::line("name", name, MAX_NAME)?;
        // Two who do it at once meet at the company's admins.
        retry_conflicts(async || self.first_admin(company, &email, &name).await).await
    }

    async fn first_admin(&self, company: CompanyId, email: &EmailAddress, name: &str) -> Result<Invitation> {
        let (store, principal) = (self.store.company(company), Self::service(company));
        let mut admins = self.admins(&store).await?;
        let account = store.find_one::<Account>(UNIQUE_EMAIL, email.as_str()).await?;
        let invited = account.as_ref().is_some_and(|account| admins.invited.contains(&account.id));
        if !admins.active.is_empty() {
            let message = "there is an admin already, who can make others admins";
            return Err(Error::failed_precondition("ADMIN_EXISTS", "", message));
        }
        if let Some(other) = admins.invited.first().filter(|_| !invited) {
            let other = self.load(&store, *other, "").await?.account.email;
            let message = format!("{other} was invited to be the first admin; with that address there is a new invitation");
            return Err(Error::failed_precondition("ADMIN_INVITED", "", message));
        }
        if account.is_some() && !invited {
            return Err(Error::invalid("email", "TAKEN", "is already in use"));
        }

        let created: Vec<Change> = match &account {
            Some(_) => Vec::new(),
            None => vec![Account::create(self.env.new_id(), email.clone(), name.to_owned(), Role::Admin, None, self.env.now())],
        };
        let Some(to_invite) = created.first().map(|change| &change.account).or(account.as_ref()) else {
            return Err(Error::internal("an account is there or was made"));
        };
        let (token, invited) = self.invite(&principal, to_invite)?;
        let changes = created.into_iter().chain([invited]).collect();
        let known = Known { admins: Some(&mut admins), session: None };
        let mut transaction = store.transaction(&principal.actor, self.env.now());
        let account = self.keep(&mut transaction, &principal, account.as_ref(), changes, known).await?;
        transaction.commit().await.map_err(|error| match error {
            // The same address, at the same moment.
            store::Error::Taken { .. } => Error::Conflict { resource: "account".into(), id: String::new(), current_version: 0 },
            error => error.into(),
        })?;
        invitation(&token, AccountRecord { account, last_signed_in_at: Part::Read(None) })
    }
}
