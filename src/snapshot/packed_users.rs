//! Users in little memory: about 80 bytes each instead of the 600 of [`User`], for lists of a hundred thousand.
//!
//! Users are packed in small blocks, which never change. A list shares the blocks that are as before with the list before
//! it, and only the blocks that differ are rendered again.

use std::borrow::Cow;
use std::sync::Arc;

use super::{Quota, User, amounts};

/// The API's field name of a quota.
pub(crate) type Item = Cow<'static, str>;

/// Users, sorted by ID.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackedUsers {
    /// All but the last have [`UserBlock::USERS`] users.
    blocks: Vec<Arc<UserBlock>>,
    len: usize,
}

/// Adjacent users of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UserBlock {
    /// The items that at least one of the users has, sorted. Blocks with the same items share them.
    items: Arc<[Item]>,
    /// The ID and the name of each user, or an empty name, each with [`END`](Self::END).
    texts: Box<str>,
    /// The amounts of all items of each user.
    limits: Box<[u8]>,
    usages: Box<[u8]>,
}

/// Buffers for one block after the other: buffers that grow would leave holes in the memory between the blocks.
#[derive(Debug, Default)]
struct Scratch {
    texts: String,
    limits: Vec<u8>,
    usages: Vec<u8>,
}

/// An amount of a user.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct UserAmount<'a> {
    pub(crate) user_id: &'a str,
    pub(crate) item: &'a str,
    pub(crate) value: Option<f64>,
}

impl UserBlock {
    /// The users of a block: few, so that few are rendered again for one that has changed.
    pub(crate) const USERS: usize = 24;

    /// Ends each text. No text contains it, because the client replaces it.
    pub(crate) const END: char = '\0';

    /// Packs users, with `items` if these are their items.
    fn new(users: &[User], items: &Arc<[Item]>, scratch: &mut Scratch) -> Self {
        let own_items = merged_items(users.iter().map(|user| &user.quotas[..]));
        let items = if own_items[..] == items[..] { Arc::clone(items) } else { own_items.into() };
        let Scratch { texts, limits, usages } = scratch;
        texts.clear();
        limits.clear();
        usages.clear();
        for user in users {
            push_text(texts, &user.id);
            push_text(texts, user.name.as_deref().unwrap_or_default());
            write_row(&items, &user.quotas, limits, |quota| quota.limit);
            write_row(&items, &user.quotas, usages, |quota| quota.usage);
        }
        Self { items, texts: texts.as_str().into(), limits: limits[..].into(), usages: usages[..].into() }
    }

    /// The items of the amounts of each user.
    pub(crate) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The ID and the name of each user, or an empty name, each with [`END`](Self::END): to search all at once.
    pub(crate) fn texts(&self) -> &str {
        &self.texts
    }

