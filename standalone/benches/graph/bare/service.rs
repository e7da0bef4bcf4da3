//! A connection to a service, and gRPC calls on it.

use std::time::Duration;

use anyhow::Context as _;
use axum::http::{
    HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, Version,
    header::{AUTHORIZATION, CONTENT_TYPE, TE},
    uri::{Authority, PathAndQuery, Scheme},
};
use bytes::{BufMut as _, Bytes, BytesMut};
use h2::{
    RecvStream,
    client::{Builder, ResponseFuture, SendRequest},
};
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use crate::call::{Call, DEADLINE, Failure};

/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(2);
/// How much may be on its way, on a stream and on the connection; as tonic has it.
const WINDOWS: (u32, u32) = (2 << 20, 5 << 20);
/// The most bytes of a frame: enough for an answer to come as one.
const FRAME: u32 = 1 << 20;
/// Before a message stand whether it is compressed, in one byte, and its length, in four.
const PREFIX: usize = 5;

/// A service, with the one connection to it.
pub(super) struct Service {
    requests: SendRequest<Bytes>,
    authority: Authority,
    /// The task that reads and writes; it ends as this is dropped.
    _driver: JoinSet<()>,
}

impl Service {
    pub(super) async fn connect(url: &str) -> anyhow::Result<Self> {
        let authority = url.parse::<Uri>()?.into_parts().authority.with_context(|| format!("no host in {url}"))?;
        let connected = timeout(PATIENCE, async {
            let stream = TcpStream::connect(authority.as_str()).await?;
            stream.set_nodelay(true)?;
            let mut builder = Builder::new();
            builder.initial_window_size(WINDOWS.0).initial_connection_window_size(WINDOWS.1).max_frame_size(FRAME).enable_push(false);
            anyhow::Ok(builder.handshake(stream).await?)
        });
        let (requests, connection) = connected.await?.with_context(|| format!("{url} can't be reached"))?;
        let mut driver = JoinSet::new();
        // What goes wrong in it, the next call is told.
        driver.spawn(async move { drop(connection.await) });
        Ok(Self { requests, authority, _driver: driver })
    }

    /// Makes a call with the viewer's token: the message that is answered, as it came.
    pub(super) async fn call(&self, call: &Call, path: &'static str, message: &impl prost::Message) -> Result<Bytes, Failure> {
        let frame = frame(message)?;
        let head = self.head(call.bearer(), path)?;
        let answered = timeout(DEADLINE, async {
            let mut requests = self.requests.clone().ready().await?;
            let (response, mut stream) = requests.send_request(head, false)?;
            stream.send_data(frame, true)?;
            receive(response).await
        });
        let Answer { status, head, body, trailers } = answered.await.map_err(Failure::of_service)?.map_err(Failure::of_service)?;
        // A call that fails at once has its status in the head.
        check(status, trailers.as_ref().unwrap_or(&head))?;
        match body.first_chunk::<PREFIX>() {
            Some([0, length @ ..]) if u32::from_be_bytes(*length) as usize == body.len() - PREFIX => Ok(body.slice(PREFIX..)),
            _ => Err(Failure::of_service("the answer is no message")),
        }
    }

    fn head(&self, bearer: HeaderValue, path: &'static str) -> Result<Request<()>, Failure> {
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(self.authority.clone()).path_and_query(PathAndQuery::from_static(path));
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri.build().map_err(Failure::of_service)?;
        *request.version_mut() = Version::HTTP_2;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        headers.insert("grpc-timeout", HeaderValue::from_static("10S"));
        headers.insert(AUTHORIZATION, bearer);
        Ok(request)
    }
}

fn frame(message: &impl prost::Message) -> Result<Bytes, Failure> {
    let length = message.encoded_len();
    let mut frame = BytesMut::with_capacity(PREFIX + length);
    frame.put_u8(0);
    frame.put_u32(u32::try_from(length).map_err(Failure::of_service)?);
    message.encode(&mut frame).map_err(Failure::of_service)?;
    Ok(frame.freeze())
}

/// What came back.
struct Answer {
    status: StatusCode,
    head: HeaderMap,
    body: Bytes,
    trailers: Option<HeaderMap>,
}

async fn receive(response: ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut stream) = response.await?.into_parts();
    let mut body = Bytes::new();
    while let Some(more) = data(&mut stream).await? {
        body = if body.is_empty() { more } else { [body, more].concat().into() };
    }
    Ok(Answer { status: head.status, head: head.headers, body, trailers: stream.trailers().await? })
}

/// The next frame of data, for which as much may be sent again.
async fn data(stream: &mut RecvStream) -> Result<Option<Bytes>, h2::Error> {
    let Some(data) = stream.data().await.transpose()? else { return Ok(None) };
    stream.flow_control().release_capacity(data.len())?;
    Ok(Some(data))
}

/// Goes on only where the call was done.
fn check(status: StatusCode, trailers: &HeaderMap) -> Result<(), Failure> {
    match trailers.get("grpc-status") {
        Some(done) if status == StatusCode::OK && done == "0" => Ok(()),
        Some(_) => Err(tonic::Status::from_header_map(trailers).unwrap_or_else(|| tonic::Status::internal("no status")).into()),
        None => Err(Failure::of_service(format!("answered {status}, without a status of gRPC"))),
    }
}
