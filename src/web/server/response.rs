//! One request: its authentication and limits, then the site's response.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body as _, Incoming};
use hyper::service::Service;
use tokio::time::timeout;

use super::activity::Activity;
use super::authentication::AuthenticationResult;
use super::body::observed;
use super::host::has_valid_host;
use super::limits::MAX_BODY_BYTES;
use super::{Server, ServerState};
use crate::web::config::WebConfig;

/// Responds to one request.
pub(super) async fn respond(
    server: Server,
    activity: Activity,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let server = &server.0;
    let mut in_progress = activity.begin_request();
    let is_head = request.method() == Method::HEAD;
    let config = Arc::clone(&server.config.borrow());
    let mut response = match server.admit(&config, request).await {
        Ok(request) => server.router.call(request).await?,
        Err(refusal) => refusal,
    };
    let is_refusal = [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&response.status());
    response.headers_mut().extend(config.headers.clone());
    if is_head {
        response = without_body(response);
    }
    if let Some(metrics) = &server.metrics {
        metrics.count_request(response.status().as_u16());
    }
    in_progress.begin_response(is_refusal);
    Ok(response.map(|body| observed(in_progress, body)))
}

impl ServerState {
    /// The request as the router expects it, or the response that refuses it.
    async fn admit(
        &self,
        config: &WebConfig,
        request: Request<Incoming>,
    ) -> Result<Request<Body>, Response<Body>> {
        if !self.rate_limiter.admits(config.rate_limit) {
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests\n"));
        }
        if !has_valid_host(&request) {
            let sentence = "The request needs one Host header, which agrees with its URI.\n";
            return Err(refusal(StatusCode::BAD_REQUEST, sentence));
        }
        if !config.users.is_empty() {
            match self.authenticator.authenticate(&config.users, request.headers()).await {
                AuthenticationResult::Accepted => {}
                AuthenticationResult::Rejected => return Err(unauthorized()),
                AuthenticationResult::Busy => {
                    let sentence = "Too many passwords are being checked, try again later.\n";
                    return Err(refusal(StatusCode::SERVICE_UNAVAILABLE, sentence));
                }
            }
        }
        self.read(request).await
    }

    /// Reads and discards the body, which no page uses.
    async fn read(&self, request: Request<Incoming>) -> Result<Request<Body>, Response<Body>> {
        let (mut head, body) = request.into_parts();
        // HTTP/2 sends the host in the URI, pages read it from the header.
        if let Some(host) = head.uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok()) {
            head.headers.entry(header::HOST).or_insert(host);
        }
        if body.is_end_stream() {
            return Ok(Request::from_parts(head, Body::empty()));
        }
        let too_large = || refusal(StatusCode::PAYLOAD_TOO_LARGE, "The request body is too large.\n");
        let is_too_large = body.size_hint().lower() > MAX_BODY_BYTES as u64;
        if is_too_large {
            return Err(too_large());
        }
        match timeout(self.limits.reading, Limited::new(body, MAX_BODY_BYTES).collect()).await {
            Ok(Ok(_)) => Ok(Request::from_parts(head, Body::empty())),
            Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
            Ok(Err(_)) => Err(refusal(StatusCode::BAD_REQUEST, "The request body could not be read.\n")),
            Err(_) => Err(refusal(StatusCode::REQUEST_TIMEOUT, "The request body timed out.\n")),
        }
    }
}

/// The response to HEAD: the length of the body without the body.
fn without_body(mut response: Response<Body>) -> Response<Body> {
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        response.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    }
    response.map(|_| Body::empty())
}

fn unauthorized() -> Response<Body> {
    let mut response = refusal(StatusCode::UNAUTHORIZED, "Unauthorized\n");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    response
}

/// A sentence that browsers must not take for anything else, as Go's servers send it.
fn refusal(status: StatusCode, sentence: &'static str) -> Response<Body> {
    (status, [(header::X_CONTENT_TYPE_OPTIONS, "nosniff")], sentence).into_response()
}
