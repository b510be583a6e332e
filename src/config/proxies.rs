//! The proxies that variables configure, by the rules that curl and Go share.

use reqwest::Url;

use super::environment::{Environment, EnvironmentError};
use crate::cloud::credentials::Secret;
use crate::cloud::proxies::Proxies;

impl Proxies {
    /// The proxies of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in upper or lower case.
    ///
    /// # Errors
    /// If a URL cannot be read. Without the proxy, requests would go where the network may not allow them.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let bypass = environment.get("NO_PROXY").or_else(|| environment.get("no_proxy")).unwrap_or_default();
        let is_separator = |c: char| c == ',' || c.is_whitespace();
        Ok(Self {
            http: first(environment, ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])?,
            https: first(environment, ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])?,
            bypass: bypass.split(is_separator).filter(|entry| !entry.is_empty()).map(str::to_owned).collect(),
        })
    }
}

/// The URL in the first of these variables that is set.
fn first(environment: &Environment, names: [&'static str; 4]) -> Result<Option<Secret>, EnvironmentError> {
    let set = names.into_iter().find_map(|name| Some((name, environment.get(name)?)));
    let Some((name, text)) = set else { return Ok(None) };
    let problem = |problem| EnvironmentError::Proxy { name, problem };
    let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    let url = Url::parse(&with_scheme).map_err(|_| problem(NOT_A_URL))?;
    if url.scheme().starts_with("socks") {
        return Err(problem("is a SOCKS proxy: only proxies of http:// and https:// are supported"));
    }
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !is_bare {
        return Err(problem(NOT_A_URL));
    }
    Ok(Some(String::from(url).into()))
}

/// The rest of a sentence that begins with the variable.
const NOT_A_URL: &str = "is not the URL of a proxy: write http://USER:PASSWORD@HOST:PORT, with %23 for #, %2F for / and \
                         %3F for ? in the password";

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> Result<Proxies, EnvironmentError> {
        Proxies::from_environment(&variables.iter().copied().collect())
    }

    fn urls(variables: &[(&str, &str)]) -> [Option<String>; 2] {
        let Proxies { http, https, .. } = proxies(variables).unwrap();
        [http, https].map(|secret| secret.map(|secret| secret.expose().to_owned()))
    }

    #[test]
    fn a_scheme_has_the_first_proxy_that_is_set() {
        let some = |url: &str| Some(url.to_owned());
        for (variables, expected) in [
            (&[][..], [None, None]),
            (&[("HTTP_PROXY", "http://a:1")], [some("http://a:1/"), None]),
            (&[("https_proxy", "b:1")], [None, some("http://b:1/")]),
            (&[("HTTPS_PROXY", "a:1"), ("https_proxy", "b:1")], [None, some("http://a:1/")]),
            (&[("HTTPS_PROXY", " "), ("https_proxy", "b:1")], [None, some("http://b:1/")]),
            (&[("all_proxy", "https://c"), ("http_proxy", "d")], [some("http://d/"), some("https://c/")]),
            (&[("HTTP_PROXY", "http://u:p%23%2F@a:1")], [some("http://u:p%23%2F@a:1/"), None]),
            (&[("HTTP_PROXY", "http://u:p@ss@a:1")], [some("http://u:p%40ss@a:1/"), None]),
        ] {
            assert_eq!(urls(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn the_bypass_is_a_list_with_commas_or_spaces() {
        let bypass = |text| proxies(&[("no_proxy", text)]).unwrap().bypass;
        assert_eq!(bypass("a, b c,,d "), ["a", "b", "c", "d"]);
        assert!(bypass(" ").is_empty());
    }

    #[test]
    fn a_url_that_cannot_be_read_is_an_error_without_the_password() {
        let not_a_url = format!("HTTPS_PROXY {NOT_A_URL}");
        for url in [
            "http://user:secret#1@proxy:3128",
            "http://user:8/secret@proxy:3128",
            "http://user:secret/1@proxy:3128",
            "http://user:8?secret@proxy:3128",
            "user:secret#@proxy:3128",
            "http://",
            "http://proxy:99999",
            "ftp://proxy",
        ] {
            assert_eq!(proxies(&[("HTTPS_PROXY", url)]).unwrap_err().to_string(), not_a_url, "{url}");
        }
        let socks = proxies(&[("all_proxy", "socks5h://user:secret@proxy:1080")]).unwrap_err();
        assert_eq!(
            socks.to_string(),
            "all_proxy is a SOCKS proxy: only proxies of http:// and https:// are supported"
        );
    }
}
