//! The object classes that every store has.

use crate::schema::ClassDeclaration;

/// The declarations of the shipped OIO classes, in the order in which they are numbered in an empty store.
pub fn shipped_classes() -> Vec<ClassDeclaration> {
    const FILES: [(&str, &str); 8] = [
        ("organisation.toml", include_str!("../../classes/organisation.toml")),
        ("organisationenhed.toml", include_str!("../../classes/organisationenhed.toml")),
        ("organisationfunktion.toml", include_str!("../../classes/organisationfunktion.toml")),
        ("bruger.toml", include_str!("../../classes/bruger.toml")),
        ("itsystem.toml", include_str!("../../classes/itsystem.toml")),
        ("facet.toml", include_str!("../../classes/facet.toml")),
        ("klasse.toml", include_str!("../../classes/klasse.toml")),
        ("klassifikation.toml", include_str!("../../classes/klassifikation.toml")),
    ];
    let parse = |(file, text)| ClassDeclaration::from_toml(file, text).expect("shipped with the crate and tested");
    FILES.into_iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Ids, Schema};

    #[test]
    fn the_shipped_classes_are_sound() {
        let schema = Schema::new(&shipped_classes(), Ids::default()).unwrap();
        assert_eq!(schema.classes().len(), 8);
        let unit = schema.class_on_wire("organisationenhed").unwrap();
        assert_eq!(unit.groups[0].wire, "organisationenhedegenskaber");
        assert!(unit.presence.is_some());
    }
}
