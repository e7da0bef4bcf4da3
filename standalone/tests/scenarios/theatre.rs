//! Where the scenarios play: which programs stand behind the gateway. The environment variable `CRM_TEST_SHAPE` says it:
//!
//! | shape | programs | store | bus |
//! |---|---|---|---|
//! | `standalone`, or nothing | all in one process | SQLite | in-process |
//! | `processes` | five processes | MongoDB | RabbitMQ |
//! | `replicas` | two of each of the five | MongoDB | RabbitMQ |

use std::{
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use kernel::Env;
use serde_json::json;
use standalone::{Crm, Data, crm::Addresses};
use testkit::{
    Graph, House,
    house::{ADMIN, PASSWORD, Plan},
};
use tokio_util::sync::CancellationToken;

use super::test_settings;

/// How long a token of the admin is used: well below its life of five minutes.
const TOKEN_USE: Duration = Duration::from_secs(120);

/// The CRM that the scenarios play on.
pub(super) struct Theatre {
    gateways: Vec<String>,
    next: AtomicUsize,
    admin: Arc<Mutex<String>>,
    /// Where the services' gRPC ports are, of the first replica each.
    pub(super) addresses: Addresses,
}

impl Theatre {
    /// A gateway; the next caller gets the next.
    pub(super) fn gateway(&self) -> &str {
        &self.gateways[self.next.fetch_add(1, Ordering::Relaxed) % self.gateways.len()]
    }

    /// The first admin's token.
    pub(super) fn admin(&self) -> String {
        self.admin.lock().unwrap().clone()
    }
}

/// The CRM runs in a thread of its own until the tests end.
pub(super) fn theatre() -> &'static Theatre {
    static THEATRE: OnceLock<Theatre> = OnceLock::new();
    THEATRE.get_or_init(|| {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            let shape = std::env::var_os("CRM_TEST_SHAPE").unwrap_or_default();
            match shape.to_str() {
                Some("" | "standalone") => runtime.block_on(standalone(&tell)),
                Some("processes") => runtime.block_on(house(1, &tell)),
                Some("replicas") => runtime.block_on(house(2, &tell)),
                _ => panic!("CRM_TEST_SHAPE is {shape:?}, and can be standalone, processes or replicas"),
            }
        });
        told.recv().expect("the CRM to start")
    })
}

async fn standalone(tell: &mpsc::Sender<Theatre>) {
    let crm = Crm::open(&test_settings(), &Data::Memory, &Env::system()).await.unwrap();
    let (auth, addresses) = (crm.applications().auth, crm.addresses());
    let company = auth.ensure_company().await.unwrap();
    let invitation = auth.create_first_admin(company, ADMIN, "Ada First").await.unwrap();
    let told = invitation.token.expose().to_owned();
    let playing = async {
        let base = format!("http://{}", addresses.gateway);
        let input = json!({ "token": told, "password": PASSWORD });
        let session = Graph::new(&base).change("invitationAccept", "session { accessToken }", input).await;
        play(vec![base], session["session"]["accessToken"].as_str().unwrap(), addresses, tell).await;
    };
    tokio::select! {
        served = crm.serve(CancellationToken::new()) => served.unwrap(),
        () = playing => {}
    }
}

async fn house(replicas: usize, tell: &mpsc::Sender<Theatre>) {
    let mut plan = Plan::new(components::mongodb_url(), components::rabbitmq_url()).replicas(replicas);
    // Scenarios are not about deadlines, and a dozen processes beside a compiler are slow.
    plan.more = ["GATEWAY__EDGE__REQUEST_TIMEOUT", "AUTH__GRPC__CALL_TIMEOUT", "EMPLOYEE__GRPC__CALL_TIMEOUT"]
        .into_iter()
        .chain(["CUSTOMER__GRPC__CALL_TIMEOUT", "ORDER__GRPC__CALL_TIMEOUT"])
        .map(|key| (key.to_owned(), "60s".to_owned()))
        .collect();
    let mut house = House::start(plan).await;
    let admin = house.admin().await;
    let at = |program| house.address(program, 0);
    let addresses =
        Addresses { gateway: at("gateway"), auth: at("auth"), employee: at("employee"), customer: at("customer"), order: at("order") };
    play(house.gateways(), admin.token().unwrap(), addresses, tell).await;
}

/// Tells that the scenarios can begin, and keeps the admin signed in while they run.
async fn play(gateways: Vec<String>, admin: &str, addresses: Addresses, tell: &mpsc::Sender<Theatre>) {
    let (base, admin) = (gateways[0].clone(), Arc::new(Mutex::new(admin.to_owned())));
    tell.send(Theatre { gateways, next: AtomicUsize::new(0), admin: admin.clone(), addresses }).unwrap();
    loop {
        tokio::time::sleep(TOKEN_USE).await;
        let renewed = Graph::new(&base).sign_in(ADMIN, PASSWORD).await;
        *admin.lock().unwrap() = renewed.token().unwrap().to_owned();
    }
}
