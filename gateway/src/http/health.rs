//! Whether the program lives, and whether it takes requests.
//!
//! It is ready once it has had the keys of access tokens, without which it knows nobody, until it stops. A service that is
//! down later on does not make it unready: queries that don't need it go on.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, extract::State, http::StatusCode, routing::get};
use runtime::{Verifier, net};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long an answer may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// What readiness depends on.
#[derive(Clone)]
pub(crate) struct Ready {
    /// Cancelled when the program stops.
    pub(crate) stopping: CancellationToken,
    /// Has the keys of access tokens, or not yet.
    pub(crate) verifier: Arc<Verifier>,
}

pub(super) fn routes(ready: Ready) -> Router {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(readyz)).with_state(ready)
}

async fn readyz(State(ready): State<Ready>) -> (StatusCode, &'static str) {
    if ready.stopping.is_cancelled() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping")
    } else if !ready.verifier.is_prepared() {
        (StatusCode::SERVICE_UNAVAILABLE, "waiting for the auth service")
    } else {
        (StatusCode::OK, "ok")
    }
}

/// Asks the gateway that listens on that port of this machine whether it is ready; else tells why not, in a line.
///
/// # Errors
/// The line.
pub async fn healthcheck(address: IpAddr, port: u16) -> Result<(), String> {
    let address = SocketAddr::new(net::own(address), port);
    let ask = async {
        let mut connection = TcpStream::connect(address).await?;
        connection.write_all(format!("GET /readyz HTTP/1.0\r\nhost: {address}\r\n\r\n").as_bytes()).await?;
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await?;
        Ok::<_, io::Error>(answer)
    };
    let answer = timeout(DEADLINE, ask).await.map_err(|_| format!("http://{address} does not answer"))?;
    let answer = answer.map_err(|error| format!("http://{address}: {error}"))?;
    let (head, reason) = answer.split_once("\r\n\r\n").unwrap_or((&answer, "an answer that is none"));
    if head.split(' ').nth(1) == Some("200") { Ok(()) } else { Err(format!("http://{address}: {reason}")) }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use kernel::{Env, Error};
    use runtime::token::{Jwk, KeySource};

    use super::*;

    /// An auth service that answers, or not.
    struct Auth(bool);

    #[async_trait]
    impl KeySource for Auth {
        async fn keys(&self) -> kernel::Result<Vec<Jwk>> {
            if self.0 { Ok(Vec::new()) } else { Err(Error::Unavailable("the auth service".into())) }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_ready_from_when_auth_has_answered_until_it_stops() {
        let ready = |answers| {
            let verifier = Verifier::new("issuer", "audience", Arc::new(Auth(answers)), Env::system());
            Ready { stopping: CancellationToken::new(), verifier: Arc::new(verifier) }
        };
        let status = async |ready: &Ready| readyz(State(ready.clone())).await;

        let alone = ready(false);
        let _ = tokio::time::timeout(std::time::Duration::from_secs(5), alone.verifier.prepare()).await;
        assert_eq!(status(&alone).await, (StatusCode::SERVICE_UNAVAILABLE, "waiting for the auth service"));

        let ready = ready(true);
        ready.verifier.prepare().await;
        assert_eq!(status(&ready).await.0, StatusCode::OK);
        ready.stopping.cancel();
        assert_eq!(status(&ready).await, (StatusCode::SERVICE_UNAVAILABLE, "stopping"));
    }
}
