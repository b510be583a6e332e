//! The web configuration file: TLS, users, headers and a rate limit, in the format of Prometheus' exporter-toolkit.
//!
//! text -> `yaml` -> `format` -> one file a part (checked, ready to use). Knows no connection and no request.

mod client_auth;
mod format;
mod names;
mod tls;
mod users;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use rustls::ServerConfig;
use tokio::sync::watch;

use crate::config::file::Errors;
use crate::config::problems::{Node, Problems, Setting};
use crate::config::watch::WatchedFiles;
use crate::config::{values, yaml};
pub(crate) use users::Users;

/// How often the files are compared.
const INTERVAL: Duration = Duration::from_secs(1);

/// The web configuration, ready to use.
#[derive(Debug, Clone)]
pub struct WebConfig {
    /// `None` for plain HTTP.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// Whether HTTP/2 is offered over TLS.
    pub(crate) http2: bool,
    /// Headers of every response.
    pub(crate) headers: HeaderMap,
    /// The users that may log in. If there are none, no login is needed.
    pub(crate) users: Users,
    pub(crate) rate_limit: Option<RateLimit>,
}

/// A token bucket of size `burst` that is refilled with one token every `interval`. Each request takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) interval: Duration,
    pub(crate) burst: u32,
}

impl Default for WebConfig {
    /// The configuration without a file.
    fn default() -> Self {
        let (headers, users) = (HeaderMap::new(), Users::default());
        Self { tls: None, http2: true, headers, users, rate_limit: None }
    }
}

/// Reads the file and those that it names, and adds them to `files`.
///
/// # Errors
/// All values that are wrong, or the first that the format does not allow. No error repeats a value.
pub fn load(path: &Path, files: &mut WatchedFiles) -> Result<WebConfig, Errors> {
    files.add(path);
    parse(path, &yaml::read(path)?, files)
}

/// Reads the text of the file `path`, and the files that it names.
pub(crate) fn parse(path: &Path, text: &str, files: &mut WatchedFiles) -> Result<WebConfig, Errors> {
    let file = yaml::parse(path, text)?;
    let problems = Problems::default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = web_config(&Node::root(&problems), file, &mut NamedFiles { directory, files });
    if problems.is_empty() { Ok(config) } else { Err(problems.into_errors(path)) }
}

/// Loads the file again whenever one of `files` changes, and publishes it if it is good, forever. Logs a bad change
/// once.
pub async fn watch(path: PathBuf, mut files: WatchedFiles, current: watch::Sender<Arc<WebConfig>>) {
    loop {
        files.changed(INTERVAL).await;
        let (reading, last) = (path.clone(), Arc::clone(&current.borrow()));
        let reload = move || {
            let mut files = WatchedFiles::default();
            let config = load(&reading, &mut files);
            (config.and_then(|config| keep_protocol(&reading, config, &last)), files)
        };
        match tokio::task::spawn_blocking(reload).await {
            Ok((Ok(config), read)) => {
                files = read;
                current.send_replace(Arc::new(config));
                tracing::info!(file = %path.display(), "web configuration reloaded");
            }
            Ok((Err(Errors(lines)), read)) => {
                files = read;
                for error in lines {
                    tracing::error!(error, "web configuration not reloaded; the previous one stays active");
                }
            }
            Err(error) => tracing::error!(%error, "cannot read the web configuration; please report this"),
        }
    }
}

/// Refuses to turn TLS on or off: a file emptied by mistake must not send passwords in the clear.
fn keep_protocol(path: &Path, config: WebConfig, last: &WebConfig) -> Result<WebConfig, Errors> {
    if config.tls.is_some() == last.tls.is_some() {
        return Ok(config);
    }
    Err(Errors(vec![format!("{}: turns TLS on or off: restart the exporter for that", path.display())]))
}

/// Reads the files that the configuration names.
struct NamedFiles<'a> {
    /// Where relative paths begin.
    directory: &'a Path,
    files: &'a mut WatchedFiles,
}

