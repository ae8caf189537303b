//! Laws that every registered tool keeps.

mod examples;
mod exec;
mod fs_edit;
mod fs_tree;
mod obstacles;
mod predicted;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::tool::Apply;
use crate::tools::registry;
use crate::tools::testing::{TestLink, value};

/// A call of a tool, in JSON.
type Row = (&'static str, Json);

/// Tools whose laws are proven elsewhere, since they work on more than a directory; each with the test that does.
const ELSEWHERE: &[(&str, &str)] = &[
    ("alternatives.set", "machines::debian"),
    ("apt.autoremove", "machines::packages"),
    ("apt.clean", "machines::packages"),
    ("apt.converge", "machines::apt"),
    ("apt.package", "machines::apt"),
    ("apt.update", "machines::apt"),
    ("apt.upgrade", "machines::packages"),
    ("apt_repository.absent", "machines::apt_repository"),
    ("apt_repository.key", "machines::apt_repository"),
    ("apt_repository.present", "machines::apt_repository"),
    ("apk.package", "machines::apk"),
    ("apk.update", "machines::apk"),
    ("container.absent", "tools::container::tests"),
    ("container.stopped", "tools::container::tests"),
    ("debconf.set", "machines::debian"),
    ("dnf.autoremove", "machines::packages"),
    ("dnf.package", "machines::dnf"),
    ("dnf.update", "machines::dnf"),
    ("dnf.upgrade", "machines::packages"),
    ("dnf_repository.absent", "machines::packages"),
    ("dnf_repository.present", "machines::packages"),
    ("kernel_module.absent", "machines::system"),
    ("kernel_module.loaded", "machines::system"),
    ("locale.default", "machines::system"),
    ("mount.remounted", "machines::mount_now"),
    ("mount.unmounted", "machines::mount_now"),
    ("package.autoremove", "machines::packages"),
    ("package.package", "machines::pacman"),
    ("package.update", "machines::packages"),
    ("package.upgrade", "machines::packages"),
    ("pacman.converge", "machines::pacman"),
    ("pacman.package", "machines::pacman"),
    ("pacman.update", "machines::pacman"),
    ("pacman.upgrade", "machines::packages"),
    ("pacman_repository.absent", "machines::pacman"),
    ("pacman_repository.key", "machines::pacman_key"),
    ("pacman_repository.present", "machines::pacman"),
    (
        "fs.temp",
        "what_is_temporary_is_another_each_time_and_goes_with_the_agent",
    ),
    ("group.absent", "machines::accounts"),
    ("group.present", "machines::accounts"),
    ("hostname.set", "machines::settings"),
    ("mount.absent", "machines::mount"),
    ("mount.present", "machines::mount"),
    ("sysctl.absent", "machines::settings"),
    ("sysctl.converge", "machines::settings"),
    ("sysctl.set", "machines::settings"),
    ("service.converge", "machines::service"),
    ("service.daemon_reload", "machines::service"),
    ("service.disable", "machines::service"),
    ("service.enable", "machines::service"),
    ("service.reload", "machines::service"),
    ("service.restart", "machines::service"),
    ("service.start", "machines::service"),
    ("service.stop", "machines::service"),
    ("timezone.set", "machines::system"),
    ("user.absent", "machines::accounts"),
    ("user.authorized_key", "machines::accounts"),
    ("user.present", "machines::accounts"),
    ("user.ssh_key", "machines::people"),
    ("user.sudoer", "machines::accounts"),
    (
        "http.download",
        "a_download_is_checked_taken_up_where_it_broke_off_and_not_made_twice",
    ),
    (
        "http.request",
        "a_request_changes_something_unless_its_method_only_looks",
    ),
];

/// A call of each tool that writes, in a directory, after something to work on was put there. Each does something, and the
/// same call again has nothing to do.
fn calls(folder: &Path) -> Vec<Row> {
    [fs_edit::rows(folder), fs_tree::rows(folder), exec::rows(folder)].concat()
}

/// A path in the directory, as text.
fn at(folder: &Path, name: &str) -> String {
    folder.join(name).to_string_lossy().into_owned()
}

/// Everything that can be seen of a directory, times included.
fn picture(folder: &Path) -> BTreeMap<String, String> {
    let mut picture = BTreeMap::new();
    let meta = folder.symlink_metadata().unwrap();
    let mut seen = format!(
        "{:o} {} {} {}.{}",
        meta.mode(),
        meta.uid(),
        meta.ino(),
        meta.mtime(),
        meta.mtime_nsec()
    );
    if meta.is_symlink() {
        seen += folder.read_link().unwrap().to_str().unwrap();
    } else if meta.is_file() {
        seen += &fs::read(folder).unwrap().escape_ascii().to_string();
    }
    picture.insert(folder.to_string_lossy().into_owned(), seen);
    if meta.is_dir() {
        for entry in fs::read_dir(folder).unwrap() {
            picture.extend(self::picture(&entry.unwrap().path()));
        }
    }
    picture
}

/// The processes that this thread has started and that have not ended; other tests have their own.
fn children() -> String {
    fs::read_to_string("/proc/thread-self/children").unwrap()
}

#[test]
fn every_tool_that_writes_is_called_in_these_tests() {
    let folder = tempfile::tempdir().unwrap();
    let called: Vec<&str> = calls(folder.path()).iter().map(|(tool, _)| *tool).collect();
    for entry in registry().iter() {
        let writes = matches!(
            entry.access,
            crate::tool::Access::Writes | crate::tool::Access::Opaque
        );
        let is_elsewhere = ELSEWHERE.iter().any(|(tool, _)| *tool == entry.name);
        assert!(
            !writes || is_elsewhere || called.contains(&&*entry.name),
            "{}",
            entry.name
        );
    }
}

#[test]
fn inspect_changes_nothing_and_a_second_apply_has_nothing_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    for (tool, args) in calls(folder.path()) {
        let args = value(args);
        let before = picture(folder.path());
        let children = children();
        let checked = link.serve(tool, &args, Apply::No).unwrap();
        assert_eq!(
            self::children(),
            children,
            "{tool}: inspect left a process behind"
        );
        assert_eq!(
            picture(folder.path()),
            before,
            "{tool}: inspect changed something"
        );
        assert!(checked.changed, "{tool}");
        assert!(
            tool.starts_with("exec.") || !checked.diff.is_empty(),
            "{tool}: no diff"
        );
        let applied = link.serve(tool, &args, Apply::Yes).unwrap();
        assert!(applied.changed, "{tool}");
        assert_eq!(
            applied.diff, checked.diff,
            "{tool}: another diff was shown than came true"
        );
        let after = picture(folder.path());
        assert_ne!(after, before, "{tool}: nothing was done");
        let again = link.serve(tool, &args, Apply::Yes).unwrap();
        assert!(!again.changed, "{tool}: {:?}", again.diff);
        assert_eq!(
            picture(folder.path()),
            after,
            "{tool}: the second run touched something"
        );
    }
    assert_eq!(link.warnings(), Vec::<String>::new());
}

