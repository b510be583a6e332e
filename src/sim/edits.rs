//! Changes to single fields of the simulated data, and the rows of a project with these changes.

use std::collections::HashMap;
use std::mem::discriminant;
use std::sync::Arc;

use jiff::Timestamp;

use super::data::{
    self, ITEMS, ItemAmount, ProjectData, RESERVED_SLOTS, SimulatedProduct, SimulatedResource, SimulatedUser,
};
use super::product_change::ProductChange;

/// A new value for one field of one row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    pub(super) project_id: String,
    /// The ID of the user or the resource; `ID/SUB_RESOURCE_TYPE` for a product's sub-resource.
    pub(super) row_id: String,
    pub(super) change: Change,
}

/// A field and its new value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    /// A user's `quota` of an item; -1 is unlimited.
    Quota(String, ItemAmount),
    /// A user's `usage` of an item.
    Usage(String, ItemAmount),
    /// A resource's `expire_time`.
    ExpireTime(Timestamp),
    /// A resource's `status`: 0 normal, 1 frozen.
    Status(u8),
    /// A resource's own `resource_available_nums`.
    ResourceAvailableNums(u32),
    /// A field of a product.
    Product(ProductChange),
}

/// Why an edit is not possible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum EditError {
    #[error("there is nothing at /simulation/{0}")]
    Path(String),
    #[error("\"{value}\" is not a valid {field}: write {expected}", expected = expected_value(.field))]
    Value { value: String, field: String },
    #[error("there is no project \"{0}\"")]
    Project(String),
    #[error("the project has no user \"{0}\"")]
    User(String),
    #[error("the project has no resource \"{0}\"")]
    Resource(String),
    #[error("the project has no product \"{0}\"")]
    Product(String),
    #[error("there is no item \"{0}\"; the items are {items}", items = ITEMS.join(", "))]
    Item(String),
}

/// What a field accepts. Fields other than those of resources are items of users.
fn expected_value(field: &str) -> &'static str {
    match field {
        "expire_time" | "resource_expire_time" => "a time of RFC 3339, such as 2026-01-31T12:00:00Z",
        "status" => "a whole number from 0 to 255",
        "resource_available_nums" => "a whole number from 0 to 4294967295",
        "amount" | "usage" => "a number",
        item => ItemAmount::type_name(item),
    }
}

impl Edit {
    /// Parses the path below `/simulation/` and the value of an edit.
    pub(super) fn parse(path: &str, value: &str) -> Result<Self, EditError> {
        let segments: Vec<&str> = path.split('/').collect();
        let invalid = |field: &str| EditError::Value { value: value.to_owned(), field: field.to_owned() };
        let (project_id, row_id, field, change) = match *segments.as_slice() {
            ["projects", project_id, "users", user_id, "quota", item] => {
                let quota = |amount| Change::Quota(item.to_owned(), amount);
                (project_id, user_id, item, ItemAmount::parse(item, value).map(quota))
            }
            ["projects", project_id, "users", user_id, "usage", item] => {
                let usage = |amount| Change::Usage(item.to_owned(), amount);
                (project_id, user_id, item, ItemAmount::parse(item, value).map(usage))
            }
            ["projects", project_id, "resources", resource_id, field] => {
                let change = match field {
                    "expire_time" => value.parse().ok().map(Change::ExpireTime),
                    "status" => value.parse().ok().map(Change::Status),
                    "resource_available_nums" => value.parse().ok().map(Change::ResourceAvailableNums),
                    _ => return Err(EditError::Path(path.to_owned())),
                };
                (project_id, resource_id, field, change)
            }
            ["projects", project_id, "products", ref row @ .., field] if (1..=2).contains(&row.len()) => {
                if !ProductChange::FIELDS.contains(&field) {
                    return Err(EditError::Path(path.to_owned()));
                }
                let change = ProductChange::parse(field, value).ok_or_else(|| invalid(field))?;
                let (project_id, row_id) = (project_id.to_owned(), row.join("/"));
                return Ok(Edit { project_id, row_id, change: Change::Product(change) });
            }
            _ => return Err(EditError::Path(path.to_owned())),
        };
        let change = change.ok_or_else(|| invalid(field))?;
        Ok(Edit { project_id: project_id.to_owned(), row_id: row_id.to_owned(), change })
    }

    /// Checks that `project` has the row and the field.
    pub(super) fn check(&self, project: &ProjectData) -> Result<(), EditError> {
        let id = || self.row_id.clone();
        match &self.change {
            Change::Quota(item, _) | Change::Usage(item, _) => {
                project.user_slot(&self.row_id).ok_or_else(|| EditError::User(id()))?;
                let is_known = ITEMS.contains(&item.as_str());
                if is_known { Ok(()) } else { Err(EditError::Item(item.clone())) }
            }
            Change::ExpireTime(_) | Change::Status(_) | Change::ResourceAvailableNums(_) => {
                project.resource_slot(&self.row_id).map(|_| ()).ok_or_else(|| EditError::Resource(id()))
            }
            Change::Product(_) => {
                let is_known = project.has_product(&self.row_id);
                if is_known { Ok(()) } else { Err(EditError::Product(id())) }
            }
        }
    }
}

