//! A small mail server: it speaks SMTP on loopback, keeps what it gets, and answers for each address as it was told to.
//!
//! ```no_run
//! # async fn shown() -> Result<(), Box<dyn std::error::Error>> {
//! use baton::simulator::mailbox::{Mailbox, Twist};
//!
//! let mailbox = Mailbox::start().await?;
//! mailbox.next_mail_to("d1@example.com", Twist::Refuse("451 4.7.1 greylisted".to_owned()));
//! // … a server whose mail host is `mailbox.address()` sends a mail, and sends it again …
//! let mails = mailbox.wait_for(|mails| mails.len() == 1).await?;
//! assert_eq!(mails[0].header("Subject").as_deref(), Some("Job offer"));
//! # Ok(())
//! # }
//! ```

mod conversation;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::{Clock, SystemClock};
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// How long a wait lasts at most: far longer than anything on loopback takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// The server; it ends, with all its connections, when it is dropped.
pub struct Mailbox {
    address: SocketAddr,
    office: Arc<Office>,
    serving: JoinHandle<()>,
}

/// A mail as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Who the envelope says it is from.
    pub from: String,
    /// Whom the envelope says it is to.
    pub to: Vec<String>,
    /// Headers and body, as they came.
    pub text: String,
    /// When it came.
    pub at: Timestamp,
}

/// What a mail meets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Twist {
    /// The address is answered with this line.
    Refuse(String),
    /// The whole mail is answered with this line, and not kept.
    RefuseWhole(String),
    /// The connection is cut when the address is named.
    Cut,
    /// The mail is kept, and the connection cut in place of the confirmation.
    KeptAndCut,
    /// The mail is kept, and never confirmed.
    KeptAndSilent,
}

/// What was waited for did not come.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it did not come within {PATIENCE:?}; there is {seen}")]
pub struct Overdue {
    seen: String,
}

struct Office {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
    clock: Arc<dyn Clock>,
}

#[derive(Default)]
struct State {
    mails: Vec<Mail>,
    next: BTreeMap<String, VecDeque<Twist>>,
    every: BTreeMap<String, Twist>,
    greetings: VecDeque<String>,
    login: Option<(String, String)>,
    broken_tls: bool,
    connections: usize,
}

impl Mailbox {
    /// Starts one on a free port of loopback, by the machine's clock.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Arc::new(SystemClock)).await
    }

    /// Starts one at this address, by this clock.
    pub async fn start_at(address: SocketAddr, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let office = Arc::new(Office { state: Mutex::default(), changed: watch::Sender::new(0), clock });
        let serving = tokio::spawn(serve(listener, Arc::clone(&office)));
        Ok(Self { address, office, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything it has taken, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.office.state.lock().mails.clone()
    }

    /// Waits until its mails are so; gives them back.
    pub async fn wait_for(&self, mut so: impl FnMut(&[Mail]) -> bool) -> Result<Vec<Mail>, Overdue> {
        let mut changed = self.office.changed.subscribe();
        let waiting = async {
            loop {
                changed.mark_unchanged();
                let mails = self.mails();
                if so(&mails) {
                    return mails;
                }
                // The sender lives as long as this mailbox.
                let _ = changed.changed().await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.map_err(|_| Overdue { seen: format!("{:?}", self.mails()) })
    }

    /// The next mail to this address meets a twist; called several times, the next ones.
    pub fn next_mail_to(&self, address: &str, twist: Twist) {
        self.office.state.lock().next.entry(address.to_lowercase()).or_default().push_back(twist);
    }

    /// From now on every mail to this address meets a twist.
    pub fn every_mail_to(&self, address: &str, twist: Twist) {
        self.office.state.lock().every.insert(address.to_lowercase(), twist);
    }

    /// The next connection is greeted with this line; called several times, the next ones.
    pub fn next_greeting(&self, line: &str) {
        self.office.state.lock().greetings.push_back(line.to_owned());
    }

    /// From now on only those may send who log in so.
    pub fn wants_login(&self, name: &str, password: &str) {
        self.office.state.lock().login = Some((name.to_owned(), password.to_owned()));
    }

    /// From now on it offers STARTTLS, and speaks gibberish behind it.
    pub fn breaks_tls(&self) {
        self.office.state.lock().broken_tls = true;
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.office.state.lock().connections
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Mail {
    /// A header's value, unfolded; of several the first.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next()?;
        let mut lines = head
            .split("\r\n")
            .skip_while(|line| line.split_once(':').is_none_or(|(header, _)| !header.eq_ignore_ascii_case(name)));
        let mut value = lines.next()?.split_once(':')?.1.trim().to_owned();
        for folded in lines.take_while(|line| line.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(folded.trim());
        }
        Some(value)
    }
}

impl Office {
    fn keep(&self, mail: Mail) {
        self.state.lock().mails.push(mail);
        self.changed.send_modify(|count| *count += 1);
    }

    fn twist(&self, address: &str) -> Option<Twist> {
        let mut state = self.state.lock();
        let address = address.to_lowercase();
        let next = state.next.get_mut(&address).and_then(VecDeque::pop_front);
        next.or_else(|| state.every.get(&address).cloned())
    }
}

async fn serve(listener: TcpListener, office: Arc<Office>) {
    let mut conversations = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        while conversations.try_join_next().is_some() {}
        office.state.lock().connections += 1;
        conversations.spawn(conversation::hold(stream, Arc::clone(&office)));
    }
}
