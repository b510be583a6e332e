//! Ends the turn of a connection that reads much, so that clients that send without end do not delay others.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The bytes that a connection reads before others have their turn. Requests are smaller, but an HTTP/2 client may send
/// thousands of small frames, such as pings, in one turn of megabytes.
const MAX_TURN_BYTES: usize = 4 * 1024;

/// A stream that is pending, and ready again at once, after it was read for a whole turn.
pub(super) struct Turns<S> {
    stream: S,
    read: usize,
}

impl<S> Turns<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, read: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Turns<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.read >= MAX_TURN_BYTES {
            self.read = 0;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.read = if result.is_pending() { 0 } else { self.read + buffer.filled().len() - before };
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Turns<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::time::Duration;

    use futures_util::FutureExt;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    async fn read_all(mut stream: impl AsyncRead + Unpin) -> usize {
        let (mut part, mut total) = ([0; 1024], 0);
        while let length @ 1.. = stream.read(&mut part).await.unwrap() {
            total += length;
        }
        total
    }

    #[tokio::test]
    async fn others_have_their_turn_while_a_connection_reads_much() {
        let length = 10 * MAX_TURN_BYTES;
        let stream = || Turns::new(Cursor::new(vec![0; length]));
        let mut reading = Box::pin(read_all(stream()));
        let mut turns = 1;
        while (&mut reading).now_or_never().is_none() {
            turns += 1;
        }
        assert_eq!(turns, 11, "the last one reads the end only");
        let woken = tokio::time::timeout(Duration::from_secs(30), tokio::spawn(read_all(stream()))).await;
        assert_eq!(woken.expect("it is woken for its next turn").unwrap(), length);
    }

    #[tokio::test]
    async fn a_turn_starts_anew_after_a_pause() {
        let (mut client, server) = tokio::io::duplex(MAX_TURN_BYTES);
        let mut stream = Turns::new(server);
        let mut part = vec![0; MAX_TURN_BYTES - 1];
        for _ in 0..3 {
            client.write_all(&part).await.unwrap();
            stream.read_exact(&mut part).await.unwrap();
            assert_eq!(stream.read, MAX_TURN_BYTES - 1);
            assert!(stream.read_u8().now_or_never().is_none(), "nothing is left to read");
            assert_eq!(stream.read, 0);
        }
    }
}
