//! What a person can do about a failure: every sentence that names a flag, a variable, a key of the configuration file
//! or a right in the cloud.
//!
//! The rooms below report failures as data; those above ask here for the sentence. Knows no poll, page or report.

pub(crate) mod environment;
