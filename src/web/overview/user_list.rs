//! Pages of the users of all projects. Sorts and filters by the rankings that polls keep, and unpacks only the users of
//! the page.

use std::cell::OnceCell;
use std::cmp::Ordering;

use super::facts::Facts;
use super::paging::{Paged, paginate};
use super::search::Search;
use super::sort_order::SortOrder;
use super::users::UserRow;
use crate::snapshot::{Level, LevelCounts, PackedUsers, Ranking, UserRank};

/// The sort keys of users; the first is the default.
pub(super) const KEYS: &[&str] = &["-utilisation", "-used-up", "user", "project"];

/// The users of each project that has data of them.
pub(super) struct UserLists<'a>(Vec<UserList<'a>>);

/// The users of a project.
struct UserList<'a> {
    project: &'a str,
    users: &'a PackedUsers,
    ranking: &'a Ranking,
    /// Read when users of different projects are compared by label.
    labels: OnceCell<Vec<&'a str>>,
}

/// A page of the users of a level.
#[derive(Debug, PartialEq)]
pub(super) struct UserPage<'a> {
    pub(super) users: Paged<UserRow<'a>>,
    /// The users of all levels.
    pub(super) counts: LevelCounts,
}

/// A user in a list that is sorted.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// What comes first in the order. It decides nearly all comparisons.
    key: u64,
    /// The place of the list.
    list: u32,
    /// The place of the user in the list.
    place: u32,
}

/// Gives the key of the user at a place of the list at a place.
type KeyOf<'a> = Box<dyn Fn(u32, u32, &UserRank) -> u64 + 'a>;

impl<'a> UserLists<'a> {
    /// In the order of the configuration.
    pub(super) fn new(facts: &'a Facts) -> Self {
        let lists = facts.projects.iter().filter_map(|project| {
            let (users, ranking) = project.ranked_users()?;
            Some(UserList { project: &project.name, users, ranking, labels: OnceCell::new() })
        });
        Self(lists.collect())
    }

