//! The gateway as a program of its own.

use std::{process::ExitCode, sync::Arc};

use gateway::{Clients, Gateway, Settings, settings};
use kernel::Env;
use runtime::{
    Transport, Verifier, net,
    program::{self, ProgramError},
    settings::SettingsError,
    signal, telemetry,
    token::RemoteKeys,
    transport::Remote,
};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let help = format!("Settings, with their defaults:\n\n{}", settings::DEFAULTS);
    clap::Command::new("gateway")
        .about("GraphQL in front of the services")
        .version(env!("CARGO_PKG_VERSION"))
        .after_long_help(help)
        .get_matches();
    program::frame("gateway", &[("", settings::DEFAULTS)], async |values| serve(&values).await)
}

async fn serve(values: &runtime::settings::Settings) -> Result<(), ProgramError> {
    let settings: Settings = values.extract()?;
    let transport = |name: &str, uri: &str| {
        Transport::remote(uri, &Remote::default())
            .map_err(|error| ProgramError::from(SettingsError::invalid(values, &format!("services.{name}"), error.to_string())))
    };
    let auth = transport("auth", &settings.services.auth)?;
    let clients = Clients::new(
        auth.clone(),
        transport("employee", &settings.services.employee)?,
        transport("customer", &settings.services.customer)?,
        transport("order", &settings.services.order)?,
    );
    let verifier = Verifier::new(&settings.auth.issuer, &settings.auth.audience, Arc::new(RemoteKeys::new(auth)), Env::system());
    let listener = net::bind("http.port", settings.http.address, settings.http.port).await?;
    let metrics = telemetry::MetricsPort::bind(&settings.telemetry).await?;
    tracing::info!(server.address = %listener.local_addr().map(|address| address.to_string()).unwrap_or_default(), "listening");

    let stop = CancellationToken::new();
    let gateway = Gateway::new(clients, Arc::new(verifier), settings.edge, settings.development);
    let stopping = async {
        signal::stop_requested().await;
        tracing::info!("asked to stop");
        stop.cancel();
    };
    tokio::join!(gateway.serve(listener, &settings.http, stop.clone()), metrics.serve(stop.clone()), stopping);
    Ok(())
}
