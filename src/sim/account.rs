//! The simulated accounts and their secrets, all made from the seed.

use fastrand::Rng;

use super::world;

/// What a caller needs to get into an account, as it was made, and what IAM tells about it.
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
    /// The IAM user that may ask for tokens.
    pub user: String,
    /// That user's ID.
    pub user_id: String,
    /// That user's password.
    pub password: String,
    /// Access key ID of an IAM user who may list neither user quotas nor IAM users, 20 characters.
    pub user_access_key: String,
    /// Secret access key to it, 40 characters.
    pub user_secret_key: String,
    /// The agency that temporary access keys are issued for: `agency_urn` of STS.
    pub agency_urn: String,
    /// That agency's ID.
    pub agency_id: String,
    /// The identity provider whose tokens STS takes: `provider_urn`.
    pub provider_urn: String,
}

impl Account {
    /// Account `number` of `seed`; the first keeps its secrets however many there are.
    pub(super) fn new(seed: u64, number: usize) -> Self {
        let mut rng = match number {
            0 => Rng::with_seed(seed),
            _ => Rng::with_seed(world::derive_seed(seed, &format!("account {number}"), "secrets")),
        };
        let access_key = random_id(&mut rng);
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
            user_access_key: random_id(&mut rng),
            user_secret_key: random_secret(&mut rng),
            agency_urn: format!("iam::{domain_id}:agency:metastudio-exporter"),
            agency_id: format!("{:032x}", rng.u128(..)),
            provider_urn: format!("iam::{domain_id}:oidc-provider:simulated"),
            domain_id,
        }
    }
}

/// An access key ID of the length of a real one.
pub(super) fn random_id(rng: &mut Rng) -> String {
    format!("SIMULATED{}", characters(rng, 11)).to_ascii_uppercase()
}

/// A secret access key of the length of a real one.
pub(super) fn random_secret(rng: &mut Rng) -> String {
    characters(rng, 40)
}

fn characters(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| rng.alphanumeric()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_length_of_real_ones_and_follow_the_seed() {
        let account = Account::new(1, 0);
        for (access_key, secret_key) in
            [(&account.access_key, &account.secret_key), (&account.user_access_key, &account.user_secret_key)]
        {
            assert!(access_key.starts_with("SIMULATED"), "{access_key}");
            assert_eq!((access_key.len(), secret_key.len()), (20, 40));
        }
        assert_eq!(account, Account::new(1, 0));
        // What people have in their notes: more accounts, or more secrets, must not change it.
        assert_eq!(account.access_key, "SIMULATEDOHOWAWV0LKD");
        assert_eq!(account.secret_key, "JA1GZigipmv15faFHFqd2KgCZQPcHcF9GGEbqYJW");
        assert_ne!(account.secret_key, Account::new(2, 0).secret_key);
    }

    #[test]
    fn accounts_share_nothing_but_the_name_of_their_user() {
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
}
