//! A picture as SVG: one file that needs nothing else, runs nothing, and says in words what it shows.

use std::fmt::Write as _;

use super::label::visible;
use super::{Drawn, Picture, Span, act};

/// How wide valid time is drawn.
const WIDTH: usize = 900;
const COLUMN_MIN: usize = 26;
/// How high a registration is drawn.
const ROW: usize = 34;
/// Where the rows begin: below the title and the beginnings of columns.
const TOP: usize = 170;
/// Where the times of registrations begin, after their numbers.
const TIMES: usize = 70;
/// How wide the name of an act is.
const ACT: usize = 90;
/// What is free on the right, where the beginning of the last column reaches out.
const RIGHT: usize = 150;
/// About how wide a letter is, at most.
const LETTER: usize = 8;
/// How high a line of the legend is.
const LINE: usize = 20;

/// The longest text of a content in words, in characters.
const WORDS_MAX: usize = 200;
/// How many stretches are told of in the description.
const BLOCKS_TOLD_MAX: usize = 30;

/// Light colours that are told apart by people who see colours differently, too; letters say the same.
const COLOURS: [&str; 8] = ["#cfe3f5", "#fbdcc0", "#cdebdc", "#f6e7a6", "#e3d4f0", "#f7cfd8", "#d9ead3", "#dddddd"];

/// Draws a picture.
pub fn draw(picture: &Picture) -> String {
    let columns = Columns::of(picture);
    let legend = legend(picture, &columns);
    let rows = Rows::of(picture);
    let below = TOP + rows.height() + 30;
    let height = below + LINE * legend.len() + 20;
    let width = columns.edges[columns.edges.len() - 1] + RIGHT;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         role=\"img\" aria-labelledby=\"title desc\" font-family=\"sans-serif\" font-size=\"13\">\n"
    );
    let _ = writeln!(out, "<title id=\"title\">{}</title>", escaped(&picture.title));
    let _ = writeln!(out, "<desc id=\"desc\">{}</desc>", escaped(&description(picture)));
    out.push_str(
        "<defs><pattern id=\"off\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><rect width=\"2\" height=\"6\" fill=\"#ffffff\" fill-opacity=\"0.75\"/></pattern></defs>\n",
    );
    let _ = writeln!(out, "<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>");
    label(&mut out, (16, 28), "font-size=\"16\" font-weight=\"bold\"", &picture.title);
    label(&mut out, (16, TOP - 14), "fill=\"#555555\"", "registered ↓   valid →");
    ruler(&mut out, picture, &columns, TOP + rows.height());
    heads(&mut out, picture, &columns, &rows);
    for block in blocks(picture) {
        draw_block(&mut out, picture, &columns, &rows, block);
    }
    for (number, (mark, text)) in legend.iter().enumerate() {
        let y = below + LINE * number;
        mark.draw(&mut out, y);
        label(&mut out, (70, y + 4), "", text);
    }
    out.push_str("</svg>\n");
    out
}

/// Where columns stand.
struct Columns {
    /// Where acts are named, before the columns.
    acts: usize,
    /// The left edge of each, and the right edge of the last.
    edges: Vec<usize>,
}

impl Columns {
    fn of(picture: &Picture) -> Self {
        let label = picture.axis.columns.iter().map(|column| column.from.chars().count()).max().unwrap_or(0);
        let times = picture.rows.iter().map(|row| row.registered.chars().count()).max().unwrap_or(0);
        let acts = TIMES + LETTER * times + 10;
        let mut edges = vec![acts + ACT];
        for width in picture.widths(WIDTH, COLUMN_MIN, label * LETTER + 60) {
            edges.push(edges[edges.len() - 1] + width);
        }
        Self { acts, edges }
    }

    /// How many letters there is room for.
    fn room(&self, span: Span) -> usize {
        (self.edges[span.to] - self.edges[span.from]).saturating_sub(12) / LETTER
    }
}

/// Where registrations stand; what is left out has a row of its own.
struct Rows {
    count: usize,
    left_out: Option<usize>,
}

