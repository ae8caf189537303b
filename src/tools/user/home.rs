//! What is in the way of a home that is made, moved or removed, seen before anything is changed.

use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Reader, Writer};
use crate::tool::HostPath;
use crate::tools::accounts::{AccountChange, Accounts, User, run};
use crate::tools::user::present::Args;

/// What a home that is made is called in a change.
pub(super) const DIRECTORY: &str = "home directory";
const SKELETON: &str = "/etc/skel";
const DEFAULTS: &str = "/etc/login.defs";
const MOUNTS: &str = "/proc/self/mountinfo";
const LIMIT: u64 = 16 << 20;

/// Refuses to move a home to where something is, and warns of a new user's home that somebody has.
pub(super) fn look(
    args: &Args,
    accounts: &Accounts,
    change: &AccountChange,
    host: &Reader<'_>,
) -> Result<(), Failure> {
    if change.is_new() {
        return warn_of_owner(args, host);
    }
    let old = accounts.user(&args.name).map(|it| &*it.home);
    let (true, Some(old), Some(new)) = (args.move_home, old, change.after("home")) else {
        return Ok(());
    };
    let conflict = |why: String| {
        let message = format!("the home of `{}` cannot be moved: {why}", args.name);
        Err(Failure::new(Kind::Conflict, message))
    };
    let is_there =
        |path: &str| -> Result<bool, Failure> { Ok(host.metadata(Path::new(path), Follow::No)?.is_some()) };
    if !is_there(old)? {
        return Ok(());
    }
    if is_there(new)? {
        return conflict(format!("`{new}` is there already"));
    }
    let above = Path::new(new).parent().unwrap_or(Path::new("/"));
    if host.metadata(above, Follow::Yes)?.is_none() {
        return conflict(format!("`{}` does not exist", above.display()));
    }
    Ok(())
}

fn warn_of_owner(args: &Args, host: &Reader<'_>) -> Result<(), Failure> {
    let home = args
        .home
        .as_ref()
        .map_or_else(|| format!("/home/{}", args.name), ToString::to_string);
    if let Some(found) = host.metadata(Path::new(&home), Follow::Yes)?
        && args.uid != Some(found.uid())
    {
        host.link().warn(format!(
            "the home `{home}` is there already and stays as it is: it belongs to `{}`",
            host.user_name(found.uid())
        ));
    }
    Ok(())
}

/// Makes the home of a user who has none, with what new users get.
pub(super) fn make(args: &Args, user: &User, host: &Writer<'_>) -> Result<(), Failure> {
    let home = Path::new(&user.home);
    let Some(place) = host.locate(home, Follow::Yes)? else {
        let message = format!(
            "cannot make `{}`: the directory above it does not exist",
            user.home
        );
        return Err(Failure::new(Kind::NotFound, message));
    };
    let mut own = Attributes {
        mode: Some(0o700),
        ..Attributes::default()
    };
    // Nobody comes in before it is whole.
    host.make_folder(&place, &own)?;
    let fill = || -> Result<(), Failure> {
        let skeleton = args
            .skeleton
            .as_ref()
            .map_or(Path::new(SKELETON), HostPath::as_path);
        if host.metadata(skeleton, Follow::Yes)?.is_some() {
            run(
                host,
                &["cp", "-RP", &format!("{}/.", skeleton.display()), &user.home],
            )?;
        }
        let owner = format!("{}:{}", user.uid, user.gid);
        run(host, &["chown", "-Rh", &owner, &user.home])
    };
    if let Err(failure) = fill() {
        host.remove_all(&place)?;
        return Err(failure);
    }
    let defaults = host.read(Path::new(DEFAULTS), LIMIT).unwrap_or_default();
    own.mode = Some(match args.umask {
        Some(umask) => 0o777 & !umask.0,
        None => home_mode(&String::from_utf8_lossy(&defaults)),
    });
    host.set_attributes(&place, &own)
}

