//! The format of the file, before anything is checked. The names are those of Prometheus' exporter-toolkit.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::yaml::Field;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct File {
    pub(super) tls_server_config: Field<Tls>,
    pub(super) http_server_config: Field<Http>,
    pub(super) basic_auth_users: Field<BTreeMap<String, Field<String>>>,
    pub(super) rate_limit: Field<RateLimit>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Tls {
    pub(super) cert: Field<String>,
    pub(super) cert_file: Field<String>,
    pub(super) key: Field<String>,
    pub(super) key_file: Field<String>,
    pub(super) client_ca: Field<String>,
    pub(super) client_ca_file: Field<String>,
    pub(super) client_auth_type: Field<String>,
    pub(super) client_allowed_sans: Field<Vec<Field<String>>>,
    pub(super) cipher_suites: Field<Vec<Field<String>>>,
    pub(super) curve_preferences: Field<Vec<Field<String>>>,
    pub(super) min_version: Field<String>,
    pub(super) max_version: Field<String>,
    pub(super) prefer_server_cipher_suites: Field<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Http {
    pub(super) http2: Field<bool>,
    pub(super) headers: Field<Headers>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Headers {
    #[serde(rename = "Content-Security-Policy")]
    pub(super) content_security_policy: Field<String>,
    #[serde(rename = "X-Frame-Options")]
    pub(super) x_frame_options: Field<String>,
    #[serde(rename = "X-Content-Type-Options")]
    pub(super) x_content_type_options: Field<String>,
    #[serde(rename = "X-XSS-Protection")]
    pub(super) x_xss_protection: Field<String>,
    #[serde(rename = "Strict-Transport-Security")]
    pub(super) strict_transport_security: Field<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RateLimit {
    pub(super) interval: Field<String>,
    pub(super) burst: Field<i64>,
}
