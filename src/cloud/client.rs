//! The calls of one project: proven, paced, tried again where that helps, within a poll's time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use tokio::sync::Mutex;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout_at};

use super::credentials::{AccessKey, Credentials, Issued, Proof, Source};
use super::error::Error;
use super::reason::Reason;
use super::refusal::Refusal;
use super::{http, retry, sign};

/// What a call tells whoever counts.
#[derive(Debug)]
pub enum Event {
    /// A request ended after `duration`. `code` is the HTTP status, or `timeout`, `connect`, `body`.
    Request {
        /// Status or kind of failure.
        code: String,
        /// From sending to the last byte.
        duration: Duration,
    },
    /// A request will be sent again.
    Retry(Reason),
    /// The cloud's clock less this machine's, in whole seconds.
    ClockSkew(i64),
    /// When the credentials in use end.
    CredentialsExpiry(std::time::SystemTime),
}

/// One poll's calls: until when, and who hears of them.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The end of the poll's time.
    pub deadline: Instant,
    /// Called for each [`Event`].
    pub observe: &'a (dyn Fn(Event) + Send + Sync),
}

/// What a client needs to know of its project.
#[derive(Debug)]
pub struct Options {
    /// The base URL of MetaStudio.
    pub endpoint: Url,
    /// The project ID.
    pub project_id: String,
    /// Where the credentials come from.
    pub credentials: Source,
    /// The most requests a second.
    pub requests_per_second: f64,
}

/// Who calls are made as, without a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The kind of credentials, as the configuration file calls it.
    pub kind: &'static str,
    /// The access key's ID but for its middle; empty where there is none.
    pub access_key: String,
    /// When the credentials end, where that is known.
    pub expires_at: Option<std::time::SystemTime>,
}

/// The client of one project.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    project_id: String,
    credentials: Credentials,
    pace: Mutex<Interval>,
    /// Seconds to add to this machine's clock when signing.
    clock_offset: AtomicI64,
}