    /// The ID and the name of each user.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let mut texts = self.texts.split(Self::END);
        std::iter::from_fn(move || {
            let (id, name) = (texts.next()?, texts.next()?);
            Some((id, Some(name).filter(|name| !name.is_empty())))
        })
    }

    /// The limit of each item of each user.
    pub(crate) fn limits(&self) -> impl Iterator<Item = UserAmount<'_>> {
        self.amounts(&self.limits)
    }

    /// The usage of each item of each user.
    pub(crate) fn usages(&self) -> impl Iterator<Item = UserAmount<'_>> {
        self.amounts(&self.usages)
    }

    fn amounts<'a>(&'a self, mut column: &'a [u8]) -> impl Iterator<Item = UserAmount<'a>> {
        self.names()
            .flat_map(|(user_id, _)| self.items.iter().map(move |item| (user_id, item)))
            .map(move |(user_id, item)| UserAmount { user_id, item, value: amounts::read(&mut column) })
    }

    /// Whether both blocks have the same limits of the same users.
    pub(crate) fn has_same_limits(&self, other: &Self) -> bool {
        self.texts == other.texts && self.items == other.items && self.limits == other.limits
    }

    /// Whether both blocks have the same usages of the same users.
    pub(crate) fn has_same_usages(&self, other: &Self) -> bool {
        self.texts == other.texts && self.items == other.items && self.usages == other.usages
    }

    /// Whether both blocks have the same users with the same names.
    pub(crate) fn has_same_names(&self, other: &Self) -> bool {
        self.texts == other.texts
    }

    /// The user at this place of the block, unpacked.
    fn user(&self, place: usize) -> Option<User> {
        let (id, name) = self.names().nth(place)?;
        let (mut limits, mut usages) = (&*self.limits, &*self.usages);
        for _ in 0..place * self.items.len() {
            amounts::read(&mut limits);
            amounts::read(&mut usages);
        }
        let quotas = read_row(&self.items, &mut limits, &mut usages).collect();
        Some(User { id: id.to_owned(), name: name.map(ToOwned::to_owned), quotas })
    }

    /// The users, unpacked.
    pub(crate) fn users(&self) -> impl Iterator<Item = User> {
        let (mut limits, mut usages) = (&*self.limits, &*self.usages);
        self.names().map(move |(id, name)| User {
            id: id.to_owned(),
            name: name.map(ToOwned::to_owned),
            quotas: read_row(&self.items, &mut limits, &mut usages).collect(),
        })
    }
}

impl PackedUsers {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn blocks(&self) -> &[Arc<UserBlock>] {
        &self.blocks
    }

    /// All users, unpacked one by one.
    pub(crate) fn iter(&self) -> impl Iterator<Item = User> {
        self.blocks.iter().flat_map(|block| block.users())
    }

    /// The ID and the name of each user.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.blocks.iter().flat_map(|block| block.names())
    }

    /// The user at this place.
    pub(crate) fn get(&self, place: usize) -> Option<User> {
        self.blocks.get(place / UserBlock::USERS)?.user(place % UserBlock::USERS)
    }

    /// The user with this ID.
    pub(crate) fn find(&self, id: &str) -> Option<User> {
        let starts_after = |block: &Arc<UserBlock>| block.names().next().is_none_or(|(first, _)| first > id);
        let after = self.blocks.partition_point(|block| !starts_after(block));
        let block = self.blocks.get(after.checked_sub(1)?)?;
        block.user(block.names().position(|(other, _)| other == id)?)
    }

    /// Packs users that are sorted by ID. Takes the blocks that are as they were `before` from there, so that both lists
    /// have them once.
    pub(crate) fn pack(users: impl IntoIterator<Item = User>, before: Option<&Self>) -> Self {
        let mut packed = Self::default();
        let mut users = users.into_iter();
        let (mut block, mut items) = (Vec::with_capacity(UserBlock::USERS), Arc::default());
        let mut scratch = Scratch::default();
        loop {
            block.extend(users.by_ref().take(UserBlock::USERS));
            if block.is_empty() {
                packed.blocks.shrink_to_fit();
                return packed;
            }
            let new = UserBlock::new(&block, &items, &mut scratch);
            items = Arc::clone(&new.items);
            let block_before = before.and_then(|before| before.blocks.get(packed.blocks.len()));
            let shared = block_before.filter(|before| ***before == new).map(Arc::clone);
            packed.len += block.len();
            packed.blocks.push(shared.unwrap_or_else(|| Arc::new(new)));
            block.clear();
        }
    }
}

/// The quotas of the users of one page, until the users of all pages are sorted.
#[derive(Debug, Default)]
pub(crate) struct PackedQuotas {
    items: Vec<Item>,
    /// The limits of each user, then the usages.
    rows: Vec<u8>,
    ends: Vec<u32>,
}

