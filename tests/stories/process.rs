//! The built binary as a child process: started, killed, asked to stop, and its log read.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::wait::until;

pub const DEV_KEY: &str = "dev-key-of-the-stories-0123456789abcdef";

/// A server; it is killed when it is dropped.
pub struct Process {
    child: Child,
    log: PathBuf,
    /// Where this run's log begins.
    from: usize,
}

/// The binary with the environment of a story and nothing else. `STORIES_BATON` names another one than that of this build,
/// such as one that is made for speed.
pub fn baton(environment: &[(String, String)]) -> Command {
    let given = std::env::var_os("STORIES_BATON");
    let mut command = Command::new(given.unwrap_or_else(|| env!("CARGO_BIN_EXE_baton").into()));
    command.env_clear().env("BATON_DEV_KEY", DEV_KEY).kill_on_drop(true);
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command
}

impl Process {
    /// Starts the server on a free port.
    pub fn start(data: &Path, log: &Path, environment: &[(String, String)]) -> Self {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
        let from = file.metadata().unwrap().len() as usize;
        let mut command = baton(environment);
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let child = command.stdout(Stdio::null()).stderr(file).spawn().unwrap();
        Self { child, log: log.to_owned(), from }
    }

    /// Waits until it serves; gives back where.
    pub async fn serves_at(&mut self) -> String {
        until("the server serves", async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            let log = self.log();
            let (_, told) = log.split_once("listening on ")?;
            Some(format!("http://{}", told.split_once(';')?.0))
        })
        .await
    }

    /// What it has logged since it was started.
    pub fn log(&self) -> String {
        let log = std::fs::read(&self.log).unwrap();
        String::from_utf8_lossy(&log[self.from..]).into_owned()
    }

    /// How much memory it holds, in MiB.
    pub fn resident_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }

    pub async fn kill_9(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Waits until it ends by itself; gives back how.
    pub async fn ends(&mut self) -> ExitStatus {
        tokio::time::timeout(super::wait::PATIENCE, self.child.wait()).await.expect("it ends").unwrap()
    }

    /// SIGTERM; gives back how it ended.
    pub async fn told_to_stop(&mut self) -> ExitStatus {
        let pid = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        tokio::time::timeout(Duration::from_secs(12), self.child.wait()).await.expect("it ends").unwrap()
    }
}
