//! The worker: holds the engine, owns the socket, reads files. All of it is in `worker`.

fn main() {
    peerscope_app::worker::start();
}
