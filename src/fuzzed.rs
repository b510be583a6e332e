//! What `fuzz/` and `make test` feed with any bytes: everything that reads texts of others. Each function panics if the
//! reader does, or if something that holds for every text does not. Other programs have no use for these.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{StatusCode, Uri};

use crate::config::watch::WatchedFiles;
use crate::config::{Environment, PollConfig, file, values};
use crate::exposition::{self, BodyText, Part, ScrapeBody};
use crate::snapshot::Collector;
use crate::web::SiteAddress;
use crate::{cloud, collect, web};

/// A secret that no error may contain. The dictionary of the fuzzer has it.
pub const SECRET: &str = "S3cret/0000+0001=";

const POLL: PollConfig = PollConfig {
    interval: Duration::from_secs(300),
    timeout: Duration::from_secs(120),
    max_staleness: Duration::from_secs(1800),
    concurrency: 4,
    requests_per_second: 10.0,
    shard: 0,
    total_shards: 1,
};

/// A target: its name, which is that of its corpus, and what it does with a text.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 9] = [
    ("voice_training_page", |body| page(Collector::VoiceTraining, body)),
    ("user_quotas_page", |body| page(Collector::UserQuotas, body)),
    ("tenant_resources_page", |body| page(Collector::TenantResources, body)),
    ("error_body", error_body),
    ("times", times),
    ("config_file", config_file),
    ("web_config_file", web_config_file),
    ("profile_file", profile_file),
    ("web_request", web_request),
];

/// Runs the target of this name.
///
/// # Panics
/// If there is none.
pub fn run(target: &str, data: &[u8]) {
    let Some((_, read)) = TARGETS.iter().find(|(name, _)| *name == target) else { panic!("no {target}") };
    read(data);
}

/// Reads the body of a page, and renders the samples: each line is valid, and none is there twice.
fn page(collector: Collector, body: &[u8]) {
    let snapshot = match collect::snapshot_of_page(collector, body) {
        Ok(snapshot) => snapshot,
        Err(error) => return assert!(!error.contains(SECRET), "{error}"),
    };
    let rendered = Arc::new(exposition::render("production", Part::Answer(&snapshot), None));
    let text: Vec<u8> = ScrapeBody::new(vec![rendered], BodyText::new()).blocks().flatten().collect();
    let text = std::str::from_utf8(&text).unwrap_or_else(|error| panic!("{error}"));
    let mut series = HashSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(line.starts_with("metastudio_") && line.contains("{project=\"production\""), "{line}");
        let Some((name, value)) = line.rsplit_once("} ") else { panic!("{line}") };
        assert!(value.parse::<f64>().is_ok_and(|value| !value.is_nan()), "{line}");
        assert!(series.insert(name), "twice: {line}");
    }
    assert!(text.is_empty() || text.ends_with('\n'));
}

/// Reads an error response: the first byte chooses the status, the first line is a header, the rest is the body.
fn error_body(data: &[u8]) {
    const STATUSES: [StatusCode; 8] = [
        StatusCode::OK,
        StatusCode::FOUND,
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::TOO_MANY_REQUESTS,
        StatusCode::INTERNAL_SERVER_ERROR,
        StatusCode::SERVICE_UNAVAILABLE,
    ];
    let Some((first, rest)) = data.split_first() else { return };
    let status = STATUSES[usize::from(*first) % STATUSES.len()];
    let (header, body) = first_line(rest);
    let names = ["x-request-id", "retry-after", "location", "date"];
    let error = cloud::fuzzed::error(status, &names.map(|name| (name, header)), body, SECRET);
    for text in error.texts {
        assert!(!text.contains(SECRET), "{text}");
        assert!(text.chars().count() < 2_000 && !text.contains(['\n', '\r']), "{text:?}");
    }
}

/// Reads a text as a time, in every place where there can be one.
fn times(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let quoted = format!("{text:?}");
    for json in [text, &quoted] {
        let time = cloud::fuzzed::time(json).unwrap_or(0.0);
        assert!(time.is_finite() && time >= 0.0, "{json} is {time}");
    }
    let body = format!(r#"{{"error_msg":"signature expired, server time:{text}"}}"#);
    let header = |name| (name, text.as_bytes());
    let headers = [header("date"), header("retry-after")];
    let error = cloud::fuzzed::error(StatusCode::UNAUTHORIZED, &headers, body.as_bytes(), SECRET);
    // From -9999 to 9999, with a day for the zone.
    let range = -377_705_116_800..=253_402_387_200;
    assert!(error.server_time.is_none_or(|time| range.contains(&time)), "{:?}", error.server_time);
    let waits = cloud::fuzzed::error(
        StatusCode::TOO_MANY_REQUESTS,
        &[],
        format!(r#"{{"error_code":"APIG.0308","error_msg":"limit:5,time:{text}"}}"#).as_bytes(),
        SECRET,
    );
    assert!(waits.retry_after.is_none_or(|wait| wait <= Duration::from_secs(86_400) * u32::MAX));
    for duration in [values::duration(text), values::go_duration(text)].into_iter().flatten() {
        assert!(duration <= PollConfig::LONGEST, "{text} is {duration:?}");
    }
}

/// Reads the configuration file.
fn config_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = || file::parse(Path::new("/nowhere/config.yml"), text, &Environment::default(), POLL);
    match (read(), read()) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first, second);
            assert!(!format!("{first:?}").contains(SECRET) || is_no_secret(text), "{first:?}");
            assert!(first.poll.timeout <= PollConfig::LONGEST && !first.projects.is_empty());
        }
        (Err(first), Err(second)) => {
            assert_eq!(first.0, second.0);
            assert!(!first.0.is_empty() && !first.0.concat().contains(SECRET), "{:?}", first.0);
        }
        _ => panic!("one text is read in two ways"),
    }
}

/// Whether the secret is somewhere else than in the keys for secrets.
fn is_no_secret(text: &str) -> bool {
    ["sk:", "value:", "password:", "security_token:", "token:"].iter().all(|key| !text.contains(key))
        || text.matches(SECRET).count() > 1
        || !text.contains(SECRET)
}

/// Reads the web configuration.
fn web_config_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let read = web::config::parse(Path::new("/nowhere/web.yml"), text, &mut WatchedFiles::default());
    if let Err(errors) = read {
        assert!(!errors.0.is_empty() && !errors.0.concat().contains(SECRET), "{:?}", errors.0);
    }
}

/// Reads the profile file of the SDKs.
fn profile_file(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match cloud::fuzzed::profile(text) {
        Ok(secrets) => assert!(secrets.iter().all(|secret| !secret.is_empty())),
        Err(error) => assert!(!error.contains(SECRET), "{error}"),
    }
}

/// Reads a request: the first line is the path with the query, then the values of headers, one a line.
fn web_request(data: &[u8]) {
    let (uri, rest) = first_line(data);
    let mut lines = rest.split(|byte| *byte == b'\n');
    let mut header = |name| (name, lines.next().unwrap_or_default());
    let headers =
        [header("authorization"), header("host"), header("accept-encoding"), header("accept-language")];
    let external_url = header("external-url").1;
    let external_url = std::str::from_utf8(external_url).ok().and_then(|url| url.parse().ok());
    let external_url = external_url.filter(|url: &reqwest::Url| url.has_host());
    let Ok(uri) = Uri::try_from(uri) else { return };
    web::fuzzed::read_request(&uri, &headers, &SiteAddress::new(external_url, None));
}

fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    (&data[..end], data.get(end + 1..).unwrap_or_default())
}
