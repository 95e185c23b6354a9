//! The store in a folder: what was acknowledged is there again, one process has it, and others call that one.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Output, Stdio};

use lora_tests::{DEADLINE, Server, command, facet, run, uuid};

/// Puts facets; each is acknowledged.
fn put(server: &Server, numbers: std::ops::Range<u32>) {
    for number in numbers {
        let answer =
            server.send("PUT", &format!("/klassifikation/facet/{}", uuid(number)), &facet(&number.to_string()));
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}

#[track_caller]
fn all_there(server: &Server, numbers: std::ops::Range<u32>) {
    let list = server.get("/klassifikation/facet?bvn=%25").json();
    assert_eq!(list["results"][0].as_array().map(Vec::len), Some(numbers.len()));
    for number in numbers {
        let text = server.get(&format!("/klassifikation/facet/{}", uuid(number))).text();
        assert!(text.contains(&format!("\"brugervendtnoegle\":\"{number}\"")), "{text}");
    }
}

fn call(name: &str, folder: &Path, more: &[&str]) -> Output {
    run(&[&[name, "--data", folder.to_str().unwrap()], more].concat(), &[])
}

/// What a call wrote to standard output, where it went well.
#[track_caller]
fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What a call complained about, where it failed.
#[track_caller]
fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn what_was_acknowledged_is_there_after_a_stop_and_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..20);
    let first = server.position();
    server.stop();
    let server = Server::on(folder.path());
    assert_eq!(server.position(), first, "the same classes are not declared again");
    all_there(&server, 1..20);
    put(&server, 20..40);
    server.kill();
    let server = Server::on(folder.path());
    all_there(&server, 1..40);
    server.stop();
    assert!(done(&call("check", folder.path(), &[])).contains(": 0 findings"));
}

#[test]
fn a_folder_has_one_owner_and_the_next_is_told_who() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("store");
    let server = Server::on(&folder);
    let said = failed(&call("serve", &folder, &["--listen", "127.0.0.1:0"]));
    assert!(said.contains(&format!("held by pid {} (lora serve)", server.pid())), "{said}");
    assert!(said.contains(folder.to_str().unwrap()), "{said}");
    let said = failed(&call("check", &folder, &["--rebuild"]));
    assert!(said.contains("stop it"), "{said}");
    let socket = std::fs::metadata(folder.join("socket")).unwrap();
    assert!(socket.file_type().is_socket() && socket.permissions().mode() & 0o777 == 0o600);
    server.stop();
    assert!(!folder.join("socket").exists());
}

#[test]
fn export_and_check_answer_the_same_beside_a_server_as_without_one() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..50);
    let answers = || {
        let export = |more: &[&str]| done(&call("export", folder.path(), more));
        [export(&[]), export(&["--position", "9"]), done(&call("check", folder.path(), &[]))]
    };
    let beside = answers();
    assert!(beside[0].lines().count() > 49 && beside[1].lines().count() < 12, "{:?}", beside[1]);
    assert!(failed(&call("export", folder.path(), &["--position", "999"])).contains("position 999"));
    server.kill();
    assert!(folder.path().join("socket").exists(), "what a killed owner leaves is no hindrance");
    assert_eq!(answers(), beside);
    assert!(failed(&call("export", folder.path(), &["--position", "999"])).contains("position 999"));
    assert_eq!(done(&call("check", folder.path(), &["--rebuild"])), beside[2]);
    assert_eq!(answers(), beside);
}

#[test]
fn imports_beside_a_server_and_without_one_come_to_the_same_and_so_does_a_restore() {
    let parent = tempfile::tempdir().unwrap();
    let [one, other, copy, lines] = ["one", "other", "copy", "lines"].map(|name| parent.path().join(name));
    let generated = run(&["generate", "--people", "20"], &[]).stdout;
    std::fs::write(&lines, &generated).unwrap();
    let file = [lines.to_str().unwrap()];

    let server = Server::on(&one);
    let said = call("import", &one, &file);
    assert!(said.status.success() && said.stderr.starts_with(b"imported "), "{said:?}");
    let again = String::from_utf8(call("import", &one, &file).stderr).unwrap();
    assert!(again.starts_with("imported 0 entries; "), "{again}");
    assert!(failed(&call("import", &one, &["--restore", file[0]])).contains("stop the server"));
    std::fs::write(&lines, &generated[..generated.len() - 9]).unwrap();
    let said = failed(&call("import", &other, &file));
    assert!(said.contains("nothing is imported"), "{said}");
    server.stop();

    // From standard input, into the folder that the refused import has made.
    let mut import =
        command(&["import", "--data", other.to_str().unwrap(), "-"], &[]).stdin(Stdio::piped()).spawn().unwrap();
    import.stdin.take().unwrap().write_all(&generated).unwrap();
    assert!(import.wait().unwrap().success());
    let contents = |folder: &Path| {
        let lines = done(&call("export", folder, &[]));
        let registrations = lines.lines().filter(|line| line.contains("\"kind\":\"registration\""));
        let mut contents: Vec<_> =
            registrations.map(|line| line.split_once("\"class\"").unwrap().1.to_owned()).collect();
        contents.sort();
        contents
    };
    assert!(contents(&one).len() > 100);
    assert!(contents(&one) == contents(&other));

    let exported = done(&call("export", &one, &[]));
    std::fs::write(&lines, &exported).unwrap();
    assert_eq!(call("import", &copy, &["--restore", file[0]]).status.code(), Some(0));
    assert!(done(&call("export", &copy, &[])) == exported);
    assert!(done(&call("check", &copy, &[])).contains(": 0 findings"));
    let said = failed(&call("import", &other, &["--restore", file[0]]));
    assert!(said.contains("expected an empty store"), "{said}");
}

