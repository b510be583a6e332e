//! What single values may be. An error is the end of a sentence that begins with the key, and never repeats the
//! value: what stands in the wrong place may be a secret.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::cloud::credentials::Secret;
pub(super) use crate::config::yaml::values::line;
use crate::config::yaml::values::{path, read};
use crate::config::{Pattern, PollConfig, chain, url};
use crate::snapshot::Collector;

pub(super) const CONCURRENCY: RangeInclusive<i64> = PollConfig::CONCURRENCY;
pub(super) const RATE: RangeInclusive<f64> = PollConfig::REQUESTS_PER_SECOND;
pub(super) const MAX_USERS: RangeInclusive<i64> = 1..=1_000_000_000;
pub(super) const LONGEST_NAME: usize = 100;

// What the schema can say of a text.
pub(super) const DURATION: &str = r"^\s*([0-9][0-9.\s]*[A-Za-zµ]+\s*)+$";
pub(super) const PLAIN: &str = "^[A-Za-z0-9_-]{1,100}$";
pub(super) const ITEM: &str = "^[a-z0-9_]+$";

/// The name of a project.
pub(super) fn name(text: String) -> Result<String, String> {
    let text = line(text)?;
    if text.chars().count() > LONGEST_NAME {
        return Err(format!("must have {LONGEST_NAME} characters at most: shorten it"));
    }
    Ok(text)
}

/// A region or a project ID.
pub(super) fn plain(text: String) -> Result<String, String> {
    let text = name(text)?;
    if !url::is_plain(&text) {
        return Err("must have letters, digits, - and _ only: write it as the console shows it".to_owned());
    }
    Ok(text)
}

/// A base URL.
pub(super) fn base_url(text: String) -> Result<Url, String> {
    url::base_url(&line(text)?)
}

/// A duration as humans write it.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("must be longer than nothing: write one like 30s, 5m or 1h 30m".to_owned()),
        Ok(duration) if duration > PollConfig::LONGEST => {
            Err("must be a year at most: write one like 30s, 5m or 1h 30m".to_owned())
        }
        Ok(duration) => Ok(duration),
        Err(_) => Err("must be a duration with its unit: write one like 30s, 5m or 1h 30m".to_owned()),
    }
}

/// The life of keys that STS gives.
pub(super) fn sts_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if !chain::is_sts_duration(&duration) {
        return Err("must be from 15m to 12h: STS gives keys for no other time".to_owned());
    }
    Ok(duration)
}

/// A whole number in a range.
pub(super) fn whole(number: i64, range: &RangeInclusive<i64>) -> Result<usize, String> {
    let bounds = || format!("must be a whole number from {} to {}", range.start(), range.end());
    if !range.contains(&number) {
        return Err(bounds());
    }
    usize::try_from(number).map_err(|_| bounds())
}

/// The most requests a second.
pub(super) fn rate(number: f64) -> Result<f64, String> {
    if RATE.contains(&number) {
        Ok(number)
    } else {
        Err(format!("must be a number from {} to {}", RATE.start(), RATE.end()))
    }
}

/// An API by its name.
pub(super) fn collector(text: &str) -> Result<Collector, String> {
    let known = Collector::ALL.map(Collector::as_str);
    Collector::ALL
        .into_iter()
        .find(|collector| collector.as_str() == text)
        .ok_or_else(|| format!("is no known collector: write one of {}", known.join(", ")))
}

/// A regular expression of users.
pub(super) fn pattern(text: String) -> Result<Pattern, String> {
    Pattern::new(&line(text)?).map_err(|error| {
        format!("is no regular expression ({error}): put a \\ before what is meant as it stands")
    })
}

/// A field of the API.
pub(super) fn item(text: String) -> Result<String, String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if text.is_empty() || !text.bytes().all(plain) {
        return Err("must have a-z, 0-9 and _ only: write it as the label `item` shows it".to_owned());
    }
    Ok(text)
}

/// A secret that stands in the file itself. As in a file of its own, white space around it does not count.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(line(text.trim().to_owned())?))
}

/// A secret or a token that is sent as part of a header, which takes no other characters.
pub(super) fn header_secret(text: &str) -> Result<Secret, String> {
    let secret = secret(text)?;
    if !secret.expose().bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            "must have visible ASCII characters only, and no spaces: write it as it was given".to_owned()
        );
    }
    Ok(secret)
}

/// A file that holds a secret now. It is read again whenever the secret is needed.
pub(super) fn secret_file(directory: &Path, text: &str) -> Result<PathBuf, String> {
    let path = path(directory, text)?;
    let bytes = read(&path)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "names a file that is no text")?;
    if text.trim().is_empty() {
        return Err("names a file that is empty: write the secret into it".to_owned());
    }
    Ok(path)
}

/// A PEM file with certificate authorities.
pub(super) fn ca_file(directory: &Path, text: &str) -> Result<PathBuf, String> {
    const ADVICE: &str =
        "write into it the certificates (-----BEGIN CERTIFICATE-----) of the authorities to trust";
    let path = path(directory, text)?;
    let bytes = read(&path)?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let added = certificate.map_err(drop).and_then(|certificate| store.add(certificate).map_err(drop));
        if added.is_err() {
            return Err(format!("names a file with a certificate that cannot be read: {ADVICE}"));
        }
    }
    if store.is_empty() {
        return Err(format!("names a file without certificates: {ADVICE}"));
    }
    Ok(path)
}
