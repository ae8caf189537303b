//! Keys that are known nowhere: those that others have, and what is written here instead.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::keys::{self, Site};

/// Where there are no more keys, all of them are named.
const FEW: usize = 6;

const KEYS: &[(&str, &str)] = &[
    ("block", "A group is an entry with `calls`."),
    ("environment", "Write `env`."),
    (
        "gather_facts",
        "Leave it out: facts are gathered where something reads them.",
    ),
    (
        "handlers",
        "Write each as a call with `on_change`, below what it waits for.",
    ),
    ("include_role", "Write `import` with the path of a unit."),
    ("include_tasks", "Write `import` with the path of a unit."),
    ("import_playbook", "Write `import` among the rounds."),
    ("import_role", "Write `import` with the path of a unit."),
    ("import_tasks", "Write `import` with the path of a unit."),
    (
        "notify",
        "Write `on_change` with this call's `id` on what is to run then.",
    ),
    (
        "post_tasks",
        "Tasks are `calls` here, in the order in which they are written.",
    ),
    (
        "pre_tasks",
        "Tasks are `calls` here, in the order in which they are written.",
    ),
    ("register", "Give the call an `id`: its result is `results.<id>`."),
    (
        "remote_user",
        "Write `user` on the host, or in `connection` for all of them.",
    ),
    (
        "rescue",
        "Write a group with `on_failure` below, which names this one.",
    ),
    (
        "roles",
        "Roles are units: write `import: units/NAME` among the calls.",
    ),
    ("tasks", "Tasks are `calls` here."),
    ("vars_prompt", "Declare `inputs`, or a secret with `prompt`."),
    ("with_dict", "Write `loop`."),
    ("with_items", "Write `loop`."),
];

/// Modules of others, and the tools that stand for them.
const MODULES: &[(&str, &str)] = &[
    ("acl", "`fs.acl`"),
    ("alternatives", "`alternatives.set`"),
    ("apk", "`apk.package`"),
    ("apt", "`apt.package` or `apt.upgrade`"),
    ("apt_key", "`apt_repository.key`"),
    ("apt_repository", "`apt_repository.present`"),
    ("archive", "`fs.archive`"),
    ("assert", "`assert.that`"),
    ("authorized_key", "`user.authorized_key`"),
    ("blockinfile", "`fs.block_in_file`"),
    ("command", "`exec.command`"),
    ("copy", "`fs.copy`, or `fs.write` for text"),
    ("cron", "`cron.job`"),
    ("deb822_repository", "`apt_repository.present`"),
    ("debconf", "`debconf.set`"),
    ("debug", "`log.log`"),
    ("dnf", "`dnf.package`"),
    (
        "docker_container",
        "`container.absent` or `container.stopped`; to start one, `exec.command` with `unless`",
    ),
    ("fetch", "`fs.fetch`"),
    (
        "file",
        "`fs.directory`, `fs.touch`, `fs.symlink`, `fs.hardlink`, `fs.attributes` or `fs.remove`",
    ),
    ("find", "`fs.find`"),
    ("gather_facts", "`facts.gather`"),
    ("get_url", "`http.download`"),
    ("getent", "`user.lookup`"),
    ("git", "`git.checkout`"),
    ("group", "`group.present` or `group.absent`"),
    ("hostname", "`hostname.set`"),
    ("ini_file", "`fs.edit`"),
    ("known_hosts", "`ssh.known_host`"),
    ("lineinfile", "`fs.line_in_file`"),
    ("modprobe", "`kernel_module.loaded` or `kernel_module.absent`"),
    (
        "mount",
        "`mount.present`, `mount.absent`, `mount.unmounted` or `mount.remounted`",
    ),
    ("msg", "`log.log`"),
    ("package", "`package.package` or `package.upgrade`"),
    ("package_facts", "`facts.gather: [packages]`"),
    ("pacman", "`pacman.package`"),
    ("pause", "`wait.sleep`"),
    (
        "podman_container",
        "`container.absent` or `container.stopped`; to start one, `exec.command` with `unless`",
    ),
    ("raw", "`exec.shell`"),
    ("reboot", "`host.reboot`"),
    ("replace", "`fs.replace`"),
    ("script", "`exec.script`"),
    (
        "service",
        "`service.start`, `service.restart` or `service.converge`",
    ),
    ("service_facts", "`facts.gather: [services]`"),
    ("setup", "`facts.gather`"),
    ("shell", "`exec.shell`"),
    ("slurp", "`fs.read_str` or `fs.read_bytes`"),
    ("stat", "`fs.stat`"),
    ("sudoers", "`user.sudoer`"),
    ("synchronize", "`fs.sync`"),
    ("sysctl", "`sysctl.set` or `sysctl.absent`"),
    (
        "systemd",
        "`service.start`, `service.restart` or `service.converge`",
    ),
    (
        "systemd_service",
        "`service.start`, `service.restart` or `service.converge`",
    ),
    ("tempfile", "`fs.temp`"),
    ("template", "`template.file`"),
    ("timezone", "`timezone.set`"),
    ("unarchive", "`fs.unpack`"),
    ("uri", "`http.get` or `http.request`"),
    ("user", "`user.present` or `user.absent`"),
    ("wait_for", "`wait.port` or `wait.path`"),
    ("yum", "`dnf.package`"),
    (
        "yum_repository",
        "`dnf_repository.present` or `dnf_repository.absent`",
    ),
];

