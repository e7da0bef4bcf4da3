//! Employees by their identifiers.

use contracts::{crm::employee::v1, mask::Mask};
use kernel::{EmployeeId, Principal, Result};
use uuid::Uuid;

use super::{Application, may_see, not_found, parts_seen_by, read, seen_by};
use crate::{domain::Employee, parts::EmployeeParts};

impl Application {
    /// One employee: any for the office, themselves for a cleaner.
    ///
    /// # Errors
    /// [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn get_employee(&self, principal: &Principal, id: EmployeeId) -> Result<Employee> {
        Ok(seen_by(principal, self.load(principal, id, "id").await?))
    }

    /// An answer for each identifier, in their order, as [`get_employee`](Self::get_employee) gives it. No more is read
    /// than the mask asks for.
    ///
    /// # Errors
    /// For one identifier alone [`Error::NotFound`](kernel::Error::NotFound) that names `id`.
    pub async fn batch_get_employees(
        &self,
        principal: &Principal,
        ids: &[EmployeeId],
        mask: Mask<v1::Employee>,
    ) -> Result<Vec<Result<EmployeeParts>>> {
        let visible: Vec<Uuid> = ids.iter().filter(|id| may_see(principal, **id)).map(|id| id.uuid()).collect();
        let mut found = self.company(principal).only(read(principal, mask)).get_many::<EmployeeParts>(&visible).await?.into_iter();
        let answers = ids.iter().map(|id| {
            let employee = may_see(principal, *id).then(|| found.next().flatten()).flatten();
            employee.map(|employee| parts_seen_by(principal, employee)).ok_or_else(|| not_found(*id, "id"))
        });
        Ok(answers.collect())
    }
}
