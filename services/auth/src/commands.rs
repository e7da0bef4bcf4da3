//! What an operator does by command: `auth admin create`, `auth keys rotate`. The `crm` program has the same.

use std::{fs, path::PathBuf};

use clap::{Args, Subcommand};
use kernel::{Error, Result};

use crate::{application::Application, domain::secret::Secret};

/// A command and its arguments.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// The first admin, who makes all other accounts
    Admin {
        /// What to do.
        #[command(subcommand)]
        command: AdminCommand,
    },
    /// The keys that sign access tokens
    Keys {
        /// What to do.
        #[command(subcommand)]
        command: KeysCommand,
    },
}

/// What is done for the first admin.
#[derive(Debug, Clone, Subcommand)]
pub enum AdminCommand {
    /// Make the first admin, and print a one-time invitation with which they set their password
    Create(NewAdmin),
}

/// Who becomes the first admin.
#[derive(Debug, Clone, Args)]
pub struct NewAdmin {
    /// The email address with which they sign in
    #[arg(long)]
    pub email: String,
    /// Their name
    #[arg(long)]
    pub name: String,
    /// Set the password that this file holds, and print no invitation
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
    /// Do nothing, and end well, where there is an admin already
    #[arg(long)]
    pub if_none: bool,
}

/// What is done with the keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeysCommand {
    /// Make a new key; it signs in ten minutes, when every service knows it, and tokens of the one before live out
    Rotate,
}

impl Command {
    /// Does it. Returns what to print; an invitation is shown there and nowhere else.
    ///
    /// # Errors
    /// Those of [`Application::create_first_admin`], [`Application::accept_invitation`] and [`Application::rotate_signing_key`];
    /// [`Error::Invalid`] that names `password_file`.
    pub async fn run(&self, application: &Application) -> Result<String> {
        match self {
            Self::Admin { command: AdminCommand::Create(admin) } => admin.create(application).await,
            Self::Keys { command: KeysCommand::Rotate } => {
                let (kid, from) = application.rotate_signing_key().await?;
                Ok(format!("The key {kid} signs from {from} on."))
            }
        }
    }
}

impl NewAdmin {
    async fn create(&self, application: &Application) -> Result<String> {
        let password = self.password_file.as_ref().map(|file| {
            let text = fs::read_to_string(file).map_err(|error| Error::invalid("password_file", "UNREADABLE", error.to_string()))?;
            Ok::<_, Error>(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        });
        let password = password.transpose()?;
        let company = application.ensure_company().await?;
        let invitation = match application.create_first_admin(company, &self.email, &self.name).await {
            Err(Error::FailedPrecondition { reason, .. }) if self.if_none && reason == "ADMIN_EXISTS" => {
                return Ok("There is an admin already.".to_owned());
            }
            other => other?,
        };
        let (email, token) = (&invitation.account.account.email, invitation.token.expose());
        if let Some(password) = password {
            application.accept_invitation(token, &password).await?;
            return Ok(format!("The first admin is {email}, and signs in with the password of the file."));
        }
        let until = invitation.expires_at;
        Ok(format!("The first admin is {email}. Until {until} the password can be set with this invitation, once:\n{token}"))
    }
}
