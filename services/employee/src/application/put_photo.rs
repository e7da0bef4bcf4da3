//! Setting an employee's photo.

use bytes::Bytes;
use kernel::{EmployeeId, Error, Principal, Result};

use super::{Application, photo::Picture, seen_by};
use crate::{documents::PhotoFile, domain::Employee};

impl Application {
    /// Makes a picture of the file `content` and sets it as the photo. For the office, and a cleaner's own.
    ///
    /// # Errors
    /// [`Error::NotFound`] that names `employee_id`, [`Error::Conflict`]; [`Error::Invalid`] that names `content`;
    /// [`Error::Unavailable`] where pictures take too long.
    pub async fn put_photo(&self, principal: &Principal, employee: EmployeeId, version: u64, content: Bytes) -> Result<Employee> {
        let before = self.load(principal, employee, "employee_id").await?;
        // Before the work, which would be for nothing.
        before.check_version(version)?;
        let Picture { content, width, height } = self.darkroom.develop(content).await?;
        let size = u32::try_from(content.len()).map_err(Error::internal)?;
        let (transition, photo) = before.put_photo(width, height, size, self.env.now());
        let mut transaction = self.write(principal, &before, &transition);
        transaction.put(&PhotoFile { id: before.id, version: photo.version, content: content.into() });
        transaction.commit().await?;
        Ok(seen_by(principal, transition.employee))
    }
}
