//! Calls: the token on the way there, the error on the way back.

use contracts::error::from_status;
use kernel::Result;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
};

/// The header in which tokens travel.
const AUTHORIZATION: &str = "authorization";

/// Puts the access token of its caller on each call.
#[derive(Debug, Clone)]
pub struct Bearer(Option<MetadataValue<Ascii>>);

impl Bearer {
    /// Somebody with this token.
    ///
    /// # Panics
    /// Where no header can hold it.
    #[must_use]
    pub fn new(token: &str) -> Self {
        Self(Some(format!("Bearer {token}").parse().unwrap()))
    }

    /// Somebody without a token.
    #[must_use]
    pub fn nobody() -> Self {
        Self(None)
    }

    /// A request that holds the token.
    #[must_use]
    pub fn on<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        self.sign(&mut request);
        request
    }

    fn sign<T>(&self, request: &mut Request<T>) {
        if let Some(value) = &self.0 {
            request.metadata_mut().insert(AUTHORIZATION, value.clone());
        }
    }
}

impl tonic::service::Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        self.sign(&mut request);
        Ok(request)
    }
}

/// The message of a response, or the error that its status tells of.
///
/// # Errors
/// The error that the call ended with.
pub fn answer<T>(response: Result<Response<T>, Status>) -> Result<T> {
    response.map(Response::into_inner).map_err(|status| from_status(&status))
}
