//! How the domain is kept: collections and the indexes that queries need.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use kernel::EmployeeId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use store::{Collection, Document, Index};
use uuid::Uuid;

use crate::domain::{Employee, LoginFacts};

/// Everything that this service keeps.
pub const COLLECTIONS: &[&Collection] = &[&EMPLOYEES, &LOGIN_FACTS, &PHOTOS];

/// What employees are found by: the index of searches.
pub(crate) const TERMS: &str = "terms";

/// Lists always say which statuses they want, both where the caller does not mind: two ranges are merged then, and an
/// index serves lists with a status as well as those without one.
static EMPLOYEES: Collection = Collection {
    name: "employees",
    indexes: &[
        Index { name: "by_name", fields: &["status", "sort_name"], unique: false },
        Index { name: "by_creation", fields: &["status", "created_at"], unique: false },
        Index { name: "by_skill_and_name", fields: &["skill_keys", "status", "sort_name"], unique: false },
        Index { name: "by_skill_and_creation", fields: &["skill_keys", "status", "created_at"], unique: false },
        Index { name: TERMS, fields: &["terms"], unique: false },
    ],
    history: Some("employee"),
    // Derived; of use to us alone; and an entry of history has its own time.
    unaudited: &["terms", "sort_name", "skill_keys", "last_photo", "login_asked_in", "created_at", "updated_at"],
};

static LOGIN_FACTS: Collection = Collection { name: "login_facts", indexes: &[], history: None, unaudited: &[] };

static PHOTOS: Collection = Collection { name: "photos", indexes: &[], history: None, unaudited: &[] };

/// The picture of an employee's photo. It is apart from the employee, so that lists don't read it; both change in one
/// transaction, in which the employee's version is checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PhotoFile {
    /// The employee.
    pub(crate) id: EmployeeId,
    /// The photo's version.
    pub(crate) version: u64,
    /// The JPEG file.
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub(crate) content: Bytes,
}

impl Document for Employee {
    const COLLECTION: &'static Collection = &EMPLOYEES;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for LoginFacts {
    const COLLECTION: &'static Collection = &LOGIN_FACTS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

impl Document for PhotoFile {
    const COLLECTION: &'static Collection = &PHOTOS;

    fn id(&self) -> Uuid {
        self.id.uuid()
    }

    fn version(&self) -> u64 {
        self.version
    }
}

fn to_base64<S: Serializer>(content: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&STANDARD.encode(content))
}

fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
    let text = String::deserialize(deserializer)?;
    STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
}
