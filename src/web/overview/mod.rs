//! The overview for people: what works, what runs out and what expires; in English and Chinese, without scripts.
//!
//! Reads the same states as scrapes. [`facts`] takes them at one moment, pure functions make rows and totals of them
//! ([`attention`], [`model`], [`users`], [`resources`], [`products`], [`apis`]), and escaping templates show them in the
//! [`texts`] of a language.

mod apis;
mod assets;
mod attention;
mod attention_lines;
mod attention_products;
mod attention_texts;
mod cards;
mod details;
mod facts;
mod failure_texts;
mod format;
mod language;
mod model;
mod page_context;
mod pages;
mod paging;
mod products;
mod query;
mod resource_levels;
mod resource_state;
mod resources;
mod search;
mod sort_order;
mod tabs;
mod terms;
#[cfg(test)]
mod tests;
mod texts;
mod user_list;
mod users;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    REFERRER_POLICY, REFRESH, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::Site;
use super::gzip::{accepts_gzip, compress};
use crate::blocking::on_another_thread;
use facts::Facts;
use page_context::PageContext;
use pages::RenderedPage;
pub(super) use query::check_links;

/// No scripts, nothing inline, nothing from other sites.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The pages, their style sheet and their icon, by path.
pub(super) fn routes() -> [(&'static str, MethodRouter<Arc<Site>>); 7] {
    let page = |path: &'static str, fill: fn(PageContext, &Facts) -> RenderedPage| {
        let handler = async move |site: State<Arc<Site>>, query: Parameters, headers: HeaderMap| {
            respond(site, query, headers, path, fill).await
        };
        (path, get(handler))
    };
    [
        page("/", pages::overview),
        page("/users", pages::users),
        page("/resources", pages::resources),
        page("/products", pages::products),
        page("/user", pages::user),
        (assets::PATH, get(assets::sheet)),
        (assets::ICON_PATH, get(assets::icon)),
    ]
}

type Parameters = Query<Vec<(String, String)>>;

async fn respond(
    State(site): State<Arc<Site>>,
    Query(parameters): Parameters,
    headers: HeaderMap,
    path: &'static str,
    fill: fn(PageContext, &Facts) -> RenderedPage,
) -> Response {
    let query = query::Query::new(&parameters, &headers);
    let page_headers = page_headers(query.language.tag(), query.refresh);
    let is_compressed = accepts_gzip(&headers);
    // Sorting a hundred thousand users takes some milliseconds.
    let rendering = on_another_thread(move || {
        let projects = site.projects();
        let facts = Facts::new(&projects, query.project.as_deref());
        let page = fill(PageContext::new(query, path, &site.telemetry_path, &projects, &facts), &facts);
        page.map(|(status, text)| (status, encoded(text, is_compressed)))
    });
    match rendering.await {
        Ok((status, text)) => (status, page_headers, text).into_response(),
        Err(error) => {
            tracing::error!(%error, path, "cannot render a page");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page cannot be rendered; please report this.\n")
                .into_response()
        }
    }
}

/// The body of a page with its `Content-Encoding`.
fn encoded(text: String, is_compressed: bool) -> Response {
    match is_compressed.then(|| compress(&text)) {
        Some(Ok(compressed)) => ([(CONTENT_ENCODING, "gzip")], compressed).into_response(),
        _ => text.into_response(),
    }
}

fn page_headers(
    language: &'static str,
    refresh: Option<u16>,
) -> impl axum::response::IntoResponseParts + use<> {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language),
        (VARY, "Accept-Encoding, Accept-Language"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, refresh.map(|seconds| [(REFRESH, seconds.to_string())]))
}
