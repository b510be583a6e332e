//! The query of a page. Every query is valid: unknown or malformed parameters are ignored.

use axum::http::header::ACCEPT_LANGUAGE;
use axum::http::{HeaderMap, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::language::Language;

/// The characters of a query that need no escaping, besides letters and digits.
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The path of the list that a user's page leads back to.
const LIST: &str = "/users";

/// The query of a page, and the language of its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) language: Language,
    /// Whether the query names the language, so that links must name it too.
    pub(super) names_language: bool,
    /// `?refresh=`: seconds after which the browser loads the page again, 5 to 3600.
    pub(super) refresh: Option<u16>,
    /// `?project=`; `None` for all projects.
    pub(super) project: Option<String>,
    /// `?id=`: a user's ID.
    pub(super) id: String,
    /// `?from=`: path and query of the list that led to a user.
    from: String,
    /// `?q=`: what names or IDs contain.
    pub(super) search: String,
    /// `?level=`
    pub(super) level: String,
    /// `?sort=`
    pub(super) sort: String,
    /// `?page=`, starting at 1.
    pub(super) page: usize,
}

impl Query {
    /// Reads the parameters; the first of several with the same name counts.
    pub(super) fn new(parameters: &[(String, String)], headers: &HeaderMap) -> Self {
        let get =
            |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let text = |name: &str| get(name).unwrap_or_default().to_owned();
        let named = get("lang").and_then(Language::from_tag);
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
        let refresh = get("refresh").and_then(|seconds| seconds.parse().ok());
        Self {
            language: named.unwrap_or_else(|| Language::from_accept_language(accepted.unwrap_or_default())),
            names_language: named.is_some(),
            refresh: refresh.filter(|seconds| (5..=3600).contains(seconds)),
            project: get("project").filter(|name| !name.is_empty()).map(ToOwned::to_owned),
            id: text("id"),
            from: text("from"),
            // People paste names with spaces around them.
            search: get("q").unwrap_or_default().trim().to_owned(),
            level: text("level"),
            sort: text("sort"),
            page: get("page").and_then(|page| page.parse().ok()).unwrap_or(1),
        }
    }

    /// A link to another page in the same language.
    pub(super) fn link(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let refresh = self.refresh.map(|seconds| seconds.to_string());
        let kept =
            [("lang", self.names_language.then_some(self.language.tag())), ("refresh", refresh.as_deref())];
        let kept = kept.into_iter().filter_map(|(name, value)| Some((name, value?)));
        link(path, kept.chain(parameters.iter().copied()))
    }

    /// A link to another page in the same language, about the same project.
    pub(super) fn link_within(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let project = self.project.as_deref().map(|name| ("project", name));
        let all: Vec<_> = project.into_iter().chain(parameters.iter().copied()).collect();
        self.link(path, &all)
    }

    /// A link to the same page with some other parameters; an empty value removes a parameter.
    pub(super) fn link_here(&self, path: &str, changed: &[(&str, &str)]) -> String {
        let refresh = self.refresh.map(|seconds| seconds.to_string()).unwrap_or_default();
        let page = if self.page > 1 { self.page.to_string() } else { String::new() };
        let all = [
            ("lang", if self.names_language { self.language.tag() } else { "" }),
            ("refresh", &refresh),
            ("project", self.project.as_deref().unwrap_or_default()),
            ("id", &self.id),
            ("from", &self.from),
            ("q", &self.search),
            ("level", &self.level),
            ("sort", &self.sort),
            ("page", &page),
        ];
        let value = |name, own| changed.iter().find(|(key, _)| *key == name).map_or(own, |(_, value)| *value);
        let all = all.into_iter().map(|(name, own)| (name, value(name, own)));
        link(path, all.filter(|(_, value)| !value.is_empty()))
    }

    /// The value of `?from=` for links from the list of users: how it is filtered and sorted.
    pub(super) fn list(&self) -> String {
        let link = self.link_here(LIST, &[("lang", ""), ("refresh", ""), ("id", ""), ("from", "")]);
        link.trim_start_matches('.').to_owned()
    }

    /// A link to the list that `?from=` names. It is made of the known parameters only, so that it cannot lead to
    /// another site.
    pub(super) fn back(&self) -> Option<String> {
        let uri: Uri = self.from.parse().ok()?;
        if uri.path() != LIST || uri.authority().is_some() {
            return None;
        }
        let parameters = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok()?;
        let list = Self {
            language: self.language,
            names_language: self.names_language,
            refresh: self.refresh,
            id: String::new(),
            from: String::new(),
            ..Self::new(&parameters, &HeaderMap::new())
        };
        Some(list.link_here(LIST, &[]))
    }
}

/// Reads the parameters of a page, and checks its links.
///
/// # Panics
/// If a link leads elsewhere, or the link to the same page does not have the same query.
pub(in crate::web) fn check_links(parameters: &[(String, String)], headers: &HeaderMap) {
    let query = Query::new(parameters, headers);
    let link = query.link_here(LIST, &[]);
    let uri: Result<Uri, _> = link.trim_start_matches('.').parse();
    let uri = uri.unwrap_or_default();
    assert_eq!((uri.path(), uri.authority()), (LIST, None), "{link}");
    let parameters = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
    let same = parameters.map(|parameters| Query::new(&parameters, headers));
    // Links do not name the first page.
    assert_eq!(same.ok(), Some(Query { page: query.page.max(1), ..query.clone() }), "{link}");
    let back = query.back().unwrap_or_else(|| relative(LIST));
    assert!(back.starts_with("./users"), "{back}");
}

