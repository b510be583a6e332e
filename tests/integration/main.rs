//! Tests of the whole exporter on loopback: one program, so that it links once.

mod clock;
mod collectors;
mod command_line;
mod common;
mod credentials;
mod demo;
mod discovery;
mod faults;
mod golden;
mod process;
mod reload;
mod shards;
mod truth;
mod turns;
mod web;
