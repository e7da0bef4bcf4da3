//! Messages in gRPC.

use std::marker::PhantomData;

use bytes::{Buf as _, Bytes};
use prost::Message;
use tonic::{
    Status,
    codec::{Codec as GrpcCodec, DecodeBuf, Decoder as GrpcDecoder},
};
use tonic_prost::ProstEncoder;

use super::{View, read};

/// Sends messages of the type `Q`, and takes answers as views, which keep the bytes that arrived.
#[derive(Debug)]
pub struct Codec<Q, A>(PhantomData<fn(Q) -> A>);

impl<Q, A> Default for Codec<Q, A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Q: Message + Send + 'static, A: View<Bytes> + Send + 'static> GrpcCodec for Codec<Q, A> {
    type Encode = Q;
    type Decode = A;
    type Encoder = ProstEncoder<Q>;
    type Decoder = Decoder<A>;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> Self::Decoder {
        Decoder(PhantomData)
    }
}

/// Takes messages as views.
#[derive(Debug)]
pub struct Decoder<A>(PhantomData<fn() -> A>);

impl<A: View<Bytes>> GrpcDecoder for Decoder<A> {
    type Item = A;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<A>, Status> {
        let bytes = source.copy_to_bytes(source.remaining());
        read(bytes).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}
