//! A client that posts jobs at a fixed rate over one connection. It speaks HTTP by itself, because a client for everything
//! would take more of the machine than the server.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::Stopwatch;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::desk::order;
use super::process::DEV_KEY;
use super::wait::a_moment;

/// One connection.
pub struct Poster {
    stream: TcpStream,
    no: usize,
    read: Vec<u8>,
}

/// What came of it.
#[derive(Default)]
pub struct Posted {
    /// The jobs that were answered with 201.
    pub ids: Vec<String>,
    /// How long each took, from the moment it was due.
    pub waits: Vec<Duration>,
    /// Those that were answered with something else.
    pub refused: usize,
}

impl Poster {
    pub async fn connected(url: &str, no: usize) -> Self {
        let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, no, read: Vec::new() }
    }

    /// Posts its share of so many jobs a second over so many connections, each when it is due or at once when it is late, until
    /// some time after `span`, or until the server is gone.
    pub async fn posts_every(
        mut self,
        connections: usize,
        rate: usize,
        span: Duration,
        begun: Arc<Stopwatch>,
    ) -> Posted {
        let mut posted = Posted::default();
        let end = span + Duration::from_secs(10);
        for round in 0.. {
            let due = Duration::from_secs_f64((round * connections + self.no) as f64 / rate as f64);
            if due > end {
                break;
            }
            if let Some(early) = due.checked_sub(begun.elapsed()) {
                a_moment(early).await;
            }
            let Some((status, body)) = self.posts(&format!("t11-{}-{round}", self.no)).await else { break };
            match (status, body.split("\"id\":\"").nth(1).and_then(|rest| rest.split('"').next())) {
                (201, Some(id)) => {
                    posted.ids.push(id.to_owned());
                    posted.waits.push(begun.elapsed().saturating_sub(due));
                }
                _ => posted.refused += 1,
            }
        }
        posted
    }

    /// None: the server is gone.
    async fn posts(&mut self, reference: &str) -> Option<(u16, String)> {
        let body = order(reference).needing_approval().0.to_string();
        let request = format!(
            "POST /api/v1/jobs HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {DEV_KEY}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.stream.write_all(request.as_bytes()).await.ok()?;
        self.answer().await
    }

    async fn answer(&mut self) -> Option<(u16, String)> {
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&self.read[..end]).to_ascii_lowercase();
                let length: usize = head.split("content-length: ").nth(1)?.split("\r\n").next()?.trim().parse().ok()?;
                let whole = end + 4 + length;
                if self.read.len() >= whole {
                    let status = head.split(' ').nth(1)?.parse().ok()?;
                    let body = String::from_utf8_lossy(&self.read[end + 4..whole]).into_owned();
                    self.read.drain(..whole);
                    return Some((status, body));
                }
            }
            self.stream.read_buf(&mut self.read).await.ok().filter(|count| *count > 0)?;
        }
    }
}
