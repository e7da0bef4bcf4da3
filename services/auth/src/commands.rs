//! What an operator does by command: `auth admin create`, `auth keys rotate`. The `crm` program has the same.

use clap::{Args, Subcommand};
use kernel::Result;

use crate::application::Application;

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
    /// Make the first admin and print a one-time invitation with which they set their password
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
    /// Those of [`Application::create_first_admin`] and [`Application::rotate_signing_key`].
    pub async fn run(&self, application: &Application) -> Result<String> {
        match self {
            Self::Admin { command: AdminCommand::Create(NewAdmin { email, name }) } => {
                let company = application.ensure_company().await?;
                let invitation = application.create_first_admin(company, email, name).await?;
                Ok(format!(
                    "The first admin is {}. Until {} the password can be set with this invitation, once:\n{}",
                    invitation.account.account.email,
                    invitation.expires_at,
                    invitation.token.expose()
                ))
            }
            Self::Keys { command: KeysCommand::Rotate } => {
                let (kid, from) = application.rotate_signing_key().await?;
                Ok(format!("The key {kid} signs from {from} on."))
            }
        }
    }
}
