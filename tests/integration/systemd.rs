//! What the exporter tells systemd.

use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use tempfile::TempDir;

use crate::process::{PROJECT, Process, run};

const LISTEN: [&str; 2] = ["--web.listen-address", "127.0.0.1:0"];

/// The socket of a systemd, its path, and the directory that it is in.
fn socket() -> (UnixDatagram, String, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    (socket, path.to_str().unwrap().to_owned(), directory)
}

fn received(socket: &UnixDatagram) -> String {
    let mut message = [0; 100];
    let length = socket.recv(&mut message).unwrap();
    String::from_utf8(message[..length].to_vec()).unwrap()
}

#[test]
fn it_is_ready_when_it_listens_and_says_when_it_stops() {
    let (socket, path, _directory) = socket();
    let variables = [&PROJECT[..], &[("NOTIFY_SOCKET", path.as_str())]].concat();
    let exporter = Process::start(&LISTEN, &variables);
    let address = exporter.address();
    assert_eq!(received(&socket), "READY=1\n");
    std::net::TcpStream::connect(address).unwrap();
    exporter.signal("TERM");
    assert_eq!(received(&socket), "STOPPING=1\n");
    assert_eq!(exporter.wait().0, Some(0));
}

#[test]
fn the_watchdog_hears_of_it_twice_in_its_time() {
    let (socket, path, _directory) = socket();
    let watchdog = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "200000")];
    let exporter = Process::start(&LISTEN, &[&PROJECT[..], &watchdog].concat());
    assert_eq!(received(&socket), "READY=1\n");
    for _ in 0..3 {
        assert_eq!(received(&socket), "WATCHDOG=1\n");
    }
    // A stopped process is what a hanging one looks like.
    exporter.signal("STOP");
    socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let mut message = [0; 100];
    while socket.recv(&mut message).is_ok() {}
    exporter.signal("CONT");
    socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert_eq!(received(&socket), "WATCHDOG=1\n");
}

#[test]
fn what_cannot_start_is_never_ready() {
    let (socket, path, _directory) = socket();
    let variables = [&PROJECT[..], &[("NOTIFY_SOCKET", path.as_str())]].concat();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert_eq!(run(&["--web.listen-address", &address], &variables).status.code(), Some(1));
    socket.set_nonblocking(true).unwrap();
    assert!(socket.recv(&mut [0; 100]).is_err());
}

#[test]
fn a_socket_that_is_gone_is_logged() {
    let variables = [&PROJECT[..], &[("NOTIFY_SOCKET", "/nowhere/notify")]].concat();
    let exporter = Process::start(&LISTEN, &variables);
    exporter.wait_for("cannot notify systemd; remove Type=notify from the unit");
}
