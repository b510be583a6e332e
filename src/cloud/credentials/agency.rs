//! Temporary keys of the agency that an ECS has, from its metadata service.

use std::time::Duration;

use reqwest::StatusCode;

use super::issued::Issued;
use super::source::{Agency, Secret};
use super::temporary;
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http;
use crate::cloud::refusal::Refusal;

const ISSUER: Issuer = Issuer { name: "the ECS metadata service", advice: ADVICE, unreachable: ADVICE };

/// Whoever gave no credentials at all ends here too.
const ADVICE: &str = "run on an ECS that has an agency, or give other credentials, such as HUAWEICLOUD_SDK_AK and \
                      HUAWEICLOUD_SDK_SK";

/// It is on the same machine, or nowhere.
const TIMEOUT: Duration = Duration::from_secs(3);

impl Agency {
    /// A new key. The session token lives shorter than the key, so that there is none to keep.
    pub(super) async fn issue(&self, client: &reqwest::Client) -> Result<Issued, Error> {
        let token = self.session_token(client).await.map_err(|error| error.of(ISSUER))?;
        let url = http::join(&self.metadata_endpoint, "openstack/latest/securitykey", "");
        let mut request = client.get(url).timeout(TIMEOUT);
        if let Some(token) = &token {
            request = request.header("x-metadata-token", token.expose());
        }
        let secrets: Vec<_> = token.iter().map(Secret::expose).collect();
        temporary::issue(request, ISSUER, &secrets).await
    }

    /// None where the metadata service has no such tokens, as older ones.
    async fn session_token(&self, client: &reqwest::Client) -> Result<Option<Secret>, Error> {
        let url = http::join(&self.metadata_endpoint, "meta-data/latest/api/token", "");
        let request = client.put(url).timeout(TIMEOUT).header("x-metadata-token-ttl-seconds", "21600");
        let answer = http::send(request).await?;
        match answer.status {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::SERVICE_UNAVAILABLE => {
                return Ok(None);
            }
            status => return Err(Error::Refused(Refusal::read(status, &answer.headers, &answer.body, &[]))),
        }
        let token = String::from_utf8_lossy(&answer.body).trim().to_owned();
        if reqwest::header::HeaderValue::from_str(&token).is_err() || token.is_empty() {
            let cause = "its session token is none".to_owned();
            return Err(Error::Decode { cause, request_id: answer.request_id() });
        }
        Ok(Some(token.into()))
    }
}