impl Rows {
    fn of(picture: &Picture) -> Self {
        Self { count: picture.rows.len(), left_out: picture.left_out.map(|(after, _)| after) }
    }

    fn top(&self, row: usize) -> usize {
        let gap = self.left_out.is_some_and(|after| row >= after);
        TOP + ROW * (row + usize::from(gap))
    }

    fn height(&self) -> usize {
        self.top(self.count) - TOP
    }
}

/// The same from one row to the next ones.
#[derive(Debug, Clone, Copy)]
struct Block {
    from: usize,
    to: usize,
    span: Span,
}

/// Spans that are the same in rows that follow each other, as one.
fn blocks(picture: &Picture) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (row, spans) in picture.rows.iter().map(|row| &row.spans).enumerate() {
        let after_gap = picture.left_out.is_some_and(|(after, _)| after == row);
        for span in spans {
            let goes_on = blocks.iter_mut().find(|block| block.to == row && block.span == *span && !after_gap);
            match goes_on {
                Some(block) => block.to += 1,
                None => blocks.push(Block { from: row, to: row + 1, span: *span }),
            }
        }
    }
    blocks
}

fn draw_block(out: &mut String, picture: &Picture, columns: &Columns, rows: &Rows, block: Block) {
    let Block { from, to, span } = block;
    let drawn = &picture.contents[span.content];
    let (x, y) = (columns.edges[span.from], rows.top(from));
    let (width, height) = (columns.edges[span.to] - x, rows.top(to - 1) + ROW - y);
    let place = format!("x=\"{x}\" y=\"{}\" width=\"{width}\" height=\"{}\" rx=\"3\"", y + 2, height - 4);
    out.push_str("<g>");
    let _ = write!(out, "<title>{}</title>", escaped(&told(picture, block)));
    let dashes = if span.present { "" } else { " stroke-dasharray=\"4 3\"" };
    let fill = colour(span.content);
    let _ = write!(out, "<rect {place} fill=\"{fill}\" stroke=\"#445566\" stroke-width=\"1\"{dashes}/>");
    if !span.present {
        let _ = write!(out, "<rect {place} fill=\"url(#off)\"/>");
    }
    label(out, (x + 6, y + ROW / 2 + 4), "", drawn.label(columns.room(span)));
    out.push_str("</g>\n");
}

/// What a block says, in words.
fn told(picture: &Picture, Block { from, to, span }: Block) -> String {
    let columns = &picture.axis.columns;
    let valid = (&columns[span.from].valid, &columns[span.to - 1].valid);
    let begin = if valid.0.from().is_finite() { columns[span.from].from.clone() } else { "-infinity".to_owned() };
    let end = columns.get(span.to).map_or_else(|| valid.1.to().to_string(), |next| next.from.clone());
    let until = match picture.rows.get(to) {
        _ if picture.left_out.is_some_and(|(after, _)| after == to) => "until some that is left out".to_owned(),
        Some(next) => format!("until {}", next.registered),
        None => "on".to_owned(),
    };
    let counts = if span.present { "" } else { "; the object does not count" };
    let registered = &picture.rows[from].registered;
    format!(
        "{}: valid from {begin} to {end}, known from {registered} {until}{counts}",
        said(&picture.contents[span.content])
    )
}

fn said(drawn: &Drawn) -> String {
    if drawn.lines.is_empty() { drawn.letter.clone() } else { visible(&drawn.lines.join("; "), WORDS_MAX) }
}

fn ruler(out: &mut String, picture: &Picture, columns: &Columns, bottom: usize) {
    for (column, x) in picture.axis.columns.iter().zip(&columns.edges) {
        if !column.from.is_empty() {
            let _ = writeln!(out, "<path d=\"M{x} {} V{bottom}\" stroke=\"#bbbbbb\" stroke-width=\"1\"/>", TOP - 8);
            let turned = format!("transform=\"rotate(-35 {} {})\" fill=\"#333333\"", x + 2, TOP - 12);
            label(out, (x + 2, TOP - 12), &turned, &column.from);
        }
        if column.left_out > 0 {
            label(out, (x + 8, bottom + 14), "fill=\"#777777\"", &format!("… {}", column.left_out));
        }
    }
}

