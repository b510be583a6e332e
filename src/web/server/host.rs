//! Whether a request says for which host it is, as HTTP requires.

use axum::http::uri::Authority;
use axum::http::{Request, Version, header};

/// Whether the request has a host where it needs one, not more than one, and none that disagrees with its URI. A cache
/// or proxy before this server could read such a request differently.
pub(super) fn has_valid_host<B>(request: &Request<B>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let authority = request.uri().authority();
    let (host, further) = (hosts.next(), hosts.next());
    match host {
        _ if further.is_some() => false,
        // HTTP/1.0 has no such header, and HTTP/2 has the authority of the URI instead.
        None => {
            request.version() < Version::HTTP_11
                || (request.version() > Version::HTTP_11 && authority.is_some())
        }
        Some(host) => match authority {
            Some(authority) => host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()),
            None => host.is_empty() || Authority::try_from(host.as_bytes()).is_ok(),
        },
    }
}
