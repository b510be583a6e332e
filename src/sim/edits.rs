//! What was changed by hand in the simulated world: plain data, laid over each row after the world made it.

use std::collections::HashMap;
use std::mem::discriminant;

use jiff::Timestamp;

use super::world::{Amount, ITEMS, Resource, User, World};

/// One field of one row, as it stands from now on.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
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
    /// Whether `world` has a row with this ID that can be changed so.
    pub(super) fn check(&self, world: &World, row_id: &str) -> Result<(), EditError> {
        match self {
            Edit::Quota(item, amount) | Edit::Usage(item, amount) => {
                world.user_slot(row_id).ok_or_else(|| EditError::User(row_id.to_owned()))?;
                check_amount(item, *amount)
            }
            Edit::ExpireTime(_) | Edit::Status(_) | Edit::ResourceAvailableNums(_) => {
                let slot = world.resource_slot(row_id);
                slot.map(|_| ()).ok_or_else(|| EditError::Resource(row_id.to_owned()))
            }
        }
    }

    /// Whether both change the same field.
    fn same_field(&self, other: &Edit) -> bool {
        match (self, other) {
            (Edit::Quota(item, _), Edit::Quota(other, _)) | (Edit::Usage(item, _), Edit::Usage(other, _)) => {
                item == other
            }
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
    by_row: HashMap<String, Vec<Edit>>,
}

impl Edits {
    /// Has `edit`, in place of an earlier one of the same field.
    pub(super) fn insert(&mut self, row_id: &str, edit: Edit) {
        let edits = self.by_row.entry(row_id.to_owned()).or_default();
        edits.retain(|earlier| !earlier.same_field(&edit));
        edits.push(edit);
    }

    /// Changes what was edited of `user`.
    pub(super) fn apply_to_user(&self, user: &mut User) {
        for edit in self.of(&user.id) {
            for quota in &mut user.quotas {
                match edit {
                    Edit::Quota(item, amount) if item == quota.item => quota.limit = *amount,
                    Edit::Usage(item, amount) if item == quota.item => quota.usage = Some(*amount),
                    _ => {}
                }
            }
        }
    }

    /// Changes what was edited of `resource`.
    pub(super) fn apply_to_resource(&self, resource: &mut Resource) {
        for edit in self.of(&resource.id) {
            match edit {
                Edit::ExpireTime(at) => resource.expires = Some(*at),
                Edit::Status(status) => resource.status = *status,
                Edit::ResourceAvailableNums(number) => resource.available = *number,
                Edit::Quota(..) | Edit::Usage(..) => {}
            }
        }
    }

    fn of(&self, row_id: &str) -> &[Edit] {
        self.by_row.get(row_id).map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_edit_takes_the_place_of_an_earlier_one_of_the_same_field_only() {
        let usage = |item: &str, count| Edit::Usage(item.to_owned(), Amount::Count(count));
        let quota = |item: &str, count| Edit::Quota(item.to_owned(), Amount::Count(count));
        let mut edits = Edits::default();
        for edit in
            [usage("a", 1), usage("b", 2), quota("a", 3), Edit::Status(1), usage("a", 4), Edit::Status(0)]
        {
            edits.insert("row", edit);
        }
        assert_eq!(edits.of("row"), [usage("b", 2), quota("a", 3), usage("a", 4), Edit::Status(0)]);
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
