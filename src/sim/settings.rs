//! What can be set, while the cloud runs, of how it issues credentials: plain values.

use std::str::FromStr;

use jiff::SignedDuration;

/// How long an IAM token is good unless set otherwise.
const IAM_TOKEN: SignedDuration = SignedDuration::from_hours(24);
/// How long a temporary access key is good unless set otherwise.
const TEMPORARY_KEY: SignedDuration = SignedDuration::from_hours(6);

/// How the metadata server of an ECS behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataMode {
    /// It wants a metadata token. The mode at the start.
    Required,
    /// It does not know metadata tokens: 404 where they are asked for, and it works without.
    Unsupported,
    /// As required, but the machine has no agency: 401.
    NoAgency,
}

impl MetadataMode {
    /// All of them.
    pub const ALL: [MetadataMode; 3] =
        [MetadataMode::Required, MetadataMode::Unsupported, MetadataMode::NoAgency];

    /// The name below `/simulation/`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            MetadataMode::Required => "required",
            MetadataMode::Unsupported => "unsupported",
            MetadataMode::NoAgency => "no-agency",
        }
    }
}

/// A text that names no mode of the metadata server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no metadata mode \"{0}\"; the modes are {names}", names = MetadataMode::ALL.map(MetadataMode::name).join(", "))]
pub struct UnknownMode(String);

impl FromStr for MetadataMode {
    type Err = UnknownMode;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mode = MetadataMode::ALL.into_iter().find(|mode| mode.name() == name);
        mode.ok_or_else(|| UnknownMode(name.to_owned()))
    }
}

/// How credentials are issued now.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) metadata: MetadataMode,
    /// The account whose agency the machine and the pod act for.
    pub(super) machine_account: usize,
    /// What STS takes for an identity.
    pub(super) id_token: String,
    /// What the pod identity takes for an identity.
    pub(super) pod_token: String,
    /// Lifetime of IAM tokens.
    pub(super) iam_token: SignedDuration,
    /// Lifetime of temporary keys, where it was set.
    pub(super) temporary_key: Option<SignedDuration>,
}

impl Settings {
    /// As they are at the start.
    pub(super) fn new() -> Self {
        Settings {
            metadata: MetadataMode::Required,
            machine_account: 0,
            id_token: new_id_token(),
            pod_token: new_pod_token(),
            iam_token: IAM_TOKEN,
            temporary_key: None,
        }
    }

    /// Lifetime of a temporary key for the machine or the pod.
    pub(super) fn temporary_key(&self) -> SignedDuration {
        self.temporary_key.unwrap_or(TEMPORARY_KEY)
    }

    /// Lifetime of a temporary key that was asked for with `duration`: never longer than that.
    pub(super) fn temporary_key_of(&self, duration: SignedDuration) -> SignedDuration {
        self.temporary_key.map_or(duration, |set| set.min(duration))
    }
}

/// An identity token in the form of a JWT, though nothing is in it.
pub(super) fn new_id_token() -> String {
    format!("eyJSimulated.{:032x}.{:032x}", fastrand::u128(..), fastrand::u128(..))
}

/// A pod's token.
pub(super) fn new_pod_token() -> String {
    format!("simulated-pod-{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_as_they_are_written() {
        for mode in MetadataMode::ALL {
            assert_eq!(mode.name().parse(), Ok(mode));
        }
        assert_eq!(
            "v2".parse::<MetadataMode>().unwrap_err().to_string(),
            "there is no metadata mode \"v2\"; the modes are required, unsupported, no-agency"
        );
    }

    #[test]
    fn what_was_asked_for_is_the_most_that_is_given() {
        let (short, long) = (SignedDuration::from_secs(3), SignedDuration::from_hours(2));
        let mut settings = Settings::new();
        assert_eq!(settings.temporary_key(), SignedDuration::from_hours(6));
        assert_eq!(settings.temporary_key_of(long), long);
        settings.temporary_key = Some(short);
        assert_eq!((settings.temporary_key(), settings.temporary_key_of(long)), (short, short));
        settings.temporary_key = Some(long);
        assert_eq!((settings.temporary_key(), settings.temporary_key_of(short)), (long, short));
    }
}
