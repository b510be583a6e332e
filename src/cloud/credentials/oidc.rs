//! Temporary keys for an OIDC identity token: `POST {sts}/v5/agencies/assume-with-oidc`.

use serde_json::json;

use super::issued::Issued;
use super::source::Oidc;
use super::{files, temporary};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http;

const ISSUER: Issuer = Issuer {
    name: "STS",
    advice: "check the URNs of the identity provider and of the agency, whom the agency trusts, and the identity \
             token's file",
    unreachable: "check sts_endpoint, DNS, the proxy and the firewall",
};

impl Oidc {
    /// A new key.
    pub(super) async fn issue(&self, client: &reqwest::Client) -> Result<Issued, Error> {
        let token = files::read(&self.token_file, "identity token").await?;
        let body = json!({
            "provider_urn": self.provider_urn,
            "agency_urn": self.agency_urn,
            "agency_session_name": self.session_name,
            "id_token": token.expose(),
            "duration_seconds": self.duration.as_secs(),
        });
        let url = http::join(&self.sts_endpoint, "v5/agencies/assume-with-oidc", "");
        let request = client.post(url).header("content-type", "application/json").body(body.to_string());
        temporary::issue(request, ISSUER, &[token.expose()]).await
    }
}
