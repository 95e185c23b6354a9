//! Requests as data, and clients that send them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::client::Connection;
use crate::figures::{Failed, Figure, Times};

pub(crate) const FUNCTIONS: &str = "/organisation/organisationfunktion";

/// What a client asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Ask {
    Read,
    /// Who has a user key.
    SearchKey,
    /// Who belongs to a unit.
    SearchUnit,
    Update,
}

/// Of a hundred requests how many are for what.
pub(crate) type Mix = &'static [(usize, Ask)];

/// Nothing but reads.
pub(crate) const READS: Mix = &[(100, Ask::Read)];
/// As in an office: mostly reads, some searches, now and then a change.
pub(crate) const MIXED: Mix = &[(70, Ask::Read), (15, Ask::SearchKey), (5, Ask::SearchUnit), (10, Ask::Update)];

/// A function, and what it is found by.
#[derive(Debug)]
pub(crate) struct Target {
    uuid: String,
    key: String,
    unit: Option<String>,
    /// When it has its user key: before and after it cannot have a name.
    valid: Value,
}

impl Target {
    /// The function in an answer to a read.
    pub(crate) fn of(uuid: &str, answer: &[u8]) -> Result<Self, Failed> {
        let answer: Value = serde_json::from_slice(answer)?;
        let registration = &answer[uuid][0]["registreringer"][0];
        let row = &registration["attributter"]["organisationfunktionegenskaber"][0];
        let (key, valid) = (&row["brugervendtnoegle"], &row["virkning"]);
        let valid = serde_json::json!({"from": valid["from"], "to": valid["to"]});
        let unit = registration["relationer"]["tilknyttedeenheder"][0]["uuid"].as_str();
        let key = key.as_str().ok_or_else(|| format!("{uuid} has no user key: {answer}"))?;
        Ok(Self { uuid: uuid.to_owned(), key: key.to_owned(), unit: unit.map(str::to_owned), valid })
    }

    async fn ask(&self, ask: Ask, number: usize, connection: &mut Connection) -> Result<(), Failed> {
        let object = || format!("{FUNCTIONS}/{}", self.uuid);
        let answer = match (ask, &self.unit) {
            (Ask::SearchKey, _) => {
                let key = utf8_percent_encode(&self.key, NON_ALPHANUMERIC);
                connection.send("GET", &format!("{FUNCTIONS}?bvn={key}"), "").await
            }
            (Ask::SearchUnit, Some(unit)) => {
                connection.send("GET", &format!("{FUNCTIONS}?tilknyttedeenheder={unit}"), "").await
            }
            (Ask::Read | Ask::SearchUnit, _) => connection.send("GET", &object(), "").await,
            (Ask::Update, _) => connection.send("PATCH", &object(), &self.renaming(number)).await,
        };
        answer.map(drop)
    }

    fn renaming(&self, number: usize) -> String {
        let row = serde_json::json!({"funktionsnavn": format!("name {number}"), "virkning": self.valid});
        serde_json::json!({"attributter": {"organisationfunktionegenskaber": [row]}}).to_string()
    }
}

/// A number of connections, each of which always has one request on its way.
#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    pub(crate) mix: Mix,
    pub(crate) connections: usize,
    pub(crate) targets: Arc<[Target]>,
}

/// What was answered in some stretches of time.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    times: Vec<Duration>,
    during: Duration,
}

impl Traffic {
    /// Sends requests for a while.
    pub(crate) async fn run(
        &self,
        address: SocketAddr,
        during: Duration,
        answered: &mut Answered,
    ) -> Result<(), Failed> {
        let begin = Instant::now();
        let clients: Vec<_> = (0..self.connections)
            .map(|client| tokio::spawn(self.clone().client(client, address, begin, during)))
            .collect();
        for client in clients {
            answered.times.extend(client.await??);
        }
        answered.during += begin.elapsed();
        Ok(())
    }

    async fn client(
        self,
        client: usize,
        address: SocketAddr,
        begin: Instant,
        during: Duration,
    ) -> Result<Vec<Duration>, Failed> {
        let mut connection = Connection::to(address).await?;
        let mut times = Vec::new();
        while times.is_empty() || begin.elapsed() < during {
            // Spread over targets and kinds alike, and the same in each run.
            let number = client * 1009 + times.len();
            let target = &self.targets[number * 31 % self.targets.len()];
            let called = Instant::now();
            target.ask(self.kind(number * 37 % 100), number, &mut connection).await?;
            times.push(called.elapsed());
        }
        Ok(times)
    }

    fn kind(&self, mut of_a_hundred: usize) -> Ask {
        for (share, ask) in self.mix {
            if of_a_hundred < *share {
                return *ask;
            }
            of_a_hundred -= share;
        }
        Ask::Read
    }
}

impl Answered {
    /// The rate, with the times.
    pub(crate) fn figure(self) -> Figure {
        let rate = Figure::rate(self.times.len(), self.during);
        rate.with_times(&Times::new(self.times))
    }
}
