//! Which of a project's users are shown, and which of their quotas.

use crate::config;
use crate::snapshot::{Quota, User, UserQuotas};

/// Leaves those of `shown`, and of their quotas, that `limits` lets through. The users have to be sorted by ID, and
/// stay so; with too many of them the ones with the highest utilisation stay, of two alike the one with the lower ID.
pub(super) fn apply(shown: &mut UserQuotas, limits: &config::UserQuotasConfig) {
    shown.users.retain(|user| is_meant(user, limits));
    if !limits.items.is_empty() {
        for user in &mut shown.users {
            user.quotas.retain(|quota| limits.items.iter().any(|item| *item == quota.item));
        }
    }
    let omitted = shown.users.len().saturating_sub(limits.max_users);
    if omitted > 0 {
        keep_highest(&mut shown.users, limits.max_users);
    }
    shown.omitted = omitted as u64;
}

/// Whether a user's ID or name is one to show.
fn is_meant(user: &User, limits: &config::UserQuotasConfig) -> bool {
    let is_in = |patterns: &[config::Pattern]| {
        patterns.iter().any(|pattern| {
            pattern.matches(&user.id) || user.name.as_deref().is_some_and(|name| pattern.matches(name))
        })
    };
    (limits.include.is_empty() || is_in(&limits.include)) && !is_in(&limits.exclude)
}

fn keep_highest(users: &mut Vec<User>, max_users: usize) {
    let mut ranks: Vec<(f64, usize)> =
        users.iter().enumerate().map(|(place, user)| (utilisation(user), place)).collect();
    // The users stand in the order of their IDs, so of two alike the one in front stays.
    ranks.sort_unstable_by(|(a, a_place), (b, b_place)| b.total_cmp(a).then(a_place.cmp(b_place)));
    let mut stays = vec![false; users.len()];
    for (_, place) in ranks.into_iter().take(max_users) {
        stays[place] = true;
    }
    let mut stays = stays.into_iter();
    users.retain(|_| stays.next().unwrap_or_default());
}

/// The highest part of a quota that a user has used, 1 being all of it.
fn utilisation(user: &User) -> f64 {
    user.quotas.iter().map(used).fold(0.0, f64::max)
}

