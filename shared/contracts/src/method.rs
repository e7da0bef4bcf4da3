//! What the contracts say of each method.

use std::sync::LazyLock;

use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, Value, prost_types::method_options::IdempotencyLevel};

use crate::FILE_DESCRIPTOR_SET;

/// A method of a service of this product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Method {
    /// The service's full name: `crm.order.v1.OrderService`.
    pub service: String,
    /// The method's name: `BatchGetOrders`.
    pub name: String,
    /// The path of its HTTP/2 requests: `/crm.order.v1.OrderService/BatchGetOrders`.
    pub path: String,
    /// Whether it can be called without an access token.
    pub public: bool,
    /// Whether it has no side effects, so that it may be retried, hedged or shared.
    pub no_side_effects: bool,
    /// How it answers many questions in one call.
    pub batch: Option<Batch>,
}

/// The two shapes of a batch method; see `crm.api.v1.Batch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// Things by their ids.
    ById,
    /// Pages of lists.
    Pages,
}

/// All methods of all services, in the order of the contracts.
#[must_use]
pub fn methods() -> &'static [Method] {
    static METHODS: LazyLock<Vec<Method>> = LazyLock::new(|| {
        let pool = descriptors();
        pool.services().flat_map(|service| service.methods().map(|method| describe(pool, &method)).collect::<Vec<_>>()).collect()
    });
    &METHODS
}

/// What the contracts say of themselves.
pub(crate) fn descriptors() -> &'static DescriptorPool {
    #[expect(clippy::expect_used, reason = "the build made the descriptors; a test decodes them")]
    static DESCRIPTORS: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(FILE_DESCRIPTOR_SET).expect("descriptors of the contracts"));
    &DESCRIPTORS
}

fn describe(pool: &DescriptorPool, method: &MethodDescriptor) -> Method {
    let options = method.options();
    let service = method.parent_service().full_name().to_owned();
    Method {
        path: format!("/{service}/{}", method.name()),
        name: method.name().to_owned(),
        public: extension(pool, &options, "crm.api.v1.public").and_then(|v| v.as_bool()).unwrap_or(false),
        no_side_effects: options
            .get_field_by_name("idempotency_level")
            .is_some_and(|level| level.as_enum_number() == Some(IdempotencyLevel::NoSideEffects as i32)),
        batch: match extension(pool, &options, "crm.api.v1.batch").and_then(|v| v.as_enum_number()) {
            Some(1) => Some(Batch::ById),
            Some(2) => Some(Batch::Pages),
            _ => None,
        },
        service,
    }
}

fn extension(pool: &DescriptorPool, options: &DynamicMessage, name: &str) -> Option<Value> {
    let extension = pool.get_extension_by_name(name)?;
    options.has_extension(&extension).then(|| options.get_extension(&extension).into_owned())
}
