//! Messages of which a mask asks for some fields.

use std::{collections::BTreeSet, sync::LazyLock};

use contracts::mask::Fields;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};
use prost_types::FieldMask;

static CONTRACTS: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).expect("the contracts"));

/// The message without any but the fields at these paths.
#[must_use]
pub fn only<M: Message + Name + Default>(message: &M, paths: &[&str]) -> M {
    let descriptor = CONTRACTS.get_message_by_name(&M::full_name()).expect("a message of the contracts");
    let mut all = DynamicMessage::decode(descriptor, &*message.encode_to_vec()).expect("a message");
    keep(&mut all, paths);
    M::decode(&*all.encode_to_vec()).expect("a message")
}

fn keep(message: &mut DynamicMessage, paths: &[&str]) {
    for field in message.descriptor().fields() {
        if paths.contains(&field.name()) {
            continue;
        }
        let within: Vec<&str> = paths.iter().filter_map(|path| path.strip_prefix(field.name())?.strip_prefix('.')).collect();
        match message.has_field(&field).then(|| message.get_field_mut(&field)) {
            Some(Value::Message(part)) if !within.is_empty() => keep(part, &within),
            _ => message.clear_field(&field),
        }
    }
}

/// Each path of the message alone, each name of its fields alone, and some paths together: every `step`th.
#[must_use]
pub fn masks<M: Fields>(step: usize) -> Vec<Vec<&'static str>> {
    let names = M::PATHS.iter().filter_map(|path| Some(path.split_once('.')?.0));
    let singles = M::PATHS.iter().copied().chain(names.collect::<BTreeSet<_>>()).map(|path| vec![path]);
    singles.chain([M::PATHS.iter().copied().step_by(step).collect()]).collect()
}

/// The mask of these paths.
#[must_use]
pub fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: paths.iter().map(|path| (*path).to_owned()).collect() })
}
