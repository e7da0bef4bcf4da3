//! Access tokens: JWTs after RFC 9068, signed with EdDSA (Ed25519). Their form is known here alone.
//!
//! The auth service [`issue`]s them; every service checks them by a [`Verifier`], which has the public keys
//! from a [`KeySource`].

mod keys;
mod verifier;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::{Signer as _, VerifyingKey};
use http::HeaderValue;
use kernel::{
    Actor, CompanyId, EmployeeId, Principal, Role,
    id::{AccountId, SessionId},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use ed25519_dalek::SigningKey;
pub use keys::{Jwk, KeySource, RemoteKeys};
pub use verifier::{Identity, Verifier};

/// The header's `typ` (RFC 9068, 2.1): what else the same key may sign is no access token.
const TYPE: &str = "at+jwt";
/// The header's `alg` (RFC 8037).
const ALGORITHM: &str = "EdDSA";

/// The token in the value `Bearer <token>` of a header (RFC 6750, 2.1); `None` for what is no such value.
#[must_use]
pub fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = std::str::from_utf8(value.as_bytes()).ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// What an access token says. Times are seconds since the Unix epoch (RFC 7519, `NumericDate`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// For whom it is meant.
    pub aud: String,
    /// The account that signed in.
    pub sub: AccountId,
    /// The session that it belongs to.
    pub sid: SessionId,
    /// The company in which it is valid.
    pub company: CompanyId,
    /// The employee whose account it is, where it is one's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee: Option<EmployeeId>,
    /// What the account may do.
    pub role: Role,
    /// When it was issued.
    pub iat: i64,
    /// From when on it is valid.
    pub nbf: i64,
    /// From when on it is not valid any more.
    pub exp: i64,
    /// Its own identifier.
    pub jti: Uuid,
}

impl Claims {
    /// Who calls with this token.
    #[must_use]
    pub fn principal(&self) -> Principal {
        Principal { company: self.company, actor: Actor::Account { account: self.sub, employee: self.employee }, role: self.role }
    }
}

/// The header: these three and nothing else. What is not here (`jku`, `jwk`, `x5u`, `crit`, …) makes a token refused.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

/// A signed access token that says `claims`; its `kid` is the key's [`key_id`].
#[must_use]
pub fn issue(claims: &Claims, key: &SigningKey) -> String {
    let kid = key_id(&key.verifying_key());
    let header = Header { typ: TYPE, alg: ALGORITHM, kid: &kid };
    let mut token = format!("{}.{}", encode(&header), encode(claims));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature.to_bytes(), &mut token);
    token
}

fn encode(part: &impl Serialize) -> String {
    // Neither part has a map with keys that aren't text, the one thing that JSON can't write.
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
}

/// The identifier of a key: its JWK thumbprint (RFC 7638, RFC 8037 appendix A.3).
#[must_use]
pub fn key_id(key: &VerifyingKey) -> String {
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, public(key));
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

/// What the world may know of a signing key.
#[must_use]
pub fn jwk(key: &SigningKey) -> Jwk {
    let key = key.verifying_key();
    Jwk { kid: key_id(&key), x: public(&key) }
}

fn public(key: &VerifyingKey) -> String {
    URL_SAFE_NO_PAD.encode(key.as_bytes())
}

#[cfg(test)]
mod tests;
