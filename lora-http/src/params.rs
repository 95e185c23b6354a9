//! The arguments of a query: the one place that says what `virkningFra` means.

mod search;
mod time;

use axum::http::Uri;
use uuid::Uuid;

use crate::error::Problem;

pub(crate) use search::search;
pub(crate) use time::time_context;

/// Arguments that say from which point of time, on reads of every kind.
pub(crate) const TIME: [&str; 6] =
    ["virkningstid", "virkningfra", "virkningtil", "registreringstid", "registreretfra", "registrerettil"];

/// Join rows that follow on each other; present with any value, even an empty one.
pub(crate) const CONSOLIDATE: &str = "konsolider";

/// The arguments in the order given, names folded: lower case before a `:`, and `bvn` written out.
pub(crate) struct Arguments(Vec<(String, String)>);

impl Arguments {
    /// The arguments of a request.
    ///
    /// # Errors
    /// 400 where a name or value is not UTF-8, or holds a NUL.
    pub(crate) fn of(uri: &Uri) -> Result<Self, Problem> {
        let pairs = pairs(uri)?.into_iter();
        Ok(Self(pairs.map(|(name, value)| (folded(&name), value)).collect()))
    }

    /// Refuses every argument whose name is not `allowed`.
    ///
    /// # Errors
    /// 400 in LoRA's words, with the names in order.
    pub(crate) fn only(&self, allowed: impl Fn(&str) -> bool) -> Result<(), Problem> {
        let mut refused: Vec<&str> = self.names().filter(|name| !allowed(name)).collect();
        if refused.is_empty() {
            return Ok(());
        }
        refused.sort_unstable();
        refused.dedup();
        let names = refused.join(", ");
        let message = format!("Unsupported argument(s): {names}");
        Err(Problem::invalid("unsupported_argument", message).parameter(refused[0]).value(names))
    }

    /// The names, in the order given.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Names and values, in the order given.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether an argument is there, with any value.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names().any(|given| given == name)
    }

    /// The first value of an argument: the one that counts where there can be only one.
    pub(crate) fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of an argument.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.iter().filter(move |(given, _)| *given == name).map(|(_, value)| value)
    }

    /// The values of `uuid`.
    ///
    /// # Errors
    /// 400 for the first that is none.
    pub(crate) fn uuids(&self) -> Result<Vec<Uuid>, Problem> {
        self.all("uuid").map(|text| uuid("uuid", text)).collect()
    }
}

/// The arguments of a request in the order given, with their names as they are.
///
/// # Errors
/// 400 where a name or value is not UTF-8, or holds a NUL.
pub(crate) fn pairs(uri: &Uri) -> Result<Vec<(String, String)>, Problem> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let arguments = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decoded(name, pair)?;
        let value = decoded(value, &name)?;
        Ok((name, value))
    });
    arguments.collect()
}

/// A UUID that an argument gives.
pub(crate) fn uuid(name: &str, text: &str) -> Result<Uuid, Problem> {
    read_uuid(text).ok_or_else(|| {
        let message = format!("invalid input syntax for type uuid: \"{text}\"");
        Problem::data("unreadable_uuid", message).parameter(name).value(text).accepted("a UUID")
    })
}

/// Reads a UUID as hyphenated (with all, some or no hyphens between groups of four digits), in braces, or as a URN.
pub(crate) fn read_uuid(text: &str) -> Option<Uuid> {
    if let Ok(uuid) = Uuid::try_parse(text) {
        return Some(uuid);
    }
    let inside = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let groups = inside.split('-');
    let whole = groups.clone().all(|group| !group.is_empty() && group.len() % 4 == 0);
    whole.then(|| groups.collect::<String>()).and_then(|digits| Uuid::try_parse(&digits).ok())
}

/// The last segment of the path, as a UUID.
///
/// # Errors
/// 400 where it is none.
pub(crate) fn path_uuid(uri: &Uri) -> Result<Uuid, Problem> {
    let segment = uri.path().rsplit('/').next().unwrap_or_default();
    let text = percent_decoded(segment).ok_or_else(|| Problem::path_uuid(segment))?;
    read_uuid(&text).ok_or_else(|| Problem::path_uuid(&text))
}

fn folded(name: &str) -> String {
    let (name, suffix) = name.split_at(name.find(':').unwrap_or(name.len()));
    match name.to_lowercase() {
        short if short == "bvn" && suffix.is_empty() => "brugervendtnoegle".to_owned(),
        name => name + suffix,
    }
}

fn decoded(text: &str, of: &str) -> Result<String, Problem> {
    let spaced = text.replace('+', " ");
    let problem = |code, message| Problem::invalid(code, message).parameter(of).value(text);
    let decoded = percent_decoded(&spaced).ok_or_else(|| problem("invalid_utf8", "an argument is not UTF-8"))?;
    if decoded.contains('\0') {
        return Err(problem("nul_character", "an argument holds a NUL character"));
    }
    Ok(decoded)
}

/// The text that percent signs encode; `None` where it is not UTF-8. A `%` without two digits stands for itself.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(query: &str) -> Result<Arguments, Problem> {
        Arguments::of(&format!("/x?{query}").parse().unwrap())
    }

    #[test]
    fn names_are_folded_before_the_colon_and_bvn_is_short() {
        let arguments = arguments("BVN=a%20b+c&Adresser:EMail=x&bvn:T=&=v&&virkningFra").unwrap();
        let found: Vec<_> = arguments.iter().collect();
        let expected =
            [("brugervendtnoegle", "a b c"), ("adresser:EMail", "x"), ("bvn:T", ""), ("", "v"), ("virkningfra", "")];
        assert_eq!(found, expected);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_and_stray_percent_signs_kept() {
        assert!(arguments("bvn=%ff").is_err());
        assert!(arguments("%ff=x").is_err());
        assert!(arguments("bvn=a%00b").is_err());
        assert_eq!(
            arguments("bvn=100%&bvn=%zz&bvn=%C3%A6").unwrap().all("brugervendtnoegle").collect::<Vec<_>>(),
            ["100%", "%zz", "æ"]
        );
    }

    #[test]
    fn uuids_in_every_form() {
        let uuid = Uuid::try_parse("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11").unwrap();
        for text in [
            "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
            "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11",
            "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
            "urn:uuid:a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        ] {
            assert_eq!(read_uuid(text), Some(uuid), "{text}");
        }
        for text in ["", "12", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g", "-"] {
            assert_eq!(read_uuid(text), None, "{text}");
        }
    }
}
