//! Employees.

use async_graphql::{ComplexObject, Context, ID, Result, SimpleObject, dataloader::DataLoader};
use contracts::crm::employee::v1;

use super::{
    loader::EmployeeOrders,
    order::{Order, OrderFilter, OrdersQuery},
    value::Connection,
};

#[derive(Clone, SimpleObject)]
#[graphql(complex)]
pub(super) struct Employee {
    id: ID,
    first_name: String,
    last_name: String,
    phone: String,
    #[graphql(skip)]
    local_id: String,
}

#[ComplexObject]
impl Employee {
    async fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    async fn orders(&self, ctx: &Context<'_>, first: Option<i32>, filter: Option<OrderFilter>) -> Result<Option<Connection<Order>>> {
        let query = OrdersQuery { first, filter, employee_id: Some(self.local_id.clone()) };
        Ok(ctx.data::<DataLoader<EmployeeOrders>>()?.load_one(query).await?)
    }
}

impl From<v1::Employee> for Employee {
    fn from(employee: v1::Employee) -> Self {
        Self {
            id: ID(format!("employee_{}", employee.id)),
            first_name: employee.first_name,
            last_name: employee.last_name,
            phone: employee.phone,
            local_id: employee.id,
        }
    }
}
