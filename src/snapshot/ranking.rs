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
