//! Times and rates, as the tables show them.

use std::fmt;
use std::time::Duration;

/// Any error: the run ends with it.
pub(crate) type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Times of one operation, sorted.
#[derive(Debug)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort();
        Self(times)
    }

    /// The time that `percent` of the runs took at most.
    fn percentile(&self, percent: usize) -> Duration {
        let at = (self.0.len() * percent / 100).min(self.0.len().saturating_sub(1));
        self.0.get(at).copied().unwrap_or_default()
    }
}

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Micros,
    Millis,
    PerSecond,
    Bytes,
    Megabytes,
}

/// Something measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// Of an operation: its p50 and p99 in microseconds.
    pub(crate) times: Option<(f64, f64)>,
}

impl Figure {
    pub(crate) fn new(value: f64, unit: Unit) -> Self {
        Self { value, unit, times: None }
    }

    /// How long an operation takes: the p50 of its times.
    pub(crate) fn time(times: &Times) -> Self {
        let micros = |percent| times.percentile(percent).as_secs_f64() * 1e6;
        Self { value: micros(50), unit: Unit::Micros, times: Some((micros(50), micros(99))) }
    }

    /// How often something was done in a time.
    pub(crate) fn rate(count: usize, time: Duration) -> Self {
        Self::new(count as f64 / time.as_secs_f64(), Unit::PerSecond)
    }

    pub(crate) fn with_times(self, times: &Times) -> Self {
        Self { times: Self::time(times).times, ..self }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value;
        match self.unit {
            Unit::Micros => write!(f, "{value:.1} µs"),
            Unit::Millis => write!(f, "{value:.0} ms"),
            Unit::PerSecond => write!(f, "{value:.0}/s"),
            Unit::Bytes => write!(f, "{value:.0} bytes"),
            Unit::Megabytes => write!(f, "{value:.0} MB"),
        }
    }
}

/// How much memory a process has; `self` is this one.
pub(crate) fn memory(process: &str) -> Result<Figure, Failed> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let kilobytes = number_after(&status, "VmRSS:").ok_or("the system does not say how much memory a process has")?;
    Ok(Figure::new(kilobytes as f64 / 1024.0, Unit::Megabytes))
}

/// The number in the line that begins with a name, as files in `/proc` have them.
pub(crate) fn number_after(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}
