//! Tests of the whole exporter on loopback: one program, so that it links once.

mod check;
mod clock;
mod collectors;
mod command_line;
mod common;
mod config_file;
mod credentials;
mod demo;
mod discovery;
mod faults;
mod golden;
mod overview;
mod process;
mod reload;
mod reload_file;
mod shards;
mod truth;
mod turns;
mod user_limits;
mod web;
mod web_config;
mod web_config_command;
mod web_config_file;
mod web_config_tls;
mod web_config_users;
mod web_limits;
