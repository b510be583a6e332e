//! The client of one project: authenticates, rate-limits and retries requests within a deadline.
//!
//! Reports [`Event`]s to its caller; knows nothing of metrics and of what a body means.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::{RequestBuilder, Url};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout_at};

use super::clock::{self, CloudClock};
use super::credentials::guard::KeyVerdict;
use super::credentials::{AccessKey, Authentication, Credentials, IssuedCredentials, Source};
use super::error::Error;
use super::exchanges::Exchanges;
use super::http::{self, Response, secret_header};
use super::http_clients::HttpClient;
use super::json::DecodeError;
use super::reason::Reason;
use super::sign;

/// Attempts of one request, including the first.
pub(super) const MAX_ATTEMPTS: u32 = 4;

const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// What happens during a call, for metrics.
#[derive(Debug)]
pub(crate) enum Event {
    /// A request has ended. `code` is the HTTP status, or `timeout`, `connect`, `body`.
    Request { code: String, duration: Duration },
    /// A request is about to be retried.
    Retry(Reason),
    /// The cloud's clock less this machine's, in whole seconds.
    ClockSkew(i64),
    /// When the credentials in use expire.
    CredentialsExpiry(SystemTime),
}

/// What the calls of one poll have in common.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) deadline: Instant,
    pub(crate) observe: &'a (dyn Fn(Event) + Send + Sync),
}

/// The settings of a client.
#[derive(Debug)]
pub struct ClientOptions {
    /// The base URL of MetaStudio.
    pub endpoint: Url,
    /// The base URL of IAM.
    pub iam_endpoint: Url,
    /// The project ID; by default that of the region's project in IAM.
    pub project_id: Option<String>,
    /// The region.
    pub region: String,
    /// The maximum rate of requests.
    pub requests_per_second: f64,
    /// The replicas that share the projects, and may share their keys.
    pub total_shards: u32,
}

/// The client of one project.
#[derive(Debug)]
pub struct Client {
    pub(super) options: ClientOptions,
    http: HttpClient,
    project_id: OnceCell<String>,
    credentials: Arc<Credentials>,
    rate_limit: Mutex<Interval>,
    clock: CloudClock,
    /// Where exchanges are kept, if they are recorded.
    exchanges: Option<Arc<Exchanges>>,
}

