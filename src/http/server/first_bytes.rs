//! A deadline for a connection's first bytes.
//!
//! Before hyper's own header timer runs, the two protocols are told apart by up to 24 bytes, and that wait has no timer:
//! a client that sends nothing, or only the beginning of HTTP/2's greeting, would hold its place for ever.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

/// The length of HTTP/2's greeting: after so many bytes the protocol is known and its own timers watch.
const GREETING: usize = 24;

/// A connection that fails when its first bytes are late.
pub struct FirstBytes {
    stream: TcpStream,
    read: usize,
    deadline: Option<Pin<Box<Sleep>>>,
}

impl FirstBytes {
    /// The clock begins to run now.
    #[expect(clippy::disallowed_methods, reason = "a deadline of the network, not of the domain")]
    pub fn new(stream: TcpStream, patience: Duration) -> Self {
        Self { stream, read: 0, deadline: Some(Box::pin(sleep(patience))) }
    }
}

impl AsyncRead for FirstBytes {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(cx, buf);
        let Some(deadline) = &mut self.deadline else {
            return read;
        };
        if read.is_pending() {
            ready!(deadline.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.read += buf.filled().len() - before;
        if self.read >= GREETING {
            self.deadline = None;
        }
        read
    }
}

impl AsyncWrite for FirstBytes {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
