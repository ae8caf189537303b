//! What a tool may touch.

use std::ops::Deref;

use crate::failure::Failure;
use crate::system::Link;

/// What a tool may use while it looks. Nothing here changes the host.
pub struct Reader<'a> {
    link: &'a dyn Link,
}

/// What a tool may use while it changes the host.
pub struct Writer<'a> {
    reader: Reader<'a>,
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> Writer<'a> {
    /// For one call.
    pub fn new(link: &'a dyn Link) -> Self {
        Self {
            reader: Reader { link },
        }
    }
}

impl Reader<'_> {
    /// The way back to the controller.
    pub fn link(&self) -> &dyn Link {
        self.link
    }

    /// Ends the call where it was canceled or has used up its time.
    ///
    /// # Errors
    /// `canceled` or `timeout`.
    pub fn check_canceled(&self) -> Result<(), Failure> {
        self.link.cancel().check()
    }
}