/// Keys of others that mean the same as one here.
const SAME_KEYS: &[(&str, &str)] = &[("tasks", "calls"), ("block", "calls"), ("environment", "env")];

/// Modules of others that take the same as a tool here.
const SAME_TOOLS: &[(&str, &str)] = &[
    ("command", "exec.command"),
    ("raw", "exec.shell"),
    ("shell", "exec.shell"),
];

/// The names of variables of others, and what is written here instead.
const VARIABLES: &[(&str, &str)] = &[
    ("ansible_architecture", "Write `facts.architecture`."),
    ("ansible_check_mode", "Write `run.check`."),
    ("ansible_date_time", "Write `now()`."),
    (
        "ansible_distribution",
        "Write `facts.os.id`, in lower case, or `facts.os.name`.",
    ),
    ("ansible_distribution_major_version", "Write `facts.os.major`."),
    ("ansible_distribution_release", "Write `facts.os.codename`."),
    ("ansible_distribution_version", "Write `facts.os.version`."),
    ("ansible_default_ipv4", "Write `facts.default_ipv4`."),
    ("ansible_default_ipv6", "Write `facts.default_ipv6`."),
    ("ansible_domain", "Write `facts.domain`."),
    ("ansible_env", "Read it by `exec.command: [printenv, NAME]`."),
    ("ansible_facts", "Write `facts`; `facts.gather` knows more."),
    ("ansible_fqdn", "Write `facts.fqdn`."),
    ("ansible_host", "Write `host.address`."),
    ("ansible_hostname", "Write `facts.hostname`."),
    ("ansible_kernel", "Write `facts.kernel`."),
    ("ansible_machine_id", "Write `facts.machine_id`."),
    ("ansible_nodename", "Write `facts.hostname`."),
    (
        "ansible_os_family",
        "Write `facts.os.family`, in lower case: `debian`, `redhat`.",
    ),
    ("ansible_pkg_mgr", "Write `facts.package_manager`."),
    (
        "ansible_play_hosts",
        "Write `groups.all`, or the name of a group.",
    ),
    ("ansible_service_mgr", "Write `facts.init`."),
    ("ansible_user", "Write `facts.user.name`."),
    ("ansible_user_id", "Write `facts.user.name`."),
    ("group", "Write `groups` or `host.groups`."),
    ("group_names", "Write `host.groups`."),
    ("hostvars", "Write `hosts['NAME'].vars`."),
    ("inventory_hostname", "Write `host.name`."),
    ("inventory_hostname_short", "Write `host.name.split('.')[0]`."),
    ("ansible_limit", "Write `run.limit`."),
    ("ansible_managed", "Write `managed`."),
    ("ansible_play_batch", "Write `run.round.batch`."),
    ("ansible_play_hosts", "Write `run.round.active`."),
    ("ansible_play_hosts_all", "Write `run.round.hosts`."),
    ("ansible_role_name", "Write `unit.name`."),
    ("ansible_run_tags", "Write `run.tags`."),
    ("ansible_skip_tags", "Write `run.skip_tags`."),
    ("play_hosts", "Write `run.round.active`."),
    ("role_name", "Write `unit.name`."),
    (
        "playbook_dir",
        "Write `run.playbook_dir`; paths count from the file in which they are written.",
    ),
    (
        "role_path",
        "Leave it out: paths count from the file in which they are written; else write `unit.folder`.",
    ),
    ("inventory_dir", "Write `run.playbook_dir`."),
];

