//! The names in `run`.

/// What is in `run`.
pub const RUN: [&str; 9] = [
    "id",
    "check",
    "diff",
    "playbook_dir",
    "version",
    "tags",
    "skip_tags",
    "limit",
    ROUND,
];
/// That of it which is there in a round alone.
pub const ROUND: &str = "round";
/// What is in `run.round`.
pub const RUN_ROUND: [&str; 4] = ["name", "hosts", "active", "batch"];
