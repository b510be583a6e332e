//! Which proxy a request goes through. Knows nothing of the variables that configure proxies.

use std::net::IpAddr;

use reqwest::Url;

use super::credentials::Secret;

/// The proxies of all requests, and the hosts that are reached without one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// The URL of the proxy for http, which may have a password.
    pub http: Option<Secret>,
    /// The URL of the proxy for https, which may have a password.
    pub https: Option<Secret>,
    /// The entries of `NO_PROXY`: `*`, or a domain with its subdomains, an address or a network, each with a port or
    /// without.
    pub bypass: Vec<String>,
}

impl Proxies {
    /// The URL of the proxy for a request to `url`. Loopback and link-local addresses, such as a metadata service's, have
    /// none.
    pub(crate) fn proxy(&self, url: &Url) -> Option<&str> {
        let proxy = if url.scheme() == "https" { self.https.as_ref() } else { self.http.as_ref() };
        let proxy = proxy.filter(|_| !is_local(url) && !self.is_bypassed(url));
        proxy.map(Secret::expose)
    }

    fn is_bypassed(&self, url: &Url) -> bool {
        let (host, port) = (host(url), url.port_or_known_default());
        self.bypass.iter().any(|entry| {
            let (pattern, entry_port) = split_port(entry);
            matches(pattern, host) && (entry_port.is_none() || entry_port == port)
        })
    }
}

/// Splits an entry such as `host:443` or `[::1]:443`.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    match entry.rsplit_once(':') {
        // An IPv6 address without brackets has no port.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn matches(pattern: &str, host: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    let pattern = pattern.trim_matches(['[', ']']);
    if let Ok(address) = host.parse::<IpAddr>() {
        return pattern.parse() == Ok(address) || network_contains(pattern, address);
    }
    let domain = pattern.trim_start_matches('*').trim_matches('.').to_ascii_lowercase();
    let rest = host.trim_end_matches('.').strip_suffix(&domain);
    !domain.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a network such as `10.0.0.0/8` contains an address.
fn network_contains(network: &str, address: IpAddr) -> bool {
    let Some((network, length)) = network.split_once('/') else { return false };
    let (Ok(network), Ok(length)) = (network.parse::<IpAddr>(), length.parse::<u32>()) else { return false };
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) if length <= 32 => {
            (network.to_bits() ^ address.to_bits()).checked_shr(32 - length).unwrap_or(0) == 0
        }
        (IpAddr::V6(network), IpAddr::V6(address)) if length <= 128 => {
            (network.to_bits() ^ address.to_bits()).checked_shr(128 - length).unwrap_or(0) == 0
        }
        _ => false,
    }
}

fn is_local(url: &Url) -> bool {
    let host = host(url);
    host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|address| match address {
            IpAddr::V4(address) => address.is_loopback() || address.is_link_local(),
            IpAddr::V6(address) => address.is_loopback(),
        })
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_matches(['[', ']'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_proxied(bypass: &[&str], url: &str) -> bool {
        let proxies = Proxies {
            http: Some("http://proxy/".into()),
            https: Some("http://proxy/".into()),
            bypass: bypass.iter().map(|&entry| entry.to_owned()).collect(),
        };
        proxies.proxy(&url.parse().unwrap()).is_some()
    }

    #[test]
    fn loopback_and_link_local_addresses_have_no_proxy() {
        for (url, expected) in [
            ("http://127.0.0.1:8480", false),
            ("http://[::1]:8480", false),
            ("http://localhost", false),
            ("http://169.254.169.254", false),
            ("http://localhost.example.com", true),
            ("http://10.0.0.1", true),
            ("https://metastudio.cn-north-4.myhuaweicloud.com", true),
        ] {
            assert_eq!(is_proxied(&[], url), expected, "{url}");
        }
    }

    #[test]
    fn each_scheme_has_its_proxy() {
        let proxies = Proxies { https: Some("http://secure/".into()), ..Proxies::default() };
        let proxy = |url: &str| proxies.proxy(&url.parse().unwrap()).map(str::to_owned);
        assert_eq!(proxy("https://cloud").as_deref(), Some("http://secure/"));
        assert_eq!(proxy("http://cloud"), None);
    }

    #[test]
    fn a_bypass_is_a_domain_an_address_or_a_network_with_a_port_or_without() {
        for (entry, bypassed, proxied) in [
            ("*", "https://cloud.example.com", None),
            ("example.com", "https://example.com", Some("https://notexample.com")),
            ("example.com", "https://cloud.example.com", Some("https://example.com.cn")),
            (".example.com", "https://cloud.example.com", Some("https://notexample.com")),
            ("*.example.com", "https://cloud.example.com", Some("https://notexample.com")),
            ("*.Example.COM", "https://CLOUD.example.com", Some("https://example.org")),
            ("example.com:443", "https://cloud.example.com", Some("http://cloud.example.com")),
            ("*.example.com:8443", "https://cloud.example.com:8443", Some("https://cloud.example.com")),
            ("10.1.2.3", "http://10.1.2.3", Some("http://10.1.2.4")),
            ("10.1.2.3:80", "http://10.1.2.3", Some("http://10.1.2.3:81")),
            ("10.1.2.0/23", "http://10.1.3.255", Some("http://10.1.4.0")),
            ("0.0.0.0/0", "http://10.1.4.0", Some("http://[fd00::1]")),
            ("fd00::1", "http://[fd00::1]", Some("http://[fd00::2]")),
            ("[fd00::1]:80", "http://[fd00::1]", Some("http://[fd00::1]:81")),
            ("fd00::/8", "http://[fd12::1]", Some("http://[fe00::1]")),
        ] {
            assert!(!is_proxied(&[entry], bypassed), "{entry} and {bypassed}");
            if let Some(url) = proxied {
                assert!(is_proxied(&[entry], url), "{entry} and {url}");
            }
        }
        for entry in ["*.", ".", ":443", "10.0.0.0/33", "example.com:x"] {
            assert!(is_proxied(&[entry], "https://example.com"), "{entry}");
        }
    }
}
