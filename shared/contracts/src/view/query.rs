//! Calls of the methods that have no side effects, whose answers are read in place.

use std::marker::PhantomData;

use bytes::{BufMut as _, Bytes, BytesMut};
use http::HeaderMap;
use kernel::Id;
use prost::{
    Message,
    encoding::{WireType, encode_key, encode_varint},
};
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
pub(super) async fn query<A: View<Bytes>, M>(way: &impl Query, path: &'static str, request: Request<Framed<M>>) -> Result<A, Status> {
    let (metadata, _, message) = request.into_parts();
    let body = way.query(path, metadata.into_headers(), message.into_body()?).await?;
    read(unframed(&body)?).map_err(|error| Status::internal(error.to_string()))
}

/// A request with many questions, which are the elements of its first field.
pub trait Asks {
    /// A question: a message, or [`str`] for identifiers.
    type Question: ?Sized;
}

/// The number of that field.
const QUESTIONS: u32 = 1;

/// A message of the type `M` as it is sent: behind its prefix.
pub struct Framed<M> {
    body: BytesMut,
    of: PhantomData<fn() -> M>,
}

impl<M: Message> Framed<M> {
    /// A message.
    pub fn new(message: &M) -> Self {
        Self::with(message, message.encoded_len(), |_| {})
    }

    /// A message that asks for the things of these `ids`, and has the other fields of `rest`.
    pub fn asking_ids<K>(ids: &[Id<K>], rest: &M) -> Self
    where
        M: Asks<Question = str>,
    {
        // Before each stand its key and its length, a byte each.
        Self::with(rest, (2 + Id::<K>::LENGTH) * ids.len() + rest.encoded_len(), |body| {
            for id in ids {
                delimited(body, Id::<K>::LENGTH);
                body.put_slice(&id.ascii());
            }
        })
    }

    /// A message that asks these `questions`, and has the other fields of `rest`.
    pub fn asking(questions: &[M::Question], rest: &M) -> Self
    where
        M: Asks<Question: Message + Sized>,
    {
        Self::with(rest, 64 * questions.len() + rest.encoded_len(), |body| {
            for question in questions {
                delimited(body, question.encoded_len());
                question.encode_raw(body);
            }
        })
    }

    /// A message, and what is written before it: the fields of a message may come in any order, the elements of one in several places.
    fn with(message: &M, length: usize, before: impl FnOnce(&mut BytesMut)) -> Self {
        let mut body = BytesMut::with_capacity(PREFIX + length);
        body.put_bytes(0, PREFIX);
        before(&mut body);
        message.encode_raw(&mut body);
        Self { body, of: PhantomData }
    }
}

impl<M> Framed<M> {
    fn into_body(mut self) -> Result<Bytes, Status> {
        let length = u32::try_from(self.body.len() - PREFIX).map_err(|_| Status::resource_exhausted("the request is too long"))?;
        self.body[1..PREFIX].copy_from_slice(&length.to_be_bytes());
        Ok(self.body.freeze())
    }
}

/// Begins a question of that length.
fn delimited(body: &mut BytesMut, length: usize) {
    encode_key(QUESTIONS, WireType::LengthDelimited, body);
    encode_varint(length as u64, body);
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
        let mut request = Request::new(Framed::new(&v1::BatchGetOrdersRequest { ids: vec!["an id".to_owned()], read_mask: None }));
        request.metadata_mut().insert("authorization", "Bearer a".parse().unwrap());
        view::OrderServiceQueries::new(Answers(Bytes::copy_from_slice(answer))).batch_get_orders(request).await
    }

    #[tokio::test]
    async fn an_answer_is_the_one_message_of_its_body() {
        let result = v1::OrderResult { id: "an id".to_owned(), ..v1::OrderResult::default() };
        let body = Framed::new(&v1::BatchGetOrdersResponse { results: vec![result] }).into_body().unwrap();
        let answer = ask(&body).await.unwrap();
        assert_eq!(answer.results().map(|result| result.id().to_string()).collect::<Vec<_>>(), ["an id"]);
    }

    #[test]
    fn questions_are_written_as_if_they_were_in_the_message() {
        let read_mask = Some(prost_types::FieldMask { paths: vec!["status".to_owned()] });
        let ids: Vec<Id<()>> = (1..4).map(|number| format!("01890a5d-ac96-774b-bcce-b30209{number:06}").parse().unwrap()).collect();
        let rest = v1::BatchGetOrdersRequest { ids: Vec::new(), read_mask: read_mask.clone() };
        let body = Framed::asking_ids(&ids, &rest).into_body().unwrap();
        let whole = v1::BatchGetOrdersRequest { ids: ids.iter().map(|id| id.text()).collect(), ..rest };
        assert_eq!(v1::BatchGetOrdersRequest::decode(unframed(&body).unwrap()).unwrap(), whole);

        let question = |token: &str| v1::ListOrdersRequest { page_token: token.to_owned(), page_size: Some(3), ..Default::default() };
        let requests = vec![question(""), question(&"long".repeat(100)), v1::ListOrdersRequest::default()];
        let rest = v1::BatchListOrdersRequest { requests: Vec::new(), read_mask, omit_cursors: true };
        let body = Framed::asking(&requests, &rest).into_body().unwrap();
        let whole = v1::BatchListOrdersRequest { requests, ..rest };
        assert_eq!(v1::BatchListOrdersRequest::decode(unframed(&body).unwrap()).unwrap(), whole);
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