impl Change {
    fn has_same_field(&self, other: &Change) -> bool {
        match (self, other) {
            (Change::Quota(item, _), Change::Quota(other, _))
            | (Change::Usage(item, _), Change::Usage(other, _)) => item == other,
            (Change::Product(field), Change::Product(other)) => discriminant(field) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

/// The active edits by the ID of their row; row IDs are unique in the whole cloud.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    by_row: HashMap<String, Vec<Change>>,
}

impl Edits {
    /// Adds `edit`, in place of an earlier one of the same field.
    pub(super) fn insert(&mut self, edit: Edit) {
        let changes = self.by_row.entry(edit.row_id).or_default();
        changes.retain(|earlier| !earlier.has_same_field(&edit.change));
        changes.push(edit.change);
    }

    fn apply_to_user(&self, user: &mut SimulatedUser) {
        for change in self.changes(&user.id) {
            for quota in &mut user.quotas {
                match change {
                    Change::Quota(item, amount) if item == quota.item => quota.limit = *amount,
                    Change::Usage(item, amount) if item == quota.item => quota.usage = Some(*amount),
                    _ => {}
                }
            }
        }
    }

    fn apply_to_resource(&self, resource: &mut SimulatedResource) {
        for change in self.changes(&resource.id) {
            match change {
                Change::ExpireTime(at) => resource.expires = Some(*at),
                Change::Status(status) => resource.status = *status,
                Change::ResourceAvailableNums(number) => resource.available = *number,
                Change::Quota(..) | Change::Usage(..) | Change::Product(_) => {}
            }
        }
    }

    fn apply_to_product(&self, product: &mut SimulatedProduct) {
        for change in self.changes(&product.row_id()) {
            if let Change::Product(change) = change {
                change.apply(product);
            }
        }
    }

    fn changes(&self, row_id: &str) -> &[Change] {
        self.by_row.get(row_id).map(Vec::as_slice).unwrap_or_default()
    }
}

/// A project's rows at one time, with the active edits.
#[derive(Debug)]
pub(super) struct ProjectRows<'a> {
    pub(super) project: &'a ProjectData,
    pub(super) edits: Arc<Edits>,
    /// Simulated time.
    pub(super) now: Timestamp,
}

impl ProjectRows<'_> {
    /// The user in a slot.
    pub(super) fn user(&self, slot: usize) -> SimulatedUser {
        let mut user = self.project.user(slot, self.now);
        self.edits.apply_to_user(&mut user);
        user
    }

    /// The resource in a slot.
    pub(super) fn resource(&self, slot: usize) -> SimulatedResource {
        let mut resource = self.project.resource(slot, self.now);
        self.edits.apply_to_resource(&mut resource);
        resource
    }

    /// The product in a slot.
    pub(super) fn product(&self, slot: usize) -> SimulatedProduct {
        let mut product = self.project.product(slot, self.now);
        self.edits.apply_to_product(&mut product);
        product
    }

    /// All products, in list order.
    pub(super) fn products(&self) -> impl Iterator<Item = SimulatedProduct> {
        (0..self.project.spec.products).map(|row| self.product(RESERVED_SLOTS + row))
    }

    /// All users, in list order.
    pub(super) fn users(&self) -> impl Iterator<Item = SimulatedUser> {
        (0..self.project.spec.users).map(|row| self.user(RESERVED_SLOTS + row))
    }

    /// All resources, in list order.
    pub(super) fn resources(&self) -> impl Iterator<Item = SimulatedResource> {
        (0..self.project.spec.resources).map(|row| self.resource(RESERVED_SLOTS + row))
    }

    /// `resource_available_nums` of the whole list, by key.
    pub(super) fn available(&self) -> Vec<(&'static str, u32)> {
        data::sum_available(self.resources(), self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_edit_replaces_an_earlier_one_of_the_same_field_only() {
        let usage = |item: &str, count| Change::Usage(item.to_owned(), ItemAmount::Count(count));
        let quota = |item: &str, count| Change::Quota(item.to_owned(), ItemAmount::Count(count));
        let status = Change::Status;
        let mut edits = Edits::default();
        for change in [usage("a", 1), usage("b", 2), quota("a", 3), status(1), usage("a", 4), status(0)] {
            edits.insert(Edit { project_id: String::new(), row_id: "row".to_owned(), change });
        }
        assert_eq!(edits.changes("row"), [usage("b", 2), quota("a", 3), usage("a", 4), status(0)]);
        assert_eq!(edits.changes("another"), []);
    }

    #[test]
    fn an_amount_has_the_type_of_its_item() {
        let parse = |item: &str, value: &str| {
            Edit::parse(&format!("projects/p/users/u/usage/{item}"), value).map(|edit| edit.change)
        };
        assert_eq!(
            parse("voice_clone_basic", "1.0").unwrap_err().to_string(),
            "\"1.0\" is not a valid voice_clone_basic: write a whole number"
        );
        assert_eq!(
            parse("video_time_2d_model", "inf").unwrap_err().to_string(),
            "\"inf\" is not a valid video_time_2d_model: write a number of minutes"
        );
        let usage = |item: &str, amount| Ok(Change::Usage(item.to_owned(), amount));
        assert_eq!(parse("voice_clone_basic", "-1"), usage("voice_clone_basic", ItemAmount::Count(-1)));
        assert_eq!(parse("video_time_2d_model", "1"), usage("video_time_2d_model", ItemAmount::Minutes(1.0)));
        assert_eq!(
            parse("video_time_2d_model", "0.5"),
            usage("video_time_2d_model", ItemAmount::Minutes(0.5))
        );
    }
}
