//! What lists of users are sorted and filtered by: computed once for each answer, in at most 16 bytes a user, because a
//! page shows a few of a hundred thousand users.

use std::sync::Arc;

use super::{Level, PackedUsers, UserBlock, Utilisation};

/// The ranks of the users of a list.
#[derive(Debug, Default)]
pub(crate) struct Ranking {
    /// In the order of the users.
    ranks: Box<[UserRank]>,
    /// The number of each user in the order of labels. `None` if no user has a name.
    labels: Option<Arc<[u32]>>,
    counts: LevelCounts,
}

/// What a user is sorted and filtered by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UserRank {
    /// The rank of the most-used quota, below 0 if it cannot be used up. As precise as needed to sort: the level is that of
    /// the exact utilisation.
    pub(crate) utilisation: f32,
    /// The rank of the second most-used quota.
    pub(crate) second: f32,
    /// How many items are used up.
    pub(crate) used_up: u16,
    /// The level of the most-used quota.
    pub(crate) level: Level,
}

/// Users by the level of their most-used quota. No user counts twice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LevelCounts {
    pub(crate) used_up: u64,
    /// At least 95 percent.
    pub(crate) running_out: u64,
    /// At least 80 percent.
    pub(crate) high: u64,
    pub(crate) fine: u64,
}

impl Ranking {
    /// Ranks users. Takes the order of labels from the list `before` if that has the same labels.
    pub(crate) fn new(users: &PackedUsers, before: Option<(&PackedUsers, &Self)>) -> Self {
        let mut ranks = Vec::with_capacity(users.len());
        for block in users.blocks() {
            add_ranks(&mut ranks, block);
        }
        let mut counts = LevelCounts::default();
        for rank in &ranks {
            counts.add(rank.level);
        }
        let labels = match before {
            Some((before, ranking)) if have_same_labels(before, users) => ranking.labels.clone(),
            _ => order_of_labels(users),
        };
        Self { ranks: ranks.into(), labels, counts }
    }

    /// The rank of each user.
    pub(crate) fn ranks(&self) -> &[UserRank] {
        &self.ranks
    }

    /// The number of a user in the order of labels. Users with the same label have the same number.
    pub(crate) fn label(&self, place: u32) -> u32 {
        self.labels.as_ref().map_or(place, |labels| labels[place as usize])
    }

    pub(crate) fn counts(&self) -> LevelCounts {
        self.counts
    }
}

impl LevelCounts {
    /// The users of a level.
    pub(crate) fn of(self, level: Level) -> u64 {
        match level {
            Level::UsedUp => self.used_up,
            Level::RunningOut => self.running_out,
            Level::High => self.high,
            Level::Fine => self.fine,
        }
    }

    /// Counts a user.
    pub(crate) fn add(&mut self, level: Level) {
        match level {
            Level::UsedUp => self.used_up += 1,
            Level::RunningOut => self.running_out += 1,
            Level::High => self.high += 1,
            Level::Fine => self.fine += 1,
        }
    }
}

impl std::iter::Sum for LevelCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |a, b| Self {
            used_up: a.used_up + b.used_up,
            running_out: a.running_out + b.running_out,
            high: a.high + b.high,
            fine: a.fine + b.fine,
        })
    }
}

fn add_ranks(ranks: &mut Vec<UserRank>, block: &UserBlock) {
    let mut amounts = block.limits().zip(block.usages());
    for _ in block.names() {
        let (mut best, mut second, mut used_up) = (f64::NEG_INFINITY, f64::NEG_INFINITY, 0);
        for (limit, usage) in amounts.by_ref().take(block.items().len()) {
            if limit.value.is_none() && usage.value.is_none() {
                // The user does not have the item.
                continue;
            }
            let rank = Utilisation::new(usage.value, limit.value).rank();
            used_up += u16::from(Level::of_rank(rank) == Level::UsedUp);
            second = second.max(rank.min(best));
            best = best.max(rank);
        }
        let level = Level::of_rank(best);
        #[expect(clippy::cast_possible_truncation)]
        ranks.push(UserRank { utilisation: best as f32, second: second as f32, used_up, level });
    }
}

fn have_same_labels(a: &PackedUsers, b: &PackedUsers) -> bool {
    let mut blocks = a.blocks().iter().zip(b.blocks());
    a.len() == b.len() && blocks.all(|(a, b)| Arc::ptr_eq(a, b) || a.has_same_names(b))
}