/// A caller that dies while it sends its input has imported nothing.
#[test]
fn an_import_whose_caller_is_killed_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    let before = server.position();
    let generated = run(&["generate", "--people", "20"], &[]).stdout;
    for _ in 0..5 {
        let mut import = command(&["import", "--data", folder.path().to_str().unwrap()], &[]);
        let mut import = import.stdin(Stdio::piped()).spawn().unwrap();
        import.stdin.as_mut().unwrap().write_all(&generated).unwrap();
        import.kill().unwrap();
        import.wait().unwrap();
    }
    assert!(done(&call("check", folder.path(), &[])).contains(": 0 findings"));
    assert_eq!(server.position(), before);
}

#[test]
fn a_damaged_index_is_computed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..20);
    server.stop();
    std::fs::write(folder.path().join("index"), "not an index").unwrap();
    let server = Server::on(folder.path());
    all_there(&server, 1..20);
    server.stop();
    assert!(done(&call("check", folder.path(), &["--rebuild"])).contains(": 0 findings"));
}

#[test]
fn a_damaged_log_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..20);
    server.kill();
    let log = std::fs::read_dir(folder.path().join("log")).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&log).unwrap();
    let middle = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&log, &bytes).unwrap();
    std::fs::remove_file(folder.path().join("index")).unwrap();
    for name in ["serve", "check", "export"] {
        let said = failed(&call(name, folder.path(), &[]));
        assert!(said.contains("log"), "{name}: {said}");
    }
    assert_eq!(std::fs::read(&log).unwrap(), bytes);
}

#[test]
fn whatever_is_sent_to_the_socket_the_server_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..5);
    let long = vec![b'x'; 1 << 20];
    let valid = &b"{\"lora\":1,\"version\":\"x\",\"call\":\"import\",\"restore\":false}\n"[..];
    let cases = [b"".to_vec(), b"\n".to_vec(), b"GET / HTTP/1.1\r\n\r\n".to_vec(), vec![0xFF; 100], long];
    let frames = [&b"i\xff\xff\xff\xff"[..], b"i\0\0\0\x09abc", b"z", b"i\0\0"];
    let cases = cases.into_iter().chain(frames.iter().map(|frame| [valid, frame].concat()));
    for case in cases {
        let mut stream = UnixStream::connect(folder.path().join("socket")).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        let _ = stream.write_all(&case);
        let _ = stream.shutdown(Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(answer.is_empty() || answer.ends_with(b"e\0\0\0\x01\x01"), "{answer:?}");
    }
    all_there(&server, 1..5);
    assert!(done(&call("check", folder.path(), &[])).contains(": 0 findings"));
}

/// More callers than may call at once go away in the middle of an answer that nobody reads.
#[test]
fn callers_that_are_killed_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..1_000);
    let whole = done(&call("export", folder.path(), &[]));
    for _ in 0..3 {
        let export =
            || command(&["export", "--data", folder.path().to_str().unwrap()], &[]).stdout(Stdio::piped()).spawn();
        let mut callers: Vec<_> = (0..4).map(|_| export().unwrap()).collect();
        for caller in &mut callers {
            // It answers by now.
            caller.stdout.as_mut().unwrap().read_exact(&mut [0]).unwrap();
            caller.kill().unwrap();
            caller.wait().unwrap();
        }
        let mut again = call("export", folder.path(), &[]);
        while again.stderr.ends_with(b"try again later\n") {
            again = call("export", folder.path(), &[]);
        }
        assert!(done(&again) == whole);
    }
    server.stop();
}

/// As `lora export | head -c 1` does: a reader that had enough is no failure.
#[test]
fn a_reader_that_has_enough_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::on(folder.path());
    put(&server, 1..1_000);
    let enough = || {
        let mut export = command(&["export", "--data", folder.path().to_str().unwrap()], &[]);
        let mut export = export.stdout(Stdio::piped()).spawn().unwrap();
        drop(export.stdout.take());
        assert_eq!(export.wait().unwrap().code(), Some(0));
    };
    enough();
    server.stop();
    enough();
}
