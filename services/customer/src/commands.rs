//! What an operator does by command: `customer erase`. The `crm` program has the same as `crm customer erase`.

use clap::Subcommand;
use events::Bus;
use kernel::{CustomerId, Error, Result};
use runtime::dead_letters::connected;

use crate::application::Application;

/// A command and its arguments.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// Erase what is personal of a customer for good, here, in their orders and in the history of both
    Erase {
        /// The customer's id: the UUID, or the global id that GraphQL shows
        id: String,
    },
}

impl Command {
    /// Does it. Returns what to print.
    ///
    /// # Errors
    /// Those of [`Application::erase_customer`]; [`Error::Unavailable`] where the customer was erased and the bus could not
    /// be asked for dead letters: the same command again does that.
    pub async fn run(&self, application: &Application, bus: &dyn Bus) -> Result<String> {
        match self {
            Self::Erase { id } => {
                let id = CustomerId::parse("id", id.strip_prefix("customer_").unwrap_or(id))?;
                let erasure = application.erase_customer(id).await?;
                let discarding = async {
                    connected(bus).await?;
                    erasure.discard_dead_letters(id, bus).await
                };
                let discarded = discarding.await.map_err(|error| match error {
                    Error::Unavailable(_) => Error::Unavailable(
                        "the bus (the customer is erased, dead letters may still tell of them; run the same again)".into(),
                    ),
                    error => error,
                })?;
                Ok(format!(
                    "The customer {id} is erased. {} orders follow as soon as the services run. {discarded} dead letters were thrown away.",
                    erasure.orders.len()
                ))
            }
        }
    }
}
