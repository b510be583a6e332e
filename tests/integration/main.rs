//! Tests of the whole exporter on loopback: one program, so that it links once.

mod check;
mod clock;
mod command_line;
mod common;
mod config_file;
mod credentials;
mod demo;
mod faults;
mod golden;
mod overview;
mod process;
mod truth;
mod user_limits;
mod web;
