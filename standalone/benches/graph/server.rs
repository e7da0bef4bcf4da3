//! What our own contestants have around their handlers: the gateway's settings, a server, `/readyz`.

use std::sync::Arc;

use axum::{
    Router,
    routing::get,
    serve::{ListenerExt as _, serve},
};
use gateway::settings::{DEFAULTS, Settings};
use kernel::Env;
use runtime::{Transport, Verifier, net, settings::Settings as Source, token::RemoteKeys, transport::Remote};

/// Serves until it is killed. A contestant is set up as the gateway is, by the same variables.
pub(crate) fn run(routes: impl AsyncFnOnce(Settings) -> anyhow::Result<Router>) -> anyhow::Result<()> {
    let settings: Settings = Source::from_environment("GATEWAY", &[("", DEFAULTS)])?.extract()?;
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = net::bind("http.port", settings.http.address, settings.http.port).await?;
        let routes = routes(settings).await?.route("/readyz", get(|| async { "ok" }));
        // As every server of ours has it: answers are small, and not to wait for more.
        Ok(serve(listener.tap_io(|stream| drop(stream.set_nodelay(true))), routes).await?)
    })
}

/// What verifies the tokens of requests.
pub(crate) fn verifier(settings: &Settings) -> anyhow::Result<Verifier> {
    let keys = RemoteKeys::new(Transport::remote(&settings.services.auth, &Remote::default())?);
    Ok(Verifier::new(&settings.auth.issuer, &settings.auth.audience, Arc::new(keys), Env::system()))
}
