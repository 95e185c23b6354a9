//! `lora show`: an object on both time axes, beside a running server and without one.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::path::Path;
use std::process::Output;

use lora_tests::{Server, facet, run, uuid};
use serde_json::{Value, json};

const UNITS: &str = "/organisation/organisationenhed";

fn during(from: &str, to: &str) -> Value {
    json!({"from": from, "to": to})
}

/// A unit that was called otherwise for a year.
fn told(server: &Server) {
    let unit = format!("{UNITS}/{}", uuid(1));
    let always = during("2020-01-01", "infinity");
    let created = json!({
        "attributter": {"organisationenhedegenskaber": [
            {"brugervendtnoegle": "fin", "enhedsnavn": "Finans", "virkning": always}]},
        "tilstande": {"organisationenhedgyldighed": [{"gyldighed": "Aktiv", "virkning": always}]},
    });
    let corrected = json!({
        "note": "Brevet fra 2021 fundet",
        "attributter": {"organisationenhedegenskaber": [
            {"enhedsnavn": "Økonomi", "virkning": during("2021-01-01", "2022-01-01")}]},
    });
    assert_eq!(server.send("PUT", &unit, &created).status, 200);
    assert_eq!(server.send("PATCH", &unit, &corrected).status, 200);
    assert_eq!(server.send("PUT", &format!("/klassifikation/facet/{}", uuid(2)), &facet("two")).status, 200);
}

fn show(folder: &Path, arguments: &[&str]) -> Output {
    run(&[&["show", "--data", folder.to_str().unwrap()], arguments].concat(), &[])
}

#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty());
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[track_caller]
fn refused(output: &Output, code: i32, said: &str) {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(output.stdout.is_empty() && text.starts_with("error: ") && text.contains(said), "{text}");
}

#[test]
fn an_object_is_shown_the_same_beside_a_server_as_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    told(&server);
    let unit = uuid(1);
    let answers = || {
        [
            &[unit.as_str()][..],
            &[&unit, "--part", "unit_name"],
            &[&unit, "--svg"],
            &[&unit, "--class", "organisation_unit"],
        ]
        .map(|arguments| done(&show(folder.path(), arguments)))
    };
    let beside = answers();
    let [whole, name, svg, of_class] = &beside;
    for said in [
        &format!("organisation_unit {unit}\n")[..],
        "├─ A ───────────├─ B ───────────├─ A ──────────►",
        "A   unit_name: Finans\nB   unit_name: Økonomi\nin all of them\n    user_key: fin\n    activity: active\n",
        " corrected by 00000000-0000-0000-0000-000000000000 at position 3\n    “Brevet fra 2021 fundet”\n    unit_name: 2021-01-01 to 2022-01-01\n",
        " imported by ",
        "    activity: 2020-01-01 to infinity\n",
    ] {
        assert!(whole.contains(said), "{said}: {whole}");
    }
    assert_eq!(whole, of_class);
    assert!(name.contains("├─ Finans ──────├─ Økonomi ─────├─ Finans ─────►"), "{name}");
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && svg.contains(">unit_name: Økonomi<"), "{svg}");

    // As it was known between the two registrations.
    let time = whole.lines().find_map(|line| line.strip_prefix("#1  ")).unwrap();
    let time = time.split("  ").next().unwrap();
    let before = done(&show(folder.path(), &[&unit, "--known", time]));
    assert!(before.contains("#1 ") && !before.contains("#2 ") && !before.contains("Økonomi"), "{before}");
    let early = show(folder.path(), &[&unit, "--known", "2020-01-01"]);
    refused(&early, 1, &format!("there is no object {unit}, as known at 2020-01-01"));

    server.stop();
    assert_eq!(answers(), beside);
}

#[test]
fn what_cannot_be_shown_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    told(&server);
    let other = json!({
        "attributter": {"brugeregenskaber": [{"brugervendtnoegle": "x", "virkning": during("2020-01-01", "infinity")}]},
        "tilstande": {"brugergyldighed": [{"gyldighed": "Aktiv", "virkning": during("2020-01-01", "infinity")}]},
    });
    let (unit, facet) = (uuid(1), uuid(2));
    assert_eq!(server.send("PUT", &format!("/organisation/bruger/{unit}"), &other).status, 200);
    let refusals = || {
        let refused = |arguments: &[&str], code, said: &str| refused(&show(folder.path(), arguments), code, said);
        refused(&[&uuid(9)], 1, &format!("there is no object {}", uuid(9)));
        refused(&[&facet, "--class", "user"], 1, &format!("there is no object {facet} of user"));
        refused(&[&unit, "--class", "enhed"], 2, "no class `enhed`; expected one of ");
        refused(&[&facet, "--part", "unit_nam"], 2, "names no group, field, state or relation of facet");
        refused(&[&unit, "--class", "organisation_unit", "--part", "unit_nam"], 2, "perhaps `unit_name`");
        refused(&[&unit, "--known", "yesterdayish"], 2, "--known: `yesterdayish` is no time");
        refused(&[&unit, "--known", "infinity"], 2, "--known: nothing is known at infinity");
        refused(&["12"], 2, "invalid value '12'");
        refused(&[&unit, "--svg"], 2, "is an object of organisation_unit and user: say which with --class");
        let both = done(&show(folder.path(), &[&unit]));
        assert!(both.contains("\nuser ") && both.starts_with("organisation_unit "), "{both}");
    };
    refusals();
    server.stop();
    refusals();
}
