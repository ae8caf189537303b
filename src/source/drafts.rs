//! Texts that are not in their files yet: those that an editor holds, and those that a fix would write.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts by the real paths of their files.
pub type Drafts = HashMap<PathBuf, Arc<str>>;

thread_local! {
    static DRAFTS: RefCell<Arc<Drafts>> = RefCell::default();
}

/// Does some work; whatever it reads of these files on this thread is what the drafts say.
pub fn with_drafts<T>(drafts: &Arc<Drafts>, work: impl FnOnce() -> T) -> T {
    struct Back(Arc<Drafts>);
    impl Drop for Back {
        fn drop(&mut self) {
            DRAFTS.with(|it| it.replace(std::mem::take(&mut self.0)));
        }
    }
    let _back = Back(DRAFTS.with(|it| it.replace(Arc::clone(drafts))));
    work()
}

/// The draft of a file.
pub(super) fn text(path: &Path) -> Option<Arc<str>> {
    DRAFTS.with(|drafts| {
        let drafts = drafts.borrow();
        if drafts.is_empty() {
            return None;
        }
        let real = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        drafts.get(&real).cloned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::read_text;

    #[test]
    fn a_draft_is_read_in_the_place_of_its_file_as_long_as_the_work_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "old").unwrap();
        let drafts = Arc::new(Drafts::from([(path.canonicalize().unwrap(), "new".into())]));
        let read = || read_text(&path, 9).unwrap();
        assert_eq!(with_drafts(&drafts, read), "new");
        assert_eq!(read(), "old");
        let _panicked = std::panic::catch_unwind(|| with_drafts(&drafts, || panic!("in the work")));
        assert_eq!(read(), "old");
    }
}
