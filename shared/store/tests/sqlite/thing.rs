//! A document, and programs of different ages that declare its collection differently.

use kernel::{Actor, CompanyId, Envelope, EventId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Collection, CompanyStore, Document, Index, Store};
use uuid::Uuid;

const BY_RANK: Index = Index { name: "by_rank", fields: &["rank"], unique: false };
const BY_TAG: Index = Index { name: "by_tag", fields: &["tags", "rank"], unique: false };

/// A document that each `Things` keeps in the same collection with the indexes of its time.
macro_rules! thing {
    ($thing:ident, $collection:ident, $indexes:expr) => {
        pub(crate) static $collection: Collection =
            Collection { name: "things", indexes: $indexes, history: Some("thing"), unaudited: &[] };

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub(crate) struct $thing {
            pub(crate) id: Uuid,
            pub(crate) version: u64,
            pub(crate) rank: i64,
            pub(crate) code: Option<String>,
            pub(crate) tags: Vec<String>,
        }

        impl Document for $thing {
            const COLLECTION: &'static Collection = &$collection;
            fn id(&self) -> Uuid {
                self.id
            }
            fn version(&self) -> u64 {
                self.version
            }
        }

        impl From<u128> for $thing {
            fn from(number: u128) -> Self {
                let tags = vec![format!("t{}", number % 2), format!("t{}", number % 3)];
                Self { id: Uuid::from_u128(number), version: 1, rank: 0, code: Some(format!("C{}", number / 10)), tags }
            }
        }
    };
}

thing!(Thing, THINGS, &[BY_RANK]);
thing!(TaggedThing, TAGGED_THINGS, &[BY_RANK, BY_TAG]);
thing!(ReorderedThing, REORDERED_THINGS, &[BY_RANK, Index { name: "by_tag", fields: &["code", "rank"], unique: false }]);
thing!(UniqueThing, UNIQUE_THINGS, &[BY_RANK, Index { name: "code", fields: &["code"], unique: true }]);

pub(crate) fn company(store: &Store) -> CompanyStore {
    store.company(CompanyId::from_uuid(Uuid::from_u128(1)))
}

pub(crate) async fn insert<D: Document>(store: &Store, things: impl IntoIterator<Item = D>) -> store::Result<()> {
    let mut transaction = company(store).transaction(&actor(), Timestamp::EPOCH);
    things.into_iter().for_each(|thing| {
        transaction.insert(&thing);
    });
    transaction.commit().await
}

pub(crate) fn actor() -> Actor {
    Actor::Service { name: "tests".into() }
}

pub(crate) fn event(company: &CompanyStore, number: u128) -> Envelope {
    Envelope {
        id: EventId::from_uuid(Uuid::from_u128(number)),
        kind: "crm.tests.v1.Happened".into(),
        source: "tests".into(),
        subject: Uuid::from_u128(number),
        version: 1,
        company: company.id(),
        time: Timestamp::EPOCH,
        actor: actor(),
        traceparent: None,
        data: vec![],
    }
}
