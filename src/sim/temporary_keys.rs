//! The services that issue temporary access keys: the metadata server of an ECS, STS and the pod identity of CCE.
//!
//! The real metadata server answers at `169.254.169.254`, to its own machine only.

use std::collections::HashMap;
use std::str::FromStr;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::access_keys::{AccessKeys, IssuedKey};
use super::messages::{self, CloudResponse, EndpointResult, ReceivedRequest};
use super::{Account, Inner, locked};

/// The default lifetime of an IAM token.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// The default lifetime of a temporary key of a machine or a pod.
const KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(6);
/// The longest lifetime of a metadata token, in seconds.
const MAX_METADATA_TOKEN_TTL: i64 = 21_600;
/// The lifetimes that a client of STS may request, in seconds.
const STS_DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;
const STS_DEFAULT_DURATION: i64 = 3_600;

/// How the metadata server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataMode {
    /// It requires a metadata token. The initial mode.
    Required,
    /// It does not know metadata tokens: 404 for a request for one, and keys without one.
    Unsupported,
    /// As `Required`, but the machine has no agency: 401.
    NoAgency,
}

impl FromStr for MetadataMode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "required" => Ok(MetadataMode::Required),
            "unsupported" => Ok(MetadataMode::Unsupported),
            "no-agency" => Ok(MetadataMode::NoAgency),
            _ => Err(format!(
                "there is no metadata mode \"{name}\"; the modes are required, unsupported, no-agency"
            )),
        }
    }
}

/// The settings of the services that issue credentials, and the state of the metadata server.
#[derive(Debug)]
pub(super) struct KeyIssuers {
    /// The account whose agency the machine and the pod have.
    pub(super) machine_account: usize,
    /// The identity token that STS accepts.
    pub(super) id_token: String,
    /// The token that the pod identity accepts.
    pub(super) pod_token: String,
    /// The lifetime of IAM tokens.
    pub(super) token_lifetime: SignedDuration,
    /// The lifetime of temporary keys, if it was changed.
    pub(super) key_lifetime: Option<SignedDuration>,
    pub(super) metadata_mode: MetadataMode,
    /// When each metadata token expires.
    metadata_tokens: HashMap<String, Timestamp>,
    machine_key: Option<MachineKey>,
}

/// The machine's current key.
#[derive(Debug)]
struct MachineKey {
    account: usize,
    issued: Timestamp,
    key: IssuedKey,
}

impl KeyIssuers {
    /// The initial settings.
    pub(super) fn new() -> Self {
        KeyIssuers {
            machine_account: 0,
            id_token: new_id_token(),
            pod_token: new_pod_token(),
            token_lifetime: TOKEN_LIFETIME,
            key_lifetime: None,
            metadata_mode: MetadataMode::Required,
            metadata_tokens: HashMap::new(),
            machine_key: None,
        }
    }

    /// The lifetime of a temporary key for a machine or a pod.
    pub(super) fn default_key_lifetime(&self) -> SignedDuration {
        self.key_lifetime.unwrap_or(KEY_LIFETIME)
    }

    /// The lifetime of a temporary key that was requested for `duration`: never longer than that.
    fn sts_key_lifetime(&self, duration: SignedDuration) -> SignedDuration {
        self.key_lifetime.map_or(duration, |lifetime| lifetime.min(duration))
    }

    /// The machine's key. It is replaced after half of its lifetime, or when it was revoked.
    fn machine_key(&mut self, keys: &mut AccessKeys, now: Timestamp) -> IssuedKey {
        let account = self.machine_account;
        if let Some(current) = &self.machine_key
            && current.account == account
            && keys.is_valid(&current.key.id, now)
            && current.key.expires.duration_since(now) > now.duration_since(current.issued)
        {
            return current.key.clone();
        }
        let key = keys.issue(account, now, self.default_key_lifetime());
        self.machine_key = Some(MachineKey { account, issued: now, key: key.clone() });
        key
    }
}

