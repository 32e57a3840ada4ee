//! The provider at the end of a path: what of it stands in the configuration, and what it was given.

use serde_json::{Value, json};

use super::Path;
use crate::simulator::mailbox::{Mail, Mailbox};
use crate::simulator::provider::callback::SendGridKey;
use crate::simulator::provider::{Limits, Provider, Taken, meta, resend, sendgrid, twilio};
use crate::simulator::telegram::{self, Bot, Message};

pub const BOT_TOKEN: &str = "123456:TEST-TOKEN";
pub const BOT_SECRET: &str = "a-secret-that-only-telegram-knows";
pub const NUMBER_ID: &str = "106540352242922";
pub const APP_SECRET: &str = "TEST-APP-SECRET";
pub const AUTH_TOKEN: &str = "TEST-AUTH-TOKEN";
pub const NUMBER: &str = "+447700900100";
/// The secret of a published vector.
pub const SVIX_SECRET: &str = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY";
pub const PARSE_SECRET: &str = "TEST-INBOUND-SECRET";
const ACCOUNT: &str = "ACTEST";
const MAILER: (&str, &str) = ("baton", "TEST-PASSWORD");
/// What SendGrid's events are signed with.
const SEED: [u8; 32] = [7; 32];

/// The provider of a path.
pub struct Stub {
    pub path: Path,
    pub end: End,
}

/// What it is.
pub enum End {
    Telegram { server: telegram::Server, bot: Bot },
    Http(Provider),
    Mail(Mailbox),
}

/// A message as the provider has it.
pub enum Given {
    Chat { chat: i64, message: Message },
    Taken(Taken),
    Mail(Mail),
}

impl Stub {
    /// Starts it.
    pub async fn start(path: Path) -> Result<Self, String> {
        let end = match path {
            Path::Telegram => {
                let server = telegram::Server::start().await.map_err(no_port)?;
                let bot = server.bot(BOT_TOKEN, "baton_demo_bot");
                bot.limited_to(Some(telegram::Limits::REAL));
                for no in 1..=3 {
                    bot.chat(chat(no));
                }
                End::Telegram { server, bot }
            }
            Path::Smtp => {
                let mailbox = Mailbox::start().await.map_err(no_port)?;
                mailbox.wants_login(MAILER.0, MAILER.1);
                End::Mail(mailbox)
            }
            Path::Resend => {
                End::Http(provider(resend::Resend { api_key: "re_TEST".to_owned() }, Limits::RESEND).await?)
            }
            Path::SendGrid => {
                End::Http(provider(sendgrid::SendGrid { api_key: "SG.TEST".to_owned() }, Limits::SENDGRID).await?)
            }
            Path::Meta => {
                let (token, phone_number_id) = ("TEST-TOKEN".to_owned(), NUMBER_ID.to_owned());
                End::Http(provider(meta::Meta { token, phone_number_id, open: true }, Limits::META).await?)
            }
            Path::TwilioWhatsapp | Path::TwilioSms => {
                let (account_sid, auth_token) = (ACCOUNT.to_owned(), AUTH_TOKEN.to_owned());
                End::Http(provider(twilio::Twilio { account_sid, auth_token, open: true }, Limits::TWILIO).await?)
            }
        };
        Ok(Self { path, end })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        match &self.end {
            End::Telegram { server, .. } => server.url(),
            End::Http(provider) => provider.url(),
            End::Mail(mailbox) => mailbox.address().to_string(),
        }
    }

    /// What stands of it in the configuration.
    pub fn configuration(&self) -> String {
        let url = self.url();
        let twilio = format!(
            "[channels.twilio]\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"{AUTH_TOKEN}\"\nbase_url = \"{url}\"\n"
        );
        let mail = "[channels.email]\nreply_domain = \"in.example.com\"\n";
        let from = "from = \"Dispatch <dispatch@example.com>\"\n";
        match self.path {
            Path::Telegram => format!(
                "[channels.telegram]\ntoken = \"{BOT_TOKEN}\"\nbase_url = \"{url}\"\nmode = \"webhook\"\n\
                 webhook_secret = \"{BOT_SECRET}\"\nbot_username = \"baton_demo_bot\"\n"
            ),
            Path::Resend => format!(
                "{mail}provider = \"resend\"\n[channels.email.resend]\napi_key = \"re_TEST\"\nbase_url = \"{url}\"\n{from}\
                 webhook_secret = \"{SVIX_SECRET}\"\n"
            ),
            Path::SendGrid => format!(
                "{mail}provider = \"sendgrid\"\n[channels.email.sendgrid]\napi_key = \"SG.TEST\"\nbase_url = \"{url}\"\n\
                 {from}webhook_key = \"{}\"\ninbound_secret = \"{PARSE_SECRET}\"\n",
                sendgrid_key().map(|key| key.public()).unwrap_or_default()
            ),
            Path::Smtp => {
                let (host, port) = url.split_once(':').unwrap_or_default();
                format!(
                    "[channels.email.smtp]\nhost = \"{host}\"\nport = {port}\ntls = \"none\"\nusername = \"{}\"\n\
                     password = \"{}\"\n{from}",
                    MAILER.0, MAILER.1
                )
            }
            Path::Meta => format!(
                "[channels.whatsapp.meta]\ntoken = \"TEST-TOKEN\"\nphone_number_id = \"{NUMBER_ID}\"\n\
                 base_url = \"{url}\"\napp_secret = \"{APP_SECRET}\"\nverify_token = \"TEST-VERIFY\"\n\
                 offer_template = \"job_offer\"\nmessage_template = \"message\"\n"
            ),
            Path::TwilioWhatsapp => format!(
                "{twilio}[channels.whatsapp]\nprovider = \"twilio\"\n[channels.whatsapp.twilio]\nfrom = \"{NUMBER}\"\n\
                 offer_content = \"HX0ffe4\"\nmessage_content = \"HX3e55a6e\"\n"
            ),
            Path::TwilioSms => format!("{twilio}[channels.sms.twilio]\nfrom = \"{NUMBER}\"\n"),
        }
    }

