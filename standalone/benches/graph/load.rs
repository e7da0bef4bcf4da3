//! The load: connections that each send a request as soon as the one before is answered.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use bytes::Bytes;
use futures::{TryStreamExt as _, future::try_join_all, stream::FuturesUnordered};
use http_body_util::Full;
use hyper::Request;
use tokio::time::timeout;

use crate::http::{Connection, PATIENCE};

/// Connections to one contestant.
pub(crate) struct Load(Vec<Connection>);

/// What came of some time of load.
#[derive(Debug, Default)]
pub(crate) struct Sample {
    /// How long each answer took.
    pub(crate) latencies: Vec<Duration>,
    /// From the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// The gRPC calls of all requests.
    pub(crate) rpcs: u64,
}

impl Load {
    pub(crate) async fn open(address: SocketAddr, connections: u32) -> anyhow::Result<Self> {
        Ok(Self(try_join_all((0..connections).map(|_| Connection::open(address))).await?))
    }

    /// Asks for `time`, then waits for what is under way.
    pub(crate) async fn run(&mut self, request: &Request<Full<Bytes>>, time: Duration) -> anyhow::Result<Sample> {
        let began = Instant::now();
        let asked = self.0.iter_mut().map(|connection| async move {
            let mut sample = Sample::default();
            while began.elapsed() < time {
                let sent = Instant::now();
                let answer = connection.exchange(request.clone()).await?;
                sample.latencies.push(sent.elapsed());
                sample.rpcs += u64::from(answer.rpcs.unwrap_or(0));
            }
            anyhow::Ok(sample)
        });
        // Of these none is looked at but that whose answer is there: what the load itself costs, contestants have to wait for.
        let samples = timeout(time + PATIENCE, asked.collect::<FuturesUnordered<_>>().try_collect::<Vec<_>>());
        let mut whole = Sample::default();
        for sample in samples.await.with_context(|| format!("no answer in {PATIENCE:?}"))?? {
            whole.latencies.extend(sample.latencies);
            whole.rpcs += sample.rpcs;
        }
        whole.elapsed = began.elapsed();
        whole.latencies.sort_unstable();
        Ok(whole)
    }
}

impl Sample {
    /// How many answers there were.
    pub(crate) fn count(&self) -> f64 {
        // Exact up to 2^53 answers.
        self.latencies.len() as f64
    }

    /// The time in which that share of the answers came, in milliseconds.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let place = (share * last as f64).round() as usize;
        self.latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}
