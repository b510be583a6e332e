//! The query of a page. Every query is valid: unknown or malformed parameters are ignored.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::language::Language;

/// The characters of a query that need no escaping, besides letters and digits.
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The query of a page, and the language of its response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) language: Language,
    /// Whether the query names the language, so that links must name it too.
    pub(super) names_language: bool,
    /// `?project=`; `None` for all projects.
    pub(super) project: Option<String>,
    /// `?id=`: a user's ID.
    pub(super) id: String,
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
        let named = get("lang").and_then(Language::from_tag);
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
        Self {
            language: named.unwrap_or_else(|| Language::from_accept_language(accepted.unwrap_or_default())),
            names_language: named.is_some(),
            project: get("project").filter(|name| !name.is_empty()).map(ToOwned::to_owned),
            id: get("id").unwrap_or_default().to_owned(),
            sort: get("sort").unwrap_or_default().to_owned(),
            page: get("page").and_then(|page| page.parse().ok()).unwrap_or(1),
        }
    }

    /// A link to another page in the same language.
    pub(super) fn link(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let language = self.names_language.then_some(("lang", self.language.tag()));
        link(path, language.into_iter().chain(parameters.iter().copied()))
    }

    /// A link to another page in the same language, about the same project.
    pub(super) fn link_within(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let project = self.project.as_deref().map(|name| ("project", name));
        let all: Vec<_> = project.into_iter().chain(parameters.iter().copied()).collect();
        self.link(path, &all)
    }

    /// A link to the same page in another language.
    pub(super) fn in_language(&self, path: &str, language: Language) -> String {
        let page = self.page.to_string();
        let all = [
            ("lang", Some(language.tag())),
            ("project", self.project.as_deref()),
            ("id", Some(self.id.as_str()).filter(|id| !id.is_empty())),
            ("sort", Some(self.sort.as_str()).filter(|sort| !sort.is_empty())),
            ("page", (self.page > 1).then_some(page.as_str())),
        ];
        link(path, all.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
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
            chinese.in_language("/users", Language::English),
            "./users?lang=en&project=a%26b%3D%22%3Cc%3E&page=2"
        );
        assert_eq!(query(&[], "zh").link("/", &[]), "./", "a language from the header needs no parameter");
    }
}
