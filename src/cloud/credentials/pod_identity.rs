//! Temporary keys of the identity that a CCE pod has: `POST {}` to the address in the pod's environment.

use std::time::Duration;

use super::issued::Issued;
use super::source::PodIdentity;
use super::{files, temporary};
use crate::cloud::error::{Error, Issuer};

const ISSUER: Issuer = Issuer {
    name: "the CCE pod identity service",
    advice: "check that the pod's service account is bound to an agency, and the pod's token file",
    unreachable: "run in a CCE pod that has an identity, or give other credentials",
};

/// It is on the same machine, or nowhere.
const TIMEOUT: Duration = Duration::from_secs(5);

impl PodIdentity {
    /// A new key.
    pub(super) async fn issue(&self, client: &reqwest::Client) -> Result<Issued, Error> {
        let token = files::read(&self.token_file, "pod token").await?;
        let mut authorization = reqwest::header::HeaderValue::from_str(token.expose()).map_err(|_| {
            Error::Credentials("the pod token has characters that no header can carry".to_owned())
        })?;
        authorization.set_sensitive(true);
        let request = client
            .post(self.uri.clone())
            .timeout(TIMEOUT)
            // The token as it is: the service wants no "Bearer".
            .header("authorization", authorization)
            .header("content-type", "application/json")
            .body("{}");
        temporary::issue(request, ISSUER, &[token.expose()]).await
    }
}
