//! What single values may be, wherever they come from: flags, the configuration file, the web configuration file.
//!
//! An error is the rest of a sentence that begins with the name of the setting. It never repeats the value: a value in
//! the wrong place may be a secret.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::{Pattern, PollConfig, url};
use crate::cloud::credentials::Secret;
use crate::snapshot::Collector;

/// The size limit of a file that a setting names. All certificate authorities of a system are a third of it.
const MAX_FILE_BYTES: u64 = 1024 * 1024;

pub(super) const MAX_USERS: RangeInclusive<i64> = 1..=1_000_000_000;
pub(super) const MAX_NAME_LENGTH: usize = 100;

/// A text of one line.
pub(crate) fn line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("is empty: write a text, or remove the key".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("must be one line without control characters".to_owned());
    }
    Ok(text.to_owned())
}

/// The name of a project.
pub(super) fn name(text: &str) -> Result<String, String> {
    let text = line(text)?;
    if text.chars().count() > MAX_NAME_LENGTH {
        return Err(format!("must have at most {MAX_NAME_LENGTH} characters: shorten it"));
    }
    Ok(text)
}

/// A region or a project ID.
pub(super) fn plain(text: &str) -> Result<String, String> {
    let text = name(text)?;
    if !url::is_plain(&text) {
        return Err("must have only letters, digits, - and _: write it as the console shows it".to_owned());
    }
    Ok(text)
}

/// A base URL.
pub(super) fn base_url(text: &str) -> Result<Url, String> {
    url::base_url(&line(text)?)
}

/// A duration like `1h 30m`, longer than zero and at most a year.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let problem = match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => "must be longer than zero",
        Ok(duration) if duration > PollConfig::LONGEST => "must be at most a year",
        Ok(duration) => return Ok(duration),
        Err(_) => "must be a duration with a unit",
    };
    Err(format!("{problem}: write one like 30s, 5m or 1h 30m"))
}

/// A duration like `1h30m` as Go writes it, at most a day; `0` needs no unit.
pub(crate) fn go_duration(text: &str) -> Result<Duration, String> {
    // Of humantime's units, only Go's; and no spaces.
    let is_go = text.chars().all(|c| c.is_ascii_digit() || ".nuµμmsh".contains(c));
    let text = text.replace('μ', "µ");
    match humantime::parse_duration(&text) {
        Ok(duration) if is_go && duration <= Duration::from_secs(24 * 3600) => Ok(duration),
        _ => {
            Err("must be a duration with a unit, at most a day: write one like 500ms, 1s or 1m30s".to_owned())
        }
    }
}

/// The lifetime of temporary keys.
pub(super) fn sts_duration(duration: Duration) -> Result<Duration, String> {
    if (900..=43_200).contains(&duration.as_secs()) {
        return Ok(duration);
    }
    Err("must be from 15m to 12h: STS issues keys for no other time".to_owned())
}

/// A whole number in a range.
pub(crate) fn whole<T: TryFrom<i64>>(number: i128, range: &RangeInclusive<i64>) -> Result<T, String> {
    let number = i64::try_from(number).ok().filter(|number| range.contains(number));
    number
        .and_then(|number| T::try_from(number).ok())
        .ok_or_else(|| format!("must be a whole number from {} to {}", range.start(), range.end()))
}

/// A limit on requests a second.
pub(crate) fn rate(number: f64) -> Result<f64, String> {
    let (min, max) = PollConfig::REQUESTS_PER_SECOND.into_inner();
    if (min..=max).contains(&number) {
        return Ok(number);
    }
    Err(format!("must be a number from {min} to {max}"))
}

/// The name of an API.
pub(crate) fn collector(text: &str) -> Result<Collector, String> {
    let known = Collector::ALL.map(Collector::as_str).join(", ");
    let collector = Collector::ALL.into_iter().find(|collector| collector.as_str() == text);
    collector.ok_or_else(|| format!("is not a known collector: write one of {known}"))
}