fn heads(out: &mut String, picture: &Picture, columns: &Columns, rows: &Rows) {
    for (number, row) in picture.rows.iter().enumerate() {
        let y = rows.top(number) + ROW / 2 + 4;
        label(out, (16, y), "fill=\"#555555\"", &format!("#{}", row.seq.0));
        label(out, (TIMES, y), "", &row.registered);
        label(out, (columns.acts, y), "fill=\"#555555\"", act(row.lifecycle));
    }
    if let Some((after, count)) = picture.left_out {
        let y = TOP + ROW * after + ROW / 2 + 4;
        label(out, (TIMES, y), "fill=\"#777777\"", &format!("… {count} registrations …"));
    }
}

/// What stands before a line of the legend.
enum Mark {
    Letter(String, &'static str),
    Off,
    Nothing,
}

impl Mark {
    fn draw(&self, out: &mut String, y: usize) {
        let place = format!("x=\"16\" y=\"{}\" width=\"44\" height=\"16\" rx=\"3\"", y - 9);
        match self {
            Self::Letter(letter, fill) => {
                let _ = write!(out, "<rect {place} fill=\"{fill}\" stroke=\"#445566\"/>");
                label(out, (22, y + 4), "", letter);
            }
            Self::Off => {
                let _ = write!(out, "<rect {place} fill=\"#dddddd\" stroke=\"#445566\" stroke-dasharray=\"4 3\"/>");
                let _ = write!(out, "<rect {place} fill=\"url(#off)\"/>");
            }
            Self::Nothing => {}
        }
    }
}

fn legend(picture: &Picture, columns: &Columns) -> Vec<(Mark, String)> {
    let spans = || picture.rows.iter().flat_map(|row| &row.spans);
    let mut lines = Vec::new();
    for (number, drawn) in picture.contents.iter().enumerate() {
        if spans().any(|span| span.content == number && drawn.label(columns.room(*span)) == drawn.letter) {
            let mark = Mark::Letter(drawn.letter.clone(), colour(number));
            let mut said = drawn.lines.iter().cloned();
            lines.push((mark, said.next().unwrap_or_else(|| "what is stated throughout".to_owned())));
            lines.extend(said.map(|line| (Mark::Nothing, line)));
        }
    }
    if !picture.throughout.is_empty() {
        lines.push((Mark::Nothing, "Throughout:".to_owned()));
        lines.extend(picture.throughout.iter().map(|line| (Mark::Nothing, line.clone())));
    }
    if spans().any(|span| !span.present) {
        lines.push((Mark::Off, "the object does not count".to_owned()));
    }
    lines
}

/// The picture in a few sentences.
fn description(picture: &Picture) -> String {
    let count = picture.rows.len() + picture.left_out.map_or(0, |(_, count)| count as usize);
    let mut text = format!(
        "Transaction time runs downwards and valid time to the right. {count} registrations, {} of them drawn.",
        picture.rows.len()
    );
    if let (Some(first), Some(last)) = (picture.rows.first(), picture.rows.last()) {
        let _ = write!(text, " The first was made {}, the last {}.", first.registered, last.registered);
    }
    let blocks = blocks(picture);
    for block in blocks.iter().take(BLOCKS_TOLD_MAX) {
        let _ = write!(text, " {}.", told(picture, *block));
    }
    if blocks.len() > BLOCKS_TOLD_MAX {
        let _ = write!(text, " And {} more.", blocks.len() - BLOCKS_TOLD_MAX);
    }
    text
}

fn colour(content: usize) -> &'static str {
    COLOURS[content % COLOURS.len()]
}

fn label(out: &mut String, (x, y): (usize, usize), style: &str, text: &str) {
    let space = if style.is_empty() { "" } else { " " };
    let _ = writeln!(out, "<text x=\"{x}\" y=\"{y}\"{space}{style}>{}</text>", escaped(text));
}

/// A text as it stands in XML, between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
