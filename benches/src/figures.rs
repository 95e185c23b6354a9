//! Times, and the table that they end up in.

use std::time::{Duration, Instant};

/// Any error: the run ends with it.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Times of one operation, sorted.
pub(crate) struct Times(Vec<Duration>);

impl Times {
    /// Of `count` runs of an operation, each with its number.
    pub(crate) fn of<T>(count: usize, mut run: impl FnMut(usize) -> Result<T, Failed>) -> Result<Self, Failed> {
        let timed = |number| {
            let begin = Instant::now();
            std::hint::black_box(run(number)?);
            Ok::<_, Failed>(begin.elapsed())
        };
        let mut times = (0..count).map(timed).collect::<Result<Vec<_>, _>>()?;
        times.sort();
        Ok(Self(times))
    }

    pub(crate) fn from_all(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time that `percent` of the runs took at most.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() * percent / 100).min(self.0.len() - 1)]
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// Prints a row: what was measured, p50 and p99, and how often its yardstick fits into it.
pub(crate) fn row(what: &str, times: &Times, yardstick: Option<(&str, &Times)>) {
    let (p50, p99) = (micros(times.median()), micros(times.percentile(99)));
    match yardstick {
        Some((name, other)) => {
            let ratio = times.median().as_secs_f64() / other.median().as_secs_f64();
            let tail = times.percentile(99).as_secs_f64() / other.percentile(99).as_secs_f64();
            println!("| {what} | {p50} | {p99} | {ratio:.2} × {name} (p99 {tail:.2} ×) |");
        }
        None => println!("| {what} | {p50} | {p99} | |"),
    }
}

/// Prints a row that is not about times of single operations.
pub(crate) fn fact(what: &str, figure: &str, compared: &str) {
    println!("| {what} | {figure} | | {compared} |");
}

fn micros(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// How much memory the process has, in megabytes.
pub(crate) fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
