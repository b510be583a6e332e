//! An endpoint of the cloud on loopback that can fail in any way, down to its connections.
//!
//! It answers by a simulated cloud and writes the bytes of a response itself, so that a fault can change them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::fault::Effect;
use crate::place::{PAGE, Place};
use crate::reply::{Answer, Reply, Then};
use crate::tls::Served;

/// The end of a head.
const END: &[u8] = b"\r\n\r\n";

/// One endpoint.
#[derive(Debug)]
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    router: Router,
    served: Option<Served>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<(Place, Effect)>,
    /// The requests that met a fault.
    hits: usize,
    /// Which certificate connections get.
    certificate: Option<Effect>,
    /// Closes all connections.
    connections: CancellationToken,
    listening: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens on a free port of `host`, with TLS if there are certificates.
    pub(crate) async fn new(host: &str, router: Router, served: Option<Served>) -> Self {
        let listener = TcpListener::bind((host, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared { router, served, state: Mutex::default() });
        shared.listen(listener);
        Self { address, shared }
    }

    /// The base URL.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.shared.served.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// From now on, requests at these places meet these faults.
    pub(crate) fn fail(&self, faults: Vec<(Place, Effect)>) {
        let mut state = self.shared.state.lock().unwrap();
        state.faults = faults;
        state.hits = 0;
    }

    /// Ends all faults, and with them the connections that hang.
    pub(crate) async fn recover(&self) {
        let must_listen = {
            let mut state = self.shared.state.lock().unwrap();
            state.faults.clear();
            state.certificate = None;
            std::mem::take(&mut state.connections).cancel();
            state.listening.is_none()
        };
        if must_listen {
            let listener = TcpListener::bind(self.address).await.unwrap();
            self.shared.listen(listener);
        }
    }

    /// The requests that met a fault since [`Self::fail`].
    pub(crate) fn hits(&self) -> usize {
        self.shared.state.lock().unwrap().hits
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let mut state = self.shared.state.lock().unwrap();
        state.connections.cancel();
        if let Some(listening) = state.listening.take() {
            listening.abort();
        }
    }
}

impl Shared {
    fn listen(self: &Arc<Self>, listener: TcpListener) {
        let shared = Arc::clone(self);
        let listening = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                stream.set_nodelay(true).unwrap();
                let ended = shared.state.lock().unwrap().connections.clone();
                let shared = Arc::clone(&shared);
                tokio::spawn(ended.run_until_cancelled_owned(async move { shared.accept(stream).await }));
            }
        });
        self.state.lock().unwrap().listening = Some(listening);
    }

    async fn accept(&self, stream: TcpStream) {
        let Some(served) = &self.served else { return self.serve(Connection::Plain(stream)).await };
        let certificate = self.state.lock().unwrap().certificate;
        let acceptor = TlsAcceptor::from(served.config(certificate));
        // A client that does not trust the certificate ends the handshake.
        if let Ok(stream) = acceptor.accept(stream).await {
            self.serve(Connection::Tls(Box::new(stream))).await;
        }
    }

    async fn serve(&self, mut connection: Connection) {
        while let Some(request) = read_request(&mut connection).await {
            let Some(reply) = self.reply(request).await else { return };
            // The client may have gone away.
            if connection.write(&reply.bytes).await.is_err() || !finish(&mut connection, reply.then).await {
                return;
            }
        }
    }

    /// The reply to a request; `None` if the connection ends.
    async fn reply(&self, request: Request<Body>) -> Option<Reply> {
        let place = Place::of(&request);
        let effect = self.effect(place);
        if let Some(effect @ (Effect::Refused | Effect::Tls(_))) = effect {
            self.break_down(effect);
            return None;
        }
        let mut request = request;
        if let Some(Effect::Request(change)) = effect {
            *request.uri_mut() = change(&request.uri().to_string()).parse().unwrap();
        }
        let answer = self.answer(request).await;
        Some(match (effect, place) {
            (Some(Effect::Reply(reply)), Some(place)) => reply(&answer, place),
            _ => answer.reply(),
        })
    }

    fn effect(&self, place: Option<Place>) -> Option<Effect> {
        let mut state = self.state.lock().unwrap();
        let effect = state.faults.iter().find(|(at, _)| Some(*at) == place).map(|(_, effect)| *effect)?;
        state.hits += 1;
        Some(effect)
    }

    /// Ends all connections. New ones are refused, or get another certificate.
    fn break_down(&self, effect: Effect) {
        let mut state = self.state.lock().unwrap();
        if let Effect::Refused = effect {
            if let Some(listening) = state.listening.take() {
                listening.abort();
            }
        } else {
            state.certificate = Some(effect);
        }
        std::mem::take(&mut state.connections).cancel();
    }

    /// What the simulated cloud answers, with short pages.
    async fn answer(&self, mut request: Request<Body>) -> Answer {
        let uri = request.uri().to_string().replace("limit=100", &format!("limit={PAGE}"));
        *request.uri_mut() = uri.parse().unwrap();
        request.headers_mut().remove("accept-encoding");
        let (parts, mut body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = String::from_utf8(value.as_bytes().to_vec()).unwrap();
            (name.to_string(), value)
        });
        let (headers, mut received, mut is_cut) = (headers.collect(), Vec::new(), false);
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => received.extend_from_slice(&frame.into_data().unwrap_or_default()),
                Err(_) => is_cut = true,
            }
        }
        Answer { status: parts.status.as_u16(), headers, body: received, is_cut }
    }
}

enum Connection {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::server::TlsStream<TcpStream>>),
}

impl Connection {
    async fn read(&mut self, buffer: &mut Vec<u8>) -> std::io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read_buf(buffer).await,
            Self::Tls(stream) => stream.read_buf(buffer).await,
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(stream) => stream.write_all(bytes).await,
            Self::Tls(stream) => {
                stream.write_all(bytes).await?;
                stream.flush().await
            }
        }
    }

    /// Ends the connection with RST when it is dropped.
    fn reset(&self) {
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        };
        SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
    }
}

/// Ends a reply. Returns whether the connection stays open.
async fn finish(connection: &mut Connection, then: Then) -> bool {
    match then {
        Then::KeepOpen => return true,
        Then::Close => {}
        Then::Reset => connection.reset(),
        Then::Hang => std::future::pending().await,
        Then::Drip(bytes) => {
            for byte in bytes {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if connection.write(&[byte]).await.is_err() {
                    break;
                }
            }
        }
        Then::Flood(block, times) => {
            for _ in 0..times {
                if connection.write(&block).await.is_err() {
                    break;
                }
            }
        }
    }
    false
}

/// The next request with its body; `None` at the end of the connection.
async fn read_request(connection: &mut Connection) -> Option<Request<Body>> {
    let mut received = Vec::new();
    let head = loop {
        if let Some(end) = received.windows(END.len()).position(|window| window == END) {
            break end + END.len();
        }
        if connection.read(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let mut request = Request::builder();
    let mut length = 0;
    let text = String::from_utf8(received[..head].to_vec()).unwrap();
    let (first, headers) = text.split_once("\r\n").unwrap();
    let mut words = first.split(' ');
    request = request.method(words.next().unwrap()).uri(words.next().unwrap());
    for (name, value) in headers.lines().filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
        request = request.header(name, value);
    }
    while received.len() < head + length {
        if connection.read(&mut received).await.ok()? == 0 {
            return None;
        }
    }
    Some(request.body(Body::from(received.split_off(head))).unwrap())
}
