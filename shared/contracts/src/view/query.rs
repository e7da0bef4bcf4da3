//! Calls of the methods that have no side effects, whose answers are read in place.

use bytes::{BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use prost::Message;
use tonic::{Request, Status};

use super::{View, read};

/// Before a message stand whether it is compressed, in one byte, and its length, in four (gRPC over HTTP/2, `Length-Prefixed-Message`).
const PREFIX: usize = 5;

/// A way to call unary methods.
pub trait Query: Send + Sync {
    /// Calls the method at `path`, `/crm.order.v1.OrderService/GetOrder`: the body of its request is one framed message, and so is that
    /// of an answer.
    fn query(&self, path: &'static str, headers: HeaderMap, body: Bytes) -> impl Future<Output = Result<Bytes, Status>> + Send;
}

/// Calls a method; its answer keeps the bytes that arrived.
pub(super) async fn query<A: View<Bytes>>(way: &impl Query, path: &'static str, request: Request<impl Message>) -> Result<A, Status> {
    let (metadata, _, message) = request.into_parts();
    let body = way.query(path, metadata.into_headers(), framed(&message)?).await?;
    read(unframed(&body)?).map_err(|error| Status::internal(error.to_string()))
}

fn framed(message: &impl Message) -> Result<Bytes, Status> {
    let length = message.encoded_len();
    let mut body = BytesMut::with_capacity(PREFIX + length);
    body.put_u8(0);
    body.put_u32(u32::try_from(length).map_err(|_| Status::resource_exhausted("the request is too long"))?);
    message.encode_raw(&mut body);
    Ok(body.freeze())
}

fn unframed(body: &Bytes) -> Result<Bytes, Status> {
    match body.first_chunk::<PREFIX>() {
        // Nothing was offered that could have compressed it.
        Some([0, length @ ..]) if u32::from_be_bytes(*length) as usize == body.len() - PREFIX => Ok(body.slice(PREFIX..)),
        _ => Err(Status::internal("the answer is no message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{crm::order::v1, view::crm::order::v1 as view};

    /// Answers with the body that it holds.
    struct Answers(Bytes);

    impl Query for Answers {
        async fn query(&self, path: &'static str, headers: HeaderMap, body: Bytes) -> Result<Bytes, Status> {
            assert_eq!((path, &headers["authorization"]), ("/crm.order.v1.OrderService/BatchGetOrders", &"Bearer a".parse().unwrap()));
            assert_eq!(v1::BatchGetOrdersRequest::decode(unframed(&body)?).unwrap().ids, ["an id"]);
            Ok(self.0.clone())
        }
    }

    async fn ask(answer: &[u8]) -> Result<view::BatchGetOrdersResponse<Bytes>, Status> {
        let mut request = Request::new(v1::BatchGetOrdersRequest { ids: vec!["an id".to_owned()], read_mask: None });
        request.metadata_mut().insert("authorization", "Bearer a".parse().unwrap());
        view::OrderServiceQueries::new(Answers(Bytes::copy_from_slice(answer))).batch_get_orders(request).await
    }

    #[tokio::test]
    async fn an_answer_is_the_one_message_of_its_body() {
        let result = v1::OrderResult { id: "an id".to_owned(), ..v1::OrderResult::default() };
        let body = framed(&v1::BatchGetOrdersResponse { results: vec![result] }).unwrap();
        let answer = ask(&body).await.unwrap();
        assert_eq!(answer.results().map(|result| result.id().to_owned()).collect::<Vec<_>>(), ["an id"]);
    }

    #[tokio::test]
    async fn a_body_that_is_no_message_is_refused() {
        // Nothing; half a prefix; compressed; shorter and longer than it says; not of the contract.
        for body in [&[][..], &[0, 0, 0], &[1, 0, 0, 0, 0], &[0, 0, 0, 0, 1], &[0, 0, 0, 0, 0, 0], &[0, 0, 0, 0, 1, 0xff]] {
            let refused = ask(body).await.map(|answer| answer.results().count()).unwrap_err();
            assert_eq!(refused.code(), tonic::Code::Internal, "{body:?}");
        }
    }
}
