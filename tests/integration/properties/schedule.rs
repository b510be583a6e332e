//! A case: a list in several versions, and what happens to the requests of several polls.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::numbers::{Numbers, numbers};
use super::rows::{Api, Row};

/// One state of a list.
#[derive(Debug, Clone)]
pub(crate) struct Version {
    pub(crate) rows: Vec<Row>,
    pub(crate) available: Numbers,
}

/// How the length of the list is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Count {
    Right,
    Text,
    Float,
    Absent,
    Invalid,
    Off(i64),
}

/// What happens to a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    Nothing,
    /// A status at which another attempt may succeed.
    Passing(u16),
    /// A status that stays.
    Lasting(u16),
    /// The connection ends within the body.
    CutBody,
    /// The body ends within its JSON.
    CutJson,
    NotJson,
    /// The answer comes late, in milliseconds.
    Stall(u64),
    /// The list has its next version from this answer on.
    Move,
    /// The page has at most so many rows.
    Short(usize),
    Empty,
}

/// From this request on, all of a poll have this effect.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) from: usize,
    pub(crate) effect: Effect,
}

/// One poll.
#[derive(Debug, Clone)]
pub(crate) struct Poll {
    pub(crate) effects: Vec<Effect>,
    pub(crate) outage: Option<Outage>,
}

/// One project with one list.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) api: Api,
    pub(crate) versions: Vec<Version>,
    /// The most rows of a page.
    pub(crate) page: usize,
    pub(crate) count: Count,
    /// Whether the list comes before its length.
    pub(crate) is_flipped: bool,
    /// Whether bodies begin with a byte-order mark.
    pub(crate) is_marked: bool,
    pub(crate) polls: Vec<Poll>,
}

pub(crate) const POLLS: usize = 3;
const MOST_ROWS: usize = 24;

pub(crate) fn case() -> impl Strategy<Value = Case> {
    select(&[Api::Voice, Api::Users, Api::Tenant][..]).prop_flat_map(|api| {
        let versions = (vec(api.rows(), 0..MOST_ROWS), prop::bool::weighted(0.8)).prop_flat_map(
            move |(pool, distinct)| {
                let pool = if distinct { deduplicated(pool) } else { pool };
                vec((picked(pool), numbers()), 1..5)
            },
        );
        let page = prop_oneof![1 => Just(100_usize), 3 => 1..8_usize];
        (versions, page, count(), any::<bool>(), prop::bool::weighted(0.1), vec(poll(), POLLS)).prop_map(
            move |(versions, page, count, is_flipped, is_marked, polls)| {
                let versions =
                    versions.into_iter().map(|(rows, available)| Version { rows, available }).collect();
                Case { api, versions, page, count, is_flipped, is_marked, polls }
            },
        )
    })
}

/// Some of the rows, in any order.
fn picked(pool: Vec<Row>) -> impl Strategy<Value = Vec<Row>> {
    let length = pool.len();
    (Just(pool).prop_shuffle(), 0..=length, any::<bool>()).prop_map(|(mut rows, length, is_whole)| {
        if !is_whole {
            rows.truncate(length);
        }
        rows
    })
}

fn deduplicated(mut rows: Vec<Row>) -> Vec<Row> {
    let mut known = BTreeSet::new();
    rows.retain(|row| known.insert(row.key.clone()));
    rows
}

fn count() -> impl Strategy<Value = Count> {
    prop_oneof![
        12 => Just(Count::Right),
        1 => Just(Count::Text),
        1 => Just(Count::Float),
        2 => Just(Count::Absent),
        1 => Just(Count::Invalid),
        2 => (-30..300_i64).prop_map(Count::Off),
    ]
}

fn poll() -> impl Strategy<Value = Poll> {
    let outage = (0..6_usize, failure()).prop_map(|(from, effect)| Outage { from, effect });
    let effects = prop_oneof![3 => Just(vec![]), 4 => vec(effect(), 1..10)];
    (effects, option::weighted(0.1, outage)).prop_map(|(effects, outage)| Poll { effects, outage })
}

fn effect() -> impl Strategy<Value = Effect> {
    prop_oneof![
        10 => Just(Effect::Nothing),
        2 => passing(),
        3 => Just(Effect::Move),
        1 => (0..200_u64).prop_map(Effect::Stall),
        1 => (1..5_usize).prop_map(Effect::Short),
        1 => Just(Effect::Empty),
    ]
}

fn passing() -> impl Strategy<Value = Effect> {
    prop_oneof![
        2 => select(&[408, 429, 500, 502, 503, 504][..]).prop_map(Effect::Passing),
        1 => Just(Effect::CutBody),
        1 => Just(Effect::CutJson),
    ]
}

fn failure() -> impl Strategy<Value = Effect> {
    prop_oneof![
        1 => passing(),
        1 => select(&[400, 403, 404, 418][..]).prop_map(Effect::Lasting),
        1 => Just(Effect::NotJson),
    ]
}

impl Count {
    /// The JSON of a list of this length, the number that it means, and the fields that cannot be read.
    pub(crate) fn of(self, length: usize) -> (Option<String>, Option<u64>, u64) {
        let right = length as u64;
        match self {
            Self::Right => (Some(right.to_string()), Some(right), 0),
            Self::Text => (Some(format!("\"{right}\"")), Some(right), 0),
            Self::Float => (Some(format!("{right}.0")), Some(right), 0),
            Self::Absent => (None, None, 0),
            Self::Invalid => (Some("\"many\"".to_owned()), None, 1),
            Self::Off(by) => {
                let wrong = right.saturating_add_signed(by);
                (Some(wrong.to_string()), Some(wrong), 0)
            }
        }
    }
}

impl Case {
    /// The same without what ends a walk early, which drops the answers to its other requests, and without what makes the
    /// order of concurrent requests matter.
    pub(crate) fn still(mut self) -> Self {
        for version in &mut self.versions {
            version.rows = deduplicated(std::mem::take(&mut version.rows));
        }
        if matches!(self.count, Count::Off(_)) {
            self.count = Count::Right;
        }
        for effect in self.polls.iter_mut().flat_map(|poll| &mut poll.effects) {
            if matches!(effect, Effect::Move | Effect::Empty | Effect::Short(_)) {
                *effect = Effect::Nothing;
            }
        }
        self
    }
}
