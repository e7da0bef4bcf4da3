//! What is asked for is answered, and nothing else, whoever asks.

use contracts::crm::order::v1;
use kernel::EmployeeId;
use order::domain::{Base, CrewSize, CustomerCopy, NewOrder, Order, Period, PriceTerms, ServiceType};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, TestRunner},
};
use serde_json::json;
use testkit::{answer, fields};

use crate::house::{Client, House, Who, hour, id};

/// What an order may have or not.
#[derive(Debug, Clone)]
struct Sample {
    from: i64,
    crew_size: i32,
    comments: usize,
    checklist: usize,
    said: String,
    notes: String,
    street: String,
    with_property: bool,
    started: bool,
    completed: bool,
    canceled: bool,
}

fn sample() -> impl Strategy<Value = Sample> {
    let texts = ("[a-z]{0,3}", "[a-z]{0,3}", prop_oneof![Just(String::new()), Just("Brīvības iela 1".to_owned())]);
    (0..100_i64, 1..4_i32, 0..3_usize, 0..3_usize, texts, any::<[bool; 4]>()).prop_map(
        |(from, crew_size, comments, checklist, (said, notes, street), [with_property, started, completed, canceled])| Sample {
            from,
            crew_size,
            comments,
            checklist,
            said,
            notes,
            street,
            with_property,
            started,
            completed,
            canceled,
        },
    )
}

impl Sample {
    fn order(&self, number: u128, customer: &CustomerCopy, employee: EmployeeId) -> Order {
        let new = NewOrder {
            service_type: ServiceType::ObjectCleaning,
            period: Period::of_order(hour(self.from), hour(self.from + 2)).unwrap(),
            crew_size: CrewSize::new(self.crew_size).unwrap(),
            price_terms: PriceTerms::new(Base::Fixed { price: kernel::Money::zero(kernel::Currency::EUR) }, vec![], None).unwrap(),
            client_comments: self.said.clone(),
            checklist: (0..self.checklist).map(|item| format!("item {item}")).collect(),
        };
        let place = customer.place(None, None).unwrap();
        let mut item = 0;
        let new_id = || {
            item += 1;
            id(item)
        };
        let (mut order, _) = Order::take(id(number), customer, place, new, new_id, hour(0)).unwrap();
        let actor = kernel::Actor::Service { name: "tests".into() };
        for comment in 0..self.comments {
            order.comment(id(comment as u128), "said", &actor, hour(1)).unwrap();
        }
        let mut document = serde_json::to_value(&order).unwrap();
        document["version"] = json!(1);
        document["employee_ids"] = json!([employee]);
        document["assignments"] = json!([{ "id": employee, "employee_name": "Anna", "assigned_at": hour(3) }]);
        document["address"]["street"] = json!(self.street);
        let fields = document.as_object_mut().unwrap();
        match self.notes.is_empty() {
            true => drop(fields.remove("access_notes")),
            false => drop(fields.insert("access_notes".into(), json!(self.notes))),
        }
        if !self.with_property {
            fields.insert("property_id".into(), json!(null));
        }
        if self.started {
            fields.insert("started_at".into(), json!(hour(4)));
        }
        if self.completed {
            fields.insert("completed_at".into(), json!(hour(5)));
        }
        if self.canceled {
            fields.insert("cancellation".into(), json!({ "reason": "rain", "canceled_at": hour(6), "canceled_by": actor }));
        }
        serde_json::from_value(document).unwrap()
    }
}

async fn got(client: &mut Client, ids: &[String], fields: &[&str]) -> Vec<v1::Order> {
    let request = v1::BatchGetOrdersRequest { ids: ids.to_vec(), read_mask: fields::mask(fields) };
    let results = answer(client.batch_get_orders(request).await).unwrap().results.into_iter();
    let order = |result: v1::OrderResult| match result.result {
        Some(v1::order_result::Result::Order(order)) => order,
        other => panic!("{other:?}"),
    };
    results.map(order).collect()
}

async fn listed(client: &mut Client, fields: &[&str]) -> Vec<v1::Order> {
    let list = v1::ListOrdersRequest { page_size: Some(100), ..Default::default() };
    let request = v1::BatchListOrdersRequest { requests: vec![list], read_mask: fields::mask(fields), omit_cursors: true };
    match answer(client.batch_list_orders(request).await).unwrap().results.remove(0).result {
        Some(v1::orders_page_result::Result::Page(page)) => {
            assert_eq!(page.cursors, Vec::<String>::new(), "they were to be left out");
            page.orders
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mask_gets_of_every_order_those_fields_as_they_are_in_the_whole_of_it() {
    let house = House::new().await;
    house.customer(1, 1).await;
    let employee = house.employee(101).await;
    let company = house.bed.store.company(house.bed.company);
    let customer: CustomerCopy = company.get(uuid::Uuid::from_u128(1)).await.unwrap().unwrap();
    let mut runner = TestRunner::new(Config::default());
    let samples = proptest::collection::vec(sample(), 40).new_tree(&mut runner).unwrap().current();
    let mut transaction = company.transaction(&house.principal(Who::Admin).actor, hour(0));
    let orders: Vec<Order> = samples.iter().zip(1..).map(|(sample, number)| sample.order(number, &customer, employee)).collect();
    for order in &orders {
        transaction.put(order);
    }
    transaction.commit().await.unwrap();

    for who in [Who::Manager, Who::Cleaner(employee)] {
        let mut client = house.client(who);
        let mut whole = Vec::new();
        for order in &orders {
            let request = v1::GetOrderRequest { id: order.id.to_string() };
            whole.push(answer(client.get_order(request).await).unwrap().order.unwrap());
        }
        whole.sort_by_key(|order| (order.starts_at.unwrap().seconds, order.id.clone()));
        let ids: Vec<String> = whole.iter().map(|order| order.id.clone()).collect();
        assert_eq!((got(&mut client, &ids, &[]).await, listed(&mut client, &[]).await), (whole.clone(), whole.clone()));
        for mask in fields::masks::<v1::Order>(3) {
            let expected: Vec<v1::Order> = whole.iter().map(|order| fields::only(order, &mask)).collect();
            assert_eq!(got(&mut client, &ids, &mask).await, expected, "{mask:?}");
            assert_eq!(listed(&mut client, &mask).await, expected, "{mask:?}");
        }
    }
    // Whether somebody may see an order is not left to what they ask for.
    let request = v1::BatchGetOrdersRequest { ids: vec![orders[0].id.to_string()], read_mask: fields::mask(&["status"]) };
    let refused = answer(house.client(Who::Cleaner(id(102))).batch_get_orders(request).await).unwrap().results.remove(0).result;
    assert!(matches!(refused, Some(v1::order_result::Result::Error(error)) if error.code == i32::from(tonic::Code::NotFound)));
}
