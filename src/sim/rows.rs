//! The rows of a project as everybody gets to see them: what the world makes, with the edits over it.

use std::sync::Arc;

use jiff::Timestamp;

use super::edits::Edits;
use super::world::{self, NEWCOMERS, Resource, User, World};

/// A project's rows at one time.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    pub(super) world: &'a World,
    pub(super) edits: Arc<Edits>,
    /// The world's time.
    pub(super) at: Timestamp,
}

impl Rows<'_> {
    /// The user in a slot; row `n` of the list is slot `NEWCOMERS + n`.
    pub(super) fn user(&self, slot: usize) -> User {
        let mut user = self.world.user(slot, self.at);
        self.edits.apply_to_user(&mut user);
        user
    }

    /// The resource in a slot; row `n` of the list is slot `NEWCOMERS + n`.
    pub(super) fn resource(&self, slot: usize) -> Resource {
        let mut resource = self.world.resource(slot, self.at);
        self.edits.apply_to_resource(&mut resource);
        resource
    }

    /// All users, in list order.
    pub(super) fn users(&self) -> impl Iterator<Item = User> {
        (0..self.world.user_count()).map(|row| self.user(NEWCOMERS + row))
    }

    /// All resources, in list order.
    pub(super) fn resources(&self) -> impl Iterator<Item = Resource> {
        (0..self.world.resource_count()).map(|row| self.resource(NEWCOMERS + row))
    }

    /// `resource_available_nums` of the resource list, by key.
    pub(super) fn available(&self) -> Vec<(&'static str, u32)> {
        world::available(self.resources(), self.at)
    }
}
