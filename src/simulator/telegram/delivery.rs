//! How updates leave: posted to the bot's webhook in order, each again until it is taken; or kept for `getUpdates`.

use std::time::Duration;

use serde_json::Value;

use super::bot::Bot;

/// Where updates are posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
}

/// The first pause after an update that was not taken; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Posts the updates of a bot as long as there is a handle to it.
pub(super) fn start(bot: &Bot) {
    let mut changes = bot.changes();
    let bot = bot.downgrade();
    tokio::spawn(async move {
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap_or_default();
        let mut pause = PAUSE;
        loop {
            changes.mark_unchanged();
            let Some(next) = bot().map(|bot| next(&bot)) else {
                return;
            };
            let Some((webhook, update)) = next else {
                if changes.changed().await.is_err() {
                    return;
                }
                continue;
            };
            let posted = post(&http, &webhook, &update).await;
            let Some(bot) = bot() else {
                return;
            };
            match posted {
                Ok(()) => {
                    pause = PAUSE;
                    bot.with(|state| {
                        // It may have been dropped meanwhile, by `getUpdates` or with the webhook.
                        if state.updates.front() == Some(&update) {
                            state.updates.pop_front();
                        }
                    });
                    bot.has_changed();
                }
                Err(reason) => {
                    bot.with(|state| state.webhook_error = Some(reason));
                    let clock = bot.clock();
                    let rest = clock.sleep_until(clock.now() + pause);
                    drop(bot);
                    rest.await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    });
}

fn next(bot: &Bot) -> Option<(Webhook, Value)> {
    bot.with(|state| Some((state.webhook.clone()?, state.updates.front()?.clone())))
}

async fn post(http: &reqwest::Client, webhook: &Webhook, update: &Value) -> Result<(), String> {
    let mut request = http.post(&webhook.url).json(update);
    if let Some(secret) = &webhook.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    match request.send().await {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => Err(format!("Wrong response from the webhook: {}", answer.status())),
        Err(_) => Err("Connection failed".to_owned()),
    }
}
