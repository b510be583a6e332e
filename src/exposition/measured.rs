//! The text of users without its compression, for `benches/`.

use super::families::{FAMILIES, Samples};
use super::samples::ProjectSamples;
use crate::snapshot::UserQuotas;

/// Writes all samples of users. Returns the length of the text, in bytes.
pub(crate) fn write_users(project: &str, users: &UserQuotas) -> usize {
    let mut length = 0;
    for family in FAMILIES {
        if let Samples::OfUsers(of_users) = &family.samples {
            let mut samples = ProjectSamples::new(family.name, project);
            for block in users.users.blocks() {
                (of_users.write)(&mut samples, block);
                length += samples.discard();
            }
        }
    }
    length
}
