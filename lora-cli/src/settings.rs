//! What the options mean, with every problem found at once.

use std::fs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::str::FromStr;

use axum::http::HeaderName;
use clap::ValueEnum;
use lora_core::oio::shipped_classes;
use lora_core::query::execute::Limits;
use lora_core::schema::{ClassDeclaration, Ids, Schema};
use tracing_subscriber::EnvFilter;

use crate::log;
use crate::serve::Args;
use crate::store::Place;

/// The options, read and found to go together.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where to listen: the first of these that can be had.
    pub(crate) listen: Vec<SocketAddr>,
    /// Where the store is.
    pub(crate) place: Place,
    /// Whether an empty store is filled with the municipality.
    pub(crate) demo: bool,
    /// The shipped classes and those of the class folders.
    pub(crate) classes: Vec<ClassDeclaration>,
    /// The header that names the actor.
    pub(crate) actor_header: Option<HeaderName>,
    /// The longest body that is taken.
    pub(crate) body_bytes_max: usize,
    /// How much a part of a query's answer may read.
    pub(crate) query_limits: Limits,
    /// How the log is written.
    pub(crate) log_format: log::Format,
    /// What is written into the log.
    pub(crate) log_filter: EnvFilter,
}

/// The classes beside the shipped ones.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(crate) struct ClassArgs {
    /// A folder with class declarations, *.toml, beside the shipped ones; several with : between or given again.
    #[arg(id = "classes", long = "classes", env = "LORA_CLASSES", value_name = "DIR", value_delimiter = ':')]
    pub(crate) folders: Vec<String>,
}

/// The shipped classes and those of the class folders.
///
/// # Errors
/// Every problem, each in one or several lines for people.
pub(crate) fn read_classes(args: &ClassArgs) -> Result<Vec<ClassDeclaration>, Vec<String>> {
    let mut reader = Reader { problems: Vec::new() };
    let classes = reader.classes(&args.folders);
    if reader.problems.is_empty() { Ok(classes) } else { Err(reader.problems) }
}

/// Collects what is wrong.
struct Reader {
    problems: Vec<String>,
}

impl Settings {
    /// Reads the options.
    ///
    /// # Errors
    /// Every problem, each in one or several lines for people.
    pub(crate) fn read(args: &Args) -> Result<Self, Vec<String>> {
        let mut reader = Reader { problems: Vec::new() };
        let place = reader.place(args);
        let listen = reader.listen(args);
        let actor_header = reader.actor_header(args, &listen);
        let classes = reader.classes(&args.classes.folders);
        let body_bytes_max = reader.parsed("--body-bytes-max", &args.body_bytes_max, "a number of bytes");
        let query_limits = reader.query_limits(args);
        let log_filter = reader.parsed("--log", &args.log, "a level such as `info` or a list of targets with levels");
        let log_format = reader.log_format(&args.log_format);
        match (place, body_bytes_max, query_limits, log_format.zip(log_filter)) {
            (Some(place), Some(body_bytes_max), Some(query_limits), Some((log_format, log_filter)))
                if reader.problems.is_empty() =>
            {
                Ok(Self {
                    listen,
                    place,
                    demo: args.demo,
                    classes,
                    actor_header,
                    body_bytes_max,
                    query_limits,
                    log_format,
                    log_filter,
                })
            }
            _ => Err(reader.problems),
        }
    }
}

impl Reader {
    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    fn place(&mut self, args: &Args) -> Option<Place> {
        let place = args.store.place().map_err(|problems| self.problems.extend(problems)).ok()?;
        Some(if args.memory { Place::Memory } else { place })
    }

    fn listen(&mut self, args: &Args) -> Vec<SocketAddr> {
        let found = args.listen.to_socket_addrs().map(|found| found.collect::<Vec<_>>());
        let addresses = match found {
            Ok(found) if !found.is_empty() => found,
            Ok(_) => {
                self.problem(format!("--listen: `{}` has no address", args.listen));
                return Vec::new();
            }
            Err(error) => {
                let expected = "expected an address and a port such as 127.0.0.1:8080";
                self.problem(format!("--listen: `{}` cannot be used ({error}); {expected}", args.listen));
                return Vec::new();
            }
        };
        if !is_loopback(&addresses) && !args.no_authentication {
            self.problem(format!(
                "--listen: `{}` can be reached from other machines, and nobody has to say who they are; give \
                 --no-authentication if that is meant",
                args.listen
            ));
        }
        addresses
    }

    fn actor_header(&mut self, args: &Args, listen: &[SocketAddr]) -> Option<HeaderName> {
        let name = args.trust_actor_header.as_ref()?;
        if !is_loopback(listen) {
            self.problem("--trust-actor-header: only on a loopback address, because anybody can send any header");
        }
        let header = HeaderName::from_str(name).ok();
        if header.is_none() {
            self.problem(format!("--trust-actor-header: `{name}` is no name of a header"));
        }
        header
    }

    fn query_limits(&mut self, args: &Args) -> Option<Limits> {
        let registrations = &args.query_registrations_max;
        let registrations = self.parsed("--query-registrations-max", registrations, "a number of registrations");
        let postings = self.parsed("--query-postings-max", &args.query_postings_max, "a number of postings");
        Some(Limits { registrations: registrations?, postings: postings? })
    }

    fn log_format(&mut self, text: &str) -> Option<log::Format> {
        let format = log::Format::from_str(text, false).ok();
        if format.is_none() {
            self.problem(format!("--log-format: `{text}` is not a format; expected text or json"));
        }
        format
    }

    fn parsed<T: FromStr>(&mut self, option: &str, text: &str, expected: &str) -> Option<T> {
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.problem(format!("{option}: `{text}` cannot be read; expected {expected}"));
        }
        parsed
    }

    /// The shipped classes, and those in the files `*.toml` of the folders in the order of their names.
    fn classes(&mut self, folders: &[String]) -> Vec<ClassDeclaration> {
        let mut classes = shipped_classes();
        for folder in folders.iter().filter(|folder| !folder.is_empty()) {
            match files(Path::new(folder)) {
                Ok(files) => {
                    for file in files {
                        classes.extend(self.class(&file));
                    }
                }
                Err(error) => self.problem(format!("--classes: `{folder}` cannot be read: {error}")),
            }
        }
        if let Err(problems) = Schema::new(&classes, Ids::default()) {
            self.problems.extend(problems.iter().map(|problem| format!("--classes: {problem}")));
        }
        classes
    }

    fn class(&mut self, file: &Path) -> Option<ClassDeclaration> {
        let name = file.display().to_string();
        let text = fs::read_to_string(file).map_err(|error| format!("--classes: {name}: {error}"));
        let class = text
            .and_then(|text| ClassDeclaration::from_toml(&name, &text).map_err(|error| format!("--classes: {error}")));
        class.map_err(|problem| self.problem(problem)).ok()
    }
}

fn files(folder: &Path) -> std::io::Result<Vec<std::path::PathBuf>> {
    let entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut files = entries.collect::<Result<Vec<_>, _>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    Ok(files)
}

fn is_loopback(addresses: &[SocketAddr]) -> bool {
    addresses.iter().all(|address| address.ip().is_loopback())
}
