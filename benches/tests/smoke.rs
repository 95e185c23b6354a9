//! A small run of everything: what is measured is a figure, whatever figure it is.

use std::path::Path;
use std::process::Command;

/// How many goals a run of everything looks at.
const GOALS: usize = 44;

/// Runs everything, small, and returns the page.
fn page(folder: &Path) -> String {
    // The program looks for the binary beside itself.
    assert!(lora_tests::binary().exists());
    let page = folder.join("performance.md");
    let mut benches = Command::new(env!("CARGO_BIN_EXE_lora-benches"));
    benches.args(["all", "--registrations", "2000", "--seconds", "1", "--folder"]).arg(folder);
    let output = benches.arg("--write").arg(&page).output().expect("the program runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(page).expect("the page was written")
}

/// The cells of each row of the tables, without their heads.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let lines: Vec<&str> = text.lines().collect();
    let is_row = |at: &usize| {
        let head = lines.get(at + 1).is_some_and(|next| next.starts_with("|--"));
        lines[*at].starts_with('|') && !lines[*at].starts_with("|--") && !head
    };
    let cells = |at: usize| lines[at].trim_matches('|').split('|').map(str::trim).collect();
    (0..lines.len()).filter(is_row).map(cells).collect()
}

/// Whether a cell begins with a number above 0, and none that is infinite.
fn is_figure(cell: &str) -> bool {
    let number: String = cell.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    number.parse::<f64>().is_ok_and(|number| number > 0.0)
}

#[test]
fn every_row_of_a_small_run_has_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = page(folder.path());
    let (tables, goals) = page.split_once("\n## Goals\n").expect("the goals");
    for title in ["\n## The embedded store\n", "\n## PostgreSQL\n"] {
        assert!(tables.contains(title), "{page}");
    }
    for row in rows(tables) {
        let [_, figure, p50, p99, beside, yardstick, its_p50, its_p99, ratio] = row[..] else { panic!("{row:?}") };
        assert!(is_figure(figure) || is_figure(p50) && is_figure(p99), "{row:?}");
        let is_compared = is_figure(yardstick) || is_figure(its_p50) && is_figure(its_p99);
        assert_eq!(is_compared, !beside.is_empty(), "{row:?}");
        assert_eq!(is_figure(ratio), is_compared, "{row:?}");
    }
    let goals = rows(goals);
    assert_eq!(goals.len(), GOALS, "{page}");
    for row in goals {
        let [_, _, measured, ratio, goal, verdict] = row[..] else { panic!("{row:?}") };
        assert!(is_figure(measured) && (is_figure(ratio) || ratio == "–"), "{row:?}");
        assert!(goal.starts_with(['≤', '≥']) && ["reached", "missed"].contains(&verdict), "{row:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 1, "only the page stays");
}
