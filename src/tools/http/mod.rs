//! `http.*`: requests from the host. Plain HTTP is spoken here; for HTTPS the host's `curl` is asked, since a program that
//! is sent to every host should not carry a TLS library.

#[cfg(test)]
mod access_tests;
mod ask;
mod body;
mod checksum;
mod client;
mod curl;
mod download;
mod get;
mod multipart;
mod request;
#[cfg(test)]
mod tests;
mod url;

pub(crate) use download::Download;
pub(crate) use get::Get;
pub(crate) use request::Request;
