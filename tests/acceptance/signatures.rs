//! Signs requests for `test_signing.py`: reads one request per line as JSON, and prints its signature.

use std::io::{self, BufRead, Write};

use metastudio_exporter::measured;

#[derive(serde::Deserialize)]
struct Request {
    secret_key: String,
    date: String,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

fn main() -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let headers: Vec<_> =
            request.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let target = (request.method.as_str(), request.path.as_str(), request.query.as_str());
        let signature = measured::signature(
            &request.secret_key,
            &request.date,
            target,
            &headers,
            request.body.as_bytes(),
        );
        writeln!(output, "{signature}")?;
    }
    Ok(())
}
