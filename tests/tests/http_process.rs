//! The process: when it refuses to start, what it says of its configuration, and how it ends.

use std::io::Write;
use std::net::TcpStream;

use lora_tests::{Connection, DEADLINE, Server, facet, run, uuid, wait_until};

#[track_caller]
fn refused(arguments: &[&str], environment: &[(&str, &str)], says: &[&str]) {
    let output = run(arguments, environment);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    for text in says {
        assert!(said.contains(text), "{arguments:?}: no {text:?} in {said}");
    }
}

#[test]
fn wrong_use_ends_with_2_and_says_why() {
    refused(&["serve", "--listen", "0.0.0.0:0"], &[], &["--no-authentication"]);
    refused(&["serve"], &[("LORA_LISTEN", "[::]:0")], &["--no-authentication"]);
    refused(&["serve", "--listen", "nowhere"], &[], &["--listen", "nowhere"]);
    for call in ["serve", "export", "import", "check"] {
        refused(&[call, "--postgres", "postgres://a"], &[], &["--postgres", "names no database"]);
        refused(&[call, "--postgres", "postgres://a", "--data", "x"], &[], &["--data", "--postgres"]);
    }
    refused(&["export", "--position", "x"], &[], &["--position"]);
    refused(&["export", "--memory"], &[], &["--memory"]);
    refused(&["import", "--classes", "/nowhere/at/all"], &[], &["/nowhere/at/all"]);
    refused(&["serve", "--memory", "--data", "x"], &[], &["--memory"]);
    refused(&["serve", "--body-bytes-max", "many"], &[], &["--body-bytes-max", "many"]);
    refused(&["serve", "--query-postings-max", "many"], &[], &["--query-postings-max", "many"]);
    refused(&["serve", "--log-format", "xml"], &[], &["--log-format", "xml"]);
    refused(&["serve", "--trust-actor-header", "a b"], &[], &["--trust-actor-header"]);
    let open = ["serve", "--listen", "0.0.0.0:0", "--no-authentication", "--trust-actor-header", "X-Actor"];
    refused(&open, &[], &["--trust-actor-header", "loopback"]);
    refused(&["serve", "--classes", "/nowhere/at/all"], &[], &["/nowhere/at/all"]);
    refused(&["serve", "--what"], &[], &["--what"]);
    refused(&["what"], &[], &["what"]);
}

#[test]
fn an_address_that_is_taken_ends_with_1() {
    let server = Server::start();
    let output = run(&["serve", "--memory", "--listen", &server.address.to_string()], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot listen"));
}

#[test]
fn config_shows_every_value_with_its_origin_and_check_names_every_problem() {
    let output = run(&["config", "--body-bytes-max", "5"], &[("LORA_LOG_FORMAT", "json")]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout);
    for line in [
        "listen = \"127.0.0.1:8080\" # default",
        "memory = false # default",
        "data = \"./lora-data\" # default",
        "# postgres is not given",
        "body_bytes_max = 5 # flag --body-bytes-max",
        "query_registrations_max = 200000 # default",
        "query_postings_max = 2000000 # default",
        "log_format = \"json\" # environment LORA_LOG_FORMAT",
        "# trust_actor_header is not given",
    ] {
        assert!(said.lines().any(|other| other == line), "{line} in {said}");
    }
    let wrong = ["config", "--check", "--listen", "0.0.0.0:1", "--log-format", "xml", "--postgres", "x"];
    refused(
        &wrong,
        &[("LORA_BODY_BYTES_MAX", "many")],
        &["--listen", "--log-format", "--postgres", "--body-bytes-max"],
    );
    assert_eq!(run(&["config", "--check"], &[]).status.code(), Some(0));
    let said = |arguments: &[&str], environment: &[(&str, &str)]| {
        String::from_utf8(run(arguments, environment).stdout).expect("UTF-8")
    };
    assert!(said(&["config"], &[("LORA_DATA", "x")]).contains("data = \"x\" # environment LORA_DATA\n"));
    assert!(said(&["config"], &[("LORA_DATA", "")]).contains("data = \"./lora-data\""));
    let memory = said(&["config", "--memory"], &[]);
    assert!(memory.contains("memory = true # flag --memory\n# data is not given\n"), "{memory}");
}

#[test]
fn classes_of_a_folder_are_served_and_all_their_mistakes_are_named() {
    let folder = std::env::temp_dir().join(format!("lora-classes-{}", std::process::id()));
    let file = |name: &str, text: &str| {
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::File::create(folder.join(name)).unwrap().write_all(text.as_bytes()).unwrap();
    };
    let class = "name = \"room\"\nwire = \"lokale\"\ntitle = \"Lokale\"\nservice = \"bygning\"\n";
    let state =
        "[[states]]\nname = \"activity\"\nwire = \"gyldighed\"\nvalues = [{ name = \"active\", wire = \"Aktiv\" }]\n";
    file("room.toml", &format!("{class}{state}"));
    file("notes.txt", "not a class");
    let server = Server::start_with(&["--classes", folder.to_str().unwrap()]);
    assert_eq!(server.get("/bygning/lokale/fields").json()["tilstande"]["gyldighed"][0], "Aktiv");
    assert!(server.get("/site-map").text().contains("/bygning/lokale/{uuid}"));

    file("broken.toml", "name = ");
    file("classes.toml", &class.replace("room", "other").replace("lokale", "classes"));
    file("path.toml", &class.replace("room", "query").replace("lokale", "fjerde"));
    file("reserved.toml", &class.replace("room", "third").replace("lokale", "tredje").replace("bygning", "health"));
    let says = ["broken.toml", "`classes`", "`query`", "`health`"];
    refused(&["serve", "--listen", "127.0.0.1:0", "--classes", folder.to_str().unwrap()], &[], &says);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The request is known to run once the server has asked for its body.
#[test]
fn a_running_request_is_finished_before_the_process_ends() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start();
        let body = facet("a").to_string();
        let mut running = Connection::open(server.address);
        let head = format!(
            "PUT /klassifikation/facet/{} HTTP/1.1\r\nHost: lora\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
            uuid(1),
            body.len()
        );
        running.write(head.as_bytes());
        running.read_until(b"100 Continue\r\n\r\n");
        server.signal(signal);
        wait_until("nothing new is accepted", || TcpStream::connect_timeout(&server.address, DEADLINE).is_err());
        running.write(body.as_bytes());
        let answer = running.answer();
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(server.ended().code(), Some(0), "after SIG{signal}");
    }
}