fn order_of_labels(users: &PackedUsers) -> Option<Arc<[u32]>> {
    if users.names().all(|(_, name)| name.is_none()) {
        return None;
    }
    let mut sorted: Vec<_> =
        (0..).zip(users.names()).map(|(place, (id, name))| (name.unwrap_or(id), place)).collect();
    sorted.sort_unstable();
    let mut labels = vec![0; sorted.len()];
    for (number, same) in (0..).zip(sorted.chunk_by(|(a, _), (b, _)| a == b)) {
        for (_, place) in same {
            labels[*place] = number;
        }
    }
    Some(labels.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::{Quota, User};

    const NEVER: f32 = f32::NEG_INFINITY;

    /// A user with the usages and limits of some items.
    fn user(id: &str, name: Option<&str>, amounts: &[(f64, f64)]) -> User {
        let quotas = amounts.iter().zip(["a", "b", "c"]).map(|((usage, limit), item)| Quota {
            item: item.into(),
            limit: Some(*limit),
            usage: Some(*usage),
        });
        User { id: id.to_owned(), name: name.map(ToOwned::to_owned), quotas: quotas.collect() }
    }

    fn rank(amounts: &[(f64, f64)]) -> UserRank {
        let ranking = Ranking::new(&[user("u", None, amounts)].into_iter().collect(), None);
        let [rank] = ranking.ranks() else { panic!("one rank") };
        *rank
    }

    #[test]
    fn a_user_has_the_two_highest_utilisations_and_the_number_of_used_up_items() {
        for (amounts, utilisation, second, used_up) in [
            (&[][..], NEVER, NEVER, 0),
            (&[(1.0, 4.0)], 0.25, NEVER, 0),
            (&[(1.0, 4.0), (3.0, 4.0), (2.0, 4.0)], 0.75, 0.5, 0),
            (&[(3.0, 4.0), (1.0, 4.0), (3.0, 4.0)], 0.75, 0.75, 0),
            (&[(4.0, 4.0), (1.0, 0.0), (8.0, 4.0)], f32::INFINITY, 2.0, 3),
            (&[(9.0, f64::INFINITY), (0.0, 0.0)], -1.0, -2.0, 0),
        ] {
            let rank = rank(amounts);
            assert_eq!(
                (rank.utilisation, rank.second, rank.used_up),
                (utilisation, second, used_up),
                "{amounts:?}"
            );
        }
    }

    #[test]
    fn an_item_that_a_user_does_not_have_is_no_unknown_quota() {
        let unknown = Quota { item: "b".into(), limit: Some(1.0), usage: None };
        let users = [
            user("1", None, &[(1.0, 4.0)]),
            User { id: "2".into(), name: None, quotas: vec![unknown] },
            user("3", None, &[]),
        ];
        let ranking = Ranking::new(&users.into_iter().collect(), None);
        let ranks: Vec<_> = ranking.ranks().iter().map(|rank| (rank.utilisation, rank.second)).collect();
        assert_eq!(ranks, [(0.25, NEVER), (-3.0, NEVER), (NEVER, NEVER)]);
    }

    #[test]
    fn the_level_is_that_of_the_exact_utilisation() {
        for (usage, limit, utilisation, level) in [
            (799_999_999.0, 1e9, 0.8, Level::Fine),
            (4.0, 5.0, 0.8, Level::High),
            (949_999_999.0, 1e9, 0.95, Level::High),
            (19.0, 20.0, 0.95, Level::RunningOut),
            (999_999_999.0, 1e9, 1.0, Level::RunningOut),
            (1e9, 1e9, 1.0, Level::UsedUp),
            (1.0, 0.0, f32::INFINITY, Level::UsedUp),
            (0.0, 0.0, -1.0, Level::Fine),
            (1e9, f64::INFINITY, -2.0, Level::Fine),
        ] {
            let rank = rank(&[(usage, limit)]);
            assert_eq!((rank.utilisation, rank.level), (utilisation, level), "{usage} of {limit}");
            assert_eq!(rank.used_up, u16::from(level == Level::UsedUp), "{usage} of {limit}");
        }
    }

    #[test]
    fn every_user_counts_once() {
        let percents = [0.0, 79.9, 80.0, 94.9, 95.0, 95.0, 99.9, 100.0, 120.0];
        let users =
            percents.map(|percent| user(&format!("{percent:03}"), None, &[(percent, 100.0), (1.0, 2.0)]));
        let ranking = Ranking::new(&users.into_iter().chain([user("none", None, &[])]).collect(), None);
        let counts = LevelCounts { used_up: 2, running_out: 3, high: 2, fine: 3 };
        assert_eq!(ranking.counts(), counts);
        let levels = [Level::UsedUp, Level::RunningOut, Level::High, Level::Fine];
        assert_eq!(levels.map(|level| counts.of(level)), [2, 3, 2, 3]);
        let sum = LevelCounts { used_up: 4, running_out: 6, high: 4, fine: 6 };
        assert_eq!([counts; 2].into_iter().sum::<LevelCounts>(), sum);
    }

    #[test]
    fn labels_are_in_order_and_equal_ones_have_the_same_number() {
        let users = [("0", Some("c")), ("1", None), ("2", Some("a")), ("3", Some("c")), ("4", Some("1"))];
        let numbers = |users: PackedUsers| -> Vec<_> {
            let ranking = Ranking::new(&users, None);
            (0..5).map(|place| ranking.label(place)).collect()
        };
        assert_eq!(numbers(users.iter().map(|(id, name)| user(id, *name, &[])).collect()), [2, 0, 1, 2, 0]);
        assert_eq!(numbers(users.iter().map(|(id, _)| user(id, None, &[])).collect()), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn the_order_of_labels_is_kept_until_a_label_changes() {
        let users = |name: &str, usage: f64, count: usize| -> PackedUsers {
            let ids = (0..count).map(|number| format!("{number:02}"));
            ids.map(|id| user(&id, Some(name).filter(|_| id == "17"), &[(usage, 9.0)])).collect()
        };
        let before = users("n", 1.0, 20);
        let ranking = Ranking::new(&before, None);
        let is_kept = |after: PackedUsers| {
            let after = Ranking::new(&after, Some((&before, &ranking)));
            assert_eq!(after.labels.as_ref().unwrap().len(), after.ranks.len());
            Arc::ptr_eq(after.labels.as_ref().unwrap(), ranking.labels.as_ref().unwrap())
        };
        assert!(is_kept(users("n", 1.0, 20)));
        assert!(is_kept(users("n", 2.0, 20)));
        assert!(!is_kept(users("m", 1.0, 20)));
        assert!(!is_kept(users("n", 1.0, 40)));
        assert!(!is_kept(users("n", 1.0, 18)));
    }

    #[test]
    fn a_rank_takes_twelve_bytes() {
        assert_eq!(size_of::<UserRank>(), 12);
    }
}
