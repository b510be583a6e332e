//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Server;
use super::activity::{Activity, Expired};
use super::answer::{Sent, answer};
use super::limits::{HEAD, HEADERS, STREAMS, UNSENT};
use super::watched::Watched;

/// How long a connection may take to end well.
const FAREWELL: Duration = Duration::from_secs(10);

/// What a client is told that takes the port for plain HTTP's.
const NO_TLS: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

pub(super) async fn serve(server: Server, stream: TcpStream, shutdown: CancellationToken) {
    // Delayed small segments stall chunked bodies for 40 ms.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot turn Nagle's algorithm off");
    }
    let config = Arc::clone(&server.0.config.borrow());
    let Some(tls) = &config.tls else { return serve_http1(server, stream, shutdown).await };
    let handshake = timeout(server.0.limits.handshake, handshake(stream, Arc::clone(tls)));
    let stream = tokio::select! {
        stream = handshake => stream,
        () = shutdown.cancelled() => return,
    };
    match stream {
        Ok(Some(stream)) if stream.get_ref().1.alpn_protocol() == Some(b"h2") => {
            serve_http2(server, stream, shutdown).await;
        }
        Ok(Some(stream)) => serve_http1(server, stream, shutdown).await,
        Ok(None) => {}
        Err(_) => tracing::debug!("a client did not end TLS' handshake in time"),
    }
}

/// None where there is nobody to serve.
async fn handshake(mut stream: TcpStream, tls: Arc<ServerConfig>) -> Option<TlsStream<TcpStream>> {
    let mut first = [0];
    stream.peek(&mut first).await.ok()?;
    // TLS begins with 0x16, a method of HTTP with a letter.
    if first[0].is_ascii_uppercase() {
        refuse_plain_http(&mut stream).await;
        return None;
    }
    let accepted = TlsAcceptor::from(tls).accept(stream).await;
    accepted.map_err(|error| tracing::debug!(%error, "TLS' handshake failed")).ok()
}

/// What has come is read before the end: a connection that is closed on unread bytes takes the answer back.
async fn refuse_plain_http(stream: &mut TcpStream) {
    let mut request = vec![0; usize::from(HEAD)];
    let _ = stream.read(&mut request).await;
    if stream.write_all(NO_TLS).await.is_ok() && stream.shutdown().await.is_ok() {
        let _ = stream.read(&mut request).await;
    }
}

async fn serve_http1<S>(server: Server, stream: S, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new(server.0.limits, true);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let service = service(server, &activity);
    let connection = http1::Builder::new()
        // Time is up to the activity, which knows a slow head from an idle client.
        .header_read_timeout(None)
        .timer(TokioTimer::new())
        .max_buf_size(usize::from(HEAD))
        .max_headers(HEADERS)
        .serve_connection(io, service);
    drive(connection, http1::Connection::graceful_shutdown, &activity, shutdown).await;
}

async fn serve_http2<S>(server: Server, stream: S, shutdown: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new(server.0.limits, false);
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&activity)));
    let service = service(server, &activity);
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::from(HEAD))
        .max_send_buf_size(UNSENT)
        .serve_connection(io, service);
    drive(connection, http2::Connection::graceful_shutdown, &activity, shutdown).await;
}

fn service(
    server: Server,
    activity: &Arc<Activity>,
) -> impl HttpService<Incoming, ResBody = Sent, Error = Infallible, Future: Send + 'static> + use<> {
    let activity = Arc::clone(activity);
    service_fn(move |request: Request<Incoming>| -> Pin<Box<dyn Future<Output = Result<Response<Sent>, Infallible>> + Send>> {
        Box::pin(answer(server.clone(), Arc::clone(&activity), request))
    })
}

/// Serves until the client goes, takes too long, or `shutdown` comes; `end` lets the answers under way end.
async fn drive<C>(connection: C, end: fn(Pin<&mut C>), activity: &Activity, shutdown: CancellationToken)
where
    C: Future<Output = hyper::Result<()>>,
{
    let mut connection = pin!(connection);
    let expired = tokio::select! {
        ended = connection.as_mut() => return debug(ended),
        expired = activity.expired() => Some(expired),
        () = shutdown.cancelled() => None,
    };
    if let Some(expired @ (Expired::Head | Expired::Answer)) = expired {
        tracing::debug!(?expired, "a client took too long and was cut off");
        return;
    }
    end(connection.as_mut());
    if let Ok(ended) = timeout(FAREWELL, connection).await {
        debug(ended);
    }
}

fn debug(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
