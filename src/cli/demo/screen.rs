//! What the terminal shows: a view that is redrawn in place, or a line a second where nobody looks.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::tally::short;
use super::town::Town;
use super::watch::{Line, Watch};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::print;
use crate::cli::table::table;

/// No line is longer.
const WIDTH: usize = 79;
/// So many lines of what happened fit below the numbers on a terminal of 24.
const LATEST: usize = 10;
const BAR: usize = 40;
/// The states as people say them, in the order of a job's life.
const STATES: [(&str, &str); 5] = [
    ("needs_approval", "waiting for approval"),
    ("scheduled", "scheduled"),
    ("offering", "being offered"),
    ("claimed", "claimed"),
    ("unfilled", "unfilled"),
];

/// Where the demo is shown.
pub struct Screen {
    view: Option<ProgressBar>,
    last: Option<u64>,
    /// How many lines were printed one by one.
    printed: usize,
}

impl Screen {
    /// The standard output.
    pub fn open() -> Result<Self, Failure> {
        let view = if std::io::stdout().is_terminal() {
            let style = ProgressStyle::with_template("{msg}")
                .map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
            bar.set_style(style);
            Some(bar)
        } else {
            None
        };
        Ok(Self { view, last: None, printed: 0 })
    }

    /// Shows how it stands.
    pub fn show(&mut self, watch: &Watch, town: &Town, wanted: usize) -> Result<(), Failure> {
        if let Some(view) = &self.view {
            view.set_message(block(watch, town, wanted));
            return Ok(());
        }
        let second = watch.elapsed().as_secs();
        if self.last.replace(second) == Some(second) {
            return Ok(());
        }
        print(&one_line(watch))
    }

    /// Leaves the last view where it is.
    pub fn close(&mut self, watch: &Watch) -> Result<(), Failure> {
        self.printed = watch.told;
        let Some(view) = self.view.take() else { return Ok(()) };
        view.abandon();
        // The cursor stands behind the view's last line.
        print("")
    }

    /// Prints what happened since the last time, a line each.
    pub fn go_on(&mut self, watch: &Watch, town: &Town) -> Result<(), Failure> {
        let new = watch.told.saturating_sub(self.printed).min(watch.lines.len());
        self.printed = watch.told;
        watch.lines.iter().skip(watch.lines.len() - new).try_for_each(|line| print(&event(line, town)))
    }
}

/// The numbers, and the latest of what happened.
fn block(watch: &Watch, town: &Town, wanted: usize) -> String {
    let states = watch.states(None);
    let mut lines = vec![format!("{:>4} s   {} of {wanted} jobs are in", watch.elapsed().as_secs(), watch.count())];
    for (state, words) in STATES {
        let count = states.get(state).copied().unwrap_or_default();
        if count > 0 || !matches!(state, "scheduled") {
            let length = (count * BAR).div_ceil(wanted.max(1)).min(BAR);
            lines.push(format!("  {words:<21}{count:>6}  {}", "█".repeat(length)));
        }
    }
    lines.push(String::new());
    lines.extend(offers(watch).into_iter().map(|line| format!("  {line}")));
    lines.push(String::new());
    let latest = watch.lines.iter().skip(watch.lines.len().saturating_sub(LATEST));
    lines.extend(latest.map(|line| event(line, town)));
    let fit = |line: String| line.chars().take(WIDTH).collect::<String>();
    lines.into_iter().map(fit).collect::<Vec<_>>().join("\n")
}

fn offers(watch: &Watch) -> [String; 2] {
    let total = watch.total();
    let offers = format!(
        "offers         {} sent: {} no, {} timed out, {} lost the race, {} unreachable",
        total.offers, total.declined, total.timed_out, total.taken, total.failed
    );
    let time =
        format!("time to claim  median {}, nine of ten within {}", span(total.within(50)), span(total.within(90)));
    [offers, time]
}

fn event(line: &Line, town: &Town) -> String {
    format!("{:>7.1} s  {}  {:<7}  {}", line.at.as_secs_f64(), line.code, town.tenants[line.tenant].name, line.text)
}

/// The same in one line, for logs.
fn one_line(watch: &Watch) -> String {
    let states = watch.states(None);
    let count = |state: &str| states.get(state).copied().unwrap_or_default();
    format!(
        "{:>4} s  {} jobs: {} to approve, {} offered, {} claimed, {} unfilled; {} offers",
        watch.elapsed().as_secs(),
        watch.count(),
        count("needs_approval"),
        count("offering") + count("scheduled"),
        count("claimed"),
        count("unfilled"),
        watch.total().offers,
    )
}

/// What it came to, a row a tenant.
pub fn summary(watch: &Watch, town: &Town) -> String {
    let row = |name: &str, asks: &str, tenant: Option<usize>| {
        let states = watch.states(tenant);
        let count = |state: &str| states.get(state).copied().unwrap_or_default();
        let tally = tenant.map_or_else(|| watch.total(), |tenant| watch.tallies[tenant].clone());
        let all: usize = states.values().sum();
        let waiting = count("needs_approval") + count("offering") + count("scheduled");
        [
            name.to_owned(),
            asks.to_owned(),
            all.to_string(),
            count("claimed").to_string(),
            count("unfilled").to_string(),
            waiting.to_string(),
            tally.offers.to_string(),
            span(tally.within(50)),
            span(tally.within(90)),
        ]
    };
    let tenants = town.tenants.iter().enumerate().map(|(place, tenant)| row(tenant.name, tenant.asks, Some(place)));
    let head = ["tenant", "asks", "jobs", "claimed", "unfilled", "open", "offers", "median", "90 %"];
    let table = table(head, tenants.chain([row("all", "", None)]));
    let [offers, time] = offers(watch);
    format!("{table}\n\n{offers}\n{time}")
}

fn span(span: Option<Duration>) -> String {
    span.map_or_else(|| "–".to_owned(), short)
}
