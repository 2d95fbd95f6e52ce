//! Plays a broken answer on a connection.

use std::{io, time::Duration};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::wire::Wire;
use crate::fault::{Act, At, Broken, End};

/// Sends what is to be sent, and ends the connection; at the latest when the sandbox ends.
pub(super) async fn play(wire: Box<dyn Wire>, broken: Broken, ended: impl Future<Output = ()>) {
    tokio::select! {
        () = play_out(wire, broken) => {}
        () = ended => {}
    }
}

async fn play_out(mut wire: Box<dyn Wire>, broken: Broken) {
    // Small pieces must not wait for each other.
    let _ = wire.tcp().set_nodelay(true);
    // A client that is gone does not hear the rest.
    let _ = send(&mut wire, &broken).await;
    match broken.end {
        // The system resets a connection that is dropped after this; TLS has no say in it.
        End::Reset => drop(wire.tcp().set_zero_linger()),
        End::Hang => until_left(&mut wire).await,
        End::Close => close(wire).await,
    }
}

async fn send(wire: &mut Box<dyn Wire>, broken: &Broken) -> io::Result<()> {
    let whole = || [&broken.head[..], &broken.body].concat();
    match broken.act {
        Act::Drip { bytes_per_second } if broken.at >= At::MidResponse => {
            write(wire, &broken.head).await?;
            drip(wire, &broken.body, bytes_per_second).await
        }
        Act::Drip { bytes_per_second } => drip(wire, &whole(), bytes_per_second).await,
        Act::Duplicate => write(wire, &whole().repeat(2)).await,
        _ => write(wire, &whole()).await,
    }
}

/// Byte by byte, or in pieces of a hundredth of a second.
async fn drip(wire: &mut Box<dyn Wire>, bytes: &[u8], per_second: u32) -> io::Result<()> {
    let per_second = per_second.max(1);
    let (size, pause) = match per_second / 100 {
        0 => (1, Duration::from_secs(1) / per_second),
        size => (size as usize, Duration::from_millis(10)),
    };
    for piece in bytes.chunks(size) {
        tokio::time::sleep(pause).await;
        write(wire, piece).await?;
    }
    Ok(())
}

/// Over TLS, each piece is a record of its own.
async fn write(wire: &mut Box<dyn Wire>, bytes: &[u8]) -> io::Result<()> {
    wire.write_all(bytes).await?;
    wire.flush().await
}

/// Says that nothing more comes, and waits for the client: a socket that is closed over unread bytes
/// is reset by the system.
async fn close(mut wire: Box<dyn Wire>) {
    if wire.shutdown().await.is_ok() {
        until_left(&mut wire).await;
    }
}

/// Until the client closes its side. What it still sends is not looked at.
async fn until_left(wire: &mut Box<dyn Wire>) {
    let mut nothing = [0; 1024];
    while wire.read(&mut nothing).await.is_ok_and(|count| count > 0) {}
}
