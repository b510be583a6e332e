//! The simulated accounts with their secrets, all made from the seed, and their projects.

use std::collections::HashMap;

use fastrand::Rng;
use jiff::Timestamp;

use super::ProjectSpec;
use super::data::{ProjectData, RESERVED_SLOTS, derive_seed};

/// An account: its initial credentials, and what IAM shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Access key ID of the account itself, 20 characters.
    pub access_key: String,
    /// Secret access key to it, 40 characters.
    pub secret_key: String,
    /// Account name: `domain.name` in IAM.
    pub domain: String,
    /// Account ID: `domain.id` in IAM.
    pub domain_id: String,
    /// The IAM user that may request tokens.
    pub user: String,
    /// That user's ID.
    pub user_id: String,
    /// That user's password.
    pub password: String,
    /// Access key ID of an IAM user that may list neither user quotas nor IAM users, 20 characters.
    pub user_access_key: String,
    /// Secret access key to it, 40 characters.
    pub user_secret_key: String,
    /// The agency of temporary access keys: `agency_urn` of STS.
    pub agency_urn: String,
    /// That agency's ID.
    pub agency_id: String,
    /// The identity provider whose tokens STS accepts: `provider_urn`.
    pub provider_urn: String,
}

impl Account {
    /// Account `number` of `seed`. The first has the same secrets whatever the number of accounts.
    pub(super) fn new(seed: u64, number: usize) -> Self {
        let mut rng = match number {
            0 => Rng::with_seed(seed),
            _ => Rng::with_seed(derive_seed(seed, &format!("account {number}"), "secrets")),
        };
        let access_key = random_key_id(&mut rng);
        let secret_key = random_secret(&mut rng);
        let domain_id = format!("{:032x}", rng.u128(..));
        Account {
            access_key,
            secret_key,
            domain: match number {
                0 => "simulated-account".to_owned(),
                _ => format!("simulated-account-{number}"),
            },
            user: "exporter".to_owned(),
            user_id: format!("{:032x}", rng.u128(..)),
            password: characters(&mut rng, 24),
            user_access_key: random_key_id(&mut rng),
            user_secret_key: random_secret(&mut rng),
            agency_urn: format!("iam::{domain_id}:agency:metastudio-exporter"),
            agency_id: format!("{:032x}", rng.u128(..)),
            provider_urn: format!("iam::{domain_id}:oidc-provider:simulated"),
            domain_id,
        }
    }
}

/// A random access key ID, as long as a real one.
pub(super) fn random_key_id(rng: &mut Rng) -> String {
    format!("SIMULATED{}", characters(rng, 11)).to_ascii_uppercase()
}

/// A random secret access key, as long as a real one.
pub(super) fn random_secret(rng: &mut Rng) -> String {
    characters(rng, 40)
}

fn characters(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| rng.alphanumeric()).collect()
}

/// The projects of all accounts.
#[derive(Debug)]
pub(super) struct ProjectList {
    projects: Vec<ProjectData>,
    by_id: HashMap<String, usize>,
}

impl ProjectList {
    /// The projects of `specs` under `seed`, starting at `epoch`.
    pub(super) fn new(seed: u64, epoch: Timestamp, specs: Vec<ProjectSpec>) -> Self {
        let by_id = specs.iter().enumerate().map(|(index, spec)| (spec.id.clone(), index)).collect();
        // User names are unique in the whole cloud.
        let mut first_user_number = 1;
        let project = |spec: ProjectSpec| {
            let first = first_user_number;
            first_user_number += RESERVED_SLOTS + spec.users;
            ProjectData::new(seed, spec, epoch, first)
        };
        ProjectList { projects: specs.into_iter().map(project).collect(), by_id }
    }

    /// The number of accounts, at least one.
    pub(super) fn account_count(&self) -> usize {
        self.projects.iter().map(|project| project.spec.account + 1).max().unwrap_or(1)
    }

