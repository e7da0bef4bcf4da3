//! What the charts render, and what they refuse.

use std::fs;

use super::{Charts, VALUES, golden};

#[test]
fn golden_renders_are_what_the_charts_render() {
    let charts = Charts::new().unwrap();
    for (values, set) in VALUES {
        let rendered = charts.render("crm", Some(values), set).unwrap();
        let same = fs::read_to_string(golden(values)).unwrap() == rendered;
        assert!(same, "charts/golden/{values}.yaml is stale: run cargo xtask charts, and look at what has changed");
    }
}

/// A chart; what is set in it; what Helm must say of that.
type Refused = (&'static str, &'static str, &'static str);

/// Over the values for production.
const IN_PRODUCTION: &[Refused] = &[
    ("crm", "global.mongodb.url=mongodb://x", "mongodb: give url or existingSecret, not both"),
    ("crm", "order.mongodb.url=mongodb://x,order.mongodb.existingSecret.name=y", "mongodb: give url or existingSecret, not both"),
    ("crm", "global.mongodb.existingSecret.name=", "mongodb.existingSecret.name: the Secret with the address of mongodb"),
    ("crm", "global.rabbitmq.existingSecret.name=", "rabbitmq.existingSecret.name: the Secret with the address of rabbitmq"),
    (
        "crm",
        "global.mongodb.inCluster=true,global.mongodb.existingSecret.name=,global.mongodb.url=mongodb://x",
        "mongodb: give inCluster or url, not both",
    ),
    ("crm", "order.replicas=0", "autoscaling: it would start again what replicas: 0 stops"),
    ("crm", "order.autoscaling.minReplicas=20", "autoscaling: minReplicas is above maxReplicas"),
    ("crm", "order.podDisruptionBudget.minAvailable=3", "podDisruptionBudget: no node could be drained"),
    ("crm", "order.podDisruptionBudget.minAvailable=100%", "podDisruptionBudget: no node could be drained"),
    ("crm", "order.podDisruptionBudget.minAvailable=150%", "/podDisruptionBudget/minAvailable"),
    ("crm", "order.replicas=-1", "at '/replicas': minimum: got -1, want 0"),
    ("crm", "order.replicas=two", "at '/replicas': got string, want integer"),
    ("crm", "order.replica=2", "additional properties 'replica' not allowed"),
    ("crm", "ordr.replicas=2", "additional properties 'ordr' not allowed"),
    ("crm", "order.image.pullPolicy=Sometimes", "at '/image/pullPolicy': value must be one of"),
    ("crm", "order.image.digest=sha256:abc", "at '/image/digest'"),
    ("crm", "order.image.tag=a:b", "at '/image/tag'"),
    ("crm", "global.networkPolicy.mongodb.ports[0]=70000", "at '/global/networkPolicy/mongodb/ports/0': maximum: got 70,000, want 65,535"),
    ("crm", "global.mongodb.url=redis://x,global.mongodb.existingSecret.name=", "at '/global/mongodb/url'"),
    ("crm", "global.otlpEndpoint=collector:4317", "at '/global/otlpEndpoint'"),
    ("crm", "order.services.auth=auth:50051", "at '/services/auth'"),
    ("crm", "order.settings.grpc.address=0.0.0.0", "settings.grpc.address: the chart sets it by another value"),
    ("crm", "order.settings.store.url=mongodb://x", "settings.store.url: the chart sets it by another value"),
    ("crm", "order.settings.grpc.Port=1", "invalid propertyName 'Port'"),
    ("crm", "order.termination.drainSeconds=0", "at '/termination/drainSeconds'"),
    ("crm", "order.ingress.enabled=true", "at '/ingress': false schema"),
    ("crm", "gateway.mongodb.url=mongodb://x", "at '/mongodb': false schema"),
    ("crm", "gateway.ingress.hosts=", "at '/ingress/hosts'"),
    ("crm", "gateway.ingress.hosts[0]=localhost:80", "at '/ingress/hosts/0'"),
    ("crm", "gateway.service.type=Headless", "at '/service/type': value must be one of"),
    ("crm", "gateway.cache.things=-1", "at '/cache/things': minimum: got -1, want 0"),
    ("crm", "gateway.httpRoute.enabled=true", "at '/httpRoute/parentRefs': minItems"),
    ("crm", "order.resources.limits.memory=lots", "at '/resources/limits/memory'"),
    ("crm", "auth.admin.email=admin", "at '/admin/email'"),
    ("crm", "demo.enabled=true", "demo.enabled: the demo makes its own logins, for which auth.admin.enabled must be false"),
    ("crm", "mongodb.storage.size=0", "at '/mongodb/storage/size'"),
];

/// In a chart by itself, without a file of values.
const ALONE: &[Refused] = &[
    ("order", "mongodb.url=mongodb://x,rabbitmq.url=amqp://x", "services.auth: where auth answers, such as http://auth:50051"),
    ("order", "services.auth=http://auth:50051", "mongodb.existingSecret.name: the Secret with the address of mongodb"),
    ("gateway", "services.auth=http://auth:50051", "services.customer: where customer answers"),
];

#[test]
fn values_that_make_no_sense_are_refused_with_a_message() {
    let charts = Charts::new().unwrap();
    for (values, cases) in [(Some("production"), IN_PRODUCTION), (None, ALONE)] {
        for (chart, set, message) in cases {
            match charts.render(chart, values, set) {
                Ok(_) => panic!("{chart} takes {set}"),
                Err(error) => assert!(error.to_string().contains(message), "{chart} with {set}: {error}"),
            }
        }
    }
}
