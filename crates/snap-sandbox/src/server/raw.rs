//! Plays a broken answer on a TCP stream.

use std::{io, sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

use crate::fault::{Act, At, Broken, End};

/// Sends what is to be sent, and ends the connection; at the latest when the sandbox ends.
pub(super) async fn play(stream: Arc<TcpStream>, broken: Broken, ended: impl Future<Output = ()>) {
    tokio::select! {
        () = play_out(stream, broken) => {}
        () = ended => {}
    }
}

async fn play_out(stream: Arc<TcpStream>, broken: Broken) {
    // Small pieces must not wait for each other.
    let _ = stream.set_nodelay(true);
    // A client that is gone does not hear the rest.
    let _ = send(&stream, &broken).await;
    match broken.end {
        End::Reset => drop(stream.set_zero_linger()),
        End::Hang => until_left(&stream).await,
        End::Close => close(stream).await,
    }
}

async fn send(stream: &TcpStream, broken: &Broken) -> io::Result<()> {
    match broken.act {
        Act::Drip { bytes_per_second } if broken.at >= At::MidResponse => {
            write(stream, &broken.head).await?;
            drip(stream, &broken.body, bytes_per_second).await
        }
        Act::Drip { bytes_per_second } => {
            let whole = [&broken.head[..], &broken.body].concat();
            drip(stream, &whole, bytes_per_second).await
        }
        _ => write(stream, &[&broken.head[..], &broken.body].concat()).await,
    }
}

/// Byte by byte, or in pieces of a hundredth of a second.
async fn drip(stream: &TcpStream, bytes: &[u8], per_second: u32) -> io::Result<()> {
    let per_second = per_second.max(1);
    let (size, pause) = match per_second / 100 {
        0 => (1, Duration::from_secs(1) / per_second),
        size => (size as usize, Duration::from_millis(10)),
    };
    for piece in bytes.chunks(size) {
        tokio::time::sleep(pause).await;
        write(stream, piece).await?;
    }
    Ok(())
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that nothing more comes, and waits for the client: a socket that is closed over unread bytes
/// is reset by the system.
async fn close(stream: Arc<TcpStream>) {
    let Ok(mut stream) = Arc::try_unwrap(stream) else {
        return;
    };
    if stream.shutdown().await.is_ok() {
        until_left(&stream).await;
    }
}

/// Until the client closes its side. What it still sends is not looked at.
async fn until_left(stream: &TcpStream) {
    let mut nothing = [0; 1024];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut nothing) {
            Ok(0) => return,
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => return,
            _ => {}
        }
    }
}
