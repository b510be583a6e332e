//! What was changed by hand in the simulated world: plain data, laid over each row after the world made it.

use std::collections::HashMap;
use std::mem::discriminant;

use jiff::Timestamp;

use super::world::{Amount, ITEMS, Resource, User, World};

/// One field of one row, as it stands from now on whatever the world does.
#[derive(Debug, Clone, PartialEq)]
pub struct Edit {
    /// The project that the row is in.
    pub project_id: String,
    /// The user's or the resource's ID.
    pub row_id: String,
    /// The field and its value.
    pub change: Change,
}

/// A field and its value.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A user's `quota` of an item; -1 is unlimited.
    Quota(String, Amount),
    /// A user's `usage` of an item.
    Usage(String, Amount),
    /// A resource's `expire_time`.
    ExpireTime(Timestamp),
    /// A resource's `status`: 0 normal, 1 frozen.
    Status(u8),
    /// A resource's own `resource_available_nums`.
    ResourceAvailableNums(u32),
}

/// Why a row cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// The project ID.
    #[error("there is no project \"{0}\"")]
    Project(String),
    /// The user ID.
    #[error("the project has no user \"{0}\"")]
    User(String),
    /// The resource ID.
    #[error("the project has no resource \"{0}\"")]
    Resource(String),
    /// The item.
    #[error("there is no item \"{0}\"; the items are {items}", items = ITEMS.join(", "))]
    Item(String),
    /// The item whose amount has another type.
    #[error("an amount of {0} is a {unit}", unit = Amount::unit(.0))]
    Amount(String),
}

impl Edit {
    /// Whether `world`, its project's, has the row, and the row the field.
    pub(super) fn check(&self, world: &World) -> Result<(), EditError> {
        let id = &self.row_id;
        match &self.change {
            Change::Quota(item, amount) | Change::Usage(item, amount) => {
                world.user_slot(id).ok_or_else(|| EditError::User(id.clone()))?;
                check_amount(item, *amount)
            }
            Change::ExpireTime(_) | Change::Status(_) | Change::ResourceAvailableNums(_) => {
                world.resource_slot(id).map(|_| ()).ok_or_else(|| EditError::Resource(id.clone()))
            }
        }
    }
}

impl Change {
    fn same_field(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Quota(item, _), Change::Quota(other, _))
            | (Change::Usage(item, _), Change::Usage(other, _)) => item == other,
            _ => discriminant(self) == discriminant(other),
        }
    }
}

fn check_amount(item: &str, amount: Amount) -> Result<(), EditError> {
    if !ITEMS.contains(&item) {
        return Err(EditError::Item(item.to_owned()));
    }
    amount.is_of(item).then_some(()).ok_or_else(|| EditError::Amount(item.to_owned()))
}

/// All edits that hold, by the ID of their row: no two lists, and no two projects, share one.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    by_row: HashMap<String, Vec<Change>>,
}

impl Edits {
    /// Has `edit`, in place of an earlier one of the same field.
    pub(super) fn insert(&mut self, edit: Edit) {
        let changes = self.by_row.entry(edit.row_id).or_default();
        changes.retain(|earlier| !earlier.same_field(&edit.change));
        changes.push(edit.change);
    }

    /// Changes what was edited of `user`.
    pub(super) fn apply_to_user(&self, user: &mut User) {
        for change in self.of(&user.id) {
            for quota in &mut user.quotas {
                match change {
                    Change::Quota(item, amount) if item == quota.item => quota.limit = *amount,
                    Change::Usage(item, amount) if item == quota.item => quota.usage = Some(*amount),
                    _ => {}
                }
            }
        }
    }

    /// Changes what was edited of `resource`.
    pub(super) fn apply_to_resource(&self, resource: &mut Resource) {
        for change in self.of(&resource.id) {
            match change {
                Change::ExpireTime(at) => resource.expires = Some(*at),
                Change::Status(status) => resource.status = *status,
                Change::ResourceAvailableNums(number) => resource.available = *number,
                Change::Quota(..) | Change::Usage(..) => {}
            }
        }
    }

    fn of(&self, row_id: &str) -> &[Change] {
        self.by_row.get(row_id).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_edit_takes_the_place_of_an_earlier_one_of_the_same_field_only() {
        let usage = |item: &str, count| Change::Usage(item.to_owned(), Amount::Count(count));
        let quota = |item: &str, count| Change::Quota(item.to_owned(), Amount::Count(count));
        let status = Change::Status;
        let mut edits = Edits::default();
        for change in [usage("a", 1), usage("b", 2), quota("a", 3), status(1), usage("a", 4), status(0)] {
            edits.insert(Edit { project_id: String::new(), row_id: "row".to_owned(), change });
        }
        assert_eq!(edits.of("row"), [usage("b", 2), quota("a", 3), usage("a", 4), status(0)]);
        assert_eq!(edits.of("another"), []);
    }

    #[test]
    fn an_amount_has_the_type_of_its_item() {
        let error = |item: &str, amount| check_amount(item, amount).unwrap_err().to_string();
        assert_eq!(
            error("voice_clone_basic", Amount::Minutes(1.0)),
            "an amount of voice_clone_basic is a whole number"
        );
        assert_eq!(
            error("video_time_2d_model", Amount::Count(1)),
            "an amount of video_time_2d_model is a number of minutes"
        );
        assert_eq!(check_amount("voice_clone_basic", Amount::Count(-1)), Ok(()));
        assert_eq!(check_amount("video_time_2d_model", Amount::Minutes(0.5)), Ok(()));
    }
}
