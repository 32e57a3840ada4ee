//! `baton demo --providers`: each way to a provider is walked from end to end, against a server of its own and a provider that
//! holds it to the documented contract.
//!
//! Two people are asked in turn: the first says no, the second says yes. A third is sent a notification. Whatever their provider
//! tells of messages comes back signed as it signs, and once forged. What is missing in the end is told, and the command fails.

mod answers;
mod server;
mod stub;
mod told;
mod walk;

use super::folder::Folder;
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::print;
use crate::cli::table::table;

/// What links to people start with: the customer's own address, whatever the port.
const PUBLIC_URL: &str = "https://baton.example.com";

/// A way to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Telegram,
    Resend,
    SendGrid,
    Smtp,
    Meta,
    TwilioWhatsapp,
    TwilioSms,
}

impl Path {
    const ALL: [Self; 7] =
        [Self::Telegram, Self::Resend, Self::SendGrid, Self::Smtp, Self::Meta, Self::TwilioWhatsapp, Self::TwilioSms];

    fn name(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Resend => "resend",
            Self::SendGrid => "sendgrid",
            Self::Smtp => "smtp",
            Self::Meta => "meta",
            Self::TwilioWhatsapp => "twilio whatsapp",
            Self::TwilioSms => "twilio sms",
        }
    }

    /// The word of its channel.
    fn channel(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Resend | Self::SendGrid | Self::Smtp => "email",
            Self::Meta | Self::TwilioWhatsapp => "whatsapp",
            Self::TwilioSms => "sms",
        }
    }

    /// The word of its provider.
    fn provider(self) -> &'static str {
        match self {
            Self::TwilioWhatsapp => "twilio_whatsapp",
            Self::TwilioSms => "twilio_sms",
            Self::Telegram | Self::Resend | Self::SendGrid | Self::Smtp | Self::Meta => self.name(),
        }
    }
}

/// What was seen on the way.
#[derive(Default)]
struct Seen {
    offer_sent: bool,
    answered_by: Option<&'static str>,
    claimed: bool,
    notified: bool,
    delivered: Option<&'static str>,
    checked: Vec<String>,
    missing: Option<String>,
}

/// Walks all of them.
pub async fn run() -> Result<(), Failure> {
    print("Baton starts once for each way to a provider, with a stub that enforces its contract.\n")?;
    let mut all = Vec::new();
    for path in Path::ALL {
        // Whoever runs this looks on.
        let folder = Folder::make(false)?;
        let mut seen = Seen::default();
        if let Err(missing) = walk::walk(path, &folder, &mut seen).await {
            seen.missing = Some(missing);
        }
        print(&format!("{:<16} {}", path.name(), if seen.missing.is_none() { "done" } else { "NOT DONE" }))?;
        all.push((path, seen));
    }
    let head = ["path", "offer", "answered by", "claimed", "notification", "delivered"];
    print(&format!("\n{}\n\nWhat was checked:", table(head, all.iter().map(|(path, seen)| seen.row(*path)))))?;
    for (path, seen) in &all {
        print(&format!("\n{}", path.name()))?;
        for line in &seen.checked {
            print(&format!("  {line}"))?;
        }
    }
    let missing: Vec<String> = all
        .iter()
        .filter_map(|(path, seen)| seen.missing.as_ref().map(|missing| format!("{}: {missing}", path.name())))
        .collect();
    match missing.len() {
        0 => print(&format!("\n{} of {} paths are whole.", all.len(), all.len())),
        count => {
            let text = format!("{count} of {} paths are not whole:\n  {}", all.len(), missing.join("\n  "));
            Err(Failure::new(Exit::Configuration, text))
        }
    }
}

impl Seen {
    fn row(&self, path: Path) -> [String; 6] {
        let yes = |done: bool, word: &str| if done { word.to_owned() } else { "-".to_owned() };
        [
            path.name().to_owned(),
            yes(self.offer_sent, "sent"),
            self.answered_by.unwrap_or("-").to_owned(),
            yes(self.claimed, "yes"),
            yes(self.notified, "sent"),
            self.delivered.unwrap_or("-").to_owned(),
        ]
    }
}
