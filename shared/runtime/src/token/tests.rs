//! What makes a token good, and everything that makes one refused (OWASP ASVS 5.0, 9.1 and 9.2; RFC 8725; RFC 9068).

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::crm::auth::v1::{GetJwksRequest, GetJwksResponse};
use ed25519_dalek::Signer as _;
use futures::future::BoxFuture;
use kernel::{Actor, Env, Error, Result, Role, Timestamp, env::FixedClock};
use serde_json::{Value, json};
use tonic::{body::Body, server::NamedService, service::Routes};
use tonic_prost::ProstCodec;

use super::{Claims, Jwk, KeySource, RemoteKeys, SigningKey, Verifier, issue, jwk, key_id};
use crate::Transport;

const ISSUER: &str = "https://auth.example";
const AUDIENCE: &str = "crm";
const NOW: i64 = 1_770_000_000;

/// An auth service of which the test holds the strings.
#[derive(Default)]
struct Keys {
    published: Mutex<Vec<Jwk>>,
    asked: AtomicUsize,
    down: AtomicBool,
}

#[async_trait]
impl KeySource for Keys {
    async fn keys(&self) -> Result<Vec<Jwk>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return Err(Error::Unavailable("auth".into()));
        }
        Ok(self.published.lock().unwrap().clone())
    }
}

struct World {
    key: SigningKey,
    keys: Arc<Keys>,
    clock: Arc<FixedClock>,
    verifier: Verifier,
}

impl World {
    fn new() -> Self {
        let key = SigningKey::from_bytes(&[1; 32]);
        let keys = Arc::new(Keys { published: Mutex::new(vec![jwk(&key)]), ..Keys::default() });
        let clock = Arc::new(FixedClock::new(at(0)));
        let env = Env::system().with_clock(clock.clone());
        let verifier = Verifier::new(ISSUER, AUDIENCE, keys.clone(), env);
        Self { key, keys, clock, verifier }
    }

    /// Why the token is refused: reason and message.
    async fn refusal(&self, token: &str) -> (String, String) {
        match self.verifier.verify(token).await {
            Err(Error::Unauthenticated { reason, message }) => (reason.into(), message.into()),
            other => panic!("{other:?}"),
        }
    }

    async fn invalid(&self, token: &str, message: &str) {
        assert_eq!(self.refusal(token).await, ("TOKEN_INVALID".to_owned(), message.to_owned()));
    }

    fn publish(&self, keys: &[&SigningKey]) {
        *self.keys.published.lock().unwrap() = keys.iter().map(|key| jwk(key)).collect();
    }

    fn wait(&self, seconds: i64) {
        let now = self.clock_seconds() + seconds;
        self.clock.set(at(now));
    }

    fn clock_seconds(&self) -> i64 {
        kernel::Clock::now(&*self.clock).as_micros() / 1_000_000 - NOW
    }

    fn asked(&self) -> usize {
        self.keys.asked.load(Ordering::SeqCst)
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((NOW + seconds) * 1_000_000).unwrap()
}

fn claims() -> Claims {
    let env = Env::system();
    Claims {
        iss: ISSUER.to_owned(),
        aud: AUDIENCE.to_owned(),
        sub: env.new_id(),
        sid: env.new_id(),
        company: env.new_id(),
        employee: Some(env.new_id()),
        role: Role::Manager,
        iat: NOW,
        nbf: NOW,
        exp: NOW + 300,
        jti: env.random_uuid(),
    }
}

/// Signs whatever header and claims, as an attacker with a key of his own, or a careless issuer, could.
fn forge(header: &Value, claims: &Value, key: &SigningKey) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(message.as_bytes()).to_bytes());
    format!("{message}.{signature}")
}

fn header(key: &SigningKey) -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": key_id(&key.verifying_key())})
}

fn with(mut value: Value, name: &str, field: impl Into<Value>) -> Value {
    value[name] = field.into();
    value
}

fn without(mut value: Value, name: &str) -> Value {
    value.as_object_mut().unwrap().remove(name);
    value
}

fn body() -> Value {
    serde_json::to_value(claims()).unwrap()
}

