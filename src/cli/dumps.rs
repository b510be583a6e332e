//! No dumps of the memory of this process, which has all secrets.

/// From now on the kernel writes no core dump, and refuses memory and environment of this process to other processes of
/// its user, for example debuggers.
pub(super) fn forbid() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // Linux allows it always. If not, all else works.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
