//! A town: a server, a simulated Telegram, a mailbox, a desk, and people with phones.

use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use baton::simulator::mailbox::Mailbox;
use baton::simulator::telegram::{Bot, Server};
use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::desk::Desk;
use super::door::Door;
use super::phone::Phone;
use super::process::{DEV_KEY, Process};
use super::wait::until;

pub const TOKEN: &str = "123456:TEST-TOKEN";
/// What links start with: it stays when the server comes back on another port.
pub const PUBLIC_URL: &str = "https://baton.example.com";
/// The desk's own chat.
pub const DESK: i64 = 900;

pub struct Town {
    pub door: Door,
    pub bot: Bot,
    pub mailbox: Mailbox,
    pub environment: Vec<(String, String)>,
    /// The store's folder.
    pub data: PathBuf,
    process: Process,
    folder: TempDir,
    _telegram: Server,
}

/// A town with settings of its own; those of `BATON_DEV_…` as `DEV_…`.
pub async fn town_with(settings: &[(&str, &str)]) -> Town {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("store");
    town_of(folder, data, settings).await
}

/// A town whose store lies on a disk of its own.
pub async fn town_in(disk: &Path, settings: &[(&str, &str)]) -> Town {
    town_of(tempfile::tempdir().unwrap(), disk.join("store"), settings).await
}

async fn town_of(folder: TempDir, data: PathBuf, settings: &[(&str, &str)]) -> Town {
    let telegram = Server::start().await.unwrap();
    let bot = telegram.bot(TOKEN, "baton_bot");
    bot.chat(DESK);
    let mailbox = Mailbox::start().await.unwrap();
    let mut environment = environment(&telegram.url(), mailbox.address().port());
    let own = |(key, value): &(&str, &str)| {
        let prefix = if key.starts_with("DEV_") { "BATON_" } else { "BATON__" };
        (format!("{prefix}{key}"), (*value).to_owned())
    };
    environment.extend(settings.iter().map(own));
    let mut process = Process::start(&data, &folder.path().join("log"), &environment);
    let door = Door::new(DEV_KEY);
    door.moves_to(process.serves_at().await);
    Town { door, bot, mailbox, environment, data, process, folder, _telegram: telegram }
}

pub async fn town() -> Town {
    town_with(&[]).await
}

/// Everything quick, nothing limited: what is proved with other settings says so.
pub fn environment(telegram: &str, mail_port: u16) -> Vec<(String, String)> {
    let port = mail_port.to_string();
    let settings = [
        ("SERVER__PUBLIC_URL", PUBLIC_URL),
        ("SERVER__RATE_LIMIT__PER_IP", "off"),
        ("STORE__MIN_FREE", "16MiB"),
        ("STORE__CACHE", "32MiB"),
        ("LOGS__FORMAT", "json"),
        ("LOGS__LEVEL", "debug"),
        ("RETRY__FIRST", "30ms"),
        ("RETRY__JITTER", "0.0"),
        ("RETRY__ATTEMPTS", "4"),
        ("RETRY__SENDER_PAUSE", "300ms"),
        ("CHANNELS__CONSOLE__ENABLED", "off"),
        ("CHANNELS__TELEGRAM__TOKEN", TOKEN),
        ("CHANNELS__TELEGRAM__BASE_URL", telegram),
        ("CHANNELS__TELEGRAM__BOT_USERNAME", "baton_bot"),
        ("CHANNELS__TELEGRAM__MODE", "polling"),
        ("CHANNELS__TELEGRAM__REQUEST_TIMEOUT", "2s"),
        ("CHANNELS__TELEGRAM__RATE_ACCOUNT", "off"),
        ("CHANNELS__TELEGRAM__RATE_CHAT", "off"),
        ("CHANNELS__TELEGRAM__RATE_GROUP", "off"),
        ("CHANNELS__EMAIL__SMTP__HOST", "127.0.0.1"),
        ("CHANNELS__EMAIL__SMTP__PORT", &port),
        ("CHANNELS__EMAIL__SMTP__TLS", "none"),
        ("CHANNELS__EMAIL__SMTP__FROM", "Dispatch <dispatch@example.com>"),
        ("CHANNELS__EMAIL__SMTP__RATE_ACCOUNT", "off"),
        ("TENANTS__DEFAULT__DESK_TELEGRAM", "900"),
    ];
    settings.iter().map(|(key, value)| (format!("BATON__{key}"), (*value).to_owned())).collect()
}

