//! Parts of messages.

/// Declares a part of a message as an object of the graph: borrowed where the message is read, owned in the payload of a mutation.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident = $message:ty) => {
        $(#[$doc])*
        pub(crate) struct $name<'a>(std::borrow::Cow<'a, $message>);

        impl<'a> From<&'a $message> for $name<'a> {
            fn from(message: &'a $message) -> Self {
                Self(std::borrow::Cow::Borrowed(message))
            }
        }

        impl From<$message> for $name<'static> {
            fn from(message: $message) -> Self {
                Self(std::borrow::Cow::Owned(message))
            }
        }
    };
}
pub(crate) use part;