/// What `useradd` is told of a home that it makes.
pub(super) fn options(args: &Args, host: &Reader<'_>) -> Vec<String> {
    let mut words = Vec::new();
    if let Some(skeleton) = &args.skeleton {
        words.extend(["-k".to_owned(), skeleton.to_string()]);
    }
    if let Some(umask) = args.umask {
        words.extend(["-K".to_owned(), format!("UMASK={:04o}", umask.0)]);
        // Where the host sets the mode itself, the umask does not count.
        let defaults = host.read(Path::new(DEFAULTS), LIMIT).unwrap_or_default();
        let sets_mode = |line: &str| line.split_whitespace().next() == Some("HOME_MODE");
        if String::from_utf8_lossy(&defaults).lines().any(sets_mode) {
            words.extend(["-K".to_owned(), format!("HOME_MODE={:04o}", 0o777 & !umask.0)]);
        }
    }
    words
}

/// The mode that new homes get.
fn home_mode(defaults: &str) -> u32 {
    let octal = |key: &str| {
        let value = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let mut lines = defaults.lines().map(value);
        let words = lines.find(|it| it.first().is_some_and(|it| it == key))?;
        u32::from_str_radix(words.get(1)?, 8).ok()
    };
    octal("HOME_MODE").unwrap_or_else(|| 0o777 & !octal("UMASK").unwrap_or(0o077))
}

/// Refuses to remove a home with a user where that would fail when the user is gone, or would take more along.
pub(super) fn check_removal(user: &User, accounts: &Accounts, host: &Reader<'_>) -> Result<(), Failure> {
    let home = Path::new(&user.home);
    let Some(found) = host.metadata(home, Follow::No)? else {
        return Ok(());
    };
    let conflict = |why: String| {
        let message = format!(
            "the home `{}` of `{}` is not removed, and neither is the user: {why}",
            user.home, user.name
        );
        Err(Failure::new(Kind::Conflict, message))
    };
    if found.uid() != user.uid {
        return conflict(format!("it belongs to `{}`", host.user_name(found.uid())));
    }
    let is_inside = |it: &&User| it.name != user.name && Path::new(&it.home).starts_with(home);
    if let Some(other) = accounts.users().iter().find(is_inside) {
        return conflict(format!("the home of `{}` is in it", other.name));
    }
    let mounts = host.read(Path::new(MOUNTS), LIMIT).unwrap_or_default();
    if let Some(mount) = mounted_in(&String::from_utf8_lossy(&mounts), home) {
        return conflict(format!("`{mount}` is a file system that is mounted there"));
    }
    Ok(())
}

/// A place at or below a directory where something is mounted.
fn mounted_in(mounts: &str, folder: &Path) -> Option<String> {
    let place = |line: &str| Some(unescaped(line.split(' ').nth(4)?));
    mounts
        .lines()
        .filter_map(place)
        .find(|it| Path::new(it).starts_with(folder))
}

/// Blanks and backslashes are written in octal there.
fn unescaped(text: &str) -> String {
    let pairs = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    pairs
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mounted_in_a_home_is_found() {
        let mounts =
            "22 1 0:21 / /proc rw - proc proc rw\n30 1 8:1 /a /home/my\\040web/data rw - ext4 /dev/sda rw\n";
        let found = |home: &str| mounted_in(mounts, Path::new(home));
        assert_eq!(found("/home/my web").as_deref(), Some("/home/my web/data"));
        assert_eq!(found("/home/my web/data").as_deref(), Some("/home/my web/data"));
        assert_eq!(found("/home/my"), None);
    }

    #[test]
    fn a_home_has_the_mode_that_the_host_gives_to_homes() {
        assert_eq!(home_mode("# HOME_MODE 0700\nUMASK\t\t022\n"), 0o755);
        assert_eq!(home_mode("UMASK 022\nHOME_MODE 0750 # x\n"), 0o750);
        assert_eq!(home_mode(""), 0o700);
    }
}
