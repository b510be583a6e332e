//! All projects of the cloud with their worlds, found at once however many there are.

use std::collections::HashMap;

use jiff::Timestamp;

use super::ProjectSpec;
use super::world::{NEWCOMERS, World};

/// A project and its truth.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) project: ProjectSpec,
    pub(super) world: World,
}

/// The projects of all accounts.
#[derive(Debug)]
pub(super) struct Projects {
    all: Vec<Place>,
    by_id: HashMap<String, usize>,
    /// Per account its projects, in the order of the list.
    by_account: Vec<Vec<usize>>,
}

impl Projects {
    /// The worlds of `list` under `seed`, at their start at `epoch`.
    pub(super) fn new(seed: u64, epoch: Timestamp, list: Vec<ProjectSpec>) -> Self {
        let accounts = list.iter().map(|project| project.account + 1).max().unwrap_or(1);
        let mut projects =
            Projects { all: Vec::new(), by_id: HashMap::new(), by_account: vec![Vec::new(); accounts] };
        // No two users of the cloud share a name.
        let mut first_number = 1;
        for (index, project) in list.into_iter().enumerate() {
            let world = World::new(seed, &project, epoch, first_number);
            first_number += NEWCOMERS + project.users;
            projects.by_id.insert(project.id.clone(), index);
            projects.by_account[project.account].push(index);
            projects.all.push(Place { project, world });
        }
        projects
    }

    /// How many accounts there are: one at least.
    pub(super) fn accounts(&self) -> usize {
        self.by_account.len()
    }

    /// The project with this ID.
    pub(super) fn get(&self, id: &str) -> Option<&Place> {
        self.by_id.get(id).and_then(|index| self.all.get(*index))
    }

    /// The projects of an account, in the order of the list; none of an unknown one.
    pub(super) fn of_account(&self, account: usize) -> impl Iterator<Item = &Place> {
        let indices = self.by_account.get(account).map(Vec::as_slice).unwrap_or_default();
        indices.iter().filter_map(|index| self.all.get(*index))
    }

    /// The ID of the project that a person means: by ID, or by name.
    pub(super) fn id_of(&self, name_or_id: &str) -> Option<&str> {
        let by_name = || self.all.iter().find(|place| place.project.name == name_or_id);
        self.get(name_or_id).or_else(by_name).map(|place| place.project.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn projects(accounts: &[usize]) -> Projects {
        let project = |(number, account): (usize, &usize)| {
            ProjectSpec::new(&format!("p{number}"), "cn-north-4", 1, 1).in_account(*account)
        };
        Projects::new(1, Timestamp::UNIX_EPOCH, accounts.iter().enumerate().map(project).collect())
    }

    fn names(projects: &Projects, account: usize) -> Vec<&str> {
        projects.of_account(account).map(|place| place.project.name.as_str()).collect()
    }

    #[test]
    fn there_are_as_many_accounts_as_projects_name_and_one_at_least() {
        assert_eq!(projects(&[]).accounts(), 1);
        let projects = projects(&[2, 0, 2]);
        assert_eq!(projects.accounts(), 3);
        assert_eq!(
            [0, 1, 2, 3].map(|account| names(&projects, account)),
            [vec!["p1"], vec![], vec!["p0", "p2"], vec![]]
        );
    }

    #[test]
    fn a_project_is_found_by_id_and_by_name() {
        let projects = projects(&[0, 0]);
        let id = ProjectSpec::new("p1", "", 0, 0).id;
        assert_eq!(projects.get(&id).map(|place| place.project.name.as_str()), Some("p1"));
        assert_eq!(projects.get("p1").map(|place| &place.project), None);
        assert_eq!(projects.id_of("p1"), Some(id.as_str()));
        assert_eq!(projects.id_of(&id), Some(id.as_str()));
        assert_eq!(projects.id_of("p2"), None);
    }
}
