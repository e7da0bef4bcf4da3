//! Enumerations of the contracts, as the graph has them.

/// Declares an enumeration of the graph with the values of one of the contracts, but for "not given".
macro_rules! enumeration {
    ($(#[$doc:meta])* $name:ident = $contract:path { $($(#[$value_doc:meta])* $value:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, async_graphql::Enum)]
        pub(crate) enum $name {
            $($(#[$value_doc])* $value),*
        }

        $crate::graph::enumeration::leaf_of_enumeration!($name);

        impl $name {
            /// The value in a message of a service; `None` where none is given, and for one that is not known here.
            pub(crate) fn read(value: $contract) -> Option<Self> {
                use $contract as Contract;
                match value {
                    $(Contract::$value => Some(Self::$value),)*
                    Contract::Unspecified => None,
                }
            }
        }

        impl From<$name> for i32 {
            fn from(value: $name) -> Self {
                use $contract as Contract;
                match value {
                    $($name::$value => Contract::$value.into(),)*
                }
            }
        }
    };
}
pub(crate) use enumeration;

/// Makes an enumeration of the graph a value that is written by its name.
macro_rules! leaf_of_enumeration {
    ($name:ident) => {
        $crate::read::leaf! {
            $name as Self = |it| it, |out| {
                let items = <$name as async_graphql::resolver_utils::EnumType>::items();
                match items.iter().find(|item| item.value == *it) {
                    Some(item) => out.string(item.name),
                    None => out.null(),
                }
            };
        }
    };
}
pub(crate) use leaf_of_enumeration;

/// The values of a filter for a message to a service; none are any.
pub(crate) fn numbers<E: Into<i32>>(values: Option<Vec<E>>) -> Vec<i32> {
    values.unwrap_or_default().into_iter().map(Into::into).collect()
}
