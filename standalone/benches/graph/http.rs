//! A connection to a contestant, kept open from request to request.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use crate::queries::RPC_COUNT;

/// How long an answer may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A connection.
pub(crate) struct Connection {
    requests: http1::SendRequest<Full<Bytes>>,
    /// The task that reads and writes; it ends as this is dropped.
    _driver: JoinSet<()>,
}

/// An answer with the status 200.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
    /// How many gRPC calls it took, where that is told.
    pub(crate) rpcs: Option<u32>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let opened = timeout(PATIENCE, async {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            anyhow::Ok(http1::handshake(TokioIo::new(stream)).await?)
        });
        let (requests, connection) = opened.await?.with_context(|| format!("{address} can't be reached"))?;
        let mut driver = JoinSet::new();
        // What goes wrong in it, the next request is told.
        driver.spawn(async move { drop(connection.await) });
        Ok(Self { requests, _driver: driver })
    }

    /// Sends a request once the answer to the one before is there.
    pub(crate) async fn send(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        timeout(PATIENCE, self.exchange(request)).await.with_context(|| format!("no answer in {PATIENCE:?}"))?
    }

    /// As [`send`](Self::send), however long it takes.
    pub(crate) async fn exchange(&mut self, request: Request<Full<Bytes>>) -> anyhow::Result<Answer> {
        self.requests.ready().await?;
        let (head, body) = self.requests.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        if head.status != StatusCode::OK {
            bail!("answered {}: {}", head.status, String::from_utf8_lossy(&body));
        }
        let rpcs = head.headers.get(RPC_COUNT).and_then(|count| count.to_str().ok()?.parse().ok());
        Ok(Answer { body, rpcs })
    }
}
