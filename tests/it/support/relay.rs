//! A relay on the loopback interface that adds a delay each way and counts how often the talk turns around.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
struct Turns {
    stopped: AtomicBool,
    /// Whether the last thing that happened at the client's end was that something arrived there.
    answered: AtomicBool,
    count: AtomicU32,
}

/// A relay in front of a server.
#[derive(Debug)]
pub(crate) struct Relay {
    address: SocketAddr,
    turns: Arc<Turns>,
}

impl Relay {
    /// In front of this port of the loopback interface.
    pub(crate) fn new(port: u16, each_way: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let turns = Arc::new(Turns::default());
        let shared = Arc::clone(&turns);
        std::thread::spawn(move || {
            while let Ok((client, _)) = listener.accept() {
                if shared.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let server = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
                for stream in [&client, &server] {
                    stream.set_nodelay(true).expect("a TCP stream has it");
                }
                let ends = (client.try_clone(), server.try_clone());
                let (Ok(client_again), Ok(server_again)) = ends else {
                    return;
                };
                let to_server = Arc::clone(&shared);
                let to_client = Arc::clone(&shared);
                pump(client, server, each_way, move || to_server.asked(), || ());
                pump(
                    server_again,
                    client_again,
                    each_way,
                    || (),
                    move || to_client.arrived(),
                );
            }
        });
        Self { address, turns }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many times so far the client spoke after it had heard something: each such turn costs one round trip.
    pub(crate) fn turns(&self) -> u32 {
        self.turns.count.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.turns.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

impl Turns {
    fn asked(&self) {
        if self.answered.swap(false, Ordering::SeqCst) {
            self.count.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn arrived(&self) {
        self.answered.store(true, Ordering::SeqCst);
    }
}

/// Carries one direction; both threads end when either side closes.
fn pump(
    mut from: TcpStream,
    mut to: TcpStream,
    delay: Duration,
    on_read: impl Fn() + Send + 'static,
    on_written: impl Fn() + Send + 'static,
) {
    let (send, receive) = mpsc::channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            on_read();
            if send
                .send((Instant::now() + delay, buffer[..count].to_vec()))
                .is_err()
            {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        while let Ok((due, bytes)) = receive.recv() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&bytes).is_err() {
                break;
            }
            on_written();
        }
        drop(to.shutdown(Shutdown::Both));
    });
}
