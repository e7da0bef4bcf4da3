//! Pages of a list: their size, and the cursor after which the next one begins.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::{Error, Result};

/// How many items a page may have: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// The most items on a page.
    pub const MAX: i32 = 100;
    /// What is given where no size was asked for.
    pub const DEFAULT: Self = Self(20);

    /// The size that was asked for; [`DEFAULT`](Self::DEFAULT) for none.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field`, outside 1 to 100.
    pub fn parse(field: &str, size: Option<i32>) -> Result<Self> {
        match size {
            None => Ok(Self::DEFAULT),
            Some(size) if (1..=Self::MAX).contains(&size) => Ok(Self(u16::try_from(size).unwrap_or(1))),
            Some(_) => Err(Error::invalid(field, "OUT_OF_RANGE", format!("must be 1 to {}", Self::MAX))),
        }
    }

    /// The number of items.
    #[must_use]
    pub fn get(self) -> usize {
        self.0.into()
    }
}

impl Default for PageSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A place in a sorted list: between one item and the next, whatever is added or removed around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Which list it belongs to: a digest of company, collection, filters and order.
    #[serde(rename = "l")]
    pub list: u64,
    /// The sort key of the item before the place.
    #[serde(rename = "k")]
    pub key: serde_json::Value,
    /// The identifier of that item, which makes the place unique.
    #[serde(rename = "i")]
    pub id: Uuid,
}

impl Cursor {
    /// The opaque text that callers are given as a page token.
    #[must_use]
    pub fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a page token of the list with the digest `list`.
    ///
    /// # Errors
    /// [`Error::Invalid`] that names `field` for a token that was made up or belongs to another list.
    pub fn decode(field: &str, token: &str, list: u64) -> Result<Self> {
        let cursor = (token.len() <= 2_048)
            .then(|| URL_SAFE_NO_PAD.decode(token).ok())
            .flatten()
            .and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        match cursor {
            Some(cursor) if cursor.list == list => Ok(cursor),
            Some(_) => {
                Err(Error::invalid(field, "WRONG_LIST", "belongs to a list with other filters or another order; start from the first page"))
            }
            None => Err(Error::invalid(field, "INVALID_TOKEN", "must be a token that an earlier page returned")),
        }
    }
}
