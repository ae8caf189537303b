//! Real machines for tests: each is a root filesystem, a network and a process tree of its own, and is gone with its test.
//!
//! A [`Lab`] is a network and a process namespace. A [`Machine`] in it is a layer over a root that `roots.sh` made once on
//! this computer, with its own server, accounts and packages. The run under test is started inside the lab's network, so
//! that nothing of it is seen from outside. Whatever way a test process ends, the kernel ends its lab: the lab's first
//! process reads from a pipe that the test holds, and everything else lives in its namespaces.

mod group;
mod lab;
mod machine;
mod roots;

pub(crate) use lab::Lab;
pub(crate) use machine::{Kind, Machine};