#[tokio::test]
async fn an_issued_token_speaks_for_its_account() {
    let (world, claims) = (World::new(), claims());
    let identity = world.verifier.identify(&issue(&claims, &world.key)).await.unwrap();
    assert_eq!(identity.principal.company, claims.company);
    assert_eq!(identity.principal.role, Role::Manager);
    assert_eq!(identity.principal.actor, Actor::Account { account: claims.sub, employee: claims.employee });
    assert_eq!(identity.session, claims.sid);
    assert_eq!(identity.expires_at, at(300));
}

#[test]
fn a_key_is_named_by_its_thumbprint() {
    // RFC 8037, appendix A.2 and A.3.
    let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&x.try_into().unwrap()).unwrap();
    assert_eq!(key_id(&key), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    let world = World::new();
    let message = "the token is signed by another algorithm";
    world.invalid(&forge(&with(header(&world.key), "alg", "none"), &body(), &world.key), message).await;
    let signed = issue(&claims(), &world.key);
    world.invalid(&format!("{}.", signed.rsplit_once('.').unwrap().0), "the token's signature is wrong").await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_refused() {
    let world = World::new();
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    header.typ = Some("at+jwt".to_owned());
    header.kid = Some(key_id(&world.key.verifying_key()));
    let secret = jsonwebtoken::EncodingKey::from_secret(world.key.verifying_key().as_bytes());
    let token = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
    world.invalid(&token, "the token is signed by another algorithm").await;
}

#[tokio::test]
async fn a_token_that_brings_its_own_key_is_refused() {
    let (world, own) = (World::new(), SigningKey::from_bytes(&[9; 32]));
    let own_jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": jwk(&own).x});
    for (name, value) in [
        ("jwk", own_jwk),
        ("jku", json!("https://evil.example/jwks")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("b64", json!(false)),
    ] {
        world.invalid(&forge(&with(header(&world.key), name, value.clone()), &body(), &own), "this is no access token").await;
        // Not even with the right key behind it: nobody of ours writes such headers.
        world.invalid(&forge(&with(header(&world.key), name, value), &body(), &world.key), "this is no access token").await;
    }
}

#[tokio::test]
async fn a_token_of_an_unknown_key_is_refused() {
    let world = World::new();
    world.invalid(&issue(&claims(), &SigningKey::from_bytes(&[9; 32])), "the token's key is not known").await;
    for kid in ["", "../../etc/passwd", "' OR 1=1 --"] {
        world.invalid(&forge(&with(header(&world.key), "kid", kid), &body(), &world.key), "the token's key is not known").await;
    }
    world.invalid(&forge(&without(header(&world.key), "kid"), &body(), &world.key), "this is no access token").await;
}

#[tokio::test]
async fn a_token_signed_by_another_key_under_a_known_name_is_refused() {
    let world = World::new();
    let token = forge(&header(&world.key), &body(), &SigningKey::from_bytes(&[9; 32]));
    world.invalid(&token, "the token's signature is wrong").await;
}

#[tokio::test]
async fn an_altered_token_is_refused() {
    let world = World::new();
    let token = issue(&claims(), &world.key);
    let parts: Vec<&str> = token.split('.').collect();
    let promoted = URL_SAFE_NO_PAD.encode(with(body(), "role", "ADMIN").to_string());
    world.invalid(&format!("{}.{promoted}.{}", parts[0], parts[2]), "the token's signature is wrong").await;
    let other = URL_SAFE_NO_PAD.encode(with(header(&world.key), "typ", "AT+JWT").to_string());
    world.invalid(&format!("{other}.{}.{}", parts[1], parts[2]), "the token is of another type").await;
    world.invalid(&format!("{token}A"), "the token's signature is wrong").await;
}

#[tokio::test]
async fn an_expired_token_is_refused_even_where_it_was_verified_before() {
    let world = World::new();
    let (seen, fresh) = (issue(&claims(), &world.key), issue(&claims(), &world.key));
    world.verifier.verify(&seen).await.unwrap();
    world.wait(299);
    world.verifier.verify(&seen).await.unwrap();
    world.wait(1);
    for token in [seen, fresh] {
        assert_eq!(world.refusal(&token).await.0, "TOKEN_EXPIRED");
    }
}

#[tokio::test]
async fn a_token_that_is_not_valid_yet_is_refused_but_for_clocks_that_differ_a_little() {
    let world = World::new();
    world.invalid(&issue(&Claims { nbf: NOW + 60, ..claims() }, &world.key), "the token is not valid yet").await;
    world.verifier.verify(&issue(&Claims { nbf: NOW + 5, ..claims() }, &world.key)).await.unwrap();
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let world = World::new();
    let token = issue(&Claims { iss: "https://evil.example".to_owned(), ..claims() }, &world.key);
    world.invalid(&token, "the token is of another issuer").await;
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let world = World::new();
    let token = issue(&Claims { aud: "billing".to_owned(), ..claims() }, &world.key);
    world.invalid(&token, "the token is for another audience").await;
}

#[tokio::test]
async fn a_token_of_another_type_is_refused() {
    let world = World::new();
    for typ in ["JWT", "rt+jwt", "id+jwt", "secevent+jwt", ""] {
        world.invalid(&forge(&with(header(&world.key), "typ", typ), &body(), &world.key), "the token is of another type").await;
    }
    world.invalid(&forge(&without(header(&world.key), "typ"), &body(), &world.key), "this is no access token").await;
}

#[tokio::test]
async fn a_refresh_token_is_no_access_token() {
    let world = World::new();
    let opaque = URL_SAFE_NO_PAD.encode([7; 32]);
    world.invalid(&opaque, "this is no access token").await;
}

#[tokio::test]
async fn a_token_that_lacks_a_claim_is_refused() {
    let world = World::new();
    for claim in ["iss", "aud", "sub", "sid", "company", "role", "iat", "nbf", "exp", "jti"] {
        world.invalid(&forge(&header(&world.key), &without(body(), claim), &world.key), "this is no access token").await;
    }
    for (claim, value) in [("role", json!("OWNER")), ("sub", json!("1")), ("exp", json!("soon")), ("exp", json!(null))] {
        world.invalid(&forge(&header(&world.key), &with(body(), claim, value), &world.key), "this is no access token").await;
    }
    world.invalid(&forge(&header(&world.key), &with(body(), "exp", i64::MAX), &world.key), "the token's times can't be").await;
}

#[tokio::test]
async fn what_is_no_token_at_all_is_refused() {
    let world = World::new();
    for text in ["", ".", "..", "a.b.c", "a.b.c.d", "🙂", "null", "{}"] {
        world.invalid(text, "this is no access token").await;
    }
    world.invalid(&"A".repeat(100_000), "the token is too long").await;
    assert_eq!(world.asked(), 0, "none of these is worth asking for a key");
}

#[tokio::test]
async fn keys_rotate_without_a_restart_and_old_tokens_live_out() {
    let (world, next) = (World::new(), SigningKey::from_bytes(&[2; 32]));
    let old = issue(&claims(), &world.key);
    world.verifier.verify(&old).await.unwrap();
    world.publish(&[&next, &world.key]);
    world.wait(60);
    world.verifier.verify(&issue(&claims(), &next)).await.unwrap();
    world.verifier.verify(&old).await.unwrap();
    world.verifier.verify(&issue(&claims(), &world.key)).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_key_is_forgotten() {
    let (world, next) = (World::new(), SigningKey::from_bytes(&[2; 32]));
    world.verifier.verify(&issue(&claims(), &world.key)).await.unwrap();
    world.publish(&[&next]);
    world.wait(301);
    let token = issue(&Claims { exp: NOW + 900, ..claims() }, &world.key);
    world.invalid(&token, "the token's key is not known").await;
}

#[tokio::test]
async fn made_up_keys_do_not_make_auth_work() {
    let world = World::new();
    world.verifier.verify(&issue(&claims(), &world.key)).await.unwrap();
    world.wait(11);
    for _ in 0..100 {
        world.invalid(&issue(&claims(), &SigningKey::from_bytes(&[9; 32])), "the token's key is not known").await;
    }
    assert_eq!(world.asked(), 2);
}

#[tokio::test]
async fn a_verified_token_is_not_verified_again() {
    let world = World::new();
    let token = issue(&claims(), &world.key);
    world.verifier.verify(&token).await.unwrap();
    // Its key is gone and auth with it: only the memory of the token can answer.
    world.publish(&[]);
    world.keys.down.store(true, Ordering::SeqCst);
    world.wait(200);
    world.verifier.verify(&token).await.unwrap();
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn without_keys_nobody_gets_in() {
    let world = World::new();
    world.keys.down.store(true, Ordering::SeqCst);
    let token = issue(&claims(), &world.key);
    assert!(matches!(world.verifier.verify(&token).await, Err(Error::Unavailable(_))));
    assert!(matches!(world.verifier.verify(&token).await, Err(Error::Unavailable(_))));
    assert_eq!(world.asked(), 1, "auth that is down is not asked with every call");
    world.keys.down.store(false, Ordering::SeqCst);
    world.wait(1);
    world.verifier.verify(&token).await.unwrap();
}

#[tokio::test]
async fn known_keys_hold_for_a_while_when_auth_is_down() {
    let world = World::new();
    world.verifier.verify(&issue(&claims(), &world.key)).await.unwrap();
    world.keys.down.store(true, Ordering::SeqCst);
    let later = |jti| issue(&Claims { exp: NOW + 10_000, jti: uuid::Uuid::from_u128(jti), ..claims() }, &world.key);
    world.wait(1_800);
    world.verifier.verify(&later(1)).await.unwrap();
    world.wait(1_801);
    assert!(matches!(world.verifier.verify(&later(2)).await, Err(Error::Unavailable(_))));
}

/// The one method of the auth service that verifying needs.
#[derive(Clone)]
struct Auth(Jwk);

impl NamedService for Auth {
    const NAME: &'static str = "crm.auth.v1.AuthService";
}

impl tower::Service<http::Request<Body>> for Auth {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, std::result::Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<std::result::Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let Jwk { kid, x } = self.0.clone();
        Box::pin(async move {
            assert_eq!(request.uri().path(), "/crm.auth.v1.AuthService/GetJwks");
            let answer = tower::service_fn(move |_: tonic::Request<GetJwksRequest>| {
                let key = contracts::crm::auth::v1::Jwk { kid: kid.clone(), x: x.clone() };
                std::future::ready(Ok(tonic::Response::new(GetJwksResponse { keys: vec![key] })))
            });
            Ok(tonic::server::Grpc::new(ProstCodec::default()).unary(answer, request).await)
        })
    }
}

#[tokio::test]
async fn keys_come_from_the_auth_service() {
    let (key, other) = (SigningKey::from_bytes(&[1; 32]), SigningKey::from_bytes(&[9; 32]));
    let keys = RemoteKeys::new(Transport::local(Routes::new(Auth(jwk(&key)))));
    let env = Env::system().with_clock(Arc::new(FixedClock::new(at(0))));
    let verifier = Verifier::new(ISSUER, AUDIENCE, Arc::new(keys), env);
    verifier.verify(&issue(&claims(), &key)).await.unwrap();
    assert!(matches!(verifier.verify(&issue(&claims(), &other)).await, Err(Error::Unauthenticated { .. })));
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_told_as_unavailable() {
    let down = Transport::remote("http://127.0.0.1:1", &crate::transport::Remote::default()).unwrap();
    let verifier = Verifier::new(ISSUER, AUDIENCE, Arc::new(RemoteKeys::new(down)), Env::system());
    let token = issue(&claims(), &SigningKey::from_bytes(&[1; 32]));
    assert!(matches!(verifier.verify(&token).await, Err(Error::Unavailable(_))));
}

#[tokio::test]
async fn one_asking_serves_all_who_wait() {
    let world = World::new();
    let tokens: Vec<String> = (0..50).map(|_| issue(&claims(), &world.key)).collect();
    let verified = futures::future::join_all(tokens.iter().map(|token| world.verifier.verify(token)));
    let verified = tokio::time::timeout(Duration::from_secs(10), verified).await.unwrap();
    assert!(verified.iter().all(Result::is_ok));
    assert_eq!(world.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_verifier_is_prepared_once_the_keys_were_had_and_stays_so() {
    let world = World::new();
    world.keys.down.store(true, Ordering::SeqCst);
    let waiting = tokio::time::timeout(Duration::from_secs(30), world.verifier.prepare()).await;
    assert!(waiting.is_err() && !world.verifier.is_prepared());
    world.keys.down.store(false, Ordering::SeqCst);
    world.verifier.prepare().await;
    assert!(world.verifier.is_prepared());
    world.keys.down.store(true, Ordering::SeqCst);
    let asked = world.keys.asked.load(Ordering::SeqCst);
    world.verifier.prepare().await;
    assert!(world.verifier.is_prepared(), "a service that goes away later is no reason to turn everybody away");
    assert_eq!(world.keys.asked.load(Ordering::SeqCst), asked);
}
