//! Who takes part: three tenants, each with its own way of asking, and drivers with a phone in the simulated Telegram.

use std::fmt::Write as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use crate::config::duration::show_duration;
use crate::keys;
use crate::simulator::people::{Habits, People};
use crate::simulator::telegram::Bot;

/// The bot's token in the simulated Telegram.
pub const TOKEN: &str = "123456:TEST-TOKEN";
/// The bot's name there.
pub const BOT: &str = "baton_demo_bot";
/// The agent whose part the user plays: nobody answers for them.
pub const YOU: &str = "you";

/// How long a driver thinks, as a rule, at speed 1.
const THINKING: Duration = Duration::from_millis(1_500);
/// How long they have, at speed 1.
const CLAIM_WITHIN: Duration = Duration::from_millis(5_000);
/// No deadline is shorter, whatever the speed: the machine needs some time too.
const SHORTEST: Duration = Duration::from_millis(60);
/// How long all drivers together work on finding one for a job, at speed 1, with some rest.
const WORK_A_JOB: Duration = Duration::from_millis(8_000);

/// Jobs come in no faster, whatever the speed: with `everybody`, one job is many messages.
const FASTEST: Duration = Duration::from_millis(40);

const FEWEST: usize = 20;
const MOST: usize = 40;

/// The same seed is the same town.
const SEED: u64 = 2027;

const NAMES: [&str; 33] = [
    "Ana", "Bo", "Cleo", "Dev", "Eva", "Finn", "Gwen", "Hugo", "Iris", "Jack", "Kira", "Leo", "Mia", "Noah", "Orla",
    "Pete", "Quinn", "Rosa", "Sam", "Tess", "Uma", "Vic", "Wren", "Xena", "Yuri", "Zoe", "Abel", "Beth", "Carl",
    "Dora", "Emil", "Fay", "Gus",
];

/// A tenant of the demo.
pub struct Tenant {
    /// Its slug.
    pub name: &'static str,
    /// How it asks, in words.
    pub asks: &'static str,
    /// The same as the configuration says it.
    mode: &'static str,
    /// Its key: every scope.
    pub key: SecretString,
    drivers: Vec<Driver>,
}

struct Driver {
    no: usize,
    name: String,
    temper: Temper,
}

#[derive(Clone, Copy)]
enum Temper {
    Keen,
    Choosy,
    Dreamy,
    Blocked,
}

/// Everybody.
pub struct Town {
    /// The tenants; the first is the default one.
    pub tenants: Vec<Tenant>,
    speed: f64,
}

impl Town {
    /// A town large enough for so many jobs.
    pub fn plan(jobs: usize, speed: f64) -> Self {
        let count = (jobs / 2).clamp(FEWEST, MOST);
        let ways = [
            ("default", "one by one", "mode = \"one_by_one\""),
            ("north", "two at a time", "mode = \"several\"\ntogether = 2"),
            ("express", "everybody", "mode = \"everybody\""),
        ];
        let tenants = ways.into_iter().enumerate().map(|(place, (name, asks, mode))| {
            let drivers = (0..count).filter(|no| tenant_of(*no) == place).map(Driver::new).collect();
            Tenant { name, asks, mode, key: keys::generate(), drivers }
        });
        Self { tenants: tenants.collect(), speed }
    }

    /// The configuration of its server.
    pub fn configuration(&self, telegram: &str) -> String {
        let mut text = format!(
            "# Written by `baton demo`.\n[store]\nmin_free = \"64MiB\"\ncache = \"64MiB\"\n\n\
             [channels.console]\nenabled = \"off\"\n\n\
             [channels.telegram]\ntoken = \"{TOKEN}\"\nbase_url = \"{telegram}\"\nmode = \"polling\"\n\
             bot_username = \"{BOT}\"\nrate_account = \"off\"\nrate_chat = \"off\"\n\n[links]\nsecret = \"{}\"\n",
            keys::generate().expose_secret()
        );
        for tenant in &self.tenants {
            let Tenant { name, mode, key, .. } = tenant;
            let within = show_duration(self.claim_within());
            // Writing to a text does not fail.
            let _ = write!(
                text,
                "\n[api_keys.demo-{name}]\nkey = \"{}\"\ntenant = \"{name}\"\n\
                 scopes = [\"jobs:write\", \"jobs:read\", \"operator\", \"admin\"]\n\n\
                 [tenants.{name}]\ntime_zone = \"Europe/London\"\n\n\
                 [tenants.{name}.plan]\n{mode}\nclaim_within = \"{within}\"\n",
                key.expose_secret()
            );
        }
        text
    }

