//! The picture of an employee's photo.

use bytes::Bytes;
use kernel::{EmployeeId, Error, Principal, Result};

use super::Application;
use crate::documents::PhotoFile;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoContent {
    /// The photo's version; a picture of one version never changes.
    pub version: u64,
    /// The JPEG file.
    pub content: Bytes,
}

impl Application {
    /// The picture. For the office, and a cleaner's own.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `employee_id`, for an employee without a photo too.
    pub async fn get_photo(&self, principal: &Principal, employee: EmployeeId) -> Result<PhotoContent> {
        self.load(principal, employee, "employee_id").await?;
        let file = self.company(principal).get::<PhotoFile>(employee.uuid()).await?;
        let file = file.ok_or_else(|| Error::not_found("photo", employee).under("employee_id"))?;
        Ok(PhotoContent { version: file.version, content: file.content })
    }
}
