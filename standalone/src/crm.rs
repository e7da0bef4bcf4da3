//! The composition: what is made of what, in which order it starts, and how it stops.

use std::{net::SocketAddr, num::NonZeroUsize, sync::Arc, time::Duration};

use gateway::{Caching, Clients, Gateway};
use kernel::Env;
use runtime::{
    Dependencies, Service, Tasks, Transport, Verifier,
    grpc::{self, Listener},
    net,
    program::{ProgramError, describe},
    settings::{Grpc, Settings},
    telemetry::MetricsPort,
    token::RemoteKeys,
};
use tokio::{net::TcpListener, runtime::Handle};
use tokio_util::sync::CancellationToken;

use crate::{Data, Foundation, settings as sections};

/// The use cases of the services, for commands in the same process.
#[derive(Clone)]
pub struct Applications {
    /// Of the auth service.
    pub auth: auth::Application,
    /// Of the employee service.
    pub employee: employee::Application,
    /// Of the customer service.
    pub customer: customer::Application,
    /// Of the order service.
    pub order: order::Application,
}

/// The CRM: its ports are open, and it is served once [`serve`](Self::serve) is called.
pub struct Crm {
    applications: Applications,
    services: Vec<(Service, Listener)>,
    gateway: Gateway,
    http: (TcpListener, gateway::settings::Http),
    metrics: MetricsPort,
    verifier: Arc<Verifier>,
    addresses: Addresses,
}

/// Where the CRM listens.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The gateway's HTTP port.
    pub gateway: SocketAddr,
    /// The gRPC port of the auth service.
    pub auth: SocketAddr,
    /// The gRPC port of the employee service.
    pub employee: SocketAddr,
    /// The gRPC port of the customer service.
    pub customer: SocketAddr,
    /// The gRPC port of the order service.
    pub order: SocketAddr,
}

impl Crm {
    /// Opens the ports, then the data, and puts the parts together. Neither a database nor a broker elsewhere need be up. All that can be wrong with the settings is found
    /// before a port is opened, and a port that is taken before the data is touched.
    ///
    /// # Errors
    /// [`ProgramError`] that says what to do.
    pub async fn open(settings: &Settings, data: &Data, env: &Env) -> Result<Self, ProgramError> {
        let foundation = Foundation::new(settings, data, env)?;
        let edge: gateway::Settings = settings.section("gateway")?;
        let own = (sections::auth(settings)?, settings.section("employee")?, settings.section("customer")?, settings.section("order")?);
        let metrics = MetricsPort::bind(&settings.section("telemetry")?).await?;
        let listener = net::bind("gateway.http.port", edge.http.address, edge.http.port).await?;
        let port = async |name: &str| -> Result<Listener, ProgramError> {
            let grpc: Grpc = settings.section(&format!("{name}.grpc"))?;
            Ok(Listener::bind(&format!("{name}.grpc"), grpc).await?)
        };
        let ports = (port("auth").await?, port("employee").await?, port("customer").await?, port("order").await?);
        let addresses = Addresses {
            gateway: listener.local_addr().unwrap_or((edge.http.address, edge.http.port).into()),
            auth: ports.0.address(),
            employee: ports.1.address(),
            customer: ports.2.address(),
            order: ports.3.address(),
        };

        let bus = foundation.bus()?;
        let on = async |name: &str, collections| -> Result<Dependencies, ProgramError> {
            Ok(Dependencies { store: foundation.store(name, collections).await?, bus: bus.clone(), env: env.clone() })
        };
        let (auth, auth_service) = built(on(auth::SERVICE, auth::COLLECTIONS).await?, |on| auth::build(own.0, on))?;
        let (employee, employee_service) = built(on(employee::SERVICE, employee::COLLECTIONS).await?, |on| employee::build(own.1, on))?;
        let (customer, customer_service) = built(on(customer::SERVICE, customer::COLLECTIONS).await?, |on| customer::build(own.2, on))?;
        let (order, order_service) = built(on(order::SERVICE, order::COLLECTIONS).await?, |on| order::build(own.3, on))?;

        let keys = Arc::new(RemoteKeys::new(Transport::local(auth_service.routes.clone())));
        let verifier = Arc::new(Verifier::new(&edge.auth.issuer, &edge.auth.audience, keys, env.clone()));
        let mut services =
            vec![(auth_service, ports.0), (employee_service, ports.1), (customer_service, ports.2), (order_service, ports.3)];
        // All consumers are bound before the first event can be published.
        for (service, _) in &mut services {
            service.bind(&bus).await.map_err(|error| ProgramError::Data { key: "--data", problem: describe(&error) })?;
        }
        let transport = |number: usize| services[number].0.transport(&verifier);
        let clients = Clients::new(transport(0), transport(1), transport(2), transport(3));
        let caching = NonZeroUsize::new(edge.cache.things).map(|things| Caching { bus: bus.clone(), things });
        Ok(Self {
            applications: Applications { auth, employee, customer, order },
            gateway: Gateway::new(vec![(Handle::current(), clients)], verifier.clone(), edge.edge, edge.development, caching),
            http: (listener, edge.http),
            services,
            metrics,
            verifier,
            addresses,
        })
    }

    /// The use cases of the services.
    #[must_use]
    pub fn applications(&self) -> Applications {
        self.applications.clone()
    }

    /// Where it listens.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        self.addresses
    }

    /// Serves until `stop`. The gateway stops first, so that the services can still answer what it has in hand.
    ///
    /// # Errors
    /// [`ProgramError::Serve`] where a service ended that nobody had asked to stop.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), ProgramError> {
        let tasks = Tasks::new();
        let (services_stop, failed) = (CancellationToken::new(), CancellationToken::new());
        let (tell, mut told) = tokio::sync::mpsc::channel(self.services.len());
        for (service, listener) in self.services {
            let (verifier, stop, failed, tell) = (self.verifier.clone(), services_stop.clone(), failed.clone(), tell.clone());
            tasks.spawn(service.name, move |_| async move {
                if let Err(error) = grpc::serve(service, listener, verifier, stop).await {
                    // One of them is enough to end the program; the channel has room for all.
                    let _ = tell.try_send(error);
                    failed.cancel();
                }
            });
        }
        let metrics_stop = services_stop.clone();
        tasks.spawn("metrics", |_| self.metrics.serve(metrics_stop));

        let gateway_stop = CancellationToken::new();
        let (listener, http) = self.http;
        let gateway = self.gateway.serve(listener, &http, gateway_stop.clone());
        let asked = async {
            tokio::select! {
                () = stop.cancelled() => {}
                () = failed.cancelled() => {}
            }
            gateway_stop.cancel();
        };
        tokio::join!(gateway, asked);
        services_stop.cancel();
        // Each service has limits of its own for stopping; this is for one that does not keep to them.
        tasks.stop(Duration::from_secs(60)).await;
        drop(tell);
        match told.recv().await {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }
}

/// A service, ready while what it depends on is.
fn built<A>(on: Dependencies, build: impl FnOnce(Dependencies) -> kernel::Result<(A, Service)>) -> Result<(A, Service), ProgramError> {
    let (application, service) = build(on.clone()).map_err(ProgramError::Build)?;
    Ok((application, service.needs_store_and_bus(&on.store, &on.bus)))
}
