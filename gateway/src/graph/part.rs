//! Parts of messages.

/// Declares a part of a message as an object of the graph: borrowed where the message is read; made of a message of its own, as the
/// payload of a mutation has it, where one is named.
macro_rules! part {
    ($(#[$doc:meta])* $name:ident = $view:ident::$message:ident $(or $of:ty)?) => {
        $(#[$doc])*
        pub(crate) struct $name<'a>($view::$message<std::borrow::Cow<'a, [u8]>>);

        impl<'a> From<$view::$message<&'a [u8]>> for $name<'a> {
            fn from(part: $view::$message<&'a [u8]>) -> Self {
                Self(part.held(std::borrow::Cow::Borrowed))
            }
        }

        $(impl From<$of> for $name<'static> {
            fn from(message: $of) -> Self {
                Self(contracts::view::of_message(&message))
            }
        })?
    };
}
pub(crate) use part;