impl Client {
    pub(super) fn new(http: HttpClient, credentials: Arc<Credentials>, mut options: ClientOptions) -> Self {
        let mut rate_limit = interval(Duration::from_secs_f64(1.0 / options.requests_per_second));
        rate_limit.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            project_id: OnceCell::new_with(options.project_id.take()),
            options,
            http,
            credentials,
            rate_limit: Mutex::new(rate_limit),
            clock: CloudClock::default(),
            exchanges: None,
        }
    }

    /// Keeps all exchanges from now on.
    pub fn record_to(&mut self, exchanges: Arc<Exchanges>) {
        self.exchanges = Some(exchanges);
    }

    /// The project's ID, which is looked up once if it is not configured.
    pub(crate) async fn project_id(&self, call: Call<'_>) -> Result<&str, Error> {
        let look_up = async || match self.region_project_ids(call).await?.as_slice() {
            [id] => Ok(id.clone()),
            ids => Err(Error::Project { region: self.options.region.clone(), ids: ids.to_vec() }),
        };
        self.project_id.get_or_try_init(look_up).await.map(String::as_str)
    }

    /// The project's ID, if it is known already.
    pub(crate) fn known_project_id(&self) -> Option<&str> {
        self.project_id.get().map(String::as_str)
    }

    pub(crate) fn source(&self) -> &Source {
        self.credentials.source()
    }

    /// The current credentials. The error of the deadline names their issuer.
    pub(crate) async fn credentials(&self, call: Call<'_>) -> Result<Arc<IssuedCredentials>, Error> {
        let issued = timeout_at(call.deadline, self.credentials.current()).await;
        issued.unwrap_or_else(|_| Err(self.credentials.timed_out()))
    }

    async fn renewed(
        &self,
        rejected: &Arc<IssuedCredentials>,
        call: Call<'_>,
    ) -> Result<Option<Arc<IssuedCredentials>>, Error> {
        let renewed = timeout_at(call.deadline, self.credentials.renew(rejected)).await;
        renewed.unwrap_or_else(|_| Err(self.credentials.timed_out()))
    }

    /// The URL of `path` below the project's own, with `query`, whose keys have to be sorted.
    pub(crate) async fn url(&self, path: &str, query: &str, call: Call<'_>) -> Result<Url, Error> {
        let project_id = sign::encode(self.project_id(call).await?);
        Ok(http::join(&self.options.endpoint, &format!("v1/{project_id}/{path}"), query))
    }

    /// What `read` makes of the response to a `GET`. The error is that of the last attempt that ended, or
    /// [`Error::Deadline`] if the deadline interrupts the first one.
    pub(crate) async fn get<T>(
        &self,
        url: &Url,
        call: Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        // Boxed, or each of thousands of waiting polls would reserve the memory for it.
        Box::pin(self.get_with_retries(url, call, read)).await
    }

    async fn get_with_retries<T>(
        &self,
        url: &Url,
        call: Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let mut issued = self.credentials(call).await?;
        let (mut failures, mut before) = (0, None);
        let (mut renewed, mut corrected) = (false, false);
        loop {
            let response = self.attempt(url, &issued, call).await;
            let error = match response.and_then(|response| response.read(&read)) {
                Ok(content) => return Ok(content),
                Err(Error::Deadline) => return Err(before.unwrap_or(Error::Deadline)),
                Err(error) => error,
            };
            let mut retry_after = None;
            if let Error::Response(response) = &error {
                retry_after = response.retry_after;
                if response.is_clock_skew()
                    && !corrected
                    && let Some(server_time) = clock::server_time(response)
                {
                    corrected = true;
                    self.clock.correct(server_time);
                    self.credentials.clock.set(clock::skew(server_time));
                    (call.observe)(Event::Retry(Reason::ClockSkew));
                    continue;
                }
                if response.is_token_expired() && !renewed {
                    renewed = true;
                    if let Some(other) = self.renewed(&issued, call).await? {
                        issued = other;
                        (call.observe)(Event::Retry(Reason::Auth));
                        continue;
                    }
                }
            }
            failures += 1;
            let wait = backoff(failures, fastrand::f64(), retry_after);
            // Without time for another attempt, this error is more specific than a time-out.
            let in_time = Instant::now().checked_add(wait).is_some_and(|next| next < call.deadline);
            if !error.is_transient() || failures == MAX_ATTEMPTS || !in_time {
                return Err(error);
            }
            tracing::debug!(%url, request_id = error.request_id(), %error, ?wait, "retrying a request");
            (call.observe)(Event::Retry(error.reason()));
            before = Some(error);
            sleep(wait).await;
        }
    }

    async fn attempt(
        &self,
        url: &Url,
        issued: &IssuedCredentials,
        call: Call<'_>,
    ) -> Result<Response, Error> {
        let turn = timeout_at(call.deadline, async { self.rate_limit.lock().await.tick().await });
        turn.await.map_err(|_| Error::Deadline)?;
        if let Some(expires_at) = issued.expires_at {
            (call.observe)(Event::CredentialsExpiry(expires_at));
        }
        let mut request = self.http.get(url.clone());
        if let Some(project_id) = self.known_project_id() {
            request = request.header("x-project-id", project_id);
        }
        let mut secrets = issued.secrets();
        let signature;
        let result = match &issued.authentication {
            Authentication::Token(token) => {
                let token = secret_header(token.expose(), "token")?;
                in_time(send(request.header("x-auth-token", token)), call).await
            }
            Authentication::AccessKey(key) => {
                (request, signature) = self.sign(request, url, key)?;
                secrets.push(&signature);
                let principal = || format!("access key {}", key.masked_id());
                let admission = timeout_at(call.deadline, issued.guard.admit(&http::host(url))).await;
                let admission = admission
                    .map_err(|_| Error::Unproven { principal: principal() })?
                    .map_err(|remaining| Error::Paused { principal: principal(), remaining })?;
                in_time(issued.guard.call(admission, send(request), key_verdict), call).await
            }
        };
        if let Some(exchanges) = &self.exchanges {
            exchanges.add(url, &result);
        }
        let response = result?;
        if let Some(date) = response.date() {
            (call.observe)(Event::ClockSkew(clock::skew(date)));
        }
        response.check(&secrets)?;
        Ok(response)
    }

    /// Signs a `GET` of `url`. Returns the signature too, to redact it.
    fn sign(
        &self,
        mut request: RequestBuilder,
        url: &Url,
        key: &AccessKey,
    ) -> Result<(RequestBuilder, String), Error> {
        let date = self.clock.now().strftime(sign::DATE_FORMAT).to_string();
        let host = http::host(url);
        let mut signed = vec![("host", host.as_str()), ("x-sdk-date", date.as_str())];
        signed.extend(self.known_project_id().map(|project_id| ("x-project-id", project_id)));
        if let Some(token) = &key.security_token {
            signed.push(("x-security-token", token.expose()));
            request = request.header("x-security-token", secret_header(token.expose(), "security token")?);
        }
        let canonical = sign::Request {
            method: "GET",
            path: url.path(),
            query: url.query().unwrap_or_default(),
            headers: &signed,
            body: b"",
        };
        let signature = canonical.signature(key.secret.expose(), &date);
        let authorization = canonical.authorization(&key.id, &signature);
        let authorization = secret_header(&authorization, "access key ID")?;
        Ok((request.header("authorization", authorization).header("x-sdk-date", date), signature))
    }
}

