//! A thin client of the Bot API: the few methods we need, one attempt each, and faults that say how far a call got.
//!
//! The token stands in the path of every request, so no text of the HTTP library that could quote an address leaves this
//! file.

use std::time::Duration;

use baton_core::delivery::Outcome;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::{Fault, Refused};
use super::outcome;
use crate::config;

/// What a bot needs to speak to Telegram.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// `https://api.telegram.org`, or a server of one's own.
    pub base_url: String,
    /// What BotFather gave.
    pub token: SecretString,
    /// A call that takes longer is given up; nobody can tell then whether it was taken.
    pub request_timeout: Duration,
    /// A connection that takes longer to open is given up; nothing was sent then.
    pub connect_timeout: Duration,
}

impl ClientSettings {
    /// A bot at Telegram itself, with patience that fits a message.
    pub fn new(token: SecretString) -> Self {
        Self {
            base_url: "https://api.telegram.org".to_owned(),
            token,
            request_timeout: Duration::from_secs(15),
            connect_timeout: Duration::from_secs(5),
        }
    }
}

impl From<&config::telegram::Telegram> for ClientSettings {
    fn from(set: &config::telegram::Telegram) -> Self {
        Self {
            base_url: set.base_url.clone(),
            request_timeout: set.request_timeout,
            connect_timeout: set.request_timeout.min(Duration::from_secs(5)),
            ..Self::new(set.token.clone())
        }
    }
}

/// The HTTP client cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of HTTP.
    #[error("the base address of the Bot API begins with http:// or https://")]
    BaseUrl,
    /// A token has digits, a colon, and letters.
    #[error("a bot's token looks like 123456:TEST-TOKEN")]
    Token,
    /// No certificates, no resolver.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
}

/// One bot's way to Telegram.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: String,
    token: SecretString,
    request_timeout: Duration,
}

/// Who a bot is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct BotUser {
    /// Its id.
    pub id: i64,
    /// Its name in links: `https://t.me/<username>`.
    #[serde(default)]
    pub username: String,
}

/// How a bot's webhook stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct WebhookInfo {
    /// Where updates go; empty where none is set.
    #[serde(default)]
    pub url: String,
    /// How many updates wait.
    #[serde(default)]
    pub pending_update_count: u64,
    /// When a delivery failed last, in seconds since 1970.
    #[serde(default)]
    pub last_error_date: Option<i64>,
    /// Why.
    #[serde(default)]
    pub last_error_message: Option<String>,
}

/// What stands under a message.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Keyboard {
    /// Buttons in one row, such as yes and no: what each says and carries.
    pub buttons: Vec<(String, String)>,
    /// Buttons one below the other: what each says and where it leads.
    pub links: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Message {
    message_id: i64,
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    text: &'a str,
    parse_mode: &'static str,
    link_preview_options: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<i64>,
}

