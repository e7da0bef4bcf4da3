//! Answers of services with everything in them that their messages can hold: the same to the same question.

use std::hash::{DefaultHasher, Hash, Hasher as _};

use contracts::{
    crm::{
        api::v1::{HistoryPage, HistoryQuery, HistoryResult, history_result},
        auth::v1 as auth,
        customer::v1 as customer,
        employee::v1 as employee,
        order::v1 as order,
    },
    mask::{Fields, Mask},
};
use kernel::Error;
use prost::{Message, Name};
use prost_reflect::{Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, Value};
use prost_types::FieldMask;
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha8Rng;
use testkit::fields;

use crate::graph::tests::services::{Services, uuid};

/// How many things of each kind there are.
pub(super) const THINGS: usize = 12;

/// One of ten things fails, one of ten is not there.
fn fate(question: &impl Hash) -> Option<Error> {
    match seed(question) % 10 {
        0 => Some(Error::internal("broken")),
        1 => Some(Error::not_found("thing", "1")),
        _ => None,
    }
}

fn seed(question: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    question.hash(&mut hasher);
    hasher.finish()
}

thread_local! {
    static POOL: DescriptorPool = DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).unwrap();
}

/// A message with random fields.
fn filled<M: Message + Name + Default>(seed: u64) -> M {
    let descriptor = POOL.with(|pool| pool.get_message_by_name(&M::full_name())).unwrap();
    let message = fill(&descriptor, &mut ChaCha8Rng::seed_from_u64(seed));
    M::decode(message.encode_to_vec().as_slice()).unwrap()
}

/// The message with the fields of the mask alone, as services answer it.
fn masked<M: Message + Name + Default + Fields>(message: M, mask: Option<&FieldMask>) -> M {
    let Some(mask) = mask.filter(|mask| !mask.paths.is_empty()) else { return message };
    Mask::<M>::read(Some(mask)).unwrap();
    fields::only(&message, &mask.paths.iter().map(String::as_str).collect::<Vec<_>>())
}

fn fill(descriptor: &MessageDescriptor, chance: &mut ChaCha8Rng) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if chance.random_bool(0.2) {
            continue;
        }
        let value = if field.is_map() {
            Value::Map([(MapKey::String("key".to_owned()), Value::String("value".to_owned()))].into())
        } else if field.cardinality() == Cardinality::Repeated {
            Value::List((0..chance.random_range(0..3)).map(|_| one(&field, chance)).collect())
        } else {
            one(&field, chance)
        };
        message.set_field(&field, value);
    }
    message
}

fn one(field: &FieldDescriptor, chance: &mut ChaCha8Rng) -> Value {
    match field.kind() {
        Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
            let mut at = DynamicMessage::new(message);
            at.set_field_by_name("seconds", Value::I64(chance.random_range(0..2_000_000_000)));
            at.set_field_by_name("nanos", Value::I32(*[0, 1_000_000, 123_456_789].choose(chance).unwrap()));
            Value::Message(at)
        }
        Kind::Message(message) => Value::Message(fill(&message, chance)),
        // Those that are known, none, and one of a later version.
        Kind::Enum(kind) => Value::EnumNumber(chance.random_range(0..=i32::try_from(kind.values().len()).unwrap())),
        Kind::String => Value::String(text(field.name(), chance)),
        Kind::Bytes => Value::Bytes(vec![1, 2, 3].into()),
        Kind::Bool => Value::Bool(chance.random()),
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(chance.random_range(-1_000..1_000)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(chance.random_range(-1_000..1_000)),
        Kind::Uint32 | Kind::Fixed32 => Value::U32(chance.random_range(0..1_000)),
        Kind::Uint64 | Kind::Fixed64 => Value::U64(chance.random()),
        Kind::Float => Value::F32(1.5),
        Kind::Double => Value::F64(1.5),
    }
}

fn text(field: &str, chance: &mut ChaCha8Rng) -> String {
    match field {
        "currency_code" => (*["EUR", "JPY", "XXXX"].choose(chance).unwrap()).to_owned(),
        field if field == "id" || field.ends_with("_id") => uuid(chance.random_range(0..THINGS)),
        _ => (*["", "Anna", "\"quoted\" \\ and\n\tmore", "Ķekava \u{1f9f9}", "\u{1}\u{7f}\u{2028}"].choose(chance).unwrap()).to_owned(),
    }
}