/// A regular expression for users.
pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(&line(text)?).map_err(|error| {
        format!("is not a regular expression ({error}): put a \\ before characters that have no special meaning here")
    })
}

/// A field of the API.
pub(super) fn item(text: &str) -> Result<String, String> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if text.is_empty() || !text.bytes().all(is_plain) {
        return Err("must have only a-z, 0-9 and _: write it as the label `item` shows it".to_owned());
    }
    Ok(text.to_owned())
}

/// A secret in the file itself. White space around it does not count, as in a file of its own.
pub(super) fn secret(text: &str) -> Result<Secret, String> {
    Ok(Secret::from(line(text.trim())?))
}

/// A secret or token that is sent in a header.
pub(super) fn header_secret(text: &str) -> Result<Secret, String> {
    let secret = secret(text)?;
    if !secret.expose().bytes().all(|b| b.is_ascii_graphic()) {
        return Err(
            "must have only visible ASCII characters, and no spaces: write it exactly as issued".to_owned()
        );
    }
    Ok(secret)
}

/// A path; a relative one begins at `directory`.
pub(crate) fn path(directory: &Path, text: &str) -> Result<PathBuf, String> {
    Ok(directory.join(line(text)?))
}

/// The content of a file. The error does not repeat the path: a secret may have been written in its place.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("names a file that cannot be read: {error}");
    // Opening a pipe blocks until something writes to it.
    if !path.metadata().map_err(unreadable)?.is_file() {
        return Err("names something that is not a file: name a file".to_owned());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err("names a file larger than 1 MiB: check that it is the right one".to_owned());
    }
    Ok(bytes)
}

/// The path of a file that holds a secret now. It is read again when the secret is needed.
pub(super) fn secret_file(directory: &Path, text: &str) -> Result<PathBuf, String> {
    let path = path(directory, text)?;
    let bytes = read_file(&path)?;
    let text =
        std::str::from_utf8(&bytes).map_err(|_| "names a file that is not text: write the secret into it")?;
    if text.trim().is_empty() {
        return Err("names a file that is empty: write the secret into it".to_owned());
    }
    Ok(path)
}

/// The path of a PEM file with certificate authorities.
pub(super) fn ca_file(directory: &Path, text: &str) -> Result<PathBuf, String> {
    let path = path(directory, text)?;
    authorities(&read_file(&path)?).map_err(|sentence| format!("names a file that {sentence}"))?;
    Ok(path)
}

/// Certificate authorities in PEM.
pub(crate) fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let advice = "write the certificates (-----BEGIN CERTIFICATE-----) of the authorities to trust";
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let added = certificate.map_err(drop).and_then(|certificate| roots.add(certificate).map_err(drop));
        added.map_err(|()| format!("has a certificate that cannot be read: {advice}"))?;
    }
    if roots.is_empty() {
        return Err(format!("has no certificates: {advice}"));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_longer_than_zero_and_at_most_a_year() {
        assert_eq!(duration("1ms"), Ok(Duration::from_millis(1)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("365days"), Ok(Duration::from_secs(365 * 24 * 3600)));
        for bad in ["0s", "366days", "5", "-1s", "soon", ""] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_go_duration_is_what_go_parses() {
        for (text, expected) in [
            ("0", 0),
            ("0s", 0),
            ("1s", 1_000_000),
            ("1.5s", 1_500_000),
            ("1h30m", 5_400_000_000),
            ("300ms", 300_000),
            ("7µs", 7),
            ("7μs", 7),
            ("24h", 86_400_000_000),
        ] {
            assert_eq!(go_duration(text), Ok(Duration::from_micros(expected)), "{text}");
        }
        for bad in ["", "1", "s", "1 s", "-1s", "1d", "1.2.3s", "25h", "1e3s", "1s2"] {
            assert!(go_duration(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_rate_has_bounds() {
        assert_eq!((rate(0.001), rate(1_000_000.0)), (Ok(0.001), Ok(1_000_000.0)));
        for bad in [0.0, 0.0009, 1_000_001.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(rate(bad).is_err(), "{bad:?}");
        }
    }
}