impl NamedFiles<'_> {
    /// Reads PEM from the file, under the first name, or from a file of its own, under the second.
    fn pem<T>(
        &mut self,
        node: &Node<'_>,
        names: [&str; 2],
        [text, file]: [&Setting<String>; 2],
        check: fn(&[u8]) -> Result<T, String>,
    ) -> Option<T> {
        let check_file = |file: &String| {
            let path = values::path(self.directory, file)?;
            self.files.add(&path);
            check(&values::read_file(&path)?).map_err(|sentence| format!("names a file that {sentence}"))
        };
        node.text_or_file(names, text, file, |text| check(text.as_bytes()), check_file)
    }
}

/// The configuration, complete if no problem was recorded.
fn web_config(root: &Node<'_>, file: format::WebConfigFile, files: &mut NamedFiles<'_>) -> WebConfig {
    let http = root.read("http_server_config", file.http_server_config, |node, found| {
        let http2 = node.check_plain("http2", &found.http2, |http2| Ok(*http2)).unwrap_or(true);
        Some((http2, node.read("headers", found.headers, |node, found| Some(headers(node, &found)))))
    });
    let (http2, headers) = http.unwrap_or((true, None));
    let users =
        root.read("basic_auth_users", file.basic_auth_users, |node, found| Some(users::users(node, found)));
    WebConfig {
        tls: root.read("tls_server_config", file.tls_server_config, |node, found| {
            tls::tls(files, node, found, http2)
        }),
        http2,
        headers: headers.unwrap_or_default(),
        users: users.unwrap_or_default(),
        rate_limit: root.read("rate_limit", file.rate_limit, |node, found| rate_limit(node, &found)),
    }
}

/// An empty value sets no header, as in the toolkit.
fn headers(node: &Node<'_>, found: &format::HeadersSection) -> HeaderMap {
    let rows: [(&str, HeaderName, &Setting<String>, &[&str]); 5] = [
        ("Content-Security-Policy", header::CONTENT_SECURITY_POLICY, &found.content_security_policy, &[]),
        ("X-Frame-Options", header::X_FRAME_OPTIONS, &found.x_frame_options, &["deny", "sameorigin"]),
        (
            "X-Content-Type-Options",
            header::X_CONTENT_TYPE_OPTIONS,
            &found.x_content_type_options,
            &["nosniff"],
        ),
        ("X-XSS-Protection", header::X_XSS_PROTECTION, &found.x_xss_protection, &[]),
        (
            "Strict-Transport-Security",
            header::STRICT_TRANSPORT_SECURITY,
            &found.strict_transport_security,
            &[],
        ),
    ];
    let read = |(key, name, setting, allowed): (&str, HeaderName, &Setting<String>, &[&str])| {
        let value = node.check(key, setting, |text| header_value(text, allowed))?;
        (!value.is_empty()).then_some((name, value))
    };
    rows.into_iter().filter_map(read).collect()
}

fn header_value(text: &str, allowed: &[&str]) -> Result<HeaderValue, String> {
    if !text.is_empty() && !allowed.is_empty() && !allowed.contains(&text) {
        return Err(format!("must be {}", allowed.join(" or ")));
    }
    HeaderValue::from_str(text).map_err(|_| "must be one line without control characters".to_owned())
}

/// Returns `None` if nothing is limited, and after recording a problem.
fn rate_limit(node: &Node<'_>, found: &format::RateLimitSection) -> Option<RateLimit> {
    let interval = node.check("interval", &found.interval, |text| values::go_duration(text));
    let burst: Option<u32> = node.check_plain("burst", &found.burst, |burst| match burst {
        // With an interval, the check below refuses it.
        0 => Ok(0),
        burst => values::whole(*burst, &(1..=1_000_000)),
    });
    let interval = interval.filter(|interval| !interval.is_zero())?;
    let burst = if found.burst.is_set() { burst? } else { 0 };
    if burst == 0 {
        node.child("burst", &found.burst)
            .record("is missing or 0, which refuses every request: write one like 20");
        return None;
    }
    Some(RateLimit { interval, burst })
}
