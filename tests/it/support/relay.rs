//! A relay on the loopback interface that adds a delay each way and counts how often one end could only speak after it had
//! heard the other.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// How many turns lie behind what each end has heard so far. What the client says lies one further than what it has heard,
/// what the server says as far as that.
#[derive(Debug, Default)]
struct Turns {
    stopped: AtomicBool,
    client: AtomicU32,
    server: AtomicU32,
    most: AtomicU32,
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
                pump(client, server, each_way, to_server, Turns::ASKS);
                pump(server_again, client_again, each_way, to_client, Turns::ANSWERS);
            }
        });
        Self { address, turns }
    }

    /// The port that it listens on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// How many turns so far the client took that each came after an answer to the one before: each costs one round trip,
    /// however many pieces its parts come in.
    pub(crate) fn turns(&self) -> u32 {
        self.turns.most.load(Ordering::SeqCst)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.turns.stopped.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
    }
}

/// What one direction does with the turns: where it reads them, and where it leaves them.
#[derive(Debug, Clone, Copy)]
struct Direction {
    said: fn(&Turns) -> u32,
    heard: fn(&Turns, u32),
}

impl Turns {
    const ASKS: Direction = Direction {
        said: |turns| {
            let turn = turns.client.load(Ordering::SeqCst) + 1;
            turns.most.fetch_max(turn, Ordering::SeqCst);
            turn
        },
        heard: |turns, turn| {
            turns.server.fetch_max(turn, Ordering::SeqCst);
        },
    };
    const ANSWERS: Direction = Direction {
        said: |turns| turns.server.load(Ordering::SeqCst),
        heard: |turns, turn| {
            turns.client.fetch_max(turn, Ordering::SeqCst);
        },
    };
}

/// Carries one direction; both threads end when either side closes.
fn pump(mut from: TcpStream, mut to: TcpStream, delay: Duration, turns: Arc<Turns>, way: Direction) {
    let (send, receive) = mpsc::channel::<(Instant, u32, Vec<u8>)>();
    let reads = Arc::clone(&turns);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            let turn = (way.said)(&reads);
            let due = Instant::now() + delay;
            if send.send((due, turn, buffer[..count].to_vec())).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        while let Ok((due, turn, bytes)) = receive.recv() {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            // Before they are there: the answer may come at once.
            (way.heard)(&turns, turn);
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        drop(to.shutdown(Shutdown::Both));
    });
}
