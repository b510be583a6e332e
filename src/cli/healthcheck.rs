//! `healthcheck`: asks the exporter that runs beside it whether it is healthy, for containers without a shell.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use clap::Args;
use reqwest::{Client, StatusCode, redirect};

use super::{Error, flags, print, unless_stopped};
use crate::cloud::error::innermost;
use crate::config::values;

/// Ask the exporter on this machine whether it is healthy.
///
/// Finds it by the same --web flags or variables. Exits with 1 if it is not healthy. It needs no user, no client
/// certificate and no web configuration: an exporter that refuses a client runs.
#[derive(Args)]
pub(super) struct Flags {
    /// Time to wait for the response.
    #[arg(
        long = "timeout",
        env = "METASTUDIO_EXPORTER_HEALTHCHECK_TIMEOUT",
        value_name = "DURATION",
        value_parser = values::duration,
        default_value = "5s"
    )]
    timeout: Duration,

    #[command(flatten)]
    web: flags::WebFlags,
}

pub(super) async fn run(flags: Flags) -> Result<(), Error> {
    let listen_address = flags.web.listen_addresses.first().filter(|_| !flags.web.systemd_socket);
    let Some(listen_address) = listen_address else {
        let sentence = "healthcheck does not know the sockets of systemd; write --web.listen-address instead";
        return Err(Error::Usage(sentence.to_owned()));
    };
    let address = own_address(listen_address);
    let page = flags.web.address().route("/-/healthy");
    let asked = tokio::time::timeout(flags.timeout, ask(&address, &page));
    let answer = unless_stopped(asked).await?.unwrap_or_else(|_| {
        let time = humantime::format_duration(flags.timeout);
        Err(Error::Failed(format!("{address} does not respond within {time}")))
    })?;
    print(&format!("{answer}\n"))
}

/// The address to connect to for one to listen on.
fn own_address(listen_address: &str) -> String {
    let Some((host, port)) = listen_address.rsplit_once(':') else { return listen_address.to_owned() };
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse();
    let is_any = host.is_empty() || ip.is_ok_and(|ip: IpAddr| ip.is_unspecified());
    if is_any { format!("{}:{port}", Ipv4Addr::LOCALHOST) } else { listen_address.to_owned() }
}

/// Asks with plain HTTP and, if the port has TLS, with TLS. Returns what shows that it is healthy.
async fn ask(address: &str, page: &str) -> Result<String, Error> {
    // Fails only if a provider is installed already, which then serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // No secret is sent, and no certificate is valid for this address.
    let builder = Client::builder().tls_certs_only([]).tls_danger_accept_invalid_certs(true);
    let client = builder.no_proxy().redirect(redirect::Policy::none()).build();
    let client = client.map_err(|error| Error::Failed(format!("cannot prepare a request: {error}")))?;

    let url = format!("http://{address}{page}");
    let response = client.get(&url).send().await;
    let status = response.map_err(|error| Error::Failed(format!("{url}: {}", innermost(&error))))?.status();
    // What a port with TLS responds to plain HTTP.
    if status != StatusCode::BAD_REQUEST {
        return judge(&url, status);
    }
    let url = format!("https://{address}{page}");
    match client.get(&url).send().await {
        Ok(response) => judge(&url, response.status()),
        // It has answered to plain HTTP.
        Err(error) => Ok(format!("{url} refuses a client without a certificate ({})", innermost(&error))),
    }
}

/// A refusal because of missing users or too many requests comes from a healthy exporter.
fn judge(url: &str, status: StatusCode) -> Result<String, Error> {
    match status {
        StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => {
            Ok(format!("{url} responds {status}"))
        }
        _ => Err(Error::Failed(format!("{url} responds {status}; use the --web flags of the exporter"))),
    }
}
