//! The binary: everything is in the library, beginning at its command line.

use tikv_jemallocator::Jemalloc;
use zeroizing_alloc::ZeroAlloc;

/// Jemalloc returns the memory of a poll to the system. The system's own allocator keeps it: twice as much at 100,000
/// users. All memory is overwritten when it is freed, so that no library's buffer keeps a secret.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<Jemalloc> = ZeroAlloc(Jemalloc);

fn main() -> std::process::ExitCode {
    metastudio_exporter::cli::main()
}