/// An identity token in the form of a JWT, but without content.
pub(super) fn new_id_token() -> String {
    format!("eyJSimulated.{:032x}.{:032x}", fastrand::u128(..), fastrand::u128(..))
}

/// A token of a pod.
pub(super) fn new_pod_token() -> String {
    format!("simulated-pod-{:032x}", fastrand::u128(..))
}

/// `PUT /meta-data/latest/api/token` of the metadata server.
pub(super) fn create_metadata_token(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let mut issuers = locked(&inner.issuers);
    if issuers.metadata_mode == MetadataMode::Unsupported {
        return Err(CloudResponse::text(StatusCode::NOT_FOUND, "404 Not Found"));
    }
    let ttl = request.header("x-metadata-token-ttl-seconds").and_then(|ttl| ttl.parse().ok());
    let ttl = ttl
        .filter(|ttl| (1..=MAX_METADATA_TOKEN_TTL).contains(ttl))
        .ok_or_else(|| CloudResponse::text(StatusCode::BAD_REQUEST, "400 Bad Request"))?;
    let token = format!("SimulatedMetadataToken{:032x}", fastrand::u128(..));
    let expires = request.now.checked_add(SignedDuration::from_secs(ttl)).unwrap_or(Timestamp::MAX);
    issuers.metadata_tokens.retain(|_, expires| request.now < *expires);
    issuers.metadata_tokens.insert(token.clone(), expires);
    Ok(CloudResponse::text(StatusCode::OK, &token))
}

/// `GET /openstack/latest/securitykey` of the metadata server.
pub(super) fn show_machine_key(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let unauthorized = |message| Err(CloudResponse::text(StatusCode::UNAUTHORIZED, message));
    let mut issuers = locked(&inner.issuers);
    let expires = request.header("x-metadata-token").and_then(|token| issuers.metadata_tokens.get(token));
    if issuers.metadata_mode != MetadataMode::Unsupported
        && expires.is_none_or(|expires| *expires <= request.now)
    {
        return unauthorized("401 Unauthorized");
    }
    if issuers.metadata_mode == MetadataMode::NoAgency {
        return unauthorized("Please configure Cloud Service Agency first");
    }
    let key = issuers.machine_key(&mut locked(&inner.access_keys), request.now);
    let body = json!({"credential": {
        "access": key.id,
        "secret": key.secret,
        "securitytoken": key.security_token,
        "expires_at": messages::microseconds(key.expires),
    }});
    Ok(CloudResponse::json(StatusCode::OK, &body))
}

/// `POST /pod-identity/credentials`. `Authorization` contains the pod's token without `Bearer`.
pub(super) fn create_pod_key(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let issuers = locked(&inner.issuers);
    if request.header("authorization") != Some(issuers.pod_token.as_str()) {
        return Err(CloudResponse::iam(StatusCode::UNAUTHORIZED, "The pod's token is invalid."));
    }
    if !serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.is_object()) {
        return Err(CloudResponse::iam(StatusCode::BAD_REQUEST, "The request body is invalid"));
    }
    let (account, lifetime) = (issuers.machine_account, issuers.default_key_lifetime());
    let key = locked(&inner.access_keys).issue(account, request.now, lifetime);
    let body = json!({"credentials": {
        "accessKeyId": key.id,
        "secretAccessKey": key.secret,
        "securityToken": key.security_token,
        "expiration": messages::seconds(key.expires),
    }});
    Ok(CloudResponse::json(StatusCode::OK, &body))
}

