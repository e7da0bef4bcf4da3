//! How the domain is kept: collections and the indexes that queries need.

use kernel::{AccountId, CompanyId, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Collection, Document, Index};
use uuid::Uuid;

use crate::{
    domain::{account::Account, admins::Admins, employee::Employee, keys::KeyRing, session::Session},
    throttle::Tries,
};

/// Everything that this service keeps.
pub const COLLECTIONS: &[&Collection] =
    &[&ACCOUNTS, &LAST_SIGN_INS, &SIGN_IN_TRIES, &SESSIONS, &ADMINS, &EMPLOYEES, &KEY_RINGS, &INSTALLATIONS];

/// The scope of what the installation has once, whatever the number of its companies: the signing keys, and which
/// company was its first. It is no company: nobody can sign in to it.
pub(crate) const INSTALLATION: CompanyId = CompanyId::from_uuid(Uuid::nil());

/// No two accounts of a company have the same address.
pub(crate) const UNIQUE_EMAIL: &str = "unique_email";

static ACCOUNTS: Collection = Collection {
    name: "accounts",
    indexes: &[
        Index { name: UNIQUE_EMAIL, fields: &["email"], unique: true },
        Index { name: "unique_employee", fields: &["employee_id"], unique: true },
        // Lists always say which roles and statuses they want, all where the caller does not mind.
        Index { name: "by_email", fields: &["role", "status", "email"], unique: false },
    ],
    history: Some("account"),
    // Secret; and an entry of history has its own time.
    unaudited: &["password_hash", "invitation", "session_epoch", "created_at"],
};

static LAST_SIGN_INS: Collection = Collection { name: "last_sign_ins", indexes: &[], history: None, unaudited: &[] };

static SIGN_IN_TRIES: Collection = Collection {
    name: "sign_in_tries",
    indexes: &[Index { name: "by_weight", fields: &["empty_at"], unique: false }],
    history: None,
    unaudited: &[],
};

static SESSIONS: Collection = Collection {
    name: "sessions",
    indexes: &[
        Index { name: "by_account", fields: &["account_id", "epoch", "started_at"], unique: false },
        Index { name: "by_expiry", fields: &["expires_at"], unique: false },
    ],
    history: None,
    unaudited: &[],
};

static ADMINS: Collection = Collection { name: "admins", indexes: &[], history: None, unaudited: &[] };

static EMPLOYEES: Collection = Collection {
    name: "employees",
    indexes: &[Index { name: "by_awaited_email", fields: &["awaited_email", "id"], unique: false }],
    history: None,
    unaudited: &[],
};

static KEY_RINGS: Collection = Collection { name: "key_rings", indexes: &[], history: None, unaudited: &[] };

static INSTALLATIONS: Collection = Collection { name: "installations", indexes: &[], history: None, unaudited: &[] };

/// When somebody last signed in with an account: beside the account, so that signing in is no change of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LastSignIn {
    /// The account.
    pub(crate) id: AccountId,
    /// When.
    pub(crate) at: Timestamp,
}

/// What the installation has once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Installation {
    /// Always the same; there is one.
    pub(crate) id: Uuid,
    /// The company of the first start.
    pub(crate) company: CompanyId,
}

impl Installation {
    pub(crate) const ID: Uuid = Uuid::nil();
}

macro_rules! documents {
    ($($document:ty, $collection:ident, $id:expr, $version:expr;)*) => {
        $(impl Document for $document {
            const COLLECTION: &'static Collection = &$collection;

            fn id(&self) -> Uuid {
                let id: fn(&Self) -> Uuid = $id;
                id(self)
            }

            fn version(&self) -> u64 {
                let version: fn(&Self) -> u64 = $version;
                version(self)
            }
        })*
    };
}

documents! {
    Account, ACCOUNTS, |it| it.id.uuid(), |it| it.version;
    Session, SESSIONS, |it| it.id.uuid(), |it| it.version;
    Admins, ADMINS, |it| it.id.uuid(), |it| it.version;
    Employee, EMPLOYEES, |it| it.id.uuid(), |it| it.version;
    Tries, SIGN_IN_TRIES, |it| it.id, |it| it.version;
    KeyRing, KEY_RINGS, |it| it.id, |it| it.version;
    // These are written over, or never change.
    LastSignIn, LAST_SIGN_INS, |it| it.id.uuid(), |_| 1;
    Installation, INSTALLATIONS, |it| it.id, |_| 1;
}
