//! What must hold of checklists.

use super::*;
use crate::domain::{
    OrderChanges,
    examples::{hour, hours, id, order, somebody, told},
};

fn entry(id: Option<ChecklistItemId>, text: &str) -> ChecklistEntry {
    ChecklistEntry { id, text: text.into() }
}

fn rewrite(order: &mut Order, entries: Vec<ChecklistEntry>) -> Result<Option<OrderEvent>> {
    order.change(None, OrderChanges { checklist: Some(entries), ..OrderChanges::default() }, || id(77), hour(2))
}

#[test]
fn an_item_is_done_by_somebody_at_some_time_until_it_is_not() {
    let mut order = order(1, hours(9, 12), 1);
    let item = order.checklist[1].id;
    assert_eq!(order.set_item_done(item, true, &somebody(), hour(1)).unwrap(), Some(OrderEvent::Updated));
    assert_eq!((order.checklist[1].done_at, &order.checklist[1].done_by), (Some(hour(1)), &Some(somebody())));
    assert_eq!(order.set_item_done(item, true, &somebody(), hour(2)).unwrap(), None, "it is done already");
    assert_eq!(order.checklist[1].done_at, Some(hour(1)));
    order.set_item_done(item, false, &somebody(), hour(3)).unwrap();
    assert_eq!((order.checklist[1].done_at, &order.checklist[1].done_by), (None, &None));
    let error = order.set_item_done(id(99), true, &somebody(), hour(3)).unwrap_err();
    assert_eq!(told(&error), ("checklist item not found".into(), "item_id".into()));
}

#[test]
fn a_list_written_anew_keeps_what_is_done() {
    let mut order = order(1, hours(9, 12), 1);
    let (windows, floors) = (order.checklist[0].id, order.checklist[1].id);
    order.set_item_done(floors, true, &somebody(), hour(1)).unwrap();
    rewrite(&mut order, vec![entry(None, "oven"), entry(Some(floors), "all floors")]).unwrap();
    let list: Vec<_> = order.checklist.iter().map(|item| (item.id, item.text.as_str(), item.done_at.is_some())).collect();
    assert_eq!(list, [(id(77), "oven", false), (floors, "all floors", true)]);
    assert!(order.set_item_done(windows, true, &somebody(), hour(3)).is_err(), "it is gone");
}

#[test]
fn every_wrong_entry_is_named() {
    let mut order = order(1, hours(9, 12), 1);
    let windows = Some(order.checklist[0].id);
    let entries = vec![entry(windows, "ok"), entry(windows, "again"), entry(Some(id(99)), "unknown"), entry(None, "  ")];
    let expected = ("DUPLICATE UNKNOWN REQUIRED".into(), "checklist[1].id checklist[2].id checklist[3].text".into());
    assert_eq!(told(&rewrite(&mut order, entries).unwrap_err()), expected);
    let many = vec![entry(None, "x"); 101];
    assert_eq!(told(&rewrite(&mut order, many).unwrap_err()), ("TOO_MANY".into(), "checklist".into()));
}