impl Client {
    /// A client of one bot.
    pub fn new(settings: &ClientSettings) -> Result<Self, ClientError> {
        let base_url = settings.base_url.trim_end_matches('/').to_owned();
        let address = reqwest::Url::parse(&base_url).map_err(|_| ClientError::BaseUrl)?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(ClientError::BaseUrl);
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_');
        let token = settings.token.expose_secret();
        if token.is_empty() || !token.chars().all(plain) {
            return Err(ClientError::Token);
        }
        let mut http = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            // Shorter than servers keep an idle connection: a reused one that dies under a message leaves us not knowing.
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none());
        if address.host_str().is_some_and(is_loopback) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(ClientError::Http)?;
        Ok(Self { http, base_url, token: settings.token.clone(), request_timeout: settings.request_timeout })
    }

    /// Sends a message in Telegram's HTML; its id.
    pub async fn send_message(
        &self,
        (chat, thread): (i64, Option<i64>),
        html: &str,
        keyboard: Option<&Keyboard>,
    ) -> Result<i64, Fault> {
        let body = SendMessage { message_thread_id: thread, ..message_body(chat, None, html, keyboard) };
        let message: Message = self.call("sendMessage", &body).await?;
        Ok(message.message_id)
    }

    /// Rewrites a message in place. Without a keyboard, the one it had is gone.
    pub async fn edit_message_text(
        &self,
        chat: i64,
        message: i64,
        html: &str,
        keyboard: Option<&Keyboard>,
    ) -> Result<(), Fault> {
        let _: Value = self.call("editMessageText", &message_body(chat, Some(message), html, keyboard)).await?;
        Ok(())
    }

    /// Stops a pressed button from spinning, with a word on the screen where there is one. A press that is too old to be
    /// answered still counts.
    pub async fn answer_callback_query(&self, callback: &str, text: Option<&str>) -> Outcome {
        let text = text.map(|text| text.chars().take(200).collect::<String>());
        let mut body = json!({ "callback_query_id": callback });
        if let Some(text) = text {
            body["text"] = Value::String(text);
        }
        match self.call::<Value>("answerCallbackQuery", &body).await {
            Ok(_) => Outcome::Noop,
            Err(fault) => outcome::of(&fault),
        }
    }

    /// Whose token this is: the check of a credential, and the name for links.
    pub async fn get_me(&self) -> Result<BotUser, Fault> {
        self.call("getMe", &json!({})).await
    }

    /// Has updates delivered to an address. `secret` comes with each of them in `X-Telegram-Bot-Api-Secret-Token`.
    pub async fn set_webhook(&self, url: &str, secret: Option<&SecretString>) -> Result<(), Fault> {
        let mut body = json!({ "url": url, "allowed_updates": UPDATES });
        if let Some(secret) = secret {
            body["secret_token"] = Value::String(secret.expose_secret().to_owned());
        }
        self.call::<Value>("setWebhook", &body).await.map(drop)
    }

    /// How the webhook stands.
    pub async fn get_webhook_info(&self) -> Result<WebhookInfo, Fault> {
        self.call("getWebhookInfo", &json!({})).await
    }

    /// Has no updates delivered any more; those that wait are kept for [`Client::get_updates`].
    pub async fn delete_webhook(&self) -> Result<(), Fault> {
        self.call::<Value>("deleteWebhook", &json!({})).await.map(drop)
    }

    /// The updates from `offset` on, which drops those before it; waits up to `patience` for the first.
    pub async fn get_updates(&self, offset: i64, patience: Duration) -> Result<Vec<Value>, Fault> {
        let body = json!({ "offset": offset, "timeout": patience.as_secs(), "limit": 100, "allowed_updates": UPDATES });
        self.call_within("getUpdates", &body, patience + self.request_timeout).await
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, body: &impl Serialize) -> Result<T, Fault> {
        self.call_within(method, body, self.request_timeout).await
    }

    async fn call_within<T: DeserializeOwned>(
        &self,
        method: &str,
        body: &impl Serialize,
        timeout: Duration,
    ) -> Result<T, Fault> {
        let url = format!("{}/bot{}/{method}", self.base_url, self.token.expose_secret());
        let answer = self.http.post(url).timeout(timeout).json(body).send().await.map_err(|e| Fault::of(&e))?;
        let status = answer.status().as_u16();
        let wait = answer.headers().get("retry-after").and_then(|wait| wait.to_str().ok()?.parse().ok());
        let body = answer.bytes().await.map_err(|e| Fault::of(&e))?;
        let Ok(reply) = serde_json::from_slice::<Reply<Value>>(&body) else {
            return Err(Fault::of_gateway(status, wait));
        };
        match reply.result {
            Some(result) if reply.ok => serde_json::from_value(result).map_err(|_| Fault::Unreadable { status }),
            _ => Err(Fault::Refused(Refused {
                code: reply.error_code.unwrap_or(status),
                description: reply.description.unwrap_or_default(),
                retry_after: reply.parameters.retry_after.or(wait),
                migrate_to: reply.parameters.migrate_to_chat_id,
            })),
        }
    }
}

/// The kinds of updates we act on.
const UPDATES: [&str; 3] = ["message", "callback_query", "my_chat_member"];

#[derive(Deserialize)]
struct Reply<T> {
    ok: bool,
    result: Option<T>,
    error_code: Option<u16>,
    description: Option<String>,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

fn message_body<'a>(chat: i64, message: Option<i64>, html: &'a str, keyboard: Option<&Keyboard>) -> SendMessage<'a> {
    let button = |(text, data): &(String, String)| json!({ "text": text, "callback_data": data });
    let reply_markup = keyboard.map(|keyboard| {
        let row: Vec<_> = keyboard.buttons.iter().map(button).collect();
        let links = keyboard.links.iter().map(|(text, url)| vec![json!({ "text": text, "url": url })]);
        let rows: Vec<_> = Some(row).filter(|row| !row.is_empty()).into_iter().chain(links).collect();
        json!({ "inline_keyboard": rows })
    });
    SendMessage {
        chat_id: chat,
        message_thread_id: None,
        text: html,
        parse_mode: "HTML",
        link_preview_options: json!({ "is_disabled": true }),
        reply_markup,
        message_id: message,
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