    /// The newest message to a person in which this stands.
    pub fn given(&self, no: u16, text: &str) -> Option<Given> {
        match &self.end {
            End::Telegram { bot, .. } => {
                let ours = |message: &Message| message.from.is_none() && message.text.contains(text);
                let message = bot.chat(chat(no)).messages().into_iter().rfind(ours)?;
                Some(Given::Chat { chat: chat(no), message })
            }
            End::Http(provider) => {
                let to = self.address(no);
                provider
                    .taken()
                    .into_iter()
                    .rfind(|taken| taken.to == to && taken.text.contains(text))
                    .map(Given::Taken)
            }
            End::Mail(mailbox) => {
                let to = email(no);
                let ours = |mail: &Mail| mail.to.contains(&to) && unfolded(&mail.text).contains(text);
                mailbox.mails().into_iter().rfind(ours).map(Given::Mail)
            }
        }
    }

    /// A person's address as the provider is given it (G10).
    pub fn address(&self, no: u16) -> String {
        match self.path {
            Path::Telegram => chat(no).to_string(),
            Path::Resend | Path::SendGrid | Path::Smtp => email(no),
            Path::Meta => phone(no).trim_start_matches('+').to_owned(),
            Path::TwilioWhatsapp => format!("whatsapp:{}", phone(no)),
            Path::TwilioSms => phone(no),
        }
    }

    /// Somebody without the key calls, and is turned away.
    pub async fn turns_strangers_away(&self) -> Result<String, String> {
        let http = crate::cli::client::http(std::time::Duration::from_secs(5)).map_err(|failure| failure.message)?;
        let call = match self.path {
            Path::Telegram => "/bot123456:ANOTHER-TOKEN/getMe".to_owned(),
            Path::Resend => "/emails".to_owned(),
            Path::SendGrid => "/v3/mail/send".to_owned(),
            Path::Meta => format!("/v25.0/{NUMBER_ID}/messages"),
            Path::TwilioWhatsapp | Path::TwilioSms => format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"),
            Path::Smtp => return Ok("the mail server takes mails after log-in only".to_owned()),
        };
        let answer = http.post(format!("{}{call}", self.url())).header("user-agent", "stranger").json(&json!({}));
        let status = answer.send().await.map_err(|_| "the stub does not answer".to_owned())?.status();
        if !status.is_client_error() {
            return Err(format!("a call without the key was answered with {status}"));
        }
        Ok(format!("the stub refuses a call without the key ({})", status.as_u16()))
    }

    /// Whether every call, but for the stranger's, kept to the contract.
    pub fn kept_to(&self) -> Result<(), String> {
        match &self.end {
            End::Http(provider) if provider.turned_away() > 0 => {
                Err(format!("{} calls were one more than the provider's limit", provider.turned_away()))
            }
            End::Http(provider) => match provider.refused().get(1) {
                Some(refusal) => Err(format!("the stub refused a call: {}", refusal.body.0)),
                None => Ok(()),
            },
            End::Telegram { .. } | End::Mail(_) => Ok(()),
        }
    }
}

/// A person as the API is told of them. Each has every address: the path that is configured is the one that is used.
pub fn person(no: u16) -> Value {
    let name = ["Ana", "Bo", "Cleo"][usize::from(no - 1)];
    json!({ "ref": name.to_lowercase(), "name": name, "phone": phone(no), "email": email(no),
        "telegram_chat_id": chat(no), "priority": no })
}

pub fn sendgrid_key() -> Option<SendGridKey> {
    SendGridKey::of(SEED)
}

pub fn phone(no: u16) -> String {
    format!("+4477009000{no:02}")
}

pub fn email(no: u16) -> String {
    format!("person-{no}@example.com")
}

fn chat(no: u16) -> i64 {
    1_000 + i64::from(no)
}

/// A mail's text with its lines as they were written.
pub fn unfolded(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=")
}

async fn provider(wire: impl crate::simulator::provider::Wire, limits: Limits) -> Result<Provider, String> {
    Provider::limited(wire, limits).await.map_err(no_port)
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn no_port(error: std::io::Error) -> String {
    format!("no port is free: {error}")
}
