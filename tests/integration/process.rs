//! The real binary, started with an empty environment.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// The variables of a project whose cloud cannot be reached.
pub(crate) const PROJECT: [(&str, &str); 4] = [
    ("HUAWEICLOUD_SDK_AK", "SOMEACCESSKEY0000001"),
    ("HUAWEICLOUD_SDK_SK", "some-secret-key-that-must-never-show-up0"),
    ("HUAWEICLOUD_SDK_PROJECT_ID", "0123456789abcdef0123456789abcdef"),
    // Nothing listens on this port.
    ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9"),
];

const PATIENCE: Duration = Duration::from_secs(20);

/// The binary with these arguments and only these variables.
pub(crate) fn command(arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metastudio-exporter"));
    command.args(arguments).env_clear().envs(variables.iter().copied());
    // Tests look for the backtrace of a panic.
    command.env("RUST_BACKTRACE", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The same as [`command`], started by a shell that runs `before` first.
pub(crate) fn shell(before: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
    let binary = command(arguments, variables);
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(format!("{before}; exec \"$@\"")).arg("sh").arg(binary.get_program()).args(arguments);
    shell.env_clear().envs(variables.iter().copied()).env("RUST_BACKTRACE", "1");
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    shell
}

/// Runs the binary and waits for its end.
pub(crate) fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    command(arguments, variables).output().unwrap()
}

/// A running binary, which is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    log: Receiver<String>,
}

impl Process {
    pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        Self::of(command(arguments, variables))
    }

    /// A command with its standard output and error piped.
    pub(crate) fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, log) = channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, log }
    }

    /// Waits for a log line that contains `text`.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        loop {
            let line =
                self.log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no log line with {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// The address of its listener, from the log.
    pub(crate) fn address(&self) -> String {
        let line = self.wait_for("message=listening");
        line.split_once("address=").unwrap().1.trim_matches('"').to_owned()
    }

    /// The first `count` lines of standard output.
    pub(crate) fn output_lines(&mut self, count: usize) -> Vec<String> {
        let stdout = BufReader::new(self.child.stdout.as_mut().unwrap());
        stdout.lines().take(count).map(Result::unwrap).collect()
    }

    /// Its process ID.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
    }

    /// Waits for its end. Returns the exit code and the rest of the output.
    pub(crate) fn wait(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        let mut rest: Vec<_> = self.log.iter().collect();
        let mut output = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
        rest.push(output);
        (code, rest.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