#[test]
fn what_a_call_writes_lies_in_its_footprint() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let registry = registry();
    for (tool, args) in calls(folder.path()) {
        let controller = crate::tool::Controller { blobs: &link.blobs };
        let footprint = registry
            .get(tool)
            .unwrap()
            .prepare(value(args.clone()).into(), controller)
            .unwrap()
            .footprint;
        let before = picture(folder.path());
        link.call(tool, args).unwrap();
        let after = picture(folder.path());
        // What is brought to the controller is not written on the host.
        let fields = &registry.get(tool).unwrap().args().fields;
        if fields
            .iter()
            .any(|field| field.role == Some(crate::tool::Role::ControllerTarget))
        {
            continue;
        }
        for path in before
            .keys()
            .chain(after.keys())
            .filter(|path| before.get(*path) != after.get(*path))
        {
            // A directory's time changes with what is put into it; a backup is next to its file.
            let is_own = footprint.writes.meets(&crate::tool::Area::path(path));
            assert!(
                is_own || Path::new(path).is_dir() || path.ends_with('~'),
                "{tool} wrote {path}"
            );
        }
    }
}

#[test]
fn every_tool_is_documented() {
    for entry in registry().iter() {
        let (args, output) = (entry.args(), entry.output());
        assert!(args.doc.contains("Check mode: "), "{}: {}", entry.name, args.doc);
        for field in args.fields.iter().chain(&output.fields) {
            assert!(
                field.doc.len() > 5,
                "{}: `{}` has no description",
                entry.name,
                field.name
            );
        }
        if let Some(shorthand) = entry.shorthand.as_deref() {
            assert!(args.field(shorthand).is_some(), "{}: `{shorthand}`", entry.name);
        }
        let (namespace, method) = entry.name.split_once('.').unwrap();
        assert!(!namespace.is_empty() && !method.contains('.'));
    }
}

/// The arguments of a tool's example.
fn example(entry: &crate::tool::Entry) -> Json {
    let call: BTreeMap<String, Json> = serde_yaml::from_str(&entry.example).unwrap();
    let args = call
        .get(&*entry.name)
        .unwrap_or_else(|| panic!("{}: {}", entry.name, entry.example));
    let args = match (args, entry.shorthand.as_deref()) {
        (Json::Object(_), _) => args.clone(),
        (scalar, Some(name)) => json!({ name: scalar }),
        (_, None) => panic!("{} has no shorthand", entry.name),
    };
    // YAML as playbooks read it keeps the zero of 0644; here it is put back.
    match args {
        Json::Object(mut map) => {
            if let Some(mode) = map.get_mut("mode").filter(|mode| mode.is_number()) {
                *mode = json!(format!("0{}", mode.as_f64().unwrap()));
            }
            Json::Object(map)
        }
        other => other,
    }
}

#[test]
fn every_example_is_a_valid_call() {
    for entry in registry().iter() {
        let args = example(entry);
        for name in args.as_object().unwrap().keys() {
            assert!(entry.args().field(name).is_some(), "{}: `{name}`", entry.name);
        }
        // What a template will be is not known here.
        if args.to_string().contains("{{") {
            continue;
        }
        entry
            .check(value(args))
            .unwrap_or_else(|error| panic!("{}: {error}", entry.name));
    }
}

#[test]
fn an_unknown_argument_is_an_error_everywhere() {
    for entry in registry().iter() {
        let error = entry.check(value(json!({ "no_such_argument": 1 }))).unwrap_err();
        assert!(
            error.message.contains("no_such_argument") || error.message.contains("missing"),
            "{error}"
        );
    }
}