    /// How long an agent has for an answer.
    pub fn claim_within(&self) -> Duration {
        self.scaled(CLAIM_WITHIN).max(SHORTEST)
    }

    /// How far apart jobs come in, so that the drivers are busy and not buried.
    pub fn pace(&self) -> Duration {
        self.scaled(WORK_A_JOB).div_f64(self.count() as f64).max(FASTEST)
    }

    /// How many jobs may be under way at once.
    pub fn bearable(&self) -> usize {
        self.count() / 2
    }

    /// How long a job that nobody wants is on its way at most.
    pub fn longest_search(&self) -> Duration {
        self.claim_within() * self.count() as u32
    }

    /// A span at the speed of this town.
    pub fn scaled(&self, span: Duration) -> Duration {
        span.div_f64(self.speed)
    }

    /// How many drivers there are.
    pub fn count(&self) -> usize {
        self.drivers().count()
    }

    /// Gives everybody a phone. They leave when what is returned is dropped.
    pub fn moves_in(&self, bot: &Bot) -> Vec<People> {
        // The user's own chat: whoever is offered a job there answers by the page.
        bot.chat(chat(MOST + 1));
        self.drivers().filter_map(|driver| driver.moves_in(bot, self.speed)).collect()
    }

    fn drivers(&self) -> impl Iterator<Item = &Driver> {
        self.tenants.iter().flat_map(|tenant| &tenant.drivers)
    }
}

/// Half of everything is the default tenant's.
pub fn tenant_of(no: usize) -> usize {
    [0, 1, 0, 2][no % 4]
}

impl Tenant {
    /// The body of `POST /api/v1/agents/sync`.
    pub fn agents(&self) -> Value {
        let mut agents: Vec<Value> = self.drivers.iter().map(Driver::shown).collect();
        if self.name == "default" {
            // With a tag of their own, so that no job with a vehicle comes to them by itself.
            agents.push(json!({"ref": YOU, "name": "You", "phone": "+447700900099", "tags": [YOU],
                "telegram_chat_id": chat(MOST + 1)}));
        }
        json!({ "agents": agents })
    }
}

impl Driver {
    fn new(no: usize) -> Self {
        let name = match no / NAMES.len() {
            0 => NAMES[no].to_owned(),
            again => format!("{} {}", NAMES[no % NAMES.len()], again + 1),
        };
        let temper = match no % 20 {
            2 | 5 | 8 | 11 | 15 => Temper::Choosy,
            4 | 9 | 13 => Temper::Dreamy,
            6 => Temper::Blocked,
            _ => Temper::Keen,
        };
        Self { no, name, temper }
    }

    fn shown(&self) -> Value {
        let vehicles = if self.no.is_multiple_of(3) { json!(["van"]) } else { json!(["van", "luton"]) };
        json!({"ref": format!("d{:02}", self.no + 1), "name": self.name, "phone": format!("+4477009000{:02}", self.no),
            "telegram_chat_id": chat(self.no), "tags": vehicles})
    }

    fn moves_in(&self, bot: &Bot, speed: f64) -> Option<People> {
        let (yes, no) = match self.temper {
            Temper::Keen => (60, 30),
            Temper::Choosy => (25, 65),
            Temper::Dreamy => (20, 15),
            Temper::Blocked => {
                bot.chat(chat(self.no)).blocks();
                return None;
            }
        };
        let habits = Habits { blocked: 0, yes, no, thinking: THINKING, speed, ..Habits::default() };
        Some(People::move_in(bot, [chat(self.no)], habits, SEED))
    }
}

fn chat(no: usize) -> i64 {
    1_001 + no as i64
}
