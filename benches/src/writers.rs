//! Many clients that write side by side.

use std::sync::Arc;
use std::time::{Duration, Instant};

use lora_core::storage::Storage;

use crate::figures::{Failed, Figure, Times, Unit};
use crate::goals::Measure;
use crate::place::{Place, Raw};
use crate::register::Register;
use crate::report::Report;

const CLIENTS: usize = 64;
/// The longest burst.
const BURST: Duration = Duration::from_secs(2);

/// Measures a burst of updates and then a sustained run, each between two runs of the yardstick.
pub(crate) async fn run<P: Place>(
    place: &P,
    register: &Arc<Register<P::Store>>,
    raw: &P::Raw,
    sustained: Duration,
    report: &mut Report,
) -> Result<(), Failed> {
    let burst = BURST.min(sustained);
    for (name, during, measures) in
        [("burst", burst, &[Measure::Burst]), ("sustained", sustained, &[Measure::Sustained])]
    {
        let before = raw.writers(burst).await?;
        let written = place.written().await?;
        let (rate, count) = updates(register, during).await?;
        let written = (place.written().await? - written) as f64 / count as f64;
        let after = raw.writers(burst).await?;
        let beside = Figure::new((before.value + after.value) / 2.0, Unit::PerSecond);
        let what = format!("updates, {CLIENTS} clients, {name}, {:.0} s", during.as_secs_f64());
        report.add(what, rate, Some((P::Raw::WRITERS, beside)), measures);
        if name == "sustained" {
            let logical = Figure::new(register.bytes as f64, Unit::Bytes);
            let what = format!("{} per update, {CLIENTS} clients", P::WRITTEN);
            let beside = Some(("bytes of a registration", logical));
            report.add(what, Figure::new(written, Unit::Bytes), beside, &[Measure::WrittenPerUpdate]);
        }
    }
    Ok(())
}

/// How many updates all clients together do, with their times.
async fn updates<S: Storage>(register: &Arc<Register<S>>, during: Duration) -> Result<(Figure, usize), Failed> {
    let begin = Instant::now();
    let clients = (0..CLIENTS).map(|client| tokio::spawn(updating(register.clone(), client, begin, during)));
    let clients: Vec<_> = clients.collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    let count = times.len();
    Ok((Figure::rate(count, begin.elapsed()).with_times(&Times::new(times)), count))
}

async fn updating<S: Storage>(
    register: Arc<Register<S>>,
    client: usize,
    begin: Instant,
    during: Duration,
) -> Result<Vec<Duration>, Failed> {
    let mut times = Vec::new();
    while times.is_empty() || begin.elapsed() < during {
        let number = client + CLIENTS * times.len();
        let called = Instant::now();
        register.update(number, &format!("{client}-{number}")).await?;
        times.push(called.elapsed());
    }
    Ok(times)
}