/// `POST /v5/agencies/assume-with-oidc` of STS.
pub(super) fn assume_agency_with_oidc(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let invalid = |name: &str| {
        let message = format!("invalid parameter: {name}");
        CloudResponse::gateway(StatusCode::BAD_REQUEST, "STS5.0002", &message, &request.id)
    };
    let forbidden =
        |code: &str, message: &str| CloudResponse::gateway(StatusCode::FORBIDDEN, code, message, &request.id);

    let body: Value = serde_json::from_slice(&request.body).map_err(|_| invalid("body"))?;
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| invalid(name));
    let (provider_urn, agency_urn) = (text("provider_urn")?, text("agency_urn")?);
    let (session, id_token) = (text("agency_session_name")?, text("id_token")?);
    let duration = match &body["duration_seconds"] {
        Value::Null => Some(STS_DEFAULT_DURATION),
        requested => requested.as_i64().filter(|seconds| STS_DURATIONS.contains(seconds)),
    };
    let duration = SignedDuration::from_secs(duration.ok_or_else(|| invalid("duration_seconds"))?);

    let matches =
        |account: &Account| account.agency_urn == agency_urn && account.provider_urn == provider_urn;
    let number = inner.accounts.iter().position(matches);
    let number = number
        .ok_or_else(|| forbidden("STS5.0004", "the agency does not exist or does not trust the provider"))?;
    let issuers = locked(&inner.issuers);
    if issuers.id_token != id_token {
        return Err(forbidden("STS5.0006", "the id token is invalid or has expired"));
    }
    let key = locked(&inner.access_keys).issue(number, request.now, issuers.sts_key_lifetime(duration));
    let Account { domain_id, agency_id, .. } = &inner.accounts[number];
    let body = json!({
        "assumed_agency": {
            "urn": format!("sts::{domain_id}:assumed-agency:metastudio-exporter/{session}"),
            "id": format!("{agency_id}:{session}"),
        },
        "credentials": {
            "access_key_id": key.id,
            "secret_access_key": key.secret,
            "security_token": key.security_token,
            "expiration": messages::milliseconds(key.expires),
        },
    });
    Ok(CloudResponse::json(StatusCode::OK, &body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_parsed_by_name() {
        for (name, mode) in [
            ("required", MetadataMode::Required),
            ("unsupported", MetadataMode::Unsupported),
            ("no-agency", MetadataMode::NoAgency),
        ] {
            assert_eq!(name.parse(), Ok(mode));
        }
        assert_eq!(
            "v2".parse::<MetadataMode>().unwrap_err(),
            "there is no metadata mode \"v2\"; the modes are required, unsupported, no-agency"
        );
    }

    #[test]
    fn a_key_never_lives_longer_than_requested() {
        let (short, long) = (SignedDuration::from_secs(3), SignedDuration::from_hours(2));
        let mut issuers = KeyIssuers::new();
        assert_eq!(issuers.default_key_lifetime(), SignedDuration::from_hours(6));
        assert_eq!(issuers.sts_key_lifetime(long), long);
        issuers.key_lifetime = Some(short);
        assert_eq!((issuers.default_key_lifetime(), issuers.sts_key_lifetime(long)), (short, short));
        issuers.key_lifetime = Some(long);
        assert_eq!((issuers.default_key_lifetime(), issuers.sts_key_lifetime(short)), (long, short));
    }

    #[test]
    fn the_machine_keeps_its_key_for_half_of_the_lifetime() {
        let (mut issuers, mut keys) = (KeyIssuers::new(), AccessKeys::default());
        issuers.key_lifetime = Some(SignedDuration::from_secs(100));
        let start: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let mut key = |seconds: i64, account| {
            issuers.machine_account = account;
            issuers.machine_key(&mut keys, start + SignedDuration::from_secs(seconds)).id
        };
        let first = key(0, 0);
        assert_eq!(key(49, 0), first);
        let second = key(50, 0);
        assert_ne!(second, first);
        assert_eq!(key(99, 0), second);
        assert_ne!(key(99, 1), second, "a key of another account");
    }

    #[test]
    fn a_revoked_machine_key_is_replaced() {
        let (mut issuers, mut keys) = (KeyIssuers::new(), AccessKeys::default());
        let now: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
        let first = issuers.machine_key(&mut keys, now);
        keys.revoke_temporary(now);
        assert_ne!(issuers.machine_key(&mut keys, now), first);
    }
}
