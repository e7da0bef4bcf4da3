//! Services that answer as a test says.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use async_graphql::{Request, Variables};
use axum::http::HeaderValue;
use futures::{FutureExt as _, future::BoxFuture};
use kernel::{Actor, Id, Principal, Role};
use runtime::Transport;
use serde_json::Value as Json;
use tonic::{body::Body, server::Grpc};
use tonic_prost::ProstCodec;
use tower::service_fn;

use crate::{
    clients::Clients,
    operation::{self, Limits, Operations},
    scope::Scope,
};

type Method = Arc<dyn Fn(http::Request<Body>) -> BoxFuture<'static, http::Response<Body>> + Send + Sync>;

/// All services. A method that no test speaks of is unavailable.
#[derive(Clone, Default)]
pub(super) struct Services {
    methods: HashMap<String, Method>,
    calls: Arc<Mutex<Vec<String>>>,
}

/// What came of an operation.
pub(super) struct Outcome {
    /// The response.
    pub(super) response: Json,
    /// The response as it was written, in its order.
    pub(super) text: String,
    /// The methods that were called for it, sorted.
    pub(super) calls: Vec<String>,
}

impl Services {
    /// Answers the method `name` by `answer`.
    pub(super) fn on<Q, A>(mut self, name: &str, answer: impl Fn(Q) -> kernel::Result<A> + Send + Sync + 'static) -> Self
    where
        Q: prost::Message + Default + 'static,
        A: prost::Message + Default + 'static,
    {
        let method = contracts::methods().iter().find(|method| method.name == name).expect("a method of the contracts");
        let answer = Arc::new(answer);
        let serve: Method = Arc::new(move |request| {
            let answer = answer.clone();
            let unary = service_fn(move |request: tonic::Request<Q>| {
                let reply = answer(request.into_inner()).map(tonic::Response::new).map_err(|error| contracts::error::to_status(&error));
                std::future::ready(reply)
            });
            async move { Grpc::new(ProstCodec::<A, Q>::default()).unary(unary, request).await }.boxed()
        });
        self.methods.insert(method.path.clone(), serve);
        self
    }

    /// Executes an operation for somebody who is signed in, and who is an employee.
    pub(super) async fn execute(&self, query: &str, variables: Json) -> Outcome {
        self.execute_for(Some(viewer()), query, variables).await
    }

    /// Executes an operation.
    pub(super) async fn execute_for(&self, viewer: Option<Principal>, query: &str, variables: Json) -> Outcome {
        let scope = self.scope(viewer);
        let request = || Request::new(query).variables(Variables::from_json(variables.clone()));
        let operations = Operations::new(Limits::default());
        let text = match operations.prepare(request()).await {
            Ok(prepared) => prepared.execute(&operations, &scope).await.into_json(),
            Err(errors) => operation::json(&errors),
        };
        let text = String::from_utf8(text).unwrap();
        let mut calls = std::mem::take(&mut *self.calls.lock().unwrap());
        assert_eq!(usize::try_from(scope.calls()).unwrap(), calls.len(), "the calls are counted");
        calls.sort();
        Outcome { response: serde_json::from_str(&text).unwrap(), text, calls }
    }

    /// The scope of a request.
    pub(super) fn scope(&self, viewer: Option<Principal>) -> Arc<Scope> {
        let transport = || {
            let services = self.clone();
            Transport::local(service_fn(move |request: http::Request<Body>| services.clone().call(request)))
        };
        let clients = Clients::new(transport(), transport(), transport(), transport());
        let deadline = Instant::now() + Duration::from_secs(5);
        Scope::new(Arc::new(clients), viewer.map(|viewer| (HeaderValue::from_static("Bearer token"), viewer)), deadline)
    }

    async fn call(self, request: http::Request<Body>) -> Result<http::Response<Body>, std::convert::Infallible> {
        let path = request.uri().path().to_owned();
        self.calls.lock().unwrap().push(path.rsplit('/').next().unwrap_or_default().to_owned());
        Ok(match self.methods.get(&path) {
            Some(method) => method(request).await,
            None => tonic::Status::unavailable("down").into_http(),
        })
    }
}

/// Who is signed in.
pub(super) fn viewer() -> Principal {
    let actor = Actor::Account { account: Id::parse("", &uuid(900)).unwrap(), employee: Some(Id::parse("", &uuid(300)).unwrap()) };
    Principal { company: Id::parse("", &uuid(1)).unwrap(), actor, role: Role::Manager }
}

/// A UUID for each number.
pub(super) fn uuid(number: usize) -> String {
    format!("01890a5d-ac96-774b-bcce-{number:012}")
}
