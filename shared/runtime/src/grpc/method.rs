//! What is known of the method that a call is for.

use std::{collections::HashMap, sync::LazyLock};

/// A method, as telemetry and the check of tokens need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Method {
    /// The service's full name.
    pub(super) service: &'static str,
    /// The method's name.
    pub(super) name: &'static str,
    /// Service and method with a slash between: the name of the span.
    pub(super) full: &'static str,
    /// Whether it can be called without a token.
    pub(super) public: bool,
}

/// What every port answers beside its service. Who can reach the port may know that it lives and what the
/// contracts say, which stands in the repository anyway.
const INFRASTRUCTURE: [Method; 4] = [
    Method { service: "grpc.health.v1.Health", name: "Check", full: "grpc.health.v1.Health/Check", public: true },
    Method { service: "grpc.health.v1.Health", name: "Watch", full: "grpc.health.v1.Health/Watch", public: true },
    Method {
        service: "grpc.reflection.v1.ServerReflection",
        name: "ServerReflectionInfo",
        full: "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        public: true,
    },
    Method {
        service: "grpc.reflection.v1alpha.ServerReflection",
        name: "ServerReflectionInfo",
        full: "grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        public: true,
    },
];

/// Whatever callers make up: one name for all, so that they can't make metrics grow.
const UNKNOWN: Method = Method { service: "unknown", name: "unknown", full: "unknown", public: false };

static METHODS: LazyLock<HashMap<&'static str, Method>> = LazyLock::new(|| {
    let contracts = contracts::methods().iter().map(|method| Method {
        service: &method.service,
        name: &method.name,
        full: method.path.trim_start_matches('/'),
        public: method.public,
    });
    INFRASTRUCTURE.into_iter().chain(contracts).map(|method| (method.full, method)).collect()
});

impl Method {
    /// The method at the path of a request.
    pub(super) fn at(path: &str) -> Self {
        path.strip_prefix('/').and_then(|full| METHODS.get(full)).copied().unwrap_or(UNKNOWN)
    }
}

/// The full names of the gRPC services in the domain `name`.
pub(super) fn services_of(name: &str) -> Vec<&'static str> {
    let package = format!("crm.{name}.");
    let mut services: Vec<&str> = contracts::methods().iter().map(|m| m.service.as_str()).filter(|s| s.starts_with(&package)).collect();
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contracts_say_which_methods_are_public() {
        assert!(Method::at("/crm.auth.v1.AuthService/GetJwks").public);
        assert!(!Method::at("/crm.auth.v1.AuthService/SignOut").public);
        assert!(Method::at("/grpc.health.v1.Health/Check").public);
    }

    #[test]
    fn a_method_that_nobody_has_is_not_public_and_has_one_name() {
        for path in
            ["", "/", "/made.up/Method", "/crm.auth.v1.AuthService/", "crm.auth.v1.AuthService/GetJwks", "//grpc.health.v1.Health/Check"]
        {
            assert_eq!(Method::at(path), UNKNOWN, "{path:?}");
        }
    }

    #[test]
    fn a_domain_has_its_own_services_only() {
        assert_eq!(services_of("auth"), ["crm.auth.v1.AuthService"]);
        assert!(services_of("nothing").is_empty());
    }
}
