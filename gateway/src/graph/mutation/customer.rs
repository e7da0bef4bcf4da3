//! Customers, their properties and notes.

mod input;

use async_graphql::{Context, ID, Object};
use contracts::crm::customer::v1;

use super::{payload, send};
use crate::graph::{
    customer::{Customer, Note, Property},
    error::Field,
    id::Kind,
};
use input::{
    CustomerArchiveInput, CustomerCreateInput, CustomerDeleteInput, CustomerNoteAddInput, CustomerNoteRemoveInput, CustomerRestoreInput,
    CustomerUpdateInput, PropertyAddInput, PropertyRemoveInput, PropertyUpdateInput,
};

/// Mutations of the customer service.
#[derive(Default)]
pub(crate) struct CustomerMutation;

/// Mutations of the customer service.
#[Object]
impl CustomerMutation {
    /// Creates a customer. For the office.
    async fn customer_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The customer.")] input: CustomerCreateInput,
    ) -> Field<CustomerCreatePayload> {
        CustomerCreatePayload::of(send!(ctx, customer.create_customer(Ok(input.into()))))
    }

    /// Changes the fields that are given. For the office.
    async fn customer_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customer, and the new values.")] input: CustomerUpdateInput,
    ) -> Field<CustomerUpdatePayload> {
        CustomerUpdatePayload::of(send!(ctx, customer.update_customer(input.write())))
    }

    /// Archives a customer: future orders are canceled, new ones refused. For the office.
    async fn customer_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customer.")] input: CustomerArchiveInput,
    ) -> Field<CustomerArchivePayload> {
        CustomerArchivePayload::of(send!(ctx, customer.archive_customer(input.write())))
    }

    /// Takes an archived customer back. For the office.
    async fn customer_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customer.")] input: CustomerRestoreInput,
    ) -> Field<CustomerRestorePayload> {
        CustomerRestorePayload::of(send!(ctx, customer.restore_customer(input.write())))
    }

    /// Deletes an archived customer that no order refers to. For admins.
    async fn customer_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which customer.")] input: CustomerDeleteInput,
    ) -> Field<CustomerDeletePayload> {
        let message = input.write();
        let id = message.as_ref().map(|message| message.id.clone()).unwrap_or_default();
        CustomerDeletePayload::of(send!(ctx, customer.delete_customer(message)).map(|_| id))
    }

    /// Adds a place to clean. For the office.
    async fn property_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and the place.")] input: PropertyAddInput,
    ) -> Field<PropertyAddPayload> {
        PropertyAddPayload::of(send!(ctx, customer.add_property(input.write())))
    }

    /// Changes a place to clean: it becomes what is given. For the office.
    async fn property_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and the place as it shall be.")] input: PropertyUpdateInput,
    ) -> Field<PropertyUpdatePayload> {
        PropertyUpdatePayload::of(send!(ctx, customer.update_property(input.write())))
    }

    /// Removes a place to clean; orders keep its address. For the office.
    async fn property_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose, and which.")] input: PropertyRemoveInput,
    ) -> Field<PropertyRemovePayload> {
        PropertyRemovePayload::of(send!(ctx, customer.remove_property(input.write())))
    }

    /// Adds a note. It needs no version: notes don't overwrite anything. For the office.
    async fn customer_note_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On whom, and the note.")] input: CustomerNoteAddInput,
    ) -> Field<CustomerNoteAddPayload> {
        CustomerNoteAddPayload::of(send!(ctx, customer.add_customer_note(input.write())))
    }

    /// Removes a note. For the office.
    async fn customer_note_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On whom, and which.")] input: CustomerNoteRemoveInput,
    ) -> Field<CustomerNoteRemovePayload> {
        CustomerNoteRemovePayload::of(send!(ctx, customer.remove_customer_note(input.write())))
    }
}

payload! {
    /// What came of `customerCreate`.
    CustomerCreatePayload(reply: v1::CreateCustomerResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerUpdate`.
    CustomerUpdatePayload(reply: v1::UpdateCustomerResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerArchive`.
    CustomerArchivePayload(reply: v1::ArchiveCustomerResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerRestore`.
    CustomerRestorePayload(reply: v1::RestoreCustomerResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerDelete`.
    CustomerDeletePayload(id: String) {
        /// The id of the customer that was deleted.
        deleted_id: ID = Some(Kind::Customer.global(&id)),
    }
}

payload! {
    /// What came of `propertyAdd`.
    PropertyAddPayload(reply: v1::AddPropertyResponse) {
        /// The place.
        property: Property<'static> = reply.customer.as_ref().and_then(|customer| property(customer, &reply.property_id)),
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `propertyUpdate`.
    PropertyUpdatePayload(reply: v1::UpdatePropertyResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `propertyRemove`.
    PropertyRemovePayload(reply: v1::RemovePropertyResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerNoteAdd`.
    CustomerNoteAddPayload(reply: v1::AddCustomerNoteResponse) {
        /// The note.
        note: Note<'static> = {
            let added = |customer: &v1::Customer| customer.notes.iter().find(|note| note.id == reply.note_id).cloned().map(Note::from);
            reply.customer.as_ref().and_then(added)
        },
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

payload! {
    /// What came of `customerNoteRemove`.
    CustomerNoteRemovePayload(reply: v1::RemoveCustomerNoteResponse) {
        /// The customer.
        customer: Customer = reply.customer.map(Customer::from),
    }
}

fn property(customer: &v1::Customer, id: &str) -> Option<Property<'static>> {
    customer.properties.iter().find(|property| property.id == id).cloned().map(Property::from)
}
