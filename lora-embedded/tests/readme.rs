//! The program of the README, as it stands there, compiled and run.

use std::error::Error;

mod program {
    use lora_core::register::Fields;
    use lora_core::schema::{ClassDeclaration, FieldDeclaration as Field};
    use uuid::Uuid;

    pub(super) fn main() -> Result<(), Box<dyn std::error::Error>> {
        let unit = ClassDeclaration::new("unit").group("properties", [Field::text("name"), Field::integer("size")]);
        let register = lora_embedded::open("./my-data", vec![unit])?;

        let id = Uuid::new_v4();
        register.put("unit", id, Fields::new().set("name", "Finance").set("size", 20))?;
        let unit = register.get("unit", id)?.expect("it was just put there");
        assert_eq!(unit.text("name")?, Some("Finance"));

        let large = register.ask("unit").filter(|unit| unit.field("size").at_least(10)).order_by("name");
        assert_eq!(register.ids(large)?, [id]);

        // What if I need history? It is there: for changes that hold at another time, and for what was known before.
        let reform = "2100-01-01T00:00:00Z".parse()?;
        register.update("unit", id, Fields::new().set("name", "Economy").from(reform))?;
        assert_eq!(register.get("unit", id)?.expect("there").text("name")?, Some("Finance"), "not yet");
        assert_eq!(register.at(reform).get("unit", id)?.expect("there").text("name")?, Some("Economy"));
        let known = register.at(reform).as_known(unit.registered().from());
        assert_eq!(known.get("unit", id)?.expect("there").text("name")?, Some("Finance"), "nobody knew of it then");
        Ok(())
    }
}

/// The lines of a program, wherever it stands.
fn lines(text: &str) -> Vec<&str> {
    text.lines().map(|line| line.trim().trim_start_matches("pub(super) ")).filter(|line| !line.is_empty()).collect()
}

#[test]
fn the_program_of_the_readme_is_this_one_and_runs() -> Result<(), Box<dyn Error>> {
    let readme = include_str!("../../README.md");
    let (_, program) = readme.split_once("```rust\n").expect("the README has a program");
    let (program, _) = program.split_once("```").expect("which ends");
    let (_, here) = include_str!("readme.rs").split_once("mod program {\n").expect("above");
    let (here, _) = here.split_once("\n}\n").expect("it ends");
    assert_eq!(lines(program), lines(here));
    assert!(lines(program).len() <= 24, "it stays short");

    // The folder that it names is a relative one; no other test runs in this process.
    let folder = tempfile::tempdir()?;
    std::env::set_current_dir(folder.path())?;
    program::main()
}
