//! `baton details export`: what is held about a person, for them.

use std::io::{IsTerminal as _, Read as _};

use clap::Args;
use serde_json::{Value, json};

use crate::cli::client::{Body, Client, Server};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output::{complain, print};

/// What is asked from the standard input has no more bytes.
const SAID_MAX: u64 = 1024;

/// Gives out what is held about a person: one JSON document a line.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton details export --agent d1 > d1.ndjson\n  \
    echo '+447700900123' | baton details export --client > client.ndjson\n\n\
    The key needs the scopes `operator` and `details`; it says whose tenant it is. A client's number or\n\
    mailbox is read from the standard input, so that it stands in no history and no list of processes.\n\
    The first line of --agent is the person; then come the jobs and the notifications.\n\
    Each line of --client is a job with all its details, and the job's timeline says who had them.\n\
    What was erased is gone, and so are the details that retention has removed: neither is in it.")]
#[group(id = "about", required = true, multiple = false, args = ["agent", "client"])]
pub struct Export {
    /// About whoever takes jobs or gets messages under this reference
    #[arg(long, value_name = "REF")]
    pub agent: Option<String>,
    /// About the client whose number or mailbox comes on the standard input
    #[arg(long)]
    pub client: bool,
    /// Which server.
    #[command(flatten)]
    pub server: Server,
}

impl Export {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::new(&self.server)?;
        let body = if self.client { Some(named(&said()?)) } else { None };
        let reference = self.agent.unwrap_or_default();
        let (mut cursor, mut lines, mut missing) = (Value::Null, 0_usize, 0);
        loop {
            let page: Value = if let Some(named) = &body {
                let mut body = named.clone();
                body["cursor"] = cursor;
                let answer = client.post(&["api", "v1", "details", "export"], Body::json(&body)).await?;
                serde_json::from_str(&answer.body)
                    .map_err(|_| Failure::new(Exit::Server, "the answer is not JSON; is it Baton?"))?
            } else {
                let cursor = cursor.as_str().map(|cursor| ("cursor", cursor.to_owned()));
                client.get(&["api", "v1", "agents", &reference, "export"], cursor.as_slice()).await?
            };
            for (kind, items) in [("job", "items"), ("job", "jobs"), ("notification", "notifications")] {
                for item in page[items].as_array().into_iter().flatten() {
                    lines += 1;
                    print(&json!({ kind: item }).to_string())?;
                }
                if items == "items" && page["person"].is_object() {
                    lines += 1;
                    print(&json!({ "person": page["person"] }).to_string())?;
                }
            }
            for count in ["locked", "unreadable"] {
                missing += page[count].as_u64().unwrap_or(0);
            }
            missing += page["withheld"].as_array().map_or(0, |withheld| withheld.len() as u64);
            cursor = page["next_cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        if lines == 0 {
            complain("nothing is held that names them; what was erased or has grown old is gone");
        }
        if missing > 0 {
            return Err(Failure::new(
                Exit::Data,
                format!(
                    "{missing} records could not be opened or given out and may be about them; see `baton sealing status`"
                ),
            ));
        }
        Ok(())
    }
}

/// What somebody is called by: a mailbox or a number.
fn named(said: &str) -> Value {
    if said.contains('@') { json!({ "email": said }) } else { json!({ "phone": said }) }
}

fn said() -> Result<String, Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        complain("write their number (+447700900123) or mailbox, then Ctrl-D:");
    }
    let mut said = String::new();
    let read = stdin.lock().take(SAID_MAX).read_to_string(&mut said);
    read.map_err(|error| Failure::new(Exit::Usage, format!("the standard input cannot be read: {error}")))?;
    match said.trim() {
        "" => Err(Failure::new(Exit::Usage, "nobody is named; write a number or a mailbox to the standard input")),
        said => Ok(said.to_owned()),
    }
}
