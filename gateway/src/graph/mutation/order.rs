//! Orders.

mod input;

use async_graphql::{Context, ID, Object};
use contracts::crm::order::v1;

use super::{payload, send};
use crate::graph::{
    error::Field,
    id::Kind,
    order::{Comment, Order},
};
use input::{
    ChecklistItemSetDoneInput, OrderAssignInput, OrderCancelInput, OrderCommentAddInput, OrderCompleteInput, OrderCreateInput,
    OrderDeleteInput, OrderMoveInput, OrderScheduleInput, OrderStartInput, OrderUnassignInput, OrderUpdateInput,
};

/// Mutations of the order service.
#[derive(Default)]
pub(crate) struct OrderMutation;

/// Mutations of the order service.
#[Object]
impl OrderMutation {
    /// Takes an order as a draft. For the office.
    async fn order_create(&self, ctx: &Context<'_>, #[graphql(desc = "The order.")] input: OrderCreateInput) -> Field<OrderCreatePayload> {
        OrderCreatePayload::of(send!(ctx, order.create_order(input.write())))
    }

    /// Changes the fields that are given; a completed or canceled order can't be changed. For the office.
    async fn order_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and the new values.")] input: OrderUpdateInput,
    ) -> Field<OrderUpdatePayload> {
        OrderUpdatePayload::of(send!(ctx, order.update_order(input.write())))
    }

    /// Moves an order to another customer. For the office.
    async fn order_move(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and to whom.")] input: OrderMoveInput,
    ) -> Field<OrderMovePayload> {
        OrderMovePayload::of(send!(ctx, order.move_order(input.write())))
    }

    /// Agrees on a draft, or sets another time. For the office.
    async fn order_schedule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and when.")] input: OrderScheduleInput,
    ) -> Field<OrderSchedulePayload> {
        OrderSchedulePayload::of(send!(ctx, order.schedule_order(input.write())))
    }

    /// Begins the work. For the office and the crew.
    async fn order_start(&self, ctx: &Context<'_>, #[graphql(desc = "Which order.")] input: OrderStartInput) -> Field<OrderStartPayload> {
        OrderStartPayload::of(send!(ctx, order.start_order(input.write())))
    }

    /// Completes the work. For the office and the crew.
    async fn order_complete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] input: OrderCompleteInput,
    ) -> Field<OrderCompletePayload> {
        OrderCompletePayload::of(send!(ctx, order.complete_order(input.write())))
    }

    /// Calls an order off. For the office.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order, and why.")] input: OrderCancelInput,
    ) -> Field<OrderCancelPayload> {
        OrderCancelPayload::of(send!(ctx, order.cancel_order(input.write())))
    }

    /// Deletes a draft or a canceled order. For admins.
    async fn order_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] input: OrderDeleteInput,
    ) -> Field<OrderDeletePayload> {
        let message = input.write();
        let id = message.as_ref().map(|message| message.id.clone()).unwrap_or_default();
        OrderDeletePayload::of(send!(ctx, order.delete_order(message)).map(|_| id))
    }

    /// Assigns somebody. They must be active, free of overlapping orders, and not on time off unless overridden. For the
    /// office.
    async fn order_assign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "To which order, and whom.")] input: OrderAssignInput,
    ) -> Field<OrderAssignPayload> {
        OrderAssignPayload::of(send!(ctx, order.assign_employee(input.write())))
    }

    /// Takes somebody off an order. For the office.
    async fn order_unassign(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Off which order, and whom.")] input: OrderUnassignInput,
    ) -> Field<OrderUnassignPayload> {
        OrderUnassignPayload::of(send!(ctx, order.unassign_employee(input.write())))
    }

    /// Adds a comment. It needs no version: comments don't overwrite anything. For the office and the crew.
    async fn order_comment_add(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On which order, and the comment.")] input: OrderCommentAddInput,
    ) -> Field<OrderCommentAddPayload> {
        OrderCommentAddPayload::of(send!(ctx, order.add_order_comment(input.write())))
    }

    /// Marks an item of the checklist as done, or not done. For the office and the crew.
    async fn checklist_item_set_done(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which item of which order.")] input: ChecklistItemSetDoneInput,
    ) -> Field<ChecklistItemSetDonePayload> {
        ChecklistItemSetDonePayload::of(send!(ctx, order.set_checklist_item_done(input.write())))
    }
}

payload! {
    /// What came of `orderCreate`.
    OrderCreatePayload(reply: v1::CreateOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderUpdate`.
    OrderUpdatePayload(reply: v1::UpdateOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderMove`.
    OrderMovePayload(reply: v1::MoveOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderSchedule`.
    OrderSchedulePayload(reply: v1::ScheduleOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderStart`.
    OrderStartPayload(reply: v1::StartOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderComplete`.
    OrderCompletePayload(reply: v1::CompleteOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderCancel`.
    OrderCancelPayload(reply: v1::CancelOrderResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderDelete`.
    OrderDeletePayload(id: String) {
        /// The id of the order that was deleted.
        deleted_id: ID = Some(Kind::Order.global(&id)),
    }
}

payload! {
    /// What came of `orderAssign`.
    OrderAssignPayload(reply: v1::AssignEmployeeResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderUnassign`.
    OrderUnassignPayload(reply: v1::UnassignEmployeeResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `orderCommentAdd`.
    OrderCommentAddPayload(reply: v1::AddOrderCommentResponse) {
        /// The comment.
        comment: Comment<'static> = {
            let added = |order: &v1::Order| order.comments.iter().find(|comment| comment.id == reply.comment_id).cloned().map(Comment::from);
            reply.order.as_ref().and_then(added)
        },
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}

payload! {
    /// What came of `checklistItemSetDone`.
    ChecklistItemSetDonePayload(reply: v1::SetChecklistItemDoneResponse) {
        /// The order.
        order: Order = reply.order.map(Order::from),
    }
}
