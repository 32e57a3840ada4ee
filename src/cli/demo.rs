//! `baton demo`: the newcomer's first minute.
//!
//! A whole server in this process, on a store that is thrown away, with drivers who live in a simulated Telegram. Everything
//! goes the way it goes in life: agents and jobs come in through the HTTP API, offers go out and answers come back over the Bot
//! API, and what is shown was read over the HTTP API again.

mod folder;
mod providers;
mod sample;
mod screen;
mod tally;
mod town;
mod watch;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use baton_actors::clock::{Clock as _, Stopwatch, SystemClock};
use baton_core::ids::{JobId, TenantId};
use clap::Args;
use futures_util::future::try_join_all;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::sync::watch::{Sender, channel as watch_channel};
use tokio::sync::{mpsc, oneshot};

use self::folder::Folder;
use self::screen::{Screen, summary};
use self::town::{BOT, TOKEN, Tenant, Town, YOU};
use self::watch::{Watch, Yours};
use super::client::{Body, Client, Server};
use super::exit::{Exit, Failure};
use super::import::Source;
use super::jobs::import::Import;
use super::output::print;
use super::serve::{failure, told_to_stop};
use crate::boot;
use crate::config::Config;
use crate::config::duration::show_duration;
use crate::config::layers::{Flags, Sources};
use crate::http::door::Door;
use crate::links::Purpose;
use crate::simulator::telegram;

/// How often the server is asked how it stands.
const LOOK: Duration = Duration::from_millis(200);
/// How long the desk takes to approve, at speed 1.
const APPROVAL: Duration = Duration::from_millis(1_500);
/// How long the user has for the offer that is theirs: as long as the demo is worth keeping.
const YOUR_TIME: Duration = Duration::from_hours(24);
/// What a slow machine may need on top of everything that was planned.
const SLACK: Duration = Duration::from_mins(2);
/// Requests that bring a batch of jobs in are no closer than this.
const BATCH: Duration = Duration::from_millis(20);
const LARGEST_BATCH: u16 = 500;

/// Shows Baton at work.
#[derive(Debug, Args)]
#[command(after_help = "A server starts on a free port of loopback, with a store in a temporary folder\n\
    and three tenants. Each asks in its own way: one driver after the other, two\n\
    at a time, or everybody at once. The drivers live in a simulated Telegram:\n\
    they say yes, say no, say nothing, or have blocked the bot. Sample jobs come\n\
    in through the HTTP API; the first driver who says yes has the job. A few wait\n\
    for you: open their pages, or use the API with the key that is printed.\n\
    Nothing leaves this machine.\n\n\
    Examples:\n  baton demo                         half a minute, and it cleans up\n  \
    baton demo --keep                  the server stays up, to try the API\n  \
    baton demo --jobs 200 --speed 4    more of everything, and faster\n  \
    baton demo --providers             every way to a provider, from end to end")]
pub struct Demo {
    /// How many sample jobs to send in
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub jobs: u32,
    /// How fast everything goes: at 1 a driver thinks for a second or so, at 10 for a tenth of it
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = speed)]
    pub speed: f64,
    /// Stays up after the last job, until Ctrl-C, and keeps the folder with the store
    #[arg(long)]
    pub keep: bool,
    /// Address and port to listen on, of loopback; port 0: any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0", value_parser = loopback)]
    pub listen: SocketAddr,
    /// Walks each way to a provider instead: an offer cascade and a notification through Telegram, Resend, SendGrid, SMTP,
    /// Meta, Twilio WhatsApp and Twilio SMS, with answers and delivery callbacks, signed; fails if anything is missing
    #[arg(long, conflicts_with_all = ["jobs", "speed", "keep", "listen"])]
    pub providers: bool,
}

/// The jobs that wait for the user, with the pages on which they act.
struct Waiting {
    approval: Option<String>,
    offer: Option<String>,
}

