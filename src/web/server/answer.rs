//! One request: who may ask, how often, and what; then the site's answer.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Frame, Incoming, SizeHint};
use hyper::service::Service;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

use super::activity::{Activity, Sending};
use super::limits::BODY;
use super::passwords::Verdict;
use super::{Server, State};
use crate::web::config::WebConfig;

/// An answer's body, and what is held until all of it is sent.
pub(super) struct Sent {
    body: Body,
    _sending: Sending,
    _slot: Option<OwnedSemaphorePermit>,
}

/// Answers one request.
pub(super) async fn answer(
    server: Server,
    activity: Arc<Activity>,
    request: Request<Incoming>,
) -> Result<Response<Sent>, Infallible> {
    let server = &server.0;
    let handling = activity.begin();
    let is_head = request.method() == Method::HEAD;
    let config = Arc::clone(&server.config.borrow());
    let (mut answer, slot) = match server.admit(&config, request).await {
        Ok((request, slot)) => {
            let Ok(answer) = server.router.call(request).await;
            (answer, slot)
        }
        Err(refusal) => (refusal, None),
    };
    answer.headers_mut().extend(config.headers.clone());
    if is_head {
        answer = without_body(answer);
    }
    Ok(answer.map(|body| Sent { body, _sending: handling.send(), _slot: slot }))
}

impl State {
    /// The request as the site gets it, and the slot that a scrape holds.
    async fn admit(
        &self,
        config: &WebConfig,
        request: Request<Incoming>,
    ) -> Result<(Request<Body>, Option<OwnedSemaphorePermit>), Response<Body>> {
        if !self.bucket.take(config.rate_limit) {
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests\n"));
        }
        if !config.users.is_empty() {
            match self.passwords.check(&config.users, request.headers()).await {
                Verdict::Right => {}
                Verdict::Wrong => return Err(unauthorized()),
                Verdict::Busy => {
                    let sentence = "Too many passwords are being checked, try again later.\n";
                    return Err(refusal(StatusCode::SERVICE_UNAVAILABLE, sentence));
                }
            }
        }
        let request = self.read(request).await?;
        let slot = match &self.slots {
            Some(slots) if request.uri().path() == self.metrics_path => {
                Some(Arc::clone(slots).try_acquire_owned().map_err(|_| self.too_many())?)
            }
            _ => None,
        };
        Ok((request, slot))
    }

    /// Reads the body, where there may be one. No page does anything with it.
    async fn read(&self, request: Request<Incoming>) -> Result<Request<Body>, Response<Body>> {
        let (mut head, body) = request.into_parts();
        // HTTP/2 tells the host in the address, pages look for it in HTTP/1.1's header.
        if let Some(host) = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            head.headers.entry(header::HOST).or_insert(host);
        }
        if body.is_end_stream() {
            return Ok(Request::from_parts(head, Body::empty()));
        }
        let too_large = || refusal(StatusCode::PAYLOAD_TOO_LARGE, "The request has too large a body.\n");
        if [Method::GET, Method::HEAD].contains(&head.method) || body.size_hint().lower() > BODY as u64 {
            return Err(too_large());
        }
        match timeout(self.limits.reading, Limited::new(body, BODY).collect()).await {
            Ok(Ok(_)) => Ok(Request::from_parts(head, Body::empty())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(refusal(StatusCode::BAD_REQUEST, "The request's body cannot be read.\n")),
            Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "The request's body did not come in time.\n")),
        }
    }

    fn too_many(&self) -> Response<Body> {
        let sentence = format!(
            "Limit of concurrent requests reached ({}), try again later.\n",
            self.limits.max_requests
        );
        (StatusCode::SERVICE_UNAVAILABLE, sentence).into_response()
    }
}

/// What HEAD gets: the length of a body, but not the body.
fn without_body(mut answer: Response<Body>) -> Response<Body> {
    if let Some(length) = answer.body().size_hint().exact().filter(|length| *length > 0) {
        answer.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    answer.map(|_| Body::empty())
}

fn unauthorized() -> Response<Body> {
    let mut answer = refusal(StatusCode::UNAUTHORIZED, "Unauthorized\n");
    answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    answer
}

/// A sentence, which no browser is to take for anything else: as Go's servers say no.
fn refusal(status: StatusCode, sentence: &'static str) -> Response<Body> {
    (status, [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], sentence).into_response()
}

impl hyper::body::Body for Sent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