fn link<'a>(path: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let encoded = parameters.map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, UNESCAPED)));
    let query: Vec<_> = encoded.collect();
    if query.is_empty() { relative(path) } else { format!("{}?{}", relative(path), query.join("&")) }
}

/// A path relative to any page, all of which are in one directory. Behind a reverse proxy that directory can be
/// everywhere.
pub(super) fn relative(path: &str) -> String {
    format!(".{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(parameters: &[(&str, &str)], accepted: &str) -> Query {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, accepted.parse().unwrap())]);
        Query::new(&parameters.iter().map(owned).collect::<Vec<_>>(), &headers)
    }

    #[test]
    fn malformed_parameters_are_ignored() {
        let plain = query(&[], "");
        assert_eq!((plain.language, plain.page, plain.project.clone()), (Language::English, 1, None));
        for page in ["0x2", "-1", "", "1e3", "99999999999999999999999999", "２"] {
            assert_eq!(query(&[("page", page), ("lang", "tlh"), ("project", "")], ""), plain, "{page}");
        }
        assert_eq!(query(&[("page", "2"), ("page", "3")], "").page, 2);
    }

    #[test]
    fn links_keep_and_escape_the_parameters() {
        let chinese = query(&[("lang", "zh"), ("project", "a&b=\"<c>"), ("page", "2")], "en");
        assert_eq!(
            chinese.link_within("/users", &[("sort", "-user")]),
            "./users?lang=zh-CN&project=a%26b%3D%22%3Cc%3E&sort=-user"
        );
        assert_eq!(
            chinese.link_here("/users", &[("lang", "en")]),
            "./users?lang=en&project=a%26b%3D%22%3Cc%3E&page=2"
        );
        assert_eq!(query(&[], "zh").link("/", &[]), "./", "a language from the header needs no parameter");
    }

    #[test]
    fn a_link_to_the_same_page_keeps_all_other_parameters() {
        let all = [
            ("lang", "en"),
            ("refresh", "30"),
            ("project", "p"),
            ("id", "i"),
            ("from", "/users"),
            ("q", " Anna & Bob "),
            ("level", "used-up"),
            ("sort", "-user"),
            ("page", "2"),
        ];
        let query = query(&all, "");
        let kept = "lang=en&refresh=30&project=p&id=i&from=%2Fusers&q=Anna%20%26%20Bob&level=used-up";
        assert_eq!(query.link_here("/users", &[]), format!("./users?{kept}&sort=-user&page=2"));
        let changed = [("sort", "user"), ("page", "")];
        assert_eq!(query.link_here("/users", &changed), format!("./users?{kept}&sort=user"));
        assert_eq!(query.link_within("/", &[]), "./?lang=en&refresh=30&project=p");
    }

    #[test]
    fn a_refresh_takes_5_to_3600_seconds() {
        for (text, refresh) in [
            ("4", None),
            ("5", Some(5)),
            ("30", Some(30)),
            ("3600", Some(3600)),
            ("3601", None),
            ("99999", None),
            ("-5", None),
            ("30;url=http://example.com", None),
            ("", None),
        ] {
            assert_eq!(query(&[("refresh", text)], "").refresh, refresh, "{text}");
        }
    }

    #[test]
    fn the_way_back_to_a_list_keeps_its_filters_and_the_language() {
        let parameters =
            [("project", "a&b"), ("q", "张"), ("level", "high"), ("sort", "user"), ("page", "3")];
        let from = query(&parameters, "").list();
        assert_eq!(from, "/users?project=a%26b&q=%E5%BC%A0&level=high&sort=user&page=3");
        let user =
            query(&[("from", &from), ("project", "p"), ("id", "u"), ("lang", "zh"), ("refresh", "60")], "");
        assert_eq!(
            user.back().unwrap(),
            "./users?lang=zh-CN&refresh=60&project=a%26b&q=%E5%BC%A0&level=high&sort=user&page=3"
        );
        assert_eq!(query(&[("from", "/users")], "").back().as_deref(), Some("./users"));
    }

    #[test]
    fn the_way_back_cannot_lead_to_another_place() {
        for from in [
            "",
            "users",
            "/",
            "/user",
            "/-/reload",
            "/users/../metrics",
            "//example.com/users",
            "https://example.com/users",
            "https://example.com/users?q=x",
            "javascript:alert(1)",
            "\\example.com",
            "/users?\0",
        ] {
            assert_eq!(query(&[("from", from)], "").back(), None, "{from}");
        }
        let odd = "/users?from=https://example.com&id=1&lang=tlh&x=y&page=-1&refresh=9&q=%22%3E%3Cb%3E#https://example.com";
        assert_eq!(query(&[("from", odd)], "").back().as_deref(), Some("./users?q=%22%3E%3Cb%3E"));
    }
}