impl Client {
    /// A client that has not called yet.
    #[must_use]
    pub fn new(http: reqwest::Client, options: Options) -> Self {
        let mut pace = interval(Duration::from_secs_f64(1.0 / options.requests_per_second));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            credentials: Credentials::new(options.credentials, http.clone()),
            http,
            endpoint: http::join(&options.endpoint, &format!("v1/{}", sign::encode(&options.project_id)), ""),
            project_id: options.project_id,
            pace: Mutex::new(pace),
            clock_offset: AtomicI64::new(0),
        }
    }

    /// The project's ID, from IAM where it is not configured.
    ///
    /// # Errors
    /// When IAM does not tell one.
    pub(crate) async fn project_id(&self, call: Call<'_>) -> Result<&str, Error> {
        let _ = call;
        std::future::ready(Ok(self.project_id.as_str())).await
    }

    /// The project's ID, if it is known already.
    #[must_use]
    pub fn known_project_id(&self) -> Option<&str> {
        Some(&self.project_id)
    }

    /// Who calls are made as.
    ///
    /// # Errors
    /// When the source gives no credentials.
    pub(crate) async fn identity(&self, call: Call<'_>) -> Result<Identity, Error> {
        let issued =
            timeout_at(call.deadline, self.credentials.current()).await.unwrap_or(Err(Error::Deadline))?;
        let access_key = match &issued.proof {
            Proof::Signature(key) => key.id.clone(),
            Proof::Token(_) => String::new(),
        };
        Ok(Identity { kind: self.credentials.kind(), access_key, expires_at: issued.expires_at })
    }

    /// The URL of `path` below the project's own, with `query`, whose keys are in order.
    pub(crate) fn url(&self, path: &str, query: &str) -> Url {
        http::join(&self.endpoint, path, query)
    }

    /// The answer, a 200, to a `GET`.
    ///
    /// # Errors
    /// The last try's, or [`Error::Deadline`] when the poll's time ended under way.
    pub(crate) async fn get(&self, url: &Url, call: Call<'_>) -> Result<http::Answer, Error> {
        timeout_at(call.deadline, self.get_with_retries(url, call)).await.unwrap_or(Err(Error::Deadline))
    }

    async fn get_with_retries(&self, url: &Url, call: Call<'_>) -> Result<http::Answer, Error> {
        let mut issued = self.credentials.current().await?;
        let mut failed = 0;
        let (mut renewed, mut corrected) = (false, false);
        loop {
            self.pace.lock().await.tick().await;
            let error = match self.try_once(url, &issued, call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            if let Error::Refused(refusal) = &error {
                if refusal.is_clock_skew() && !corrected && self.correct_clock(refusal) {
                    corrected = true;
                    (call.observe)(Event::Retry(Reason::ClockSkew));
                    continue;
                }
                if refusal.is_token_expired() && !renewed {
                    renewed = true;
                    if let Some(other) = self.credentials.renew(&issued).await? {
                        issued = other;
                        (call.observe)(Event::Retry(Reason::Auth));
                        continue;
                    }
                }
            }
            failed += 1;
            let asked = if let Error::Refused(refusal) = &error { refusal.retry_after } else { None };
            let wait = retry::wait(failed, fastrand::f64(), asked);
            // With no time left for another try, what failed says more than that the time is over.
            let in_time = Instant::now().checked_add(wait).is_some_and(|next| next < call.deadline);
            if !error.reason().is_passing() || failed == retry::MAX_TRIES || !in_time {
                return Err(error);
            }
            tracing::debug!(%url, %error, ?wait, "request will be tried again");
            (call.observe)(Event::Retry(error.reason()));
            sleep(wait).await;
        }
    }

    async fn try_once(&self, url: &Url, issued: &Issued, call: Call<'_>) -> Result<http::Answer, Error> {
        if let Some(expires_at) = issued.expires_at {
            (call.observe)(Event::CredentialsExpiry(expires_at));
        }
        let (headers, signature) = self.proof(url, &issued.proof);
        let mut request = self.http.get(url.clone()).header("x-project-id", &self.project_id);
        for (name, value) in headers {
            request = request.header(name, secret_header(&value)?);
        }
        let started = Instant::now();
        let outcome = http::send(request).await;
        (call.observe)(Event::Request { code: code(&outcome), duration: started.elapsed() });
        let answer = outcome?;
        if let Some(skew) = clock_skew(&answer) {
            (call.observe)(Event::ClockSkew(skew));
        }
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        let mut secrets = issued.secrets();
        secrets.extend(signature.as_deref());
        Err(Error::Refused(Refusal::read(answer.status, &answer.headers, &answer.body, &secrets)))
    }

    /// The headers that prove a `GET` of `url` to be ours, and the signature where that is what proves it.
    fn proof(&self, url: &Url, proof: &Proof) -> (Vec<(&'static str, String)>, Option<String>) {
        match proof {
            Proof::Token(token) => (vec![("x-auth-token", token.expose().to_owned())], None),
            Proof::Signature(key) => {
                let (headers, signature) = self.signed_headers(url, key);
                (headers, Some(signature))
            }
        }
    }

    fn signed_headers(&self, url: &Url, key: &AccessKey) -> (Vec<(&'static str, String)>, String) {
        let offset = SignedDuration::from_secs(self.clock_offset.load(Ordering::Relaxed));
        let now = Timestamp::now();
        // A cloud that claims to be at the end of time is not followed there.
        let date = now.checked_add(offset).unwrap_or(now).strftime(sign::DATE_FORMAT).to_string();
        let mut headers = vec![("x-sdk-date", date.clone())];
        headers
            .extend(key.security_token.iter().map(|token| ("x-security-token", token.expose().to_owned())));

        let host = http::host(url);
        let mut covered = vec![("host", host.as_str()), ("x-project-id", &self.project_id)];
        covered.extend(headers.iter().map(|(name, value)| (*name, value.as_str())));
        let request = sign::Request {
            method: "GET",
            path: url.path(),
            query: url.query().unwrap_or_default(),
            headers: &covered,
            body: b"",
        };
        let signature = request.signature(key.secret.expose(), &date);
        headers.push(("authorization", request.authorization(&key.id, &signature)));
        (headers, signature)
    }

    /// Takes the server's time from its refusal, if that tells it. Another caller may have done so just before.
    fn correct_clock(&self, refusal: &Refusal) -> bool {
        let Some(server) = refusal.server_time().and_then(parse_sdk_date) else { return false };
        let offset = server.as_second() - Timestamp::now().as_second();
        let before = self.clock_offset.swap(offset, Ordering::Relaxed);
        if before.abs_diff(offset) > 1 {
            tracing::warn!(
                skew_seconds = offset,
                "the cloud refused a signature because the clocks differ; signing with its time from now on, but set \
                 this machine's clock"
            );
        }
        true
    }
}

fn parse_sdk_date(text: &str) -> Option<Timestamp> {
    let local = jiff::civil::DateTime::strptime(sign::DATE_FORMAT, text).ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

/// The cloud's clock less this machine's, from the answer's `Date`; exact to about a second.
fn clock_skew(answer: &http::Answer) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(answer.headers.get("date")?.to_str().ok()?).ok()?;
    Some(date.timestamp().as_second() - Timestamp::now().as_second())
}

fn secret_header(value: &str) -> Result<HeaderValue, Error> {
    let mut header = HeaderValue::from_str(value).map_err(|_| {
        Error::Credentials("a key or token has characters that no header can carry".to_owned())
    })?;
    header.set_sensitive(true);
    Ok(header)
}

/// The value of label `code`.
fn code(outcome: &Result<http::Answer, Error>) -> String {
    match outcome {
        Ok(answer) => answer.status.as_u16().to_string(),
        Err(Error::Timeout { .. }) => "timeout".to_owned(),
        Err(Error::Body { .. } | Error::TooLarge { .. }) => "body".to_owned(),
        Err(_) => "connect".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_is_read_from_its_refusal() {
        let time = parse_sdk_date("20211217T065804Z").unwrap();
        assert_eq!(time.to_string(), "2021-12-17T06:58:04Z");
        assert_eq!(parse_sdk_date("2021-12-17"), None);
    }
}
