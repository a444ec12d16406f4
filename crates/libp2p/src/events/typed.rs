//! Events whose properties are known at build time.

use peerscope_introspection::wire::{EventType, event_type::EventProperty};
use serde::Serialize;

pub use peerscope_introspection::wire::event_type::event_property::PropertyType;

/// One property of a [`TypedEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    /// The key in the event's content.
    pub name: &'static str,
    /// How a viewer should read it.
    pub kind: PropertyType,
    /// Whether it is a list of such values.
    pub many: bool,
}

impl Property {
    /// A single value.
    #[must_use]
    pub const fn one(name: &'static str, kind: PropertyType) -> Self {
        Self { name, kind, many: false }
    }

    /// A list of values.
    #[must_use]
    pub const fn many(name: &'static str, kind: PropertyType) -> Self {
        Self { name, kind, many: true }
    }
}

/// An event that says itself what its properties are. It must serialize to a map with exactly these keys.
///
/// ```
/// use peerscope_libp2p::{Introspector, Property, PropertyType, TypedEvent};
///
/// #[derive(serde::Serialize)]
/// struct BlockSynced {
///     height: u64,
///     from: String,
/// }
///
/// impl TypedEvent for BlockSynced {
///     const NAME: &'static str = "BlockSynced";
///     const PROPERTIES: &'static [Property] =
///         &[Property::one("height", PropertyType::Number), Property::one("from", PropertyType::Peerid)];
/// }
///
/// let introspector = Introspector::new();
/// introspector.tell(&BlockSynced { height: 1, from: String::new() })?;
/// # Ok::<_, peerscope_libp2p::EmitError>(())
/// ```
pub trait TypedEvent: Serialize {
    /// The type's name.
    const NAME: &'static str;
    /// The properties, in the order in which a viewer should show them.
    const PROPERTIES: &'static [Property];
}

/// The type of `E` as the schema says it.
pub(super) fn event_type<E: TypedEvent>() -> EventType {
    let property = |property: &Property| EventProperty {
        name: property.name.to_owned(),
        r#type: property.kind.into(),
        has_multiple: property.many,
    };
    EventType { name: E::NAME.to_owned(), property_types: E::PROPERTIES.iter().map(property).collect() }
}