/// A person, as the desk knows them: number `no` has phone +447700900<no> and chat 1000 + no.
pub fn person(name: &str, no: u16) -> Value {
    json!({
        "ref": name, "name": name, "phone": phone_number(no), "telegram_chat_id": 1000 + i64::from(no), "priority": no,
    })
}

pub fn phone_number(no: u16) -> String {
    format!("+447700900{no:03}")
}

impl Town {
    /// People move in: the first is asked first. Gives back their phones.
    pub async fn people<const N: usize>(&self, names: [&str; N]) -> [Phone; N] {
        let agents: Vec<Value> = names.iter().zip(1..).map(|(name, no)| person(name, no)).collect();
        self.knows(agents).await;
        let mut no = 0;
        [(); N].map(|()| {
            no += 1;
            self.phone(no)
        })
    }

    /// The desk knows these people from now on.
    pub async fn knows(&self, agents: Vec<Value>) -> Value {
        self.door.post("/api/v1/agents/sync", json!({ "agents": agents })).await.is(200)
    }

    /// The phone of person number `no`.
    pub fn phone(&self, no: u16) -> Phone {
        Phone::new(self.bot.chat(1000 + i64::from(no)))
    }

    /// The desk's own phone.
    pub fn desk_phone(&self) -> Phone {
        Phone::new(self.bot.chat(DESK))
    }

    pub fn desk(&self) -> Desk {
        Desk { door: self.door.clone() }
    }

    /// Somebody without a key.
    pub fn stranger(&self) -> Door {
        self.door.with_key(None)
    }

    /// The path of a link to people.
    #[track_caller]
    pub fn path_of(link: &Value) -> String {
        let link = link.as_str().expect("a link");
        link.strip_prefix(PUBLIC_URL).unwrap_or_else(|| panic!("{link} starts elsewhere")).to_owned()
    }

    /// A folder for what a story puts aside.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// What the server has logged since it was last started.
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// How much memory the server holds, in MiB.
    pub fn resident_mib(&self) -> u64 {
        self.process.resident_mib()
    }

    pub async fn kill_9(&mut self) {
        self.process.kill_9().await;
    }

    /// Waits until the server ends by itself; gives back how.
    pub async fn ends(&mut self) -> ExitStatus {
        self.process.ends().await
    }

    pub async fn told_to_stop(&mut self) -> ExitStatus {
        self.process.told_to_stop().await
    }

    /// Starts it again on the same store.
    pub async fn starts_again(&mut self) {
        self.process = Process::start(&self.data, &self.folder.path().join("log"), &self.environment);
        self.door.moves_to(self.process.serves_at().await);
    }

    /// The value of a metric: of all its series whose labels contain `labels`, summed.
    pub async fn metric(&self, name: &str, labels: &str) -> f64 {
        let text = self.stranger().get("/metrics").await.text;
        let ours = text.lines().filter(|line| {
            let rest = line.strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with([' ', '{'])) && line.contains(labels)
        });
        ours.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    }

    /// Waits until nothing is owed to anybody any more. However much it is: as long as it gets less, it is waited for.
    pub async fn sends_all_it_owes(&self) {
        let mut least = f64::MAX;
        while least > 0.5 {
            least = until(&format!("fewer than {least} messages are owed"), async || {
                let depth = self.door.get("/api/v1/health").await.is(200)["components"]["outbox"].as_f64().unwrap();
                (depth < least).then_some(depth)
            })
            .await;
        }
    }

    /// Waits until a metric has a value.
    pub async fn metric_is(&self, name: &str, labels: &str, value: f64) {
        until(&format!("{name} {labels} is {value}"), async || {
            ((self.metric(name, labels).await - value).abs() < 0.001).then_some(())
        })
        .await;
    }
}

/// What must never stand in a log: phones, mailboxes, tokens, links to people, addresses of the stories. Masked forms may.
const PRIVATE: &str = r"447700900|[^*]@example\.com|TEST-TOKEN|1 Example Street|2 Example Road|Test Person|ring twice|/public/(approve|offers)/[^*{]|start=[^*]|dev-key-of-the-stories";

impl Drop for Town {
    fn drop(&mut self) {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        if std::thread::panicking() {
            let last: Vec<&str> = log.lines().rev().filter(|line| !line.contains("answered 200")).take(30).collect();
            eprintln!("the end of the server's log:\n{}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
            return;
        }
        let private = Regex::new(PRIVATE).unwrap();
        let leaks: Vec<&str> = log.lines().filter(|line| private.is_match(line)).take(3).collect();
        assert!(leaks.is_empty(), "s8: the log has private data: {leaks:#?}");
    }
}
