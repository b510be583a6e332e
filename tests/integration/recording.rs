//! `check --record`: what is in the file, and what is not.

mod file;
mod marks;
mod replayed;
