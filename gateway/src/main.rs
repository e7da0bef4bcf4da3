//! The gateway as a program of its own.

use std::{num::NonZeroUsize, process::ExitCode, sync::Arc};

use events::{RabbitMq, RabbitMqBus};
use gateway::{Caching, Clients, Gateway, Settings, settings};
use kernel::Env;
use runtime::{
    Cores, Transport, Verifier, net,
    program::{self, ProgramError},
    settings::SettingsError,
    signal, telemetry,
    token::RemoteKeys,
    transport::Remote,
};
use secrecy::ExposeSecret as _;
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let help = format!("Settings, with their defaults:\n\n{}", settings::DEFAULTS);
    let healthcheck = clap::Command::new("healthcheck")
        .about("Ask the running gateway, at the port of these settings, whether it is ready; exits with 0 if it is");
    let arguments = clap::Command::new("gateway")
        .about("GraphQL in front of the services")
        .version(env!("CARGO_PKG_VERSION"))
        .after_long_help(help)
        .subcommand(healthcheck)
        .get_matches();
    program::frame("gateway", &[("", settings::DEFAULTS)], async |values| match arguments.subcommand_name() {
        Some("healthcheck") => {
            let settings: Settings = values.extract()?;
            gateway::healthcheck(settings.http.address, settings.http.port).await.map_err(ProgramError::NotReady)
        }
        _ => serve(&values).await,
    })
}

async fn serve(values: &runtime::settings::Settings) -> Result<(), ProgramError> {
    let settings: Settings = values.extract()?;
    let transport = |name: &str, uri: &str| {
        Transport::remote(uri, &Remote::default())
            .map_err(|error| ProgramError::from(SettingsError::invalid(values, &format!("services.{name}"), error.to_string())))
    };
    let services = &settings.services;
    let auth = transport("auth", &services.auth)?;
    let clients = || {
        Ok::<_, ProgramError>(Clients::new(
            transport("auth", &services.auth)?,
            transport("employee", &services.employee)?,
            transport("customer", &services.customer)?,
            transport("order", &services.order)?,
        ))
    };
    let cores = Cores::start().map_err(ProgramError::Runtime)?;
    let clients = cores.runtimes().map(|runtime| Ok((runtime.clone(), clients()?))).collect::<Result<_, ProgramError>>()?;
    let caching = caching(values, &settings.cache)?;
    let verifier = Verifier::new(&settings.auth.issuer, &settings.auth.audience, Arc::new(RemoteKeys::new(auth)), Env::system());
    let listener = net::bind("http.port", settings.http.address, settings.http.port).await?;
    let metrics = telemetry::MetricsPort::bind(&settings.telemetry).await?;
    tracing::info!(server.address = %listener.local_addr().map(|address| address.to_string()).unwrap_or_default(), "listening");

    let stop = CancellationToken::new();
    let gateway = Gateway::new(clients, Arc::new(verifier), settings.edge, settings.development, caching);
    let stopping = async {
        signal::stop_requested().await;
        tracing::info!("asked to stop");
        stop.cancel();
    };
    tokio::join!(gateway.serve(listener, &settings.http, stop.clone()), metrics.serve(stop.clone()), stopping);
    Ok(())
}

/// The bus that tells what changes, where answers are to be kept.
fn caching(values: &runtime::settings::Settings, cache: &settings::Cache) -> Result<Option<Caching>, ProgramError> {
    let Some(things) = NonZeroUsize::new(cache.things) else { return Ok(None) };
    let rabbitmq = RabbitMq { url: cache.bus_url.expose_secret().to_owned(), namespace: cache.bus_namespace.clone() };
    // It publishes nothing, and so has nobody's queues to declare.
    let bus = RabbitMqBus::new(&rabbitmq, &[], Env::system())
        .map_err(|error| SettingsError::invalid(values, &format!("cache.bus_{}", error.key), error.problem))?;
    Ok(Some(Caching { bus: Arc::new(bus), things }))
}
