//! A body as a stream of lines. A line that is too long is refused and passed over; a line that does not end in time ends
//! the stream.

use std::time::Duration;

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body_util::BodyExt;
use tokio::time::Instant;

use crate::http::problem::{Code, Problem};

/// A line, or why there is none.
pub type Line = Result<Bytes, Problem>;

/// Whether a body says that it comes as lines.
pub fn is_lines(headers: &HeaderMap) -> bool {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    ["application/x-ndjson", "application/ndjson", "application/jsonl"]
        .iter()
        .any(|kind| essence.eq_ignore_ascii_case(kind))
}

/// The lines of a body; empty ones are passed over.
pub fn lines(body: Body, longest: usize, patience: Duration) -> impl Stream<Item = Line> {
    let reader =
        Reader { body, longest, patience, buffer: BytesMut::new(), searched: 0, skipping: false, ended: false };
    futures_util::stream::unfold(reader, |mut reader| async { reader.next().await.map(|line| (line, reader)) })
}

struct Reader {
    body: Body,
    longest: usize,
    patience: Duration,
    buffer: BytesMut,
    /// Up to here there is no end of a line.
    searched: usize,
    /// The rest of a line that is too long.
    skipping: bool,
    ended: bool,
}

impl Reader {
    async fn next(&mut self) -> Option<Line> {
        // For the whole line, the empty ones before it included: a drop now and then does not keep a connection.
        let until = Instant::now() + self.patience;
        loop {
            if let Some(at) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let line = self.buffer.split_to(self.searched + at + 1).freeze();
                self.searched = 0;
                if std::mem::take(&mut self.skipping) || line.trim_ascii().is_empty() {
                    continue;
                }
                return Some(Ok(line.slice(..line.len() - 1)));
            }
            self.searched = self.buffer.len();
            if self.searched > self.longest {
                self.buffer.clear();
                self.searched = 0;
                if !std::mem::replace(&mut self.skipping, true) {
                    return Some(Err(Problem::new(
                        Code::BodyTooLarge,
                        format!("the line is over {} bytes", self.longest),
                    )));
                }
            }
            if self.ended {
                let rest = std::mem::take(&mut self.buffer).freeze();
                self.searched = 0;
                return (!rest.trim_ascii().is_empty() && !self.skipping).then_some(Ok(rest));
            }
            match tokio::time::timeout_at(until, self.body.frame()).await {
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        self.buffer.extend_from_slice(&data);
                    }
                }
                Ok(None) => self.ended = true,
                Ok(Some(Err(_))) => return self.broken(Code::MalformedJson, "the body ended before its end"),
                Err(_elapsed) => return self.broken(Code::BodyTooSlow, "the next line did not come in time"),
            }
        }
    }

    /// The last line: what is left is not one.
    fn broken(&mut self, code: Code, detail: &'static str) -> Option<Line> {
        if self.ended {
            return None;
        }
        (self.ended, self.skipping) = (true, true);
        self.buffer.clear();
        self.searched = 0;
        Some(Err(Problem::new(code, detail)))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    async fn read(pieces: &[&'static str], longest: usize) -> Vec<String> {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, std::io::Error>(*piece)).collect();
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let lines = lines(body, longest, Duration::from_secs(10));
        let shown = lines.map(|line| match line {
            Ok(line) => String::from_utf8_lossy(&line).into_owned(),
            Err(problem) => format!("<{}>", problem.code.as_str()),
        });
        shown.collect().await
    }

    #[tokio::test]
    async fn lines_are_found_wherever_the_pieces_break() {
        assert_eq!(read(&["a\nb", "c\n", "\n \n", "d"], 100).await, ["a", "bc", "d"]);
        assert_eq!(read(&["a\r\n"], 100).await, ["a\r"]);
        assert_eq!(read(&[], 100).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_refused_and_the_next_one_read() {
        assert_eq!(read(&["abcdef", "ghij", "kl\nm\n"], 4).await, ["<body-too-large>", "m"]);
        assert_eq!(read(&["abcdefgh"], 4).await, ["<body-too-large>"]);
    }
}
