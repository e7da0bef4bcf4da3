//! Serving a service on a port, with reflection and health, and stopping it in order.

use std::{io, net::SocketAddr, sync::Arc};

use contracts::FILE_DESCRIPTOR_SET;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

use super::{Service, Stack, health::Health, method};
use crate::{
    Tasks, Verifier,
    net::{self, BindError, Connections},
    settings::Grpc,
};

/// Why a service ended that nobody had asked to stop.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A background task panicked: the program must be started anew.
    #[error("the background task {0} broke; the log says where")]
    TaskDied(&'static str),
    /// The service has consumers that [`Service::bind`] was not called for: a fault of ours.
    #[error("the consumers of {0} are not bound to a bus")]
    NotBound(&'static str),
    /// The contracts' descriptors can't be served: a fault of ours.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// A port that is listened on, though nobody answers yet.
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
    settings: Grpc,
}

impl Listener {
    /// Begins to listen as `settings` say; port 0 takes any free one. `key` is where they stand: `grpc`.
    ///
    /// # Errors
    /// [`BindError`], with the key of the port.
    pub async fn bind(key: &str, settings: Grpc) -> Result<Self, BindError> {
        let key = format!("{key}.port");
        let socket = net::bind(&key, settings.address, settings.port).await?;
        let failed = |source: io::Error| BindError { key, address: SocketAddr::from((settings.address, settings.port)), source };
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address, settings })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Serves `service` and runs its background tasks until `stop`. Health tells all the while whether what it needs is there,
/// and calls are answered either way. Then, in this order: health says that it does not serve, calls under way finish (for at most `stop_timeout`), background tasks stop (for at most as long again).
///
/// # Errors
/// [`ServeError`]; a background task that panics stops all.
pub async fn serve(service: Service, listener: Listener, verifier: Arc<Verifier>, stop: CancellationToken) -> Result<(), ServeError> {
    if !service.consumers.is_empty() {
        return Err(ServeError::NotBound(service.name));
    }
    let Grpc { max_connections, max_concurrent_streams, call_timeout, stop_timeout, .. } = listener.settings;
    let names = method::services_of(service.name);
    let (mut health, health_service) = Health::new(&names, service.parts).await;
    let routes = with_reflection(service.routes, &names)?.add_service(health_service);
    let stack = Stack::new(routes, verifier, call_timeout);

    let tasks = Tasks::new();
    for (name, task) in service.tasks {
        tasks.spawn(name, task);
    }
    let connections = Connections::http2(max_concurrent_streams).at_most(max_connections).drain(stop_timeout);
    let draining = CancellationToken::new();
    let served = net::serve(listener.socket, stack, connections, draining.clone());
    let ended = async {
        let died = tokio::select! {
            () = stop.cancelled() => None,
            task = tasks.died() => Some(task),
            never = health.watch() => match never {},
        };
        health.retire().await;
        draining.cancel();
        died
    };
    let ((), died) = tokio::join!(served, ended);
    tasks.stop(stop_timeout).await;
    died.map_or(Ok(()), |task| Err(ServeError::TaskDied(task)))
}

fn with_reflection(routes: Routes, names: &[&'static str]) -> Result<Routes, tonic_reflection::server::Error> {
    let describe = || {
        let mut builder = tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .with_service_name("grpc.health.v1.Health")
            .with_service_name("grpc.reflection.v1.ServerReflection");
        for name in names {
            builder = builder.with_service_name(*name);
        }
        builder
    };
    Ok(routes.add_service(describe().build_v1()?).add_service(describe().build_v1alpha()?))
}
