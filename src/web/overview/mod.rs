//! The overview for people: what works, what runs out, what expires; in English and Chinese, without scripts.
//!
//! Reads the states that scrapes read. [`facts`] takes them at one moment, pure functions make a page of them
//! ([`model`], [`users`], [`resources`], [`apis`]), and templates that escape show it in a language's [`words`].

mod apis;
mod cards;
mod details;
mod facts;
mod frame;
mod model;
mod order;
mod pages;
mod paging;
mod query;
mod resources;
mod say;
mod span;
mod style;
#[cfg(test)]
mod tests;
mod users;
mod utilisation;
mod words;

use std::panic::resume_unwind;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get};

use super::Site;
use facts::Facts;
use frame::Frame;

/// No script, nothing inline, nothing from elsewhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// A page's status and text.
type Page = askama::Result<(StatusCode, String)>;

/// The pages and what they need, by path.
pub(super) fn routes() -> [(&'static str, MethodRouter<Arc<Site>>); 6] {
    [
        ("/", get(overview)),
        ("/users", get(users)),
        ("/resources", get(resources)),
        ("/user", get(user)),
        (style::PATH, get(style::sheet)),
        (style::ICON_PATH, get(style::icon)),
    ]
}

type Parameters = Query<Vec<(String, String)>>;

async fn overview(State(site): State<Arc<Site>>, query: Parameters, headers: HeaderMap) -> Response {
    answer(site, query, headers, "/", |frame, facts| Ok((StatusCode::OK, pages::overview(frame, facts)?)))
        .await
}

async fn users(State(site): State<Arc<Site>>, query: Parameters, headers: HeaderMap) -> Response {
    answer(site, query, headers, "/users", |frame, facts| Ok((StatusCode::OK, pages::users(frame, facts)?)))
        .await
}

async fn resources(State(site): State<Arc<Site>>, query: Parameters, headers: HeaderMap) -> Response {
    let page = |frame, facts: &Facts| Ok((StatusCode::OK, pages::resources(frame, facts)?));
    answer(site, query, headers, "/resources", page).await
}

async fn user(State(site): State<Arc<Site>>, query: Parameters, headers: HeaderMap) -> Response {
    let page = |frame, facts: &Facts| {
        Ok(match pages::user(frame, facts)? {
            Ok(page) => (StatusCode::OK, page),
            Err(page) => (StatusCode::NOT_FOUND, page),
        })
    };
    answer(site, query, headers, "/user", page).await
}

async fn answer(
    site: Arc<Site>,
    Query(parameters): Parameters,
    headers: HeaderMap,
    path: &'static str,
    page: fn(Frame, &Facts) -> Page,
) -> Response {
    let query = query::Query::of(&parameters, &headers);
    let language = query.language.words().tag;
    // To look through a hundred thousand users takes some milliseconds, in which scrapes go on.
    let rendering = tokio::task::spawn_blocking(move || {
        let projects = site.projects();
        let facts = Facts::of(&projects, query.project.as_deref());
        page(Frame::new(query, path, &site.telemetry_path, &projects, &facts), &facts)
    });
    // Nobody aborts the rendering, so it can only have panicked; the panic goes on here.
    match rendering.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) {
        Ok((status, text)) => (status, page_headers(language), text).into_response(),
        Err(error) => {
            tracing::error!(%error, path, "the page cannot be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, "The page cannot be rendered; please report this.\n")
                .into_response()
        }
    }
}

fn page_headers(language: &'static str) -> impl axum::response::IntoResponseParts {
    [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_LANGUAGE, language),
        (VARY, "Accept-Language"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ]
}
