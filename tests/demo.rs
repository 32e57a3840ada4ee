//! The newcomer's first minute, from the binary: it ends by itself, its numbers add up, and nothing is left behind.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is missing")]

use std::process::Output;

use tokio::process::Command;

/// Runs a demo that keeps its temporary files in a folder of ours; gives what it said, and how many files are left.
async fn demo(arguments: &[&str]) -> (Output, String, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
    command.arg("demo").args(arguments).env_clear().env("TMPDIR", folder.path());
    let output = command.output().await.unwrap();
    let said = String::from_utf8(output.stdout.clone()).unwrap();
    (output, said, std::fs::read_dir(folder.path()).unwrap().count())
}

/// The number before these words.
fn number(text: &str, words: &str) -> u64 {
    assert!(text.contains(words), "no \"{words}\" in {text}");
    let before = text.split_once(words).unwrap().0;
    before.rsplit(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty()).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_demo_runs_to_its_end_and_cleans_up() {
    let (output, said, left) = demo(&["--jobs", "16", "--speed", "25"]).await;
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let end = &said[said.rfind("\n16 jobs in ").unwrap()..];
    assert_eq!(number(end, " jobs in "), 16, "{end}");
    assert_eq!(number(end, " wait for your approval"), 2, "{end}");
    assert_eq!(number(end, " for your answer"), 1, "{end}");
    assert_eq!(number(end, " claimed") + number(end, " unfilled"), 13, "{end}");
    assert!(number(end, " claimed") > 0, "{end}");
    // Every offer was answered or is over, but the one that is left to the user.
    let offers = said.lines().find(|line| line.starts_with("offers ")).unwrap();
    let over = [" no,", " timed out", " lost the race", " unreachable"].map(|words| number(offers, words));
    assert_eq!(number(offers, " sent"), over.iter().sum::<u64>() + number(end, " claimed") + 1, "{said}");
    for tenant in ["default  one by one", "north    two at a time", "express  everybody", "all "] {
        assert!(said.lines().any(|line| line.trim().starts_with(tenant)), "no {tenant} in {said}");
    }
    for link in ["/docs\n", "/metrics\n", "/public/approve/", "/public/offers/", "X-API-Key: $BATON_KEY"] {
        assert_eq!(said.matches(link).count(), 1, "{link} at the top of {said}");
        assert!(!end.contains(link), "{link} is gone with the server, in {end}");
    }
    assert!(end.contains("`baton demo --keep`"), "{end}");
    assert!(said.lines().all(|line| line.chars().count() <= 80 || line.starts_with("http")), "{said}");
    assert!(!said.contains('\u{1b}'), "no terminal, no control characters");
    assert_eq!(left, 0, "the temporary folder is still there");
}

#[tokio::test]
async fn the_smallest_demo_is_one_job() {
    let (output, said, _) = demo(&["--jobs", "1", "--speed", "100"]).await;
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 jobs in "), "{said}");
}

#[tokio::test]
async fn a_wrong_speed_is_told_before_anything_starts() {
    let (output, said, left) = demo(&["--speed", "0"]).await;
    assert_eq!((output.status.code(), said.as_str(), left), (Some(2), "", 0));
}

#[tokio::test]
async fn every_way_to_a_provider_is_walked_from_end_to_end() {
    let (output, said, left) = demo(&["--providers"]).await;
    assert_eq!(output.status.code(), Some(0), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let table: Vec<&str> =
        said.lines().map(str::trim_start).skip_while(|line| !line.starts_with("PATH")).skip(1).take(7).collect();
    for (row, (path, answered_by, delivered)) in table.iter().zip([
        ("telegram", "button", "not told"),
        ("resend", "mail", "delivered"),
        ("sendgrid", "mail", "delivered"),
        ("smtp", "link", "not told"),
        ("meta", "button", "read"),
        ("twilio whatsapp", "button", "read"),
        ("twilio sms", "text", "delivered"),
    ]) {
        let rest = row.strip_prefix(path).unwrap_or_else(|| panic!("{path} in {row}"));
        let cells: Vec<&str> = rest.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        assert_eq!(cells, ["sent", answered_by, "yes", "sent", delivered], "{row}");
    }
    assert_eq!(said.matches("a forged call is refused").count(), 5, "{said}");
    assert!(said.contains("the stub was given the address whatsapp:+447700900001"), "g10: {said}");
    assert!(said.contains("the stub was given the address 447700900001"), "g10: {said}");
    assert!(said.ends_with("7 of 7 paths are whole.\n"), "{said}");
    assert_eq!(left, 0, "the temporary folders are still there");
}
