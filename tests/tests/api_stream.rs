//! A long answer streams: neither the server nor its client holds more of it at the end than at its beginning.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::net::TcpStream;
use std::path::Path;

use lora_tests::{Server, run};
use uuid::Uuid;

/// A process may grow by so much while it streams, for buffers: half of the shortest answer.
const GROWTH: u64 = 40 << 20;

/// How many objects are streamed, and how long the text of each is. `LORA_STREAMED` asks for other numbers of short ones.
fn wanted() -> (usize, usize) {
    let asked = std::env::var("LORA_STREAMED").ok().and_then(|count| count.parse().ok());
    asked.map_or((5_000, 16_000), |count| (count, 100))
}

/// A register of so many facets, each registered once.
fn write_register(path: &Path, count: usize, letters: usize) {
    let header = String::from_utf8(run(&["generate", "--people", "1"], &[]).stdout).expect("JSON is text");
    let mut out = BufWriter::new(File::create(path).expect("the folder is there"));
    writeln!(out, "{}", header.lines().next().expect("a header")).expect("there is room");
    let text = "x".repeat(letters);
    for number in 1..=count {
        let id = Uuid::from_u128(number as u128);
        let during = r#""virkning":{"from":"2020-01-01T00:00:00Z","to":"infinity"}"#;
        writeln!(
            out,
            r#"{{"position":{number},"instant":"2026-01-01T00:00:00Z","kind":"registration","class":"facet","id":"{id}","registered":{{"from":"2026-01-01T00:00:00Z","asserted":true}},"lifecycle":"Importeret","actor":"{id}","note":"","content":{{"attributter":{{"facetegenskaber":[{{"brugervendtnoegle":"k{number}","beskrivelse":"{text}",{during}}}]}},"tilstande":{{"facetpubliceret":[{{"publiceret":"Publiceret",{during}}}]}}}}}}"#,
        )
        .expect("there is room");
    }
}

/// How many bytes of memory a process has in use.
fn memory(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("every process has memory");
    let kilobytes = line.trim().trim_end_matches(" kB");
    kilobytes.parse::<u64>().expect("a number of kilobytes") << 10
}

/// Reads all objects, in order; says how much memory server and client have at each tenth.
fn streamed(server: &Server, count: usize) -> Vec<[u64; 2]> {
    let sizes = || [memory(&server.pid().to_string()), memory("self")];
    let mut stream = TcpStream::connect(server.address).expect("the server listens");
    let head = "host: x\r\naccept: application/x-ndjson\r\nconnection: close\r\n\r\n";
    write!(stream, "GET /api/v1/facet?show=objects HTTP/1.1\r\n{head}").expect("the server reads");
    let lines = BufReader::new(stream).lines().map(|line| line.expect("the answer goes on"));
    let mut lines = lines.filter(|line| line.starts_with("{\"id\":"));
    let (mut last, mut sampled) = (Uuid::nil(), Vec::new());
    for number in 0..count {
        let line = lines.next().unwrap_or_else(|| panic!("the answer ends after {number} of {count} rows"));
        let id = line[7..43].parse().expect("a UUID");
        assert!(last < id, "{last} comes before {id}");
        last = id;
        if number % (count / 10) == 0 {
            sampled.push(sizes());
        }
    }
    assert_eq!(lines.next(), None, "no more rows than objects");
    sampled.push(sizes());
    sampled
}

#[test]
fn a_long_answer_takes_the_memory_of_a_part() {
    let (folder, (count, letters)) = (tempfile::tempdir().unwrap(), wanted());
    let (text, data) = (folder.path().join("facets.jsonl"), folder.path().join("data"));
    write_register(&text, count, letters);
    let imported = run(&["import", "--data", data.to_str().unwrap(), text.to_str().unwrap()], &[]);
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));

    let server = Server::on(&data);
    // The first time the index fills its cache, which has a limit of its own.
    let [first, sampled] = [(), ()].map(|()| streamed(&server, count));
    eprintln!("{count} rows; memory of server and client at each tenth: {first:?}, and once more: {sampled:?}");
    for (end, name) in ["server", "client"].into_iter().enumerate() {
        let (begun, most) = (sampled[0][end], sampled.iter().map(|sample| sample[end]).max().unwrap());
        assert!(most < begun + GROWTH, "the {name} grew from {begun} to {most} bytes");
    }
    server.stop();
}
