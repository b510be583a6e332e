//! The format of the web configuration file, before its values are checked. The keys are those of Prometheus'
//! exporter-toolkit.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::config::problems::Setting;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WebConfigFile {
    pub(super) tls_server_config: Setting<TlsSection>,
    pub(super) http_server_config: Setting<HttpSection>,
    pub(super) basic_auth_users: Setting<BTreeMap<String, Setting<String>>>,
    pub(super) rate_limit: Setting<RateLimitSection>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TlsSection {
    pub(super) cert: Setting<String>,
    pub(super) cert_file: Setting<String>,
    pub(super) key: Setting<String>,
    pub(super) key_file: Setting<String>,
    pub(super) client_ca: Setting<String>,
    pub(super) client_ca_file: Setting<String>,
    pub(super) client_auth_type: Setting<String>,
    pub(super) client_allowed_sans: Setting<Vec<Setting<String>>>,
    pub(super) cipher_suites: Setting<Vec<Setting<String>>>,
    pub(super) curve_preferences: Setting<Vec<Setting<String>>>,
    pub(super) min_version: Setting<String>,
    pub(super) max_version: Setting<String>,
    pub(super) prefer_server_cipher_suites: Setting<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HttpSection {
    pub(super) http2: Setting<bool>,
    pub(super) headers: Setting<HeadersSection>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct HeadersSection {
    #[serde(rename = "Content-Security-Policy")]
    pub(super) content_security_policy: Setting<String>,
    #[serde(rename = "X-Frame-Options")]
    pub(super) x_frame_options: Setting<String>,
    #[serde(rename = "X-Content-Type-Options")]
    pub(super) x_content_type_options: Setting<String>,
    #[serde(rename = "X-XSS-Protection")]
    pub(super) x_xss_protection: Setting<String>,
    #[serde(rename = "Strict-Transport-Security")]
    pub(super) strict_transport_security: Setting<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RateLimitSection {
    pub(super) interval: Setting<String>,
    pub(super) burst: Setting<i128>,
}
