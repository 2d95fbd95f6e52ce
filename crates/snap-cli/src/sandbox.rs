//! `snap sandbox`: the local sandbox in the foreground.

use std::{
    io::{self, ErrorKind, Write},
    net::SocketAddr,
    process::ExitCode,
};

use clap::Args;
use snap_sandbox::{ServeOptions, serve};

use crate::Failure;

#[derive(Args)]
pub(crate) struct Sandbox {
    /// Address and port to listen on; a random loopback port if not given.
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Loopback address and port of the admin API and its pages; a random port if not given.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    admin: SocketAddr,
    /// Fixes credentials and tokens, so that every run has the same ones.
    #[arg(long)]
    seed: Option<u64>,
    /// Serves operations that DOKU has not confirmed as well.
    #[arg(long)]
    unverified: bool,
}

impl Sandbox {
    /// Prints base URL and credentials by itself, as soon as it listens.
    pub(crate) fn run(&self, as_json: bool) -> ExitCode {
        let mut out = Watched {
            inner: io::stdout(),
            used: false,
        };
        match self.serve(as_json, &mut out) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::new(format_args!("the sandbox cannot serve: {error}"));
                if out.used {
                    failure.print_without_answer()
                } else {
                    failure.print(as_json)
                }
            }
        }
    }

    fn serve(&self, as_json: bool, out: &mut dyn Write) -> io::Result<()> {
        let mut options = ServeOptions::default()
            .with_json(as_json)
            .with_unverified(self.unverified);
        options.listen = self.listen;
        options.admin = Some(self.admin);
        options.seed = self.seed;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(serve(options, out))
    }
}

/// Knows whether anything was written, so that an error does not become a second answer.
struct Watched<W> {
    inner: W,
    used: bool,
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.used |= written > 0;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
