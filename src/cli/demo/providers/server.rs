//! A Baton of its own for a path: this very binary as another process, on a store that is thrown away.

use std::process::Stdio;
use std::time::Duration;

use baton_actors::clock::{Clock as _, SystemClock};
use reqwest::Method;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use super::PUBLIC_URL;
use crate::cli::client::http;
use crate::cli::demo::folder::Folder;
use crate::keys;

/// Far longer than anything takes on loopback.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether something has come.
const LOOK: Duration = Duration::from_millis(10);

/// A server; it ends when it is dropped.
pub struct Server {
    _child: Child,
    url: String,
    http: reqwest::Client,
    key: SecretString,
}

impl Server {
    /// Starts one with the channels of a path.
    pub async fn start(folder: &Folder, channels: &str) -> Result<Self, String> {
        let key = keys::generate();
        let configuration = format!(
            "# Written by `baton demo --providers`.\n[server]\npublic_url = \"{PUBLIC_URL}\"\n\n\
             [server.rate_limit]\nper_ip = \"off\"\n\n[store]\nmin_free = \"64MiB\"\ncache = \"32MiB\"\n\n\
             [channels.console]\nenabled = \"off\"\n\n[wording]\nfolder = \"{}\"\n\n{channels}\n\
             [api_keys.demo]\nkey = \"{}\"\ntenant = \"default\"\n\
             scopes = [\"jobs:write\", \"jobs:read\", \"operator\", \"admin\", \"notifications:read\", \"notifications:write\"]\n",
            folder.path().join("wording").display(),
            key.expose_secret()
        );
        let file = folder.write("baton.toml", configuration.as_bytes()).map_err(|failure| failure.message)?;
        let binary = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
        let mut command = Command::new(binary);
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--config"]).arg(file);
        command.arg("--data").arg(folder.path().join("store")).env_clear().env("NO_COLOR", "1");
        command.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| format!("the server does not start: {error}"))?;
        let said = child.stderr.take().ok_or("the server has no voice")?;
        let url =
            tokio::time::timeout(PATIENCE, listening(said)).await.map_err(|_| "the server does not come up")??;
        let http = http(PATIENCE).map_err(|failure| failure.message)?;
        Ok(Self { _child: child, url, http, key })
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks it as its owner. What is not answered with 2xx is an error.
    pub async fn asks(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        request = request.bearer_auth(self.key.expose_secret());
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|_| format!("{method} {path} was not answered"))?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if !status.is_success() {
            return Err(format!("{method} {path} was answered with {status}: {text}"));
        }
        Ok(serde_json::from_str(&text).unwrap_or_default())
    }

    /// A button on a page of ours, pressed by somebody without a key.
    pub async fn submits(&self, path: &str, form: &[(&str, &str)]) -> Result<(), String> {
        let sent = self.http.post(format!("{}{path}", self.url)).form(form).send().await;
        match sent {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(format!("the page answered with {}", answer.status())),
            Err(_) => Err("the page did not answer".to_owned()),
        }
    }
}

/// Where it says that it listens. What it says after that is read and forgotten, so that it never waits for us.
async fn listening(said: tokio::process::ChildStderr) -> Result<String, String> {
    let mut lines = BufReader::new(said).lines();
    let mut last = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((_, told)) = line.split_once("listening on ") {
            let address = told.split([';', '"', ' ']).next().unwrap_or_default().to_owned();
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Ok(format!("http://{address}"));
        }
        last = line;
    }
    Err(format!("the server ended: {last}"))
}

/// Looks until something is there; what it was waited for, where that takes too long.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<Option<T>, String>) -> Result<T, String> {
    let end = SystemClock.now() + PATIENCE;
    while SystemClock.now() < end {
        if let Some(seen) = look().await? {
            return Ok(seen);
        }
        SystemClock.sleep_until(SystemClock.now() + LOOK).await;
    }
    Err(format!("{what} did not come"))
}
