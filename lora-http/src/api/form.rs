//! In which form an answer is wanted (`Accept`, RFC 9110 §12.5.1).

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::error::Problem;

/// A form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A page as one JSON object.
    Json,
    /// A JSON object for each object that is found, a line each.
    Lines,
    /// A line for each object that is found.
    Csv,
}

/// The forms with their types, that before others which is given where the client does not care.
const FORMS: [(Form, &str, &str); 3] =
    [(Form::Json, "application", "json"), (Form::Lines, "application", "x-ndjson"), (Form::Csv, "text", "csv")];

impl Form {
    /// The form that the client likes best; JSON where it does not say.
    ///
    /// # Errors
    /// 406 where it takes none of them.
    pub(super) fn wanted(headers: &HeaderMap) -> Result<Self, Problem> {
        let given = headers.get_all(header::ACCEPT).iter().map(|value| value.to_str().unwrap_or_default());
        let accepted = given.collect::<Vec<_>>().join(",");
        if accepted.trim().is_empty() {
            return Ok(Self::Json);
        }
        let liked = FORMS.map(|(form, kind, subtype)| (quality(&accepted, kind, subtype), form));
        // Of equals the first one counts.
        let best = liked.into_iter().rev().max_by_key(|(quality, _)| *quality);
        best.filter(|(quality, _)| *quality > 0).map(|(_, form)| form).ok_or_else(|| {
            let problem = Problem::new(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "no such form of the answer");
            let problem = problem.path("header Accept").value(accepted);
            problem.accepted("application/json, application/x-ndjson or text/csv")
        })
    }

    /// The content type.
    pub(super) const fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json",
            Self::Lines => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        })
    }
}

/// How much a type is liked, in thousandths: what names it more closely says so.
fn quality(accepted: &str, kind: &str, subtype: &str) -> u16 {
    let ranges = accepted.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let (main, sub) = parts.next()?.split_once('/')?;
        let exactness = match (main.eq_ignore_ascii_case(kind), sub.eq_ignore_ascii_case(subtype)) {
            (true, true) => 2,
            (true, false) if sub == "*" => 1,
            _ if main == "*" && sub == "*" => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some((exactness, weight.map_or(1_000, thousandths)))
    });
    ranges.max_by_key(|(exactness, _)| *exactness).map_or(0, |(_, quality)| quality)
}

fn thousandths(weight: &str) -> u16 {
    let weight: f64 = weight.trim().parse().unwrap_or(0.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number between 0 and 1000")]
    let thousandths = (weight.clamp(0.0, 1.0) * 1_000.0) as u16;
    thousandths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<Form> {
        let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_str(accept).unwrap())]);
        Form::wanted(&headers).ok()
    }

    #[test]
    fn the_form_is_the_one_that_the_client_likes_best() {
        assert_eq!(Form::wanted(&HeaderMap::new()).ok(), Some(Form::Json));
        for (accept, form) in [
            ("*/*", Form::Json),
            ("application/*", Form::Json),
            ("text/*", Form::Csv),
            ("text/csv", Form::Csv),
            ("application/x-ndjson", Form::Lines),
            ("APPLICATION/X-NDJSON; charset=utf-8", Form::Lines),
            ("text/html, application/json;q=0.5, text/csv;q=0.9", Form::Csv),
            ("application/json, text/csv", Form::Json),
            ("*/*;q=0.1, application/x-ndjson;q=0.2", Form::Lines),
            ("application/json;q=0, */*", Form::Lines),
            ("", Form::Json),
        ] {
            assert_eq!(wanted(accept), Some(form), "{accept}");
        }
        for accept in ["text/html", "application/json;q=0", "json", "text/csv;q=x", "application/xml;q=1"] {
            assert_eq!(wanted(accept), None, "{accept}");
        }
    }
}