    /// The project with this ID.
    pub(super) fn get(&self, id: &str) -> Option<&ProjectData> {
        self.by_id.get(id).and_then(|index| self.projects.get(*index))
    }

    /// The projects of an account, in the order they were given.
    pub(super) fn in_account(&self, account: usize) -> impl Iterator<Item = &ProjectData> {
        self.projects.iter().filter(move |project| project.spec.account == account)
    }

    /// The ID of a project that is given by ID or name.
    pub(super) fn find_id(&self, id_or_name: &str) -> Option<&str> {
        let by_name = || self.projects.iter().find(|project| project.spec.name == id_or_name);
        self.get(id_or_name).or_else(by_name).map(|project| project.spec.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_long_as_real_ones_and_depend_on_the_seed() {
        let account = Account::new(1, 0);
        for (access_key, secret_key) in
            [(&account.access_key, &account.secret_key), (&account.user_access_key, &account.user_secret_key)]
        {
            assert!(access_key.starts_with("SIMULATED"), "{access_key}");
            assert_eq!((access_key.len(), secret_key.len()), (20, 40));
        }
        assert_eq!(account, Account::new(1, 0));
        // Users may have written these down: more accounts or more secrets must not change them.
        assert_eq!(account.access_key, "SIMULATEDOHOWAWV0LKD");
        assert_eq!(account.secret_key, "JA1GZigipmv15faFHFqd2KgCZQPcHcF9GGEbqYJW");
        assert_ne!(account.secret_key, Account::new(2, 0).secret_key);
    }

    #[test]
    fn accounts_share_only_the_name_of_their_user() {
        let (first, second) = (Account::new(1, 0), Account::new(1, 1));
        assert_eq!(
            (first.domain.as_str(), second.domain.as_str()),
            ("simulated-account", "simulated-account-1")
        );
        let secrets = |account: &Account| {
            [
                &account.access_key,
                &account.secret_key,
                &account.domain_id,
                &account.user_id,
                &account.password,
                &account.user_access_key,
                &account.user_secret_key,
                &account.agency_urn,
                &account.agency_id,
                &account.provider_urn,
            ]
            .map(Clone::clone)
        };
        assert!(secrets(&first).iter().all(|secret| !secrets(&second).contains(secret)));
        assert_eq!(first.user, second.user);
    }

    fn projects(accounts: &[usize]) -> ProjectList {
        let project = |(number, account): (usize, &usize)| {
            ProjectSpec::new(&format!("p{number}"), "cn-north-4", 1, 1).in_account(*account)
        };
        ProjectList::new(1, Timestamp::UNIX_EPOCH, accounts.iter().enumerate().map(project).collect())
    }

    fn names(projects: &ProjectList, account: usize) -> Vec<&str> {
        projects.in_account(account).map(|project| project.spec.name.as_str()).collect()
    }

    #[test]
    fn projects_define_the_number_of_accounts_and_one_is_the_minimum() {
        assert_eq!(projects(&[]).account_count(), 1);
        let projects = projects(&[2, 0, 2]);
        assert_eq!(projects.account_count(), 3);
        assert_eq!(
            [0, 1, 2, 3].map(|account| names(&projects, account)),
            [vec!["p1"], vec![], vec!["p0", "p2"], vec![]]
        );
    }

    #[test]
    fn a_project_can_be_found_by_id_and_by_name() {
        let projects = projects(&[0, 0]);
        let id = ProjectSpec::new("p1", "", 0, 0).id;
        assert_eq!(projects.get(&id).map(|project| project.spec.name.as_str()), Some("p1"));
        assert_eq!(projects.get("p1").map(|project| &project.spec), None);
        assert_eq!(projects.find_id("p1"), Some(id.as_str()));
        assert_eq!(projects.find_id(&id), Some(id.as_str()));
        assert_eq!(projects.find_id("p2"), None);
    }
}
