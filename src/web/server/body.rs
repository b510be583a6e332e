//! The body of a response, as its connection takes it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::activity::RequestInProgress;

/// The largest part of a response that an HTTP/2 connection takes at once. Taking a part is progress there, so large ones
/// would make slow clients look stalled. HTTP/1 tells progress by the bytes that were sent.
const MAX_HTTP2_PART_BYTES: usize = 16 * 1024;

/// A body that owns `guard`, which is dropped when the body is sent or discarded.
pub(in crate::web) fn hold_until_sent(guard: impl Send + 'static, body: Body) -> Body {
    Body::new(body.map_err(move |error| {
        // A closure owns what it uses.
        let _ = &guard;
        error
    }))
}

/// A body that records its progress, in parts.
pub(super) fn observed(request: RequestInProgress, body: Body) -> Body {
    let max_part = if request.is_http1() { usize::MAX } else { MAX_HTTP2_PART_BYTES };
    Body::new(ObservedBody { request, body, max_part, rest: Bytes::new() })
}

struct ObservedBody {
    request: RequestInProgress,
    body: Body,
    max_part: usize,
    /// What is left of a large part.
    rest: Bytes,
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                other => return Poll::Ready(other),
            }
        }
        self.request.took_part();
        let length = self.rest.len().min(self.max_part);
        Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let rest = self.rest.len() as u64;
        let inner = self.body.size_hint();
        let mut hint = SizeHint::new();
        hint.set_lower(rest + inner.lower());
        if let Some(upper) = inner.upper() {
            hint.set_upper(rest + upper);
        }
        hint
    }
}
