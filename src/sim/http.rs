//! Routes requests to the endpoints, and adds to their responses what all responses have in common.

use std::io::Write;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;

use super::fault::{FaultKind, MetaStudioApi};
use super::faults::ProjectApi;
use super::messages::{CloudResponse, Delivery, EndpointResult, ReceivedRequest};
use super::request_log::LoggedRequest;
use super::{Cloud, Inner, iam, locked, quota_lists, temporary_keys};

/// The largest request body, in bytes.
const MAX_REQUEST: usize = 1 << 20;
/// The largest body that is not compressed, in bytes.
const MAX_UNCOMPRESSED: usize = 1024;
/// The date format of RFC 9110.
const HTTP_DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

type Endpoint = fn(&Inner, &ReceivedRequest) -> EndpointResult;

/// The endpoints other than MetaStudio's, by method and path.
const ENDPOINTS: [(&str, &str, Endpoint); 7] = [
    ("POST", "/v3/auth/tokens", iam::create_token),
    ("GET", "/v3/projects", iam::list_projects),
    ("GET", "/v3/users", iam::list_users),
    ("POST", "/v5/agencies/assume-with-oidc", temporary_keys::assume_agency_with_oidc),
    ("PUT", "/meta-data/latest/api/token", temporary_keys::create_metadata_token),
    ("GET", "/openstack/latest/securitykey", temporary_keys::show_machine_key),
    ("POST", "/pod-identity/credentials", temporary_keys::create_pod_key),
];

/// A request is in flight as long as this exists.
struct InFlight(Arc<Inner>);

impl Drop for InFlight {
    fn drop(&mut self) {
        locked(&self.0.log).end();
    }
}

/// Answers any request.
pub(super) async fn handle(State(cloud): State<Cloud>, request: Request) -> Response {
    let inner = &cloud.inner;
    locked(&inner.log).begin();
    let in_flight = InFlight(Arc::clone(inner));
    if !inner.latency.is_zero() {
        tokio::time::sleep(inner.latency).await;
    }
    let (parts, body) = request.into_parts();
    let skew = locked(&inner.faults).skew_seconds(project_api(parts.uri.path()).as_ref());
    let now = inner.clock.now();
    let now = now.checked_add(SignedDuration::from_secs(skew)).unwrap_or(now);
    let body = to_bytes(body, MAX_REQUEST).await.ok();
    let too_large = body.is_none();
    let id = format!("{:032x}", fastrand::u128(..));
    let request = ReceivedRequest { parts, body: body.unwrap_or_default(), id, now };
    let response = if too_large {
        let message = "Invalid parameter: body";
        CloudResponse::metastudio(StatusCode::PAYLOAD_TOO_LARGE, "MSS.00000003", message)
    } else {
        route(inner, &request).unwrap_or_else(|refusal| refusal)
    };
    locked(&inner.log).add(path_template(request.parts.uri.path()), logged(&request, response.status));
    respond(response, &request, in_flight)
}

fn route(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let (method, path) = (request.parts.method.as_str(), request.parts.uri.path());
    if let Some(list) = project_api(path).filter(|_| method == "GET") {
        return quota_lists::show_page(inner, list, request);
    }
    let Some((_, _, endpoint)) = ENDPOINTS.iter().find(|endpoint| (endpoint.0, endpoint.1) == (method, path))
    else {
        let message = "The API does not exist or has not been published in the environment";
        return Err(CloudResponse::gateway(StatusCode::NOT_FOUND, "APIG.0101", message, &request.id));
    };
    if locked(&inner.faults).is_active(FaultKind::IamError, None) {
        let message = "An unexpected error prevented the server from fulfilling your request.";
        return Err(CloudResponse::iam(StatusCode::INTERNAL_SERVER_ERROR, message));
    }
    endpoint(inner, request)
}

/// The MetaStudio API and the project of a path.
fn project_api(path: &str) -> Option<ProjectApi> {
    let (project_id, rest) = path.strip_prefix("/v1/")?.split_once('/')?;
    let api = match rest {
        "voice-training-manage/quotas" => MetaStudioApi::VoiceTraining,
        "user/quotas" => MetaStudioApi::UserQuotas,
        "tenants/resources" => MetaStudioApi::TenantResources,
        _ => return None,
    };
    Some(ProjectApi { api, project_id: project_id.to_owned() })
}

/// The path under which requests are counted.
fn path_template(path: &str) -> String {
    match project_api(path) {
        Some(list) => format!("/v1/{{project_id}}{}", &path["/v1/".len() + list.project_id.len()..]),
        None if ENDPOINTS.iter().any(|endpoint| endpoint.1 == path) => path.to_owned(),
        None => "other".to_owned(),
    }
}

fn logged(request: &ReceivedRequest, status: StatusCode) -> LoggedRequest {
    LoggedRequest {
        method: request.parts.method.to_string(),
        path: request.parts.uri.path().to_owned(),
        query: request.parts.uri.query().unwrap_or_default().to_owned(),
        status: status.as_u16(),
    }
}

fn respond(response: CloudResponse, request: &ReceivedRequest, in_flight: InFlight) -> Response {
    let CloudResponse { status, content_type, mut headers, body, delivery } = response;
    let body = match delivery {
        Delivery::Complete if body.len() > MAX_UNCOMPRESSED && accepts_gzip(&request.parts.headers) => {
            headers.push((header::CONTENT_ENCODING, "gzip".to_owned()));
            Body::from(compress(&body))
        }
        Delivery::Complete => Body::from(body),
        Delivery::Truncated => {
            headers.push((header::CONTENT_LENGTH, body.len().to_string()));
            first_half(&body)
        }
        Delivery::Stalled => Body::from_stream(stream::once(async move {
            // The request stays in flight until the client gives up.
            let _in_flight = in_flight;
            std::future::pending::<Result<Bytes, std::io::Error>>().await
        })),
    };
    let common = [
        (X_REQUEST_ID, request.id.clone()),
        (header::DATE, request.now.strftime(HTTP_DATE).to_string()),
        (header::CONTENT_TYPE, content_type.to_owned()),
    ];
    (status, common, AppendHeaders(headers), body).into_response()
}

/// The first half of a body, then an error, on which hyper closes the connection.
pub(super) fn first_half(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    // Without a pause before the error, hyper drops the half as well.
    let pause = stream::once(tokio::task::yield_now()).filter_map(|()| async { None });
    Body::from_stream(stream::iter([Ok(half)]).chain(pause).chain(stream::iter([Err(reset)])))
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
