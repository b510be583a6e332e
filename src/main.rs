//! The binary: everything is in the library, beginning at its command line.

use tikv_jemallocator::Jemalloc;

/// Returns the memory of a poll to the system. The system's own allocator keeps it: twice as much at 100,000 users.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> std::process::ExitCode {
    metastudio_exporter::cli::main()
}
