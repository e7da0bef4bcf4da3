//! The gRPC server: messages to use cases and back, nothing else.

use contracts::{
    crm::order::v1::{self, order_result, order_service_server::OrderService, orders_page_result},
    mask::Mask,
    read,
};
use kernel::{OrderId, Result};
use runtime::grpc::{Answer, answer, in_their_places, principal, rpc_status};
use store::Page;
use tonic::Request;

use crate::{
    application::{Application, OrderView},
    messages,
    parts::OrderParts,
};

mod requests;

/// The service as tonic serves it.
pub(crate) struct Grpc(pub(crate) Application);

#[tonic::async_trait]
impl OrderService for Grpc {
    async fn create_order(&self, request: Request<v1::CreateOrderRequest>) -> Answer<v1::CreateOrderResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.create_order(&principal, requests::create_order(request.into_inner())?).await };
        answer(outcome.await, |view| v1::CreateOrderResponse { order: order(&view) })
    }

    async fn get_order(&self, request: Request<v1::GetOrderRequest>) -> Answer<v1::GetOrderResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.get_order(&principal, read::id("id", &request.get_ref().id)?).await };
        answer(outcome.await, |view| v1::GetOrderResponse { order: order(&view) })
    }

    async fn batch_get_orders(&self, request: Request<v1::BatchGetOrdersRequest>) -> Answer<v1::BatchGetOrdersResponse> {
        let principal = principal(&request)?;
        let v1::BatchGetOrdersRequest { ids: texts, read_mask } = request.into_inner();
        let outcome = async {
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("ids", texts.len(), read::MAX_IDS)?;
            let ids: Vec<Result<OrderId>> = texts.iter().map(|id| read::id("id", id)).collect();
            let known: Vec<OrderId> = ids.iter().flatten().copied().collect();
            let views = self.0.batch_get_orders(&principal, &known, mask).await?;
            Ok((in_their_places(ids, views), mask))
        };
        answer(outcome.await, |(views, mask)| v1::BatchGetOrdersResponse {
            results: texts.into_iter().zip(views).map(|(id, view)| order_result(id, view, mask)).collect(),
        })
    }

    async fn list_orders(&self, request: Request<v1::ListOrdersRequest>) -> Answer<v1::ListOrdersResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.list_orders(&principal, requests::list_orders(request.into_inner())?).await };
        answer(outcome.await, |found| page(&found, Mask::ALL, false))
    }

    async fn batch_list_orders(&self, request: Request<v1::BatchListOrdersRequest>) -> Answer<v1::BatchListOrdersResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let v1::BatchListOrdersRequest { requests, read_mask, omit_cursors } = request.into_inner();
            let mask = Mask::read(read_mask.as_ref())?;
            read::batch_size("requests", requests.len(), read::MAX_LISTS)?;
            let mut lists = Vec::with_capacity(requests.len());
            let read: Vec<Result<()>> = requests.into_iter().map(|list| requests::list_orders(list).map(|list| lists.push(list))).collect();
            let pages = self.0.batch_list_orders(&principal, &lists, mask).await?;
            Ok((in_their_places(read, pages), mask, omit_cursors))
        };
        answer(outcome.await, |(pages, mask, omit_cursors)| v1::BatchListOrdersResponse {
            results: pages.into_iter().map(|page| page_result(page, mask, omit_cursors)).collect(),
        })
    }

    async fn update_order(&self, request: Request<v1::UpdateOrderRequest>) -> Answer<v1::UpdateOrderResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let command = requests::update_order(request.into_inner())?;
            // What the use case names is a field of the order that the request holds.
            self.0.update_order(&principal, command).await.map_err(|error| error.under("order"))
        };
        answer(outcome.await, |view| v1::UpdateOrderResponse { order: order(&view) })
    }

    async fn move_order(&self, request: Request<v1::MoveOrderRequest>) -> Answer<v1::MoveOrderResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.move_order(&principal, requests::move_order(request.into_inner())?).await };
        answer(outcome.await, |view| v1::MoveOrderResponse { order: order(&view) })
    }

    async fn schedule_order(&self, request: Request<v1::ScheduleOrderRequest>) -> Answer<v1::ScheduleOrderResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.schedule_order(&principal, requests::schedule_order(&request.into_inner())?).await };
        answer(outcome.await, |view| v1::ScheduleOrderResponse { order: order(&view) })
    }

    async fn start_order(&self, request: Request<v1::StartOrderRequest>) -> Answer<v1::StartOrderResponse> {
        let principal = principal(&request)?;
        let v1::StartOrderRequest { id, version } = request.into_inner();
        let outcome = async {
            let (id, version) = requests::seen(&id, version)?;
            self.0.start_order(&principal, id, version).await
        };
        answer(outcome.await, |view| v1::StartOrderResponse { order: order(&view) })
    }

    async fn complete_order(&self, request: Request<v1::CompleteOrderRequest>) -> Answer<v1::CompleteOrderResponse> {
        let principal = principal(&request)?;
        let v1::CompleteOrderRequest { id, version } = request.into_inner();
        let outcome = async {
            let (id, version) = requests::seen(&id, version)?;
            self.0.complete_order(&principal, id, version).await
        };
        answer(outcome.await, |view| v1::CompleteOrderResponse { order: order(&view) })
    }

    async fn cancel_order(&self, request: Request<v1::CancelOrderRequest>) -> Answer<v1::CancelOrderResponse> {
        let principal = principal(&request)?;
        let v1::CancelOrderRequest { id, reason, version } = request.into_inner();
        let outcome = async {
            let (id, version) = requests::seen(&id, version)?;
            self.0.cancel_order(&principal, id, &reason, version).await
        };
        answer(outcome.await, |view| v1::CancelOrderResponse { order: order(&view) })
    }

    async fn delete_order(&self, request: Request<v1::DeleteOrderRequest>) -> Answer<v1::DeleteOrderResponse> {
        let principal = principal(&request)?;
        let v1::DeleteOrderRequest { id, version } = request.into_inner();
        let outcome = async {
            let (id, version) = requests::seen(&id, version)?;
            self.0.delete_order(&principal, id, version).await
        };
        answer(outcome.await, |()| v1::DeleteOrderResponse {})
    }

    async fn assign_employee(&self, request: Request<v1::AssignEmployeeRequest>) -> Answer<v1::AssignEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async { self.0.assign_employee(&principal, requests::assign_employee(request.into_inner())?).await };
        answer(outcome.await, |view| v1::AssignEmployeeResponse { order: order(&view) })
    }

    async fn unassign_employee(&self, request: Request<v1::UnassignEmployeeRequest>) -> Answer<v1::UnassignEmployeeResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let (id, employee, version) = requests::unassign_employee(&request.into_inner())?;
            self.0.unassign_employee(&principal, id, employee, version).await
        };
        answer(outcome.await, |view| v1::UnassignEmployeeResponse { order: order(&view) })
    }

    async fn add_order_comment(&self, request: Request<v1::AddOrderCommentRequest>) -> Answer<v1::AddOrderCommentResponse> {
        let principal = principal(&request)?;
        let v1::AddOrderCommentRequest { id, text } = request.into_inner();
        let outcome = async { self.0.add_comment(&principal, read::id("id", &id)?, &text).await };
        answer(outcome.await, |(view, comment)| v1::AddOrderCommentResponse { order: order(&view), comment_id: comment.to_string() })
    }

    async fn set_checklist_item_done(&self, request: Request<v1::SetChecklistItemDoneRequest>) -> Answer<v1::SetChecklistItemDoneResponse> {
        let principal = principal(&request)?;
        let outcome = async {
            let (id, item, done) = requests::set_checklist_item_done(&request.into_inner())?;
            self.0.set_checklist_item_done(&principal, id, item, done).await
        };
        answer(outcome.await, |view| v1::SetChecklistItemDoneResponse { order: order(&view) })
    }

    async fn batch_list_order_history(
        &self,
        request: Request<v1::BatchListOrderHistoryRequest>,
    ) -> Answer<v1::BatchListOrderHistoryResponse> {
        let principal = principal(&request)?;
        let queries = request.into_inner().queries;
        let outcome = async {
            runtime::history::check(&queries)?;
            self.0.list_history(&principal, queries).await
        };
        answer(outcome.await, |results| v1::BatchListOrderHistoryResponse { results })
    }
}

