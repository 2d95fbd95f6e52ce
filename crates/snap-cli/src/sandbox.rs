//! `snap sandbox`: the local sandbox in the foreground.

use std::{
    io::{self, ErrorKind, Write},
    process::ExitCode,
};

use clap::Args;
use snap_sandbox::{ServeOptions, serve};

use crate::Failure;

#[derive(Args)]
pub(crate) struct Sandbox {
    #[command(flatten)]
    options: ServeOptions,
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
        let options = self.options.clone().with_json(as_json);
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