/// The result of one request, and how long it took.
struct Sent {
    result: Result<Response, Error>,
    duration: Duration,
}

async fn send(request: RequestBuilder) -> Sent {
    let started = Instant::now();
    let result = http::send(request).await;
    Sent { result, duration: started.elapsed() }
}

/// The result of a request that ends before the deadline, which is reported.
async fn in_time(request: impl Future<Output = Sent>, call: Call<'_>) -> Result<Response, Error> {
    let Ok(Sent { result, duration }) = timeout_at(call.deadline, request).await else {
        return Err(Error::Deadline);
    };
    let code = match &result {
        Ok(response) => response.status.as_u16().to_string(),
        Err(Error::Timeout { .. }) => "timeout".to_owned(),
        Err(Error::Body { .. } | Error::TooLarge { .. }) => "body".to_owned(),
        Err(_) => "connect".to_owned(),
    };
    (call.observe)(Event::Request { code, duration });
    result
}

/// What a response says about the key that signed the request. Every response from behind the gateway's check of
/// signatures proves the key.
fn key_verdict(sent: &Sent) -> KeyVerdict {
    let Ok(response) = &sent.result else { return KeyVerdict::Unknown };
    // Otherwise it is a success, or a part of one.
    let Err(Error::Response(error)) = response.check(&[]) else { return KeyVerdict::Accepted };
    match response.status.as_u16() {
        _ if error.is_key_locked() => KeyVerdict::Locked,
        _ if error.is_clock_skew() || error.mentions_expired_token() => KeyVerdict::Unknown,
        _ if error.is_unauthorized() => KeyVerdict::Rejected,
        200..=299 | 400 | 403 | 404 => KeyVerdict::Accepted,
        _ => KeyVerdict::Unknown,
    }
}

/// The wait after a number of failures (from 1): exponential, with the upper half random (`jitter` from 0 to 1), so that
/// many clients do not retry simultaneously; never shorter than `retry_after`, which the cloud asks for.
pub(super) fn backoff(failures: u32, jitter: f64, retry_after: Option<Duration>) -> Duration {
    let longest = doubling(FIRST_BACKOFF, failures, MAX_BACKOFF);
    longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0).max(retry_after.unwrap_or_default())
}

/// The wait after a number of failures (from 1): `first`, then twice as long each time, at most `longest`.
pub(crate) fn doubling(first: Duration, failures: u32, longest: Duration) -> Duration {
    first.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(longest)
}