impl Demo {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        if self.providers {
            return providers::run().await;
        }
        let folder = Folder::make(self.keep)?;
        let telegram = telegram::Server::start().await;
        let telegram = telegram.map_err(|error| Failure::new(Exit::Internal, format!("no port is free: {error}")))?;
        let town = Town::plan(self.jobs as usize, self.speed);
        let bot = telegram.bot(TOKEN, BOT);
        let people = town.moves_in(&bot);
        let started = boot::start(self.config(&folder, &town, &telegram.url())?).await;
        let started = started.map_err(|error| failure(&error))?;
        let door = started.service.door().clone();
        let url = started.service.public_url().to_owned();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut serving = tokio::spawn(started.serve(async {
            let _ = stopped.await;
        }));
        let shown = tokio::select! {
            shown = self.show(&folder, &town, &url, &door) => shown,
            () = told_to_stop() => print("\nstopped"),
            ended = &mut serving => return Err(match ended {
                Ok(Err(error)) => failure(&error),
                Ok(Ok(())) | Err(_) => Failure::new(Exit::Internal, "the server ended by itself"),
            }),
        };
        drop(people);
        drop(stop);
        let ended = serving.await.map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
        shown?;
        ended.map_err(|error| failure(&error))?;
        if self.keep {
            print(&format!("the store stays in {}", folder.path().display()))?;
        }
        Ok(())
    }

    /// The configuration: a file in the folder and nothing of the environment, so that it is the same everywhere.
    fn config(&self, folder: &Folder, town: &Town, telegram: &str) -> Result<Config, Failure> {
        let file = folder.write("baton.toml", town.configuration(telegram).as_bytes())?;
        let flags = Flags { dev: true, listen: Some(self.listen.to_string()), data: Some(folder.path().join("store")) };
        let config = Config::load(&Sources { file: Some(file), environment: BTreeMap::new(), flags });
        config.map_err(|faults| Failure::new(Exit::Usage, faults.to_string()))
    }

    async fn show(&self, folder: &Folder, town: &Town, url: &str, door: &Door) -> Result<(), Failure> {
        let servers = servers(town, url)?;
        let clients = || servers.iter().map(Client::new).collect::<Result<Vec<_>, _>>();
        let asking = clients()?;
        for (tenant, client) in town.tenants.iter().zip(&asking) {
            client.post(&["api", "v1", "agents", "sync"], Body::json(&tenant.agents())).await?;
        }
        let mut watch = Watch::begin(clients()?);
        let waiting = self.leave_to_you(&asking[0], &mut watch, url, door).await?;
        let drivers = town.count();
        print(&format!("Baton is running, with {drivers} drivers in a simulated Telegram.\n"))?;
        let links = links(url, &town.tenants[0], &waiting);
        print(&links)?;

        let wanted = self.jobs as usize;
        let files = sample::files(wanted - watch.count(), town.tenants.len(), SystemClock.now())?;
        let mut imports = Vec::new();
        for ((tenant, server), file) in town.tenants.iter().zip(&servers).zip(files) {
            let file = folder.write(&format!("jobs-{}.csv", tenant.name), &file)?;
            imports.push(import(file, server, town.pace()));
        }
        let mut screen = Screen::open()?;
        let (told, news) = mpsc::channel(1_024);
        let (moving, under_way) = watch_channel(0);
        let feeding = try_join_all(imports.into_iter().enumerate().map(|(place, import)| {
            let (told, under_way) = (told.clone(), under_way.clone());
            // A tenant has a half or a quarter of the jobs, and so sends one in that many paces.
            let pause = town.pace() * u32::from(import.batch) * if place == 0 { 2 } else { 4 };
            async move {
                let tell = async |results: Vec<Value>| {
                    // Whoever watches has gone only when the whole demo ends.
                    let _ = told.send((place, results)).await;
                    SystemClock.sleep_until(SystemClock.now() + pause).await;
                    // A machine that is slower than the pace would bury the drivers, and every offer would time out.
                    let _ = under_way.clone().wait_for(|moving| *moving <= town.bearable()).await;
                };
                import.feed(tell).await
            }
        }));
        drop(told);
        let watching = self.watch(&mut watch, &mut screen, town, (news, moving));
        let (_, in_time) = tokio::try_join!(feeding, watching)?;
        screen.close(&watch)?;
        print(&format!("\n{}\n\n{}", summary(&watch, town), end(&watch)))?;
        if !in_time {
            let text = format!("{} jobs still move and should not; please tell us", watch.moving());
            return Err(Failure::new(Exit::Internal, text));
        }
        if self.keep {
            print(&format!("\n{links}\nThe server stays up until Ctrl-C; what happens is told below.\n"))?;
            return go_on(&mut watch, &mut screen, town).await;
        }
        print("\nAll this ends here, the links too; `baton demo --keep` stays up until Ctrl-C.")
    }

    /// Sends in what waits for the user: jobs to approve, and an offer to answer.
    async fn leave_to_you(
        &self,
        client: &Client,
        watch: &mut Watch,
        url: &str,
        door: &Door,
    ) -> Result<Waiting, Failure> {
        let mut waiting = Waiting { approval: None, offer: None };
        if self.jobs >= 4 {
            for (no, to) in ["Whitby", "Harrogate"].into_iter().enumerate() {
                let job = json!({"external_ref": format!("APPROVE-{}", no + 1), "approval": "link", "brief": {
                    "from": "Leeds", "to": to, "window": "10:00", "vehicle": "van", "volume": "small",
                    "items": [{"kind": "box", "quantity": 6}]}});
                let job = create(client, &job).await?;
                watch.add(0, &job, Yours::Approval);
                waiting.approval = job["approve_url"].as_str().map(str::to_owned);
            }
        }
        if self.jobs >= 2 {
            let within = show_duration(YOUR_TIME);
            let job = json!({"external_ref": "YOURS", "brief": {"from": "Leeds", "to": "Skipton", "window": "16:00",
                "volume": "small", "items": [{"kind": "grandfather clock", "quantity": 1}]},
                "plan": {"waves": [{"mode": "direct", "agent": YOU, "claim_within": within}]}});
            let job = create(client, &job).await?;
            watch.add(0, &job, Yours::Offer);
            waiting.offer = job["id"].as_str().and_then(|id| id.parse().ok()).map(|id| {
                // Elsewhere this link stands in the message that the agent gets.
                let offer = JobId::drawn(TenantId::DEFAULT, id).offer(1);
                let token = door.links.token(Purpose::Offer(offer), SystemClock.now() + YOUR_TIME);
                format!("{url}/public/offers/{token}")
            });
        }
        Ok(waiting)
    }

    /// Looks until nothing moves by itself any more. Says whether that came in time.
    async fn watch(
        &self,
        watch: &mut Watch,
        screen: &mut Screen,
        town: &Town,
        (mut news, moving): (mpsc::Receiver<(usize, Vec<Value>)>, Sender<usize>),
    ) -> Result<bool, Failure> {
        let wanted = self.jobs as usize;
        // Everything bounds itself; this bound is for a fault of ours.
        let bound =
            town.pace() * self.jobs * 3 + town.longest_search() * (3 + self.jobs / town.bearable() as u32) + SLACK;
        let begun = Stopwatch::start();
        let mut is_fed = false;
        loop {
            let next = SystemClock.now() + LOOK;
            while !is_fed && SystemClock.now() < next {
                tokio::select! {
                    told = news.recv() => match told {
                        Some((tenant, jobs)) => jobs.iter().for_each(|job| watch.add(tenant, job, Yours::No)),
                        None => is_fed = true,
                    },
                    () = SystemClock.sleep_until(next) => {}
                }
            }
            SystemClock.sleep_until(next).await;
            watch.look().await?;
            watch.approve(town.scaled(APPROVAL)).await?;
            moving.send_replace(watch.moving());
            screen.show(watch, town, wanted)?;
            if is_fed && watch.moving() == 0 {
                return Ok(true);
            }
            if begun.elapsed() > bound {
                return Ok(false);
            }
        }
    }
}

