//! Messages of which a mask asks for some fields.

use contracts::mask::Fields;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage};
use prost_types::FieldMask;

/// The message without any but these fields.
#[must_use]
pub fn only<M: Message + Name + Default>(message: &M, fields: &[&str]) -> M {
    let pool = DescriptorPool::decode(contracts::FILE_DESCRIPTOR_SET).expect("the contracts");
    let descriptor = pool.get_message_by_name(&M::full_name()).expect("a message of the contracts");
    let mut all = DynamicMessage::decode(descriptor.clone(), &*message.encode_to_vec()).expect("a message");
    descriptor.fields().filter(|field| !fields.contains(&field.name())).for_each(|field| all.clear_field(&field));
    M::decode(&*all.encode_to_vec()).expect("a message")
}

/// Each field of the message alone, and some of them together: every `step`th.
#[must_use]
pub fn masks<M: Fields>(step: usize) -> Vec<Vec<&'static str>> {
    let singles = M::NAMES.iter().map(|name| vec![*name]);
    singles.chain([M::NAMES.iter().copied().step_by(step).collect()]).collect()
}

/// The mask of these fields.
#[must_use]
pub fn mask(fields: &[&str]) -> Option<FieldMask> {
    Some(FieldMask { paths: fields.iter().map(|field| (*field).to_owned()).collect() })
}
