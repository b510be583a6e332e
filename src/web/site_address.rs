//! Where the site is: the path of its routes, and the URL by which clients behind a reverse proxy reach it.

use reqwest::Url;

/// Where the site is. All links are relative, so that only redirects and service discovery need it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SiteAddress {
    /// Empty, or begins with a slash and does not end with one.
    route_prefix: String,
    external_url: Option<Url>,
}

impl SiteAddress {
    /// Without a prefix, routes are below the path of the external URL, as in Prometheus.
    #[must_use]
    pub fn new(external_url: Option<Url>, route_prefix: Option<String>) -> Self {
        let external_path = || external_url.as_ref().map(path_of).unwrap_or_default();
        let route_prefix = route_prefix.unwrap_or_else(external_path);
        Self { route_prefix, external_url }
    }

    /// The route of a page.
    pub(crate) fn route(&self, page: &str) -> String {
        format!("{}{page}", self.route_prefix)
    }

    /// The prefix of all routes, unless they have none.
    pub(super) fn route_prefix(&self) -> Option<&str> {
        Some(self.route_prefix.as_str()).filter(|prefix| !prefix.is_empty())
    }

    /// The path of the overview for clients.
    pub(super) fn home(&self) -> String {
        let path = self.external_url.as_ref().map_or_else(|| self.route_prefix.clone(), path_of);
        format!("{path}/")
    }

    /// The path of a page for a client that sends this `Host`: below the external URL's path if the host is the external
    /// URL's, else the route.
    pub(super) fn path_at(&self, host: &str, page: &str) -> String {
        self.external_url_at(host).map_or_else(|| self.route(page), |url| format!("{}{page}", path_of(url)))
    }

    /// Whether a client that sends this `Host` uses TLS, where the external URL says so.
    pub(super) fn has_tls_at(&self, host: &str) -> Option<bool> {
        self.external_url_at(host).map(|url| url.scheme() == "https")
    }

    fn external_url_at(&self, host: &str) -> Option<&Url> {
        self.external_url.as_ref().filter(|url| {
            Url::parse(&format!("{}://{host}/", url.scheme())).is_ok_and(|requested| {
                requested.host() == url.host()
                    && requested.port_or_known_default() == url.port_or_known_default()
            })
        })
    }
}

/// The path of a URL without the slash at its end.
fn path_of(url: &Url) -> String {
    url.path().trim_end_matches('/').to_owned()
}

/// A path in which no character has a special meaning for routes.
pub(crate) fn is_plain_path(text: &str) -> bool {
    text.starts_with('/') && text.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.~".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(external_url: Option<&str>, route_prefix: Option<&str>) -> SiteAddress {
        SiteAddress::new(external_url.map(|url| url.parse().unwrap()), route_prefix.map(ToOwned::to_owned))
    }

    #[test]
    fn routes_are_below_the_prefix_or_the_path_of_the_external_url() {
        for (external_url, route_prefix, route, home) in [
            (None, None, "/sd", "/"),
            (None, Some("/a"), "/a/sd", "/a/"),
            (Some("https://h/x/y/"), None, "/x/y/sd", "/x/y/"),
            (Some("https://h/x"), Some(""), "/sd", "/x/"),
            (Some("https://h/x"), Some("/a"), "/a/sd", "/x/"),
            (Some("https://h"), None, "/sd", "/"),
        ] {
            let address = address(external_url, route_prefix);
            assert_eq!(
                (address.route("/sd").as_str(), address.home().as_str()),
                (route, home),
                "{address:?}"
            );
        }
    }

    #[test]
    fn the_path_of_a_target_depends_on_the_host_of_the_request() {
        let address = address(Some("https://monitoring.example/exporter"), Some("/a"));
        for (host, path, has_tls) in [
            ("monitoring.example", "/exporter/metrics", Some(true)),
            ("MONITORING.example:443", "/exporter/metrics", Some(true)),
            ("monitoring.example:80", "/a/metrics", None),
            ("10.0.0.1:10036", "/a/metrics", None),
            ("", "/a/metrics", None),
        ] {
            assert_eq!(address.path_at(host, "/metrics"), path, "{host}");
            assert_eq!(address.has_tls_at(host), has_tls, "{host}");
        }
    }
}
