//! The one simulated account and its secrets, all made from the seed.

use fastrand::Rng;

/// What a caller needs to get in, and what IAM tells about it.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// Access key ID, 20 characters.
    pub(super) access_key: String,
    /// Secret access key, 40 characters.
    pub(super) secret_key: String,
    /// Account name: `domain.name` in IAM.
    pub(super) domain: String,
    /// Account ID: `domain.id` in IAM.
    pub(super) domain_id: String,
    /// The IAM user that may ask for tokens.
    pub(super) user: String,
    /// That user's ID.
    pub(super) user_id: String,
    /// That user's password.
    pub(super) password: String,
}

impl Account {
    /// The account of `seed`.
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let access_key = "SIMULATED".chars().chain(characters(&mut rng, 11));
        Account {
            access_key: access_key.map(|char| char.to_ascii_uppercase()).collect(),
            secret_key: characters(&mut rng, 40).collect(),
            domain: "simulated-account".to_owned(),
            domain_id: format!("{:032x}", rng.u128(..)),
            user: "exporter".to_owned(),
            user_id: format!("{:032x}", rng.u128(..)),
            password: characters(&mut rng, 24).collect(),
        }
    }
}

fn characters(rng: &mut Rng, count: usize) -> impl Iterator<Item = char> {
    (0..count).map(|_| rng.alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_length_of_real_ones_and_follow_the_seed() {
        let account = Account::new(1);
        assert!(account.access_key.starts_with("SIMULATED"), "{}", account.access_key);
        assert_eq!((account.access_key.len(), account.secret_key.len()), (20, 40));
        assert_eq!(account.access_key, Account::new(1).access_key);
        assert_ne!(account.secret_key, Account::new(2).secret_key);
    }
}
