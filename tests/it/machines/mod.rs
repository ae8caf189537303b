//! Runs against real machines: package managers, service managers and accounts of their own.

mod accounts;
mod accounts_kept;
mod apk;
mod apt;
mod apt_repository;
mod apt_torn;
mod busybox;
mod cron;
mod dnf;
mod facts;
mod foreseen;
mod harness;
mod lasting;
mod law;
mod mount;
mod once_failed;
mod once_failed_rows;
mod ours;
mod ours_files;
mod pacman;
mod pacman_key;
mod refused;
mod service;
mod service_up;
mod settings;
