//! A cloud with one project for each case, which remembers what it answered.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{Response, Uri};
use futures_util::stream;
use reqwest::Url;

use super::rows::{Api, Row};
use super::schedule::{Case, Effect};
use super::texts::Escapes;
use crate::common::serve;

/// What the cloud did with a request.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) offset: usize,
    pub(crate) outcome: Outcome,
}

#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Page(Page),
    /// Another attempt may succeed.
    Passing,
    Lasting,
}

/// A page that was sent whole.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) version: usize,
    pub(crate) rows: Vec<Row>,
    pub(crate) count: Option<u64>,
    /// Fields outside of rows that cannot be read.
    pub(crate) invalid: u64,
    /// Whether the page has less rows than the list allows.
    pub(crate) is_short: bool,
}

#[derive(Debug)]
struct Project {
    case: Case,
    poll: usize,
    version: usize,
    log: Vec<Answered>,
}

/// All projects.
#[derive(Debug, Clone)]
pub(crate) struct Clouds(Arc<Vec<Mutex<Project>>>);

impl Clouds {
    pub(crate) async fn serve(cases: &[Case]) -> (Self, Url) {
        let project =
            |case: &Case| Mutex::new(Project { case: case.clone(), poll: 0, version: 0, log: vec![] });
        let clouds = Self(Arc::new(cases.iter().map(project).collect()));
        let url = serve(Router::new().fallback(answer).with_state(clouds.clone())).await;
        (clouds, url)
    }

    /// Begins the next poll with the next versions. Returns what was answered in the last one.
    pub(crate) fn next_poll(&self) -> Vec<Vec<Answered>> {
        let next = |project: &Mutex<Project>| {
            let mut project = project.lock().unwrap();
            project.poll += 1;
            project.shift();
            std::mem::take(&mut project.log)
        };
        self.0.iter().map(next).collect()
    }
}

impl Project {
    fn shift(&mut self) {
        self.version = (self.version + 1) % self.case.versions.len();
    }

    fn effect(&self) -> Effect {
        let Some(poll) = self.case.polls.get(self.poll) else { return Effect::Nothing };
        let number = self.log.len();
        match poll.outage {
            Some(outage) if number >= outage.from => outage.effect,
            _ => poll.effects.get(number).copied().unwrap_or(Effect::Nothing),
        }
    }

    fn page(&self, offset: usize, limit: usize, effect: Effect) -> Page {
        let rows = &self.case.versions[self.version].rows;
        let usual = limit.min(self.case.page);
        let most = match effect {
            Effect::Short(most) => usual.min(most),
            Effect::Empty => 0,
            _ => usual,
        };
        let rows: Vec<_> = rows.iter().skip(offset).take(most).cloned().collect();
        let (_, count, invalid) = self.case.count.of(self.case.versions[self.version].rows.len());
        Page { version: self.version, rows, count, invalid, is_short: most < usual }
    }

    fn body(&self, page: &Page) -> String {
        let version = &self.case.versions[self.version];
        let (count, ..) = self.case.count.of(version.rows.len());
        let rows: Vec<_> = page.rows.iter().map(|row| row.json.as_str()).collect();
        let list = format!("\"{}\":[{}]", self.case.api.list(), rows.join(","));
        let available = version.available.json(Escapes::All);
        let available = available.filter(|_| self.case.api == Api::Voice);
        let mut fields: Vec<_> = [
            count.map(|count| format!("\"count\":{count}")),
            available.map(|available| format!("\"resource_available_nums\":{available}")),
            Some(list),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.case.is_flipped {
            fields.reverse();
        }
        format!("{}{{{}}}", if self.case.is_marked { "\u{feff}" } else { "" }, fields.join(",\n "))
    }
}

async fn answer(State(clouds): State<Clouds>, uri: Uri) -> Response<Body> {
    let number = uri.path().split('/').nth(2).unwrap().trim_start_matches('p').parse::<usize>().unwrap();
    let parameter = |name: &str| {
        let mut pairs = uri.query().unwrap().split('&');
        pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap().parse::<usize>().unwrap()
    };
    let (offset, limit) = (parameter("offset"), parameter("limit"));
    assert_eq!(limit, 100);
    let (effect, body) = {
        let mut project = clouds.0[number].lock().unwrap();
        let effect = project.effect();
        if matches!(effect, Effect::Move) {
            project.shift();
        }
        let page = project.page(offset, limit, effect);
        let body = project.body(&page);
        let outcome = match effect {
            Effect::Passing(_) | Effect::CutBody | Effect::CutJson => Outcome::Passing,
            Effect::Lasting(_) | Effect::NotJson => Outcome::Lasting,
            _ => Outcome::Page(page),
        };
        project.log.push(Answered { offset, outcome });
        (effect, body)
    };
    let ok = |body: Body| Response::new(body);
    match effect {
        Effect::Passing(status) | Effect::Lasting(status) => {
            let error = r#"{"error_code":"MSS.99","error_msg":"a failure of a test"}"#;
            Response::builder().status(status).body(error.into()).unwrap()
        }
        Effect::CutBody => {
            let half = Bytes::copy_from_slice(&body.as_bytes()[..body.len() / 2]);
            let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let half = Body::from_stream(stream::iter([Ok(half), Err(reset)]));
            Response::builder().header("content-length", body.len()).body(half).unwrap()
        }
        Effect::CutJson => ok(body.as_bytes()[..body.len() - 1 - body.len() / 3].to_vec().into()),
        Effect::NotJson => ok("<html>a failure of a test</html>".into()),
        Effect::Stall(milliseconds) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            ok(body.into())
        }
        _ => ok(body.into()),
    }
}
