//! How values and errors look in SQLite.

use kernel::CompanyId;
use rusqlite::{
    ErrorCode, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use uuid::Uuid;

use crate::{
    error::{Error, Result},
    query::Value,
};

/// A value in a column of an index. Null becomes minus infinity, since the key of a table WITHOUT ROWID can't hold NULL:
/// like NULL it sorts before every integer and text, and unlike NULL it can be compared. No document has it, as
/// JSON knows no infinity and indexes no fractions.
pub(super) struct Indexed<'a>(pub(super) &'a Value);

impl ToSql for Indexed<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Real(f64::NEG_INFINITY),
            Value::Bool(flag) => ValueRef::Integer((*flag).into()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Reads a column of an index. A boolean comes back as 0 or 1.
pub(super) fn indexed(column: ValueRef<'_>) -> Result<Value> {
    match column {
        ValueRef::Real(_) | ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => Ok(Value::Text(std::str::from_utf8(text).map_err(Error::internal)?.to_owned())),
        ValueRef::Blob(_) => Err(Error::internal("an index holds a blob")),
    }
}

/// An identifier as a column holds it: its 16 bytes.
pub(super) struct Key(pub(super) Uuid);

impl ToSql for Key {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
    }
}

impl From<CompanyId> for Key {
    fn from(company: CompanyId) -> Self {
        Self(company.uuid())
    }
}

impl rusqlite::types::FromSql for Key {
    fn column_result(value: ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        Uuid::from_slice(bytes).map(Self).map_err(|error| rusqlite::types::FromSqlError::Other(Box::new(error)))
    }
}

/// A version, a number of rows: never negative in the database.
pub(super) fn unsigned(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(Error::internal)
}

/// As [`unsigned`], the other way.
pub(super) fn signed(number: u64) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::OutOfMemory
                | ErrorCode::OperationInterrupted
                | ErrorCode::PermissionDenied
                | ErrorCode::NotADatabase
                | ErrorCode::DatabaseCorrupt,
            ) => Self::unavailable(error),
            _ => Self::internal(error),
        }
    }
}
