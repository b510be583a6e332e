//! The binary: everything is in the library, beginning at its command line.

fn main() -> std::process::ExitCode {
    metastudio_exporter::cli::main()
}
