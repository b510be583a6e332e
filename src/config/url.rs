//! Base URLs: paths can be appended to them, and they carry no secret into labels and logs.

use reqwest::Url;

pub(super) use crate::cloud::http::is_plain;

const EXAMPLE: &str = "for example https://metastudio.cn-north-4.myhuaweicloud.com";

/// Parses a base URL.
///
/// # Errors
/// The rest of a sentence that begins with the name of the setting. It does not repeat the text, which may hold a
/// password.
pub(super) fn base_url(text: &str) -> Result<Url, String> {
    let url =
        Url::parse(text).map_err(|error| format!("is not a URL ({error}): set it to one, {EXAMPLE}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("must begin with https:// or http://: add it, {EXAMPLE}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("must not hold a user or password: remove them, {EXAMPLE}"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("must end before any ? or #: cut it there, {EXAMPLE}"));
    }
    Ok(url)
}

/// The endpoint of MetaStudio in a region.
pub(super) fn metastudio(region: &str) -> Result<Url, String> {
    base_url(&format!("https://metastudio.{region}.myhuaweicloud.com"))
}

/// The endpoint of IAM in a region, or the global one.
pub(super) fn iam(region: &str) -> Result<Url, String> {
    let host = if region.is_empty() { "iam".to_owned() } else { format!("iam.{region}") };
    base_url(&format!("https://{host}.myhuaweicloud.com"))
}

/// The endpoint of STS in a region. Without one, that of the SDKs' default region.
pub(super) fn sts(region: &str) -> Result<Url, String> {
    let region = if region.is_empty() { "cn-north-4" } else { region };
    base_url(&format!("https://sts.{region}.myhuaweicloud.com"))
}