/// Declares how a service answers a batch of identifiers.
macro_rules! by_id {
    ($package:ident::$response:ident, $result:ident, $outcome:ident::$variant:ident, $thing:ident) => {
        |request: by_id!(@request $package $response)| {
            let (ids, read_mask) = (request.ids, request.read_mask);
            let answer = |id: String| {
                let result = match fate(&id) {
                    Some(error) => $package::$outcome::Result::Error(contracts::error::to_rpc_status(&error)),
                    None => {
                        let thing = $package::$thing { id: id.clone(), ..filled(seed(&id)) };
                        $package::$outcome::Result::$variant(masked(thing, read_mask.as_ref()))
                    }
                };
                $package::$result { id, result: Some(result) }
            };
            Ok($package::$response { results: ids.into_iter().map(answer).collect() })
        }
    };
    (@request auth $response:ident) => { auth::BatchGetAccountsRequest };
    (@request employee $response:ident) => { employee::BatchGetEmployeesRequest };
    (@request customer $response:ident) => { customer::BatchGetCustomersRequest };
    (@request order $response:ident) => { order::BatchGetOrdersRequest };
}

/// Declares how a service answers a batch of lists.
macro_rules! pages {
    ($package:ident::$request:ident => $response:ident, $result:ident, $outcome:ident, $page:ident { $items:ident }) => {
        |request: $package::$request| {
            let answer = |list: &_| {
                let result = match fate(list) {
                    Some(error) => $package::$outcome::Result::Error(contracts::error::to_rpc_status(&error)),
                    None => {
                        let mut page: $package::$page = filled(seed(list));
                        page.$items = page.$items.into_iter().map(|thing| masked(thing, request.read_mask.as_ref())).collect();
                        let cursors = if request.omit_cursors { 0 } else { page.$items.len() };
                        page.cursors = (0..cursors).map(|number| format!("cursor {number}")).collect();
                        $package::$outcome::Result::Page(page)
                    }
                };
                $package::$result { result: Some(result) }
            };
            Ok($package::$response { results: request.requests.iter().map(answer).collect() })
        }
    };
}

fn history(query: &HistoryQuery) -> HistoryResult {
    let result = match fate(query) {
        Some(error) => history_result::Result::Error(contracts::error::to_rpc_status(&error)),
        None => {
            let mut page: HistoryPage = filled(seed(query));
            page.cursors = (0..page.entries.len()).map(|number| format!("cursor {number}")).collect();
            history_result::Result::Page(page)
        }
    };
    HistoryResult { result: Some(result) }
}

/// Declares how a service answers a batch of histories.
macro_rules! histories {
    ($package:ident::$request:ident => $response:ident) => {
        |request: $package::$request| Ok($package::$response { results: request.queries.iter().map(history).collect() })
    };
}

/// Declares how a service answers a search.
macro_rules! search {
    ($package:ident::$request:ident => $response:ident { $items:ident }) => {
        |mut request: $package::$request| {
            let mask = request.read_mask.take();
            if let Some(error) = fate(&request) {
                return Err(error);
            }
            let mut found: $package::$response = filled(seed(&request));
            found.$items = found.$items.into_iter().map(|thing| masked(thing, mask.as_ref())).collect();
            Ok(found)
        }
    };
}

pub(super) fn services() -> Services {
    Services::default()
        .on("BatchGetAccounts", by_id!(auth::BatchGetAccountsResponse, AccountResult, account_result::Account, Account))
        .on("BatchGetEmployees", by_id!(employee::BatchGetEmployeesResponse, EmployeeResult, employee_result::Employee, Employee))
        .on("BatchGetCustomers", by_id!(customer::BatchGetCustomersResponse, CustomerResult, customer_result::Customer, Customer))
        .on("BatchGetOrders", by_id!(order::BatchGetOrdersResponse, OrderResult, order_result::Order, Order))
        .on(
            "BatchListAccounts",
            pages!(auth::BatchListAccountsRequest => BatchListAccountsResponse, AccountsPageResult, accounts_page_result, ListAccountsResponse { accounts }),
        )
        .on(
            "BatchListEmployees",
            pages!(employee::BatchListEmployeesRequest => BatchListEmployeesResponse, EmployeesPageResult, employees_page_result, ListEmployeesResponse { employees }),
        )
        .on(
            "BatchListCustomers",
            pages!(customer::BatchListCustomersRequest => BatchListCustomersResponse, CustomersPageResult, customers_page_result, ListCustomersResponse { customers }),
        )
        .on(
            "BatchListOrders",
            pages!(order::BatchListOrdersRequest => BatchListOrdersResponse, OrdersPageResult, orders_page_result, ListOrdersResponse { orders }),
        )
        .on("BatchListAccountHistory", histories!(auth::BatchListAccountHistoryRequest => BatchListAccountHistoryResponse))
        .on("BatchListEmployeeHistory", histories!(employee::BatchListEmployeeHistoryRequest => BatchListEmployeeHistoryResponse))
        .on("BatchListCustomerHistory", histories!(customer::BatchListCustomerHistoryRequest => BatchListCustomerHistoryResponse))
        .on("BatchListOrderHistory", histories!(order::BatchListOrderHistoryRequest => BatchListOrderHistoryResponse))
        .on("SearchEmployees", search!(employee::SearchEmployeesRequest => SearchEmployeesResponse { employees }))
        .on("SearchCustomers", search!(customer::SearchCustomersRequest => SearchCustomersResponse { customers }))
}
