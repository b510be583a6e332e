//! The outside of the cloud: what every answer has in common, and which path leads where.

use std::io::Write;

use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;

use super::answer::{Answer, Body};
use super::call::Call;
use super::fault::{Api, FaultKind};
use super::faults::Target;
use super::in_flight::Flight;
use super::{Authorization, Cloud, Inner, Seen, api, iam, locked, metadata, pod_identity, sts};

/// Most bytes of a request that anybody here has a use for.
const MAX_REQUEST: usize = 1 << 20;
/// Bodies up to this size are not worth compressing, in bytes.
const MIN_GZIP: usize = 1024;
/// RFC 9110's form of a date.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Method, path, and what answers there.
type Endpoint = (&'static str, &'static str, fn(&Inner, &Call) -> Answer);

/// Who issues credentials, and lists what they are for.
const IDENTITY: [Endpoint; 7] = [
    ("POST", "/v3/auth/tokens", iam::create_token),
    ("GET", "/v3/projects", iam::list_projects),
    ("GET", "/v3/users", iam::list_users),
    ("POST", "/v5/agencies/assume-with-oidc", sts::assume_with_oidc),
    ("PUT", "/meta-data/latest/api/token", metadata::create_token),
    ("GET", "/openstack/latest/securitykey", metadata::security_key),
    ("POST", "/pod-identity/credentials", pod_identity::create_credentials),
];

/// Answers one request, whatever it is.
pub(super) async fn handle(State(cloud): State<Cloud>, request: Request) -> Response<HttpBody> {
    let inner = &cloud.inner;
    let flight = inner.in_flight.begin();
    if !inner.latency.is_zero() {
        tokio::time::sleep(inner.latency).await;
    }
    let (parts, body) = request.into_parts();
    let skew = locked(&inner.faults).skew_seconds(metastudio(parts.uri.path()));
    let now = inner.clock.now();
    let now = now.checked_add(SignedDuration::from_secs(skew)).unwrap_or(now);
    let mut call = Call { parts, body: Bytes::new(), id: format!("{:032x}", fastrand::u128(..)), now };
    let answer = match to_bytes(body, MAX_REQUEST).await {
        Ok(body) => {
            call.body = body;
            route(inner, &call)
        }
        Err(_) => {
            Answer::metastudio(StatusCode::PAYLOAD_TOO_LARGE, "MSS.00000003", "Invalid parameter: body")
        }
    };
    locked(&inner.log).add(kind(call.parts.uri.path()), seen(&call, answer.status));
    let gzip = accepts_gzip(&call.parts.headers);
    respond(answer, &call, gzip, flight).unwrap_or_else(|_| {
        let mut failed = Response::new(HttpBody::empty());
        *failed.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        failed
    })
}

fn route(inner: &Inner, call: &Call) -> Answer {
    let (method, path) = (call.parts.method.as_str(), call.parts.uri.path());
    if let Some(target) = metastudio(path).filter(|_| method == "GET") {
        return api::answer(inner, target, call);
    }
    let Some((_, _, answer)) = IDENTITY.iter().find(|(its, at, _)| (*its, *at) == (method, path)) else {
        let message = "The API does not exist or has not been published in the environment";
        return Answer::gateway(StatusCode::NOT_FOUND, "APIG.0101", message, &call.id);
    };
    if locked(&inner.faults).on_iam(FaultKind::IamError) {
        return Answer::iam(
            StatusCode::INTERNAL_SERVER_ERROR,
            "An unexpected error prevented the server from fulfilling your request.",
        );
    }
    answer(inner, call)
}

/// The MetaStudio API at a path, and the project that the path names.
fn metastudio(path: &str) -> Option<Target<'_>> {
    let (project_id, rest) = path.strip_prefix("/v1/")?.split_once('/')?;
    let api = Api::ALL.into_iter().find(|api| suffix(*api) == rest)?;
    Some(Target { api, project_id })
}

/// What follows the project in an API's path.
fn suffix(api: Api) -> &'static str {
    match api {
        Api::VoiceTraining => "voice-training-manage/quotas",
        Api::UserQuotas => "user/quotas",
    }
}

/// What requests to a path are counted under.
fn kind(path: &str) -> String {
    match metastudio(path) {
        Some(target) => format!("/v1/{{project_id}}/{}", suffix(target.api)),
        None if IDENTITY.iter().any(|(_, at, _)| *at == path) => path.to_owned(),
        None => "other".to_owned(),
    }
}

fn seen(call: &Call, status: StatusCode) -> Seen {
    Seen {
        method: call.parts.method.to_string(),
        path: call.parts.uri.path().to_owned(),
        query: call.parts.uri.query().unwrap_or_default().to_owned(),
        status: status.as_u16(),
        authorization: match (call.header("x-auth-token"), call.header("authorization")) {
            (Some(_), _) => Authorization::Token,
            (None, Some(_)) => Authorization::Signature,
            (None, None) => Authorization::None,
        },
    }
}

fn respond(
    answer: Answer,
    call: &Call,
    gzip: bool,
    flight: Flight,
) -> Result<Response<HttpBody>, axum::http::Error> {
    let mut response = Response::builder()
        .status(answer.status)
        .header("X-Request-Id", &call.id)
        .header(header::DATE, call.now.strftime(HTTP_DATE).to_string())
        .header(header::CONTENT_TYPE, answer.content_type);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    match answer.body {
        Body::Whole(bytes) if gzip && bytes.len() > MIN_GZIP => {
            response.header(header::CONTENT_ENCODING, "gzip").body(HttpBody::from(compress(&bytes)))
        }
        Body::Whole(bytes) => response.body(HttpBody::from(bytes)),
        Body::Cut(bytes) => response.header(header::CONTENT_LENGTH, bytes.len()).body(broken(&bytes)),
        Body::Stalled => {
            // It is in flight until the caller gives up.
            let never = async move {
                let _flight = flight;
                std::future::pending::<Result<Bytes, std::io::Error>>().await
            };
            response.body(HttpBody::from_stream(stream::once(never)))
        }
    }
}

/// The first half, then an error: hyper closes the connection on it.
fn broken(bytes: &Bytes) -> HttpBody {
    let half = bytes.slice(..bytes.len() / 2);
    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    // The half has to be on its way before the error, or hyper drops both.
    let pause = stream::once(tokio::task::yield_now()).filter_map(|()| async { None });
    HttpBody::from_stream(stream::iter([Ok(half)]).chain(pause).chain(stream::iter([Err(reset)])))
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0")
    })
}

fn compress(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