/// Fields of results of others, and what is written here instead; `{}` stands for the result.
const FIELDS: &[(&str, &str)] = &[
    ("rc", "Write `{}.exit_code`."),
    ("stdout_lines", "Write `{}.stdout.splitlines()`."),
    ("stderr_lines", "Write `{}.stderr.splitlines()`."),
    ("stat", "Its fields are the result's own: write `{}.exists`."),
    ("results", "Of a loop, each item has its own result: `{}.items`."),
    ("msg", "Write `{}.error.message` for why it failed."),
    ("is_failed", "Write `{}.failed`."),
    ("is_changed", "Write `{}.changed`."),
    ("dest", "Write the path that the call was given."),
];

/// What stands for a key of others.
pub(super) fn key(name: &str) -> Option<&'static str> {
    KEYS.iter()
        .find(|(key, _)| *key == name)
        .map(|(_, instead)| *instead)
}

/// What stands for a module of others: by its name, with or without the collection that it is of.
pub(super) fn module(name: &str) -> Option<String> {
    let short = name.rsplit('.').next()?;
    let is_full = name.matches('.').count() == 2 || name == short;
    let (_, tool) = MODULES.iter().find(|(module, _)| is_full && *module == short)?;
    Some(format!("Write {tool}."))
}

/// An error with the fix by which a name of others becomes the one that means the same here, if there is one.
pub(super) fn renamed(error: Diagnostic, name: &str) -> Diagnostic {
    let short = name.strip_prefix("ansible.builtin.").unwrap_or(name);
    let mut same = SAME_TOOLS.iter().chain(SAME_KEYS);
    match same.find(|(other, _)| *other == short) {
        Some((_, own)) => error.fixed_word(name, own),
        None => error,
    }
}

/// What stands for a variable of others.
pub(super) fn variable(name: &str) -> Option<&'static str> {
    VARIABLES
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, instead)| *instead)
}

/// What stands for a field of a result of others; `what` is the result.
pub(super) fn field(what: &str, name: &str) -> Option<String> {
    let (_, instead) = FIELDS.iter().find(|(other, _)| *other == name)?;
    what.contains("result").then(|| instead.replace("{}", what))
}

/// The error for a key that is known nowhere.
pub(super) fn unknown_key(site: Site, key: &str) -> Diagnostic {
    let message = format!("{} has no key `{key}`", site.name());
    let error = Diagnostic::error(Code::UnknownKey, message);
    if let (true, Some(instead)) = (site.is_entry(), module(key)) {
        return renamed(error.help(instead), key);
    }
    if let Some(instead) = self::key(key) {
        return renamed(error.help(instead), key);
    }
    let error = error.did_you_mean(key, keys::names(site));
    if error.help.is_some() || keys::names(site).count() > FEW {
        return error;
    }
    let known: Vec<_> = keys::names(site).map(|name| format!("`{name}`")).collect();
    error.help(format!("It has {}.", known.join(", ")))
}