fn order(view: &OrderView) -> Option<v1::Order> {
    Some(message(&OrderView { order: OrderParts::from(&view.order), prices: view.prices }, Mask::ALL))
}

fn message(OrderView { order, prices }: &OrderView<OrderParts>, mask: Mask<v1::Order>) -> v1::Order {
    messages::order(order, if *prices { mask } else { mask.without(messages::PRICES) })
}

fn order_result(id: String, view: Result<OrderView<OrderParts>>, mask: Mask<v1::Order>) -> v1::OrderResult {
    let result = match view {
        Ok(view) => order_result::Result::Order(message(&view, mask)),
        Err(error) => order_result::Result::Error(rpc_status(&error)),
    };
    v1::OrderResult { id, result: Some(result) }
}

fn page(page: &Page<OrderView<OrderParts>>, mask: Mask<v1::Order>, omit_cursors: bool) -> v1::ListOrdersResponse {
    v1::ListOrdersResponse {
        next_page_token: page.next_page_token().unwrap_or_default(),
        orders: page.items.iter().map(|view| message(view, mask)).collect(),
        cursors: if omit_cursors { Vec::new() } else { page.tokens() },
    }
}

fn page_result(outcome: Result<Page<OrderView<OrderParts>>>, mask: Mask<v1::Order>, omit_cursors: bool) -> v1::OrdersPageResult {
    let result = match outcome {
        Ok(found) => orders_page_result::Result::Page(page(&found, mask, omit_cursors)),
        Err(error) => orders_page_result::Result::Error(rpc_status(&error)),
    };
    v1::OrdersPageResult { result: Some(result) }
}
