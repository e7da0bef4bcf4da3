//! Who calls: the access token of a call, checked here, authorised by the use case.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Request, header::AUTHORIZATION};
use kernel::{Error, Principal, Result, id::SessionId};
use tonic::{Status, body::Body};

use super::method::Method;
use crate::{
    Verifier,
    token::{self, Identity},
};

/// The name under which our own programs send each other what `authorization` says. That is written in full in every call (h2 never
/// indexes it, as nghttp2 doesn't); this is remembered on the connection and then takes a byte. Who shares the connection could try to
/// guess what is remembered (RFC 7541, 7.1), but a token only as a whole.
const REMEMBERED: HeaderName = HeaderName::from_static("access-token");

/// Has the token of a call remembered on its connection.
pub(crate) fn remember(headers: &mut HeaderMap) {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    if let (Some(_), None) = (values.next(), values.next())
        && let Some(value) = headers.remove(AUTHORIZATION)
    {
        headers.append(REMEMBERED, value);
    }
}

/// Lets a call in, with its caller known to [`principal`]; a public method takes anybody and looks at no token.
pub(super) async fn check(verifier: &Verifier, method: Method, request: &mut Request<Body>) -> Result<()> {
    if !method.public {
        let identity = verifier.identify(bearer(request.headers())?).await?;
        // The account's identifier says nothing by itself; with it the log tells who did or tried what (ASVS 16.2.1).
        if let Some(account) = identity.principal.account() {
            tracing::Span::current().record("user.id", tracing::field::display(account));
        }
        request.extensions_mut().insert(identity);
    }
    Ok(())
}

/// The one token of a call.
fn bearer(headers: &HeaderMap) -> Result<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter().chain(headers.get_all(REMEMBERED));
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Error::unauthenticated("TOKEN_MISSING", "send one access token, as metadata authorization: Bearer <token>"));
    };
    token::bearer(value).ok_or_else(|| Error::unauthenticated("TOKEN_INVALID", "authorization must be Bearer <token>"))
}

/// Who calls the method that handles `request`.
///
/// # Errors
/// `UNAUTHENTICATED` in public methods, which don't know.
pub fn principal<T>(request: &tonic::Request<T>) -> Result<Principal, Status> {
    identity(request).map(|identity| identity.principal.clone())
}

/// The session in which the method that handles `request` is called.
///
/// # Errors
/// As [`principal`].
pub fn session<T>(request: &tonic::Request<T>) -> Result<SessionId, Status> {
    identity(request).map(|identity| identity.session)
}

fn identity<T>(request: &tonic::Request<T>) -> Result<&Identity, Status> {
    let known = request.extensions().get::<Arc<Identity>>();
    known
        .map(Arc::as_ref)
        .ok_or_else(|| contracts::error::to_status(&Error::unauthenticated("TOKEN_MISSING", "this needs an access token")))
}