    /// How many users of each project have which level.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'a str, LevelCounts)> {
        self.0.iter().map(|list| (list.project, list.ranking.counts()))
    }

    /// At most `count` users with the highest utilisation, without those who have used nothing.
    pub(super) fn most_used(&self, count: usize) -> Vec<UserRow<'a>> {
        let order = SortOrder::parse("", KEYS);
        let entries = self.entries(&mut Search::new(""), order, |rank| rank.utilisation > 0.0);
        self.paginate(entries, order, 1, count).rows
    }

    /// A page of the users that a search finds and that have the level, if there is one.
    pub(super) fn page(
        &self,
        mut search: Search,
        level: Option<Level>,
        order: SortOrder,
        page: usize,
        size: usize,
    ) -> UserPage<'a> {
        let mut counts = LevelCounts::default();
        let entries = self.entries(&mut search, order, |rank| {
            counts.add(rank.level);
            level.is_none_or(|level| level == rank.level)
        });
        UserPage { users: self.paginate(entries, order, page, size), counts }
    }

    /// The users that a search finds and that are wanted.
    fn entries(
        &self,
        search: &mut Search,
        order: SortOrder,
        mut is_wanted: impl FnMut(&UserRank) -> bool,
    ) -> Vec<Entry> {
        let (key, bits) = self.key(order);
        let descending = if order.descending { u64::MAX << (u64::BITS - bits) } else { 0 };
        let mut entries = Vec::with_capacity(self.0.iter().map(|list| list.users.len()).sum());
        for (place_of_list, list) in (0..).zip(&self.0) {
            let mut add = |place: u32| {
                let rank = &list.ranking.ranks()[place as usize];
                if is_wanted(rank) {
                    let key = key(place_of_list, place, rank) ^ descending;
                    entries.push(Entry { key, list: place_of_list, place });
                }
            };
            match search.places(list.users) {
                Some(places) => places.into_iter().for_each(add),
                None => (0..).zip(list.ranking.ranks()).for_each(|(place, _)| add(place)),
            }
        }
        entries
    }

    /// The function that gives the keys of entries for the ascending order, and how many of their bits are the sort key.
    /// The others are the beginning of the order by weight.
    fn key(&self, order: SortOrder) -> (KeyOf<'_>, u32) {
        let heavier = |rank: &UserRank| u64::from(!ordered(rank.utilisation));
        let second = |rank: &UserRank| u64::from(!ordered(rank.second) >> 16);
        match (order.key, &self.0[..]) {
            ("user", [list]) => (Box::new(|_, place, _| u64::from(list.ranking.label(place))), 64),
            ("user", _) => (Box::new(|list, place, _| beginning(self.0[list as usize].label(place))), 64),
            ("project", lists) => {
                let mut sorted: Vec<_> = (0..lists.len()).collect();
                sorted.sort_unstable_by_key(|place| lists[*place].project);
                let mut numbers = vec![0; lists.len()];
                for (number, place) in (0..).zip(sorted) {
                    numbers[place] = number;
                }
                (Box::new(move |list, _, rank| numbers[list as usize] << 32 | heavier(rank)), 32)
            }
            ("used-up", _) => {
                let key = move |_, _, rank: &UserRank| {
                    u64::from(rank.used_up) << 48 | heavier(rank) << 16 | second(rank)
                };
                (Box::new(key), 16)
            }
            _ => {
                let key = move |_, _, rank: &UserRank| {
                    u64::from(ordered(rank.utilisation)) << 32 | u64::from(!rank.used_up) << 16 | second(rank)
                };
                (Box::new(key), 32)
            }
        }
    }

    fn paginate(
        &self,
        entries: Vec<Entry>,
        order: SortOrder,
        page: usize,
        size: usize,
    ) -> Paged<UserRow<'a>> {
        let compare = |a: &Entry, b: &Entry| match a.key.cmp(&b.key) {
            Ordering::Equal => self.compare_equal_keys(a, b, order),
            other => other,
        };
        paginate(entries, page, size, compare).filter_map(|entry| {
            let list = &self.0[entry.list as usize];
            Some(UserRow::new(list.project, list.users.get(entry.place as usize)?))
        })
    }

    /// Apart, so that the comparison of keys is small enough to be inlined.
    #[cold]
    fn compare_equal_keys(&self, a: &Entry, b: &Entry, order: SortOrder) -> Ordering {
        match order.key {
            "user" => order.apply(self.compare_labels(a, b)).then_with(|| self.by_weight(a, b)),
            _ => self.by_weight(a, b),
        }
    }

    /// The users who need attention most come first. No two users are equal in this order.
    fn by_weight(&self, a: &Entry, b: &Entry) -> Ordering {
        let rank = |entry: &Entry| self.0[entry.list as usize].ranking.ranks()[entry.place as usize];
        let (rank_a, rank_b) = (rank(a), rank(b));
        rank_b
            .utilisation
            .total_cmp(&rank_a.utilisation)
            .then_with(|| rank_b.used_up.cmp(&rank_a.used_up))
            .then_with(|| rank_b.second.total_cmp(&rank_a.second))
            .then_with(|| self.compare_labels(a, b))
            .then_with(|| (a.list, a.place).cmp(&(b.list, b.place)))
    }

    fn compare_labels(&self, a: &Entry, b: &Entry) -> Ordering {
        let (list_a, list_b) = (&self.0[a.list as usize], &self.0[b.list as usize]);
        if a.list == b.list {
            list_a.ranking.label(a.place).cmp(&list_a.ranking.label(b.place))
        } else {
            list_a.label(a.place).cmp(list_b.label(b.place))
        }
    }
}

impl<'a> UserList<'a> {
    fn label(&self, place: u32) -> &'a str {
        let labels = || self.users.names().map(|(id, name)| name.unwrap_or(id)).collect();
        self.labels.get_or_init(labels)[place as usize]
    }
}

/// An integer in the same order as [`f32::total_cmp`].
fn ordered(number: f32) -> u32 {
    let bits = number.to_bits();
    if number.is_sign_negative() { !bits } else { bits | 1 << 31 }
}

/// The first bytes of a text, in the same order as texts.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    for (byte, of_text) in bytes.iter_mut().zip(text.bytes()) {
        *byte = of_text;
    }
    u64::from_be_bytes(bytes)
}
