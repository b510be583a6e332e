//! The calls of one project: proven, paced, tried again where that helps, within a poll's time.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, sleep, timeout_at};

use super::clock::CloudClock;
use super::credentials::{AccessKey, Credentials, Issued, Proof};
use super::error::Error;
use super::reason::Reason;
use super::refusal::Refusal;
use super::{http, iam_projects, retry, sign, standing};

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
    /// The base URL of IAM.
    pub iam_endpoint: Url,
    /// The project ID; without one IAM is asked for the project of `region`.
    pub project_id: Option<String>,
    /// The region.
    pub region: String,
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
    iam_endpoint: Url,
    project_id: OnceCell<String>,
    region: String,
    credentials: Arc<Credentials>,
    pace: Mutex<Interval>,
    clock: CloudClock,
}

impl Client {
    /// A client that has not called yet.
    #[must_use]
    pub fn new(http: reqwest::Client, credentials: Arc<Credentials>, options: Options) -> Self {
        let mut pace = interval(Duration::from_secs_f64(1.0 / options.requests_per_second));
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            http,
            endpoint: options.endpoint,
            iam_endpoint: options.iam_endpoint,
            project_id: OnceCell::new_with(options.project_id),
            region: options.region,
            credentials,
            pace: Mutex::new(pace),
            clock: CloudClock::default(),
        }
    }

    /// The project's ID, from IAM where it is not configured.
    ///
    /// # Errors
    /// When IAM does not tell one.
    pub(crate) async fn project_id(&self, call: Call<'_>) -> Result<&str, Error> {
        let look_up = async || {
            let url = http::join(&self.iam_endpoint, iam_projects::PATH, &format!("name={}", self.region));
            iam_projects::the_one(&self.get(&url, call).await?, &self.region)
        };
        self.project_id.get_or_try_init(look_up).await.map(String::as_str)
    }

    /// The project's ID, if it is known already.
    #[must_use]
    pub fn known_project_id(&self) -> Option<&str> {
        self.project_id.get().map(String::as_str)
    }

    /// Who calls are made as.
    ///
    /// # Errors
    /// When the source gives no credentials.
    pub(crate) async fn identity(&self, call: Call<'_>) -> Result<Identity, Error> {
        let issued =
            timeout_at(call.deadline, self.credentials.current()).await.unwrap_or(Err(Error::Deadline))?;
        let access_key = match &issued.proof {
            Proof::Signature(key) => standing::masked(&key.id),
            Proof::Token(_) => String::new(),
        };
        Ok(Identity { kind: self.credentials.source().kind(), access_key, expires_at: issued.expires_at })
    }

    /// The URL of `path` below the project's own, with `query`, whose keys are in order.
    ///
    /// # Errors
    /// When IAM does not tell the project's ID.
    pub(crate) async fn url(&self, path: &str, query: &str, call: Call<'_>) -> Result<Url, Error> {
        let project_id = sign::encode(self.project_id(call).await?);
        Ok(http::join(&self.endpoint, &format!("v1/{project_id}/{path}"), query))
    }

    /// The answer, a 200, to a `GET`.
    ///
    /// # Errors
    /// The last try's, or [`Error::Deadline`] when the poll's time ended under way.
    pub(crate) async fn get(&self, url: &Url, call: Call<'_>) -> Result<http::Answer, Error> {
        // Boxed, or each of thousands of waiting polls would hold the room for it.
        let tries = Box::pin(self.get_with_retries(url, call));
        timeout_at(call.deadline, tries).await.unwrap_or(Err(Error::Deadline))
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
                if refusal.is_clock_skew() && !corrected && self.clock.learn_from_refusal(refusal) {
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
        let mut request = self.http.get(url.clone());
        if let Some(project_id) = self.known_project_id() {
            request = request.header("x-project-id", project_id);
        }
        for (name, value) in headers {
            request = request.header(name, secret_header(&value)?);
        }
        let answer = self.send(url, request, issued, call).await?;
        if let Some(sent) = answer.sent() {
            (call.observe)(Event::ClockSkew(self.clock.learn_from_date(sent)));
        }
        if answer.status == StatusCode::OK {
            return Ok(answer);
        }
        let mut secrets = issued.secrets();
        secrets.extend(signature.as_deref());
        Err(Error::Refused(Refusal::read(answer.status, &answer.headers, &answer.body, &secrets)))
    }

    /// Sends a request, unless its key rests.
    async fn send(
        &self,
        url: &Url,
        request: reqwest::RequestBuilder,
        issued: &Issued,
        call: Call<'_>,
    ) -> Result<http::Answer, Error> {
        let host = http::host(url);
        let observed = async {
            let started = Instant::now();
            let outcome = http::send(request).await;
            (call.observe)(Event::Request { code: code(&outcome), duration: started.elapsed() });
            outcome
        };
        match &issued.proof {
            // A token is refused for nobody else.
            Proof::Token(_) => observed.await,
            Proof::Signature(key) => match issued.guard.watch(&host, observed, standing::verdict).await {
                Ok(outcome) => outcome,
                Err(rest) => {
                    Err(Error::Resting { who: format!("access key {}", standing::masked(&key.id)), rest })
                }
            },
        }
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
        let date = self.clock.now().strftime(sign::DATE_FORMAT).to_string();
        let mut headers = vec![("x-sdk-date", date.clone())];
        headers
            .extend(key.security_token.iter().map(|token| ("x-security-token", token.expose().to_owned())));

        let host = http::host(url);
        let mut covered = vec![("host", host.as_str())];
        covered.extend(self.known_project_id().map(|project_id| ("x-project-id", project_id)));
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