/// What became of all jobs.
fn end(watch: &Watch) -> String {
    let states = watch.states(None);
    let count = |state: &str| states.get(state).copied().unwrap_or_default();
    let (approvals, offers) = watch.waiting_for_you();
    format!(
        "{} jobs in {}: {} claimed, {} unfilled.\n{approvals} wait for your approval, {offers} for your answer.",
        watch.count(),
        tally::short(watch.elapsed()),
        count("claimed"),
        count("unfilled"),
    )
}

/// After the end, with `--keep`: what the user does is told as it happens.
async fn go_on(watch: &mut Watch, screen: &mut Screen, town: &Town) -> Result<(), Failure> {
    loop {
        SystemClock.sleep_until(SystemClock.now() + LOOK).await;
        watch.look().await?;
        screen.go_on(watch, town)?;
    }
}

async fn create(client: &Client, job: &Value) -> Result<Value, Failure> {
    let answer = client.post(&["api", "v1", "jobs"], Body::json(job)).await?;
    serde_json::from_str(&answer.body).map_err(|error| Failure::new(Exit::Server, error.to_string()))
}

fn servers(town: &Town, url: &str) -> Result<Vec<Server>, Failure> {
    let url: reqwest::Url = url.parse().map_err(|_| Failure::new(Exit::Internal, format!("{url} is no address")))?;
    Ok(town.tenants.iter().map(|tenant| Server { server: url.clone(), key: Some(tenant.key.clone()) }).collect())
}

fn import(file: std::path::PathBuf, server: &Server, pace: Duration) -> Import {
    let source = Source { file, map: Vec::new(), set: Vec::new(), map_file: None, delimiter: None, dry_run: false };
    let batch = BATCH.as_nanos().div_ceil(pace.as_nanos().max(1)).clamp(1, LARGEST_BATCH.into()) as u16;
    Import { source, batch, skip_faulty: false, server: server.clone() }
}

fn links(url: &str, tenant: &Tenant, waiting: &Waiting) -> String {
    let mut lines = vec![format!("API, described     {url}/docs"), format!("metrics            {url}/metrics")];
    if let Some(link) = &waiting.approval {
        lines.push(format!("a job for you to approve, as on a phone:\n{link}"));
    }
    if let Some(link) = &waiting.offer {
        lines.push(format!("an offer for you to answer:\n{link}"));
    }
    lines.push("the API, with the key of the tenant `default`:".to_owned());
    lines.push(format!("export BATON_SERVER={url}\nexport BATON_KEY={}", tenant.key.expose_secret()));
    lines.push("curl -H \"X-API-Key: $BATON_KEY\" \"$BATON_SERVER/api/v1/jobs?limit=3\"\n".to_owned());
    lines.join("\n")
}

fn speed(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| (0.01..=1_000.0).contains(number));
    number.ok_or_else(|| "a number from 0.01 to 1000 is wanted".to_owned())
}

/// A demo has no secrets: its keys stand on the screen, and its links are signed with what everybody can know.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr =
        text.parse().map_err(|_| "an address and a port are wanted, such as 127.0.0.1:8080".to_owned())?;
    let open = "the demo keeps no secrets and so listens on loopback only; give 127.0.0.1 or [::1]";
    if address.ip().is_loopback() { Ok(address) } else { Err(open.to_owned()) }
}