impl PackedQuotas {
    /// Packs the quotas of users.
    pub(crate) fn new(users: &[&[Quota]]) -> Self {
        let items = merged_items(users.iter().copied());
        let (mut rows, mut ends) = (Vec::new(), Vec::with_capacity(users.len()));
        for quotas in users {
            write_row(&items, quotas, &mut rows, |quota| quota.limit);
            write_row(&items, quotas, &mut rows, |quota| quota.usage);
            ends.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        rows.shrink_to_fit();
        Self { items, rows, ends }
    }

    /// The quotas of the user at this place; none if there is no such user.
    pub(crate) fn get(&self, place: usize) -> Vec<Quota> {
        let end_of = |place: usize| self.ends.get(place).map(|end| *end as usize);
        let start = place.checked_sub(1).map_or(Some(0), end_of);
        let row = start.zip(end_of(place)).and_then(|(start, end)| self.rows.get(start..end));
        let Some(mut limits) = row else { return Vec::new() };
        let mut usages = limits;
        for _ in &self.items {
            amounts::read(&mut usages);
        }
        read_row(&self.items, &mut limits, &mut usages).collect()
    }
}

/// All items of these users, sorted, each once.
fn merged_items<'a>(users: impl Iterator<Item = &'a [Quota]>) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for quotas in users {
        // Users have the same items, nearly always.
        if !quotas.iter().map(|quota| &quota.item).eq(&items) {
            items.extend(quotas.iter().map(|quota| quota.item.clone()));
            items.sort_unstable();
            items.dedup();
        }
    }
    items
}

fn push_text(texts: &mut String, text: &str) {
    texts.extend(text.split(UserBlock::END));
    texts.push(UserBlock::END);
}

/// Appends one amount for each of `items`, unknown where a user does not have the item.
fn write_row(items: &[Item], quotas: &[Quota], bytes: &mut Vec<u8>, amount: fn(&Quota) -> Option<f64>) {
    for (place, item) in items.iter().enumerate() {
        let of_item = |quota: &&Quota| quota.item == *item;
        // At the same place, nearly always.
        let quota = quotas.get(place).filter(of_item).or_else(|| quotas.iter().find(of_item));
        amounts::write(bytes, quota.and_then(amount));
    }
}

/// The quotas of the next user. A quota has at least one known amount.
fn read_row<'a>(
    items: &'a [Item],
    limits: &mut &'a [u8],
    usages: &mut &'a [u8],
) -> impl Iterator<Item = Quota> {
    items.iter().filter_map(|item| {
        let (limit, usage) = (amounts::read(limits), amounts::read(usages));
        (limit.is_some() || usage.is_some()).then(|| Quota { item: item.clone(), limit, usage })
    })
}

