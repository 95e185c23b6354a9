//! The OIO standard's shapes: the shipped classes, and JSON in and out. The only Danish names are here and in `classes/`.

mod catalogue;

pub use catalogue::shipped_classes;
