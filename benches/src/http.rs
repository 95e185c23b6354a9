//! The binary over HTTP, beside a server that always gives the same answer of the same length.

use std::sync::Arc;
use std::time::Duration;

use crate::client::Connection;
use crate::figures::{Failed, Figure, Unit};
use crate::goals::Measure;
use crate::place::Place;
use crate::report::Report;
use crate::server::Server;
use crate::traffic::{Answered, FUNCTIONS, MIXED, READS, Target, Traffic};

/// How often the two servers take turns.
const ROUNDS: u32 = 4;
/// How many functions are asked for.
const TARGETS: usize = 1_000;

/// Measures the binary on a filled store; each line takes a fifth of `seconds`.
pub(crate) async fn run<P: Place>(place: &P, sustained: Duration, report: &mut Report) -> Result<(), Failed> {
    let ours = Server::of_store(&place.server_options())?;
    let mut connection = Connection::to(ours.address).await?;
    let list = connection.send("GET", &format!("{FUNCTIONS}?bvn=%25&maximalantalresultater={TARGETS}"), "").await?;
    let cold = Figure::new(ours.began.elapsed().as_secs_f64() * 1e3, Unit::Millis);
    report.add("cold process to first answer, files in the page cache", cold, None, &[Measure::Cold]);
    report.add("memory of the server, idle", ours.memory()?, None, &[]);
    let list = String::from_utf8(list)?;
    let (mut targets, mut bytes) = (Vec::new(), 0);
    for uuid in list.split('"').filter(|part| part.len() == 36) {
        let answer = connection.send("GET", &format!("{FUNCTIONS}/{uuid}"), "").await?;
        bytes += answer.len();
        targets.push(Target::of(uuid, &answer)?);
    }
    let constant = Server::constant(bytes / targets.len().max(1))?;
    let targets: Arc<[Target]> = targets.into();
    let slice = sustained / 10 / ROUNDS;
    let name = format!("a constant answer of {} bytes", bytes / targets.len().max(1));
    for (what, mix) in [("reads", READS), ("reads, searches and updates", MIXED)] {
        for connections in [1, 8, 32] {
            let traffic = Traffic { mix, connections, targets: targets.clone() };
            let (mut answered, mut beside) = (Answered::default(), Answered::default());
            for _ in 0..ROUNDS {
                traffic.run(constant.address, slice, &mut beside).await?;
                traffic.run(ours.address, slice, &mut answered).await?;
            }
            let measures: &[Measure] = if what == "reads" && connections == 32 { &[Measure::HttpRead] } else { &[] };
            let what = format!("HTTP {what}, {connections} connections");
            report.add(what, answered.figure(), Some((&name, beside.figure())), measures);
        }
    }
    report.add("memory of the server, under load", ours.memory()?, None, &[Measure::Memory]);
    Ok(())
}
