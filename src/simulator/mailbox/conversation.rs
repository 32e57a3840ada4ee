//! One connection of a client: command by command, until it quits or is cut off.

use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::{Mail, Office, Twist};

/// More than a mail of ours can have; what is longer is cut off.
const LONGEST_MAIL: usize = 4 << 20;

/// Talks to a client until one of both ends it.
pub(super) async fn hold(stream: TcpStream, office: Arc<Office>) {
    let mut conversation =
        Conversation { stream: BufReader::new(stream), office, logged_in: false, envelope: Envelope::default() };
    // However it ends: it is over, and what was taken is kept.
    let _ = conversation.run().await;
}

struct Conversation {
    stream: BufReader<TcpStream>,
    office: Arc<Office>,
    logged_in: bool,
    envelope: Envelope,
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
    twist: Option<Twist>,
}

impl Conversation {
    async fn run(&mut self) -> io::Result<()> {
        let greeting = self.office.state.lock().greetings.pop_front();
        self.say(greeting.as_deref().unwrap_or("220 mail.example.com ESMTP")).await?;
        if greeting.is_some_and(|greeting| !greeting.starts_with('2')) {
            return Ok(());
        }
        while let Some(line) = self.line().await? {
            let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match verb.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello().await?,
                "HELO" | "NOOP" => self.say("250 2.0.0 ok").await?,
                "STARTTLS" => return self.gibberish().await,
                "AUTH" => self.login(rest).await?,
                "MAIL" => self.mail(rest).await?,
                "RCPT" => {
                    if self.recipient(rest).await?.is_none() {
                        return Ok(());
                    }
                }
                "DATA" => {
                    if self.data().await?.is_none() {
                        return Ok(());
                    }
                }
                "RSET" => {
                    self.envelope = Envelope::default();
                    self.say("250 2.0.0 ok").await?;
                }
                "QUIT" => return self.say("221 2.0.0 bye").await,
                _ => self.say("500 5.5.2 what?").await?,
            }
        }
        Ok(())
    }

    async fn hello(&mut self) -> io::Result<()> {
        let (login, tls) = {
            let state = self.office.state.lock();
            (state.login.is_some(), state.broken_tls)
        };
        let mut lines = vec!["mail.example.com", "8BITMIME", "SMTPUTF8"];
        lines.extend(login.then_some("AUTH PLAIN LOGIN"));
        lines.extend(tls.then_some("STARTTLS"));
        let last = lines.len() - 1;
        for (at, line) in lines.into_iter().enumerate() {
            self.say(&format!("250{}{line}", if at == last { ' ' } else { '-' })).await?;
        }
        Ok(())
    }

    async fn gibberish(&mut self) -> io::Result<()> {
        self.say("220 2.0.0 go ahead").await?;
        let mut hello = [0; 4096];
        let _ = self.stream.read(&mut hello).await?;
        self.say("this is not TLS at all, and never was").await?;
        // Until the client has had enough; closing at once could take our words with it.
        while self.stream.read(&mut hello).await? > 0 {}
        Ok(())
    }

    async fn login(&mut self, rest: &str) -> io::Result<()> {
        let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let given = if mechanism.eq_ignore_ascii_case("PLAIN") {
            let said = if initial.is_empty() { self.challenge("").await? } else { decoded(initial) };
            let mut parts = said.split('\0').skip(1).map(str::to_owned);
            parts.next().zip(parts.next())
        } else {
            let name = if initial.is_empty() { self.challenge("Username:").await? } else { decoded(initial) };
            Some((name, self.challenge("Password:").await?))
        };
        let right = self.office.state.lock().login.clone();
        self.logged_in = given.is_some() && given == right;
        self.say(if self.logged_in { "235 2.7.0 welcome" } else { "535 5.7.8 wrong name or password" }).await
    }

    async fn challenge(&mut self, question: &str) -> io::Result<String> {
        self.say(&format!("334 {}", STANDARD.encode(question))).await?;
        Ok(self.line().await?.map(|line| decoded(&line)).unwrap_or_default())
    }

    async fn mail(&mut self, rest: &str) -> io::Result<()> {
        if self.office.state.lock().login.is_some() && !self.logged_in {
            return self.say("530 5.7.0 log in first").await;
        }
        self.envelope = Envelope { from: Some(address(rest)), ..Envelope::default() };
        self.say("250 2.1.0 ok").await
    }

    /// None: the connection is cut.
    async fn recipient(&mut self, rest: &str) -> io::Result<Option<()>> {
        if self.envelope.from.is_none() {
            return self.say("503 5.5.1 from whom?").await.map(Some);
        }
        let to = address(rest);
        match self.office.twist(&to) {
            Some(Twist::Cut) => return Ok(None),
            Some(Twist::Refuse(line)) => self.say(&line).await?,
            twist => {
                self.envelope.twist = self.envelope.twist.take().or(twist);
                self.envelope.to.push(to);
                self.say("250 2.1.5 ok").await?;
            }
        }
        Ok(Some(()))
    }

    /// None: the connection is cut.
    async fn data(&mut self) -> io::Result<Option<()>> {
        let Envelope { from: Some(from), to, twist } = std::mem::take(&mut self.envelope) else {
            return self.say("503 5.5.1 from whom?").await.map(Some);
        };
        if to.is_empty() {
            return self.say("554 5.5.1 no valid recipients").await.map(Some);
        }
        self.say("354 go ahead").await?;
        let Some(text) = self.text().await? else {
            return Ok(None);
        };
        if let Some(Twist::RefuseWhole(line)) = twist {
            return self.say(&line).await.map(Some);
        }
        self.office.keep(Mail { from, to, text, at: self.office.clock.now() });
        match twist {
            Some(Twist::KeptAndCut) => Ok(None),
            Some(Twist::KeptAndSilent) => std::future::pending().await,
            _ => self.say("250 2.0.0 queued as 1").await.map(Some),
        }
    }

    /// Lines up to the dot that stands alone; a dot that was doubled for the way is one again.
    async fn text(&mut self) -> io::Result<Option<String>> {
        let mut text = String::new();
        while let Some(line) = self.line().await? {
            if line == "." {
                return Ok(Some(text));
            }
            text.push_str(line.strip_prefix('.').unwrap_or(&line));
            text.push_str("\r\n");
            if text.len() > LONGEST_MAIL {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        (&mut self.stream).take(64 << 10).read_until(b'\n', &mut line).await?;
        if !line.ends_with(b"\n") {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn say(&mut self, line: &str) -> io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        stream.flush().await
    }
}

/// What stands between the angle brackets of `FROM:<a@example.com> SIZE=1`.
fn address(rest: &str) -> String {
    let inner = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inner, _)| inner);
    inner.unwrap_or_default().to_owned()
}

fn decoded(text: &str) -> String {
    let bytes = STANDARD.decode(text.trim()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
