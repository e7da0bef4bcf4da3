//! Customers.

use async_graphql::{ID, SimpleObject};
use contracts::crm::customer::v1;

use super::value::{Address, Connection, enumeration, optional};

enumeration!(CustomerType = v1::CustomerType { Person, Organisation });
enumeration!(CustomerStatus = v1::CustomerStatus { Active, Archived });

#[derive(Clone, SimpleObject)]
pub(super) struct Customer {
    id: ID,
    r#type: Option<CustomerType>,
    name: String,
    phone: String,
    email: Option<String>,
    status: Option<CustomerStatus>,
    order_count: u32,
    properties: Vec<Property>,
}

#[derive(Clone, SimpleObject)]
struct Property {
    label: Option<String>,
    address: Option<Address>,
}

impl From<v1::Customer> for Customer {
    fn from(customer: v1::Customer) -> Self {
        Self {
            id: ID(format!("customer_{}", customer.id)),
            r#type: CustomerType::read(customer.r#type()),
            status: CustomerStatus::read(customer.status()),
            name: customer.name,
            phone: customer.phone,
            email: optional(customer.email),
            order_count: customer.order_count,
            properties: customer.properties.into_iter().map(Property::from).collect(),
        }
    }
}

impl From<v1::Property> for Property {
    fn from(property: v1::Property) -> Self {
        Self { label: optional(property.label), address: property.address.map(Address::from) }
    }
}

impl From<v1::ListCustomersResponse> for Connection<Customer> {
    fn from(page: v1::ListCustomersResponse) -> Self {
        Self::new(page.customers, page.cursors, &page.next_page_token)
    }
}