#[cfg(test)]
impl FromIterator<User> for PackedUsers {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        Self::pack(users, None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(item: &'static str, limit: Option<f64>, usage: Option<f64>) -> Quota {
        Quota { item: item.into(), limit, usage }
    }

    fn user(number: usize, quotas: Vec<Quota>) -> User {
        User { id: format!("{number:03}"), name: None, quotas }
    }

    /// Users with equal items, with other ones, with none, with names, and with fractions.
    fn users(count: usize) -> Vec<User> {
        let all = (0..count).map(|number| {
            let quotas = match number % 5 {
                0 | 1 => {
                    vec![quota("a", Some(number as f64), Some(0.5)), quota("b", Some(f64::INFINITY), None)]
                }
                2 => vec![quota("b", None, Some(1e18))],
                3 => vec![quota("a", Some(0.0), Some(0.0)), quota("unknown", Some(7.0), None)],
                _ => vec![],
            };
            let name = (number % 3 == 0).then(|| format!("Name {number}"));
            User { name, ..user(number, quotas) }
        });
        all.collect()
    }

    #[test]
    fn users_are_unpacked_as_they_were_packed() {
        for count in [0, 1, 23, 24, 25, 100] {
            let packed: PackedUsers = users(count).into_iter().collect();
            assert_eq!((packed.len(), packed.blocks().len()), (count, count.div_ceil(24)));
            assert_eq!(packed.iter().collect::<Vec<_>>(), users(count));
            for (place, user) in users(count).into_iter().enumerate() {
                assert_eq!(packed.get(place).as_ref(), Some(&user));
                assert_eq!(packed.find(&user.id), Some(user));
            }
            assert_eq!(packed.get(count), None);
            assert_eq!((packed.find(""), packed.find("0005"), packed.find("~")), (None, None, None));
        }
    }

    #[test]
    fn amounts_belong_to_their_users_and_items() {
        let packed: PackedUsers = users(5).into_iter().collect();
        let [block] = packed.blocks() else { panic!("one block") };
        let limits: Vec<_> = block.limits().filter(|amount| amount.value.is_some()).collect();
        let limit = |user_id, item, value| UserAmount { user_id, item, value: Some(value) };
        assert_eq!(
            limits,
            [
                limit("000", "a", 0.0),
                limit("000", "b", f64::INFINITY),
                limit("001", "a", 1.0),
                limit("001", "b", f64::INFINITY),
                limit("003", "a", 0.0),
                limit("003", "unknown", 7.0),
            ]
        );
        let usages: Vec<_> = block.usages().filter_map(|amount| amount.value).collect();
        assert_eq!(usages, [0.5, 0.5, 1e18, 0.0]);
    }

    #[test]
    fn unsorted_items_are_sorted_and_no_amount_is_lost() {
        let quotas = vec![quota("b", Some(1.0), None), quota("a", None, Some(2.0))];
        let packed: PackedUsers = [user(0, quotas.clone()), user(1, vec![])].into_iter().collect();
        let sorted: Vec<_> = quotas.into_iter().rev().collect();
        assert_eq!(packed.iter().collect::<Vec<_>>(), [user(0, sorted), user(1, vec![])]);
    }

    #[test]
    fn a_list_shares_the_blocks_that_have_not_changed() {
        let before: PackedUsers = users(60).into_iter().collect();
        let mut changed = users(60);
        changed[25].quotas.clear();
        let after = PackedUsers::pack(changed.clone(), Some(&before));
        let shared = before.blocks().iter().zip(after.blocks()).map(|(a, b)| Arc::ptr_eq(a, b));
        assert_eq!(shared.collect::<Vec<_>>(), [true, false, true]);
        assert_eq!(after.iter().collect::<Vec<_>>(), changed);
    }

    #[test]
    fn blocks_tell_what_has_changed() {
        let block = |users: Vec<User>| Arc::clone(&users.into_iter().collect::<PackedUsers>().blocks()[0]);
        let before = block(users(3));
        let same = |change: fn(&mut User)| {
            let mut users = users(3);
            change(&mut users[0]);
            let after = block(users);
            (before.has_same_names(&after), before.has_same_limits(&after), before.has_same_usages(&after))
        };
        assert_eq!(same(|_| {}), (true, true, true));
        assert_eq!(same(|user| user.quotas[0].limit = Some(9.0)), (true, false, true));
        assert_eq!(same(|user| user.quotas[0].usage = None), (true, true, false));
        assert_eq!(same(|user| user.name = None), (false, false, false));
        assert_eq!(same(|user| user.id.insert(0, '!')), (false, false, false));
        // Another item changes the place of all amounts.
        assert_eq!(same(|user| user.quotas.push(quota("c", Some(1.0), None))), (true, false, false));
    }

    #[test]
    fn the_quotas_of_a_page_are_found_by_place() {
        let users = users(7);
        let packed = PackedQuotas::new(&users.iter().map(|user| &user.quotas[..]).collect::<Vec<_>>());
        for (place, user) in users.iter().enumerate() {
            assert_eq!(packed.get(place), user.quotas);
        }
        assert_eq!(packed.get(7), []);
    }

    #[test]
    fn a_nul_in_a_text_confuses_no_other_text() {
        let users = [("a\0b", "x\0"), ("c", "")].map(|(id, name)| User {
            id: id.to_owned(),
            name: Some(name.to_owned()),
            quotas: vec![],
        });
        let packed: PackedUsers = users.into_iter().collect();
        assert_eq!(packed.names().collect::<Vec<_>>(), [("ab", Some("x")), ("c", None)]);
    }
}