/// The used part of a quota: nothing of an unlimited one, and infinitely much of one that does not exist.
fn used(quota: &Quota) -> f64 {
    match (quota.usage, quota.limit) {
        (None | Some(0.0), _) | (_, None) => 0.0,
        (Some(_), Some(0.0)) => f64::INFINITY,
        (Some(usage), Some(limit)) => usage / limit,
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::config::Pattern;

    const NO_LIMIT: f64 = f64::INFINITY;

    fn quota(item: &'static str, usage: Option<f64>, limit: Option<f64>) -> Quota {
        Quota { item: Cow::Borrowed(item), limit, usage }
    }

    fn user(id: &str, quotas: Vec<Quota>) -> User {
        User { id: id.to_owned(), name: None, quotas }
    }

    /// A user whose one quota of 100 is used so far.
    fn at(id: &str, percent: f64) -> User {
        user(id, vec![quota("voice_clone_basic", Some(percent), Some(100.0))])
    }

    fn named(id: &str, name: &str) -> User {
        User { name: Some(name.to_owned()), ..at(id, 1.0) }
    }

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::new(text).unwrap()).collect()
    }

    fn up_to(max_users: usize) -> config::UserQuotasConfig {
        config::UserQuotasConfig { max_users, ..config::UserQuotasConfig::default() }
    }

    /// What is left of `users`, and how many were omitted.
    fn limited(users: Vec<User>, limits: &config::UserQuotasConfig) -> (Vec<User>, u64) {
        let listed = users.len() as u64;
        let mut shown = UserQuotas { listed, omitted: 0, users };
        apply(&mut shown, limits);
        assert_eq!(shown.listed, listed, "the API's own number stays");
        (shown.users, shown.omitted)
    }

    fn survivors(users: Vec<User>, limits: &config::UserQuotasConfig) -> (Vec<String>, u64) {
        let (users, omitted) = limited(users, limits);
        (users.into_iter().map(|user| user.id).collect(), omitted)
    }

    #[test]
    fn nobody_is_omitted_up_to_the_limit_and_the_least_used_beyond_it() {
        let users = || vec![at("a", 30.0), at("b", 90.0), at("c", 10.0), at("d", 60.0)];
        for (max_users, left, omitted) in [
            (5, &["a", "b", "c", "d"][..], 0),
            (4, &["a", "b", "c", "d"], 0),
            (3, &["a", "b", "d"], 1),
            (2, &["b", "d"], 2),
            (1, &["b"], 3),
            (0, &[], 4),
        ] {
            let left = left.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(survivors(users(), &up_to(max_users)), (left, omitted), "{max_users}");
        }
    }

    #[test]
    fn of_two_alike_the_lower_id_stays() {
        let users = vec![at("a", 50.0), at("b", 50.0), at("c", 51.0), at("d", 50.0)];
        assert_eq!(survivors(users, &up_to(3)).0, ["a", "b", "c"]);
        let idle = ["a", "b", "c"].map(|id| at(id, 0.0)).to_vec();
        assert_eq!(survivors(idle, &up_to(2)).0, ["a", "b"]);
    }

    #[test]
    fn a_part_of_a_quota_is_what_it_is_of_that_quota() {
        for (usage, limit, expected) in [
            (Some(50.0), Some(100.0), 0.5),
            (Some(150.0), Some(100.0), 1.5),
            (Some(0.0), Some(100.0), 0.0),
            (Some(1e9), Some(NO_LIMIT), 0.0),
            (Some(1.0), Some(0.0), f64::INFINITY),
            (Some(1.0), Some(-0.0), f64::INFINITY),
            (Some(0.0), Some(0.0), 0.0),
            (Some(1.0), None, 0.0),
            (None, Some(100.0), 0.0),
            (None, Some(0.0), 0.0),
        ] {
            assert_eq!(used(&quota("x", usage, limit)), expected, "{usage:?} of {limit:?}");
        }
    }

    #[test]
    fn the_highest_of_a_users_quotas_counts() {
        let half = |item| quota(item, Some(50.0), Some(100.0));
        let both = user("z", vec![half("a"), quota("b", Some(99.0), Some(100.0))]);
        assert_eq!(utilisation(&both), 0.99);
        let beyond_all = user("y", vec![half("a"), quota("b", Some(1.0), Some(0.0))]);
        let users = vec![at("x", 98.0), beyond_all, both];
        assert_eq!(survivors(users.clone(), &up_to(2)).0, ["y", "z"]);
        assert_eq!(survivors(users, &up_to(1)).0, ["y"]);
    }

    #[test]
    fn patterns_are_of_ids_and_names_and_leave_nobody_omitted() {
        let users = || vec![named("a1", "studio-north"), named("a2", "studio-south"), at("b1", 1.0)];
        for (include, exclude, left) in [
            (&[][..], &[][..], &["a1", "a2", "b1"][..]),
            (&["a."], &[], &["a1", "a2"]),
            (&["a"], &[], &[]),
            (&["studio-.*"], &[], &["a1", "a2"]),
            (&["studio-south", "b1"], &[], &["a2", "b1"]),
            (&[], &["studio-north"], &["a2", "b1"]),
            (&[], &["b.", "a1"], &["a2"]),
            (&["studio-.*"], &["a2"], &["a1"]),
            (&["a1"], &["studio-.*"], &[]),
        ] {
            let limits = config::UserQuotasConfig {
                include: patterns(include),
                exclude: patterns(exclude),
                ..up_to(10)
            };
            let left: Vec<_> = left.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(survivors(users(), &limits), (left, 0), "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn only_users_that_are_meant_count_against_the_limit() {
        let users = vec![at("a", 90.0), at("b", 20.0), at("c", 10.0), at("d", 30.0)];
        let limits = config::UserQuotasConfig { exclude: patterns(&["a"]), ..up_to(2) };
        assert_eq!(survivors(users, &limits), (vec!["b".to_owned(), "d".to_owned()], 1));
    }

    #[test]
    fn items_that_are_not_shown_do_not_count() {
        let items = |a, b| vec![quota("a", Some(a), Some(100.0)), quota("b", Some(b), Some(100.0))];
        let users = || vec![user("x", items(99.0, 1.0)), user("y", items(1.0, 50.0))];
        assert_eq!(survivors(users(), &up_to(1)).0, ["x"]);
        let limits = config::UserQuotasConfig { items: vec!["b".to_owned(), "c".to_owned()], ..up_to(1) };
        let left = user("y", vec![quota("b", Some(50.0), Some(100.0))]);
        assert_eq!(limited(users(), &limits), (vec![left], 1));
        // A user without any of the items still is one.
        let limits = config::UserQuotasConfig { items: vec!["c".to_owned()], ..up_to(2) };
        assert_eq!(limited(users(), &limits), (vec![user("x", vec![]), user("y", vec![])], 0));
    }

    #[test]
    fn a_hundred_thousand_users_keep_their_order() {
        let users = (0..100_000).map(|n| at(&format!("{n:06}"), f64::from(n * 7919 % 100_000))).collect();
        let (left, omitted) = survivors(users, &up_to(10_000));
        assert_eq!((left.len(), omitted), (10_000, 90_000));
        assert!(left.is_sorted());
        assert!(left.iter().all(|id| id.parse::<u64>().unwrap() * 7919 % 100_000 >= 90_000));
    }
}
