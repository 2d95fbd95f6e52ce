//! One connection that all stores share, made again when it breaks.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, InfoDict, PushInfo, PushKind,
    RedisResult, Script, ScriptInvocation, ServerErrorKind, Value, aio::MultiplexedConnection, cmd,
};
use snap_core::token::{Bell, Changes};
use tokio::{runtime::Handle, sync::watch};

use crate::{
    Health, RedisError,
    error::{Kind, io_error},
    health,
};

pub(crate) struct Link {
    client: Client,
    address: String,
    tls: bool,
    state: Mutex<State>,
    /// Who waits for which channel.
    bells: Mutex<HashMap<String, Arc<Bell>>>,
    own: Weak<Self>,
}

#[derive(Default)]
struct State {
    connection: Connection,
    /// How many connections there were.
    number: u64,
    /// The policy was said once.
    warned: bool,
}

#[derive(Default)]
enum Connection {
    #[default]
    None,
    Opening(watch::Receiver<Option<Opened>>),
    Live(Live),
}

type Opened = Result<Live, RedisError>;

#[derive(Clone)]
struct Live {
    connection: MultiplexedConnection,
    number: u64,
}

impl Link {
    pub(crate) fn new(client: Client, address: String, tls: bool) -> Arc<Self> {
        Arc::new_cyclic(|own| Self {
            client,
            address,
            tls,
            state: Mutex::default(),
            bells: Mutex::default(),
            own: own.clone(),
        })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Runs a script over keys of one slot, again for a little while where the connection is broken or
    /// the server is on its way: every script of this crate can be run twice. The first key is named in
    /// errors.
    pub(crate) async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        keys: &[&str],
        args: &[&[u8]],
    ) -> Result<T, RedisError> {
        let mut invocation = script.prepare_invoke();
        for key in keys {
            invocation.key(*key);
        }
        for arg in args {
            invocation.arg(*arg);
        }
        let key = keys.first().copied().unwrap_or_default();
        // The first is for a connection that turns out to be broken.
        let mut pauses = [0, 50, 100, 200, 200, 200, 200].into_iter();
        loop {
            match self.attempt(&invocation, key).await {
                Ok(value) => return Ok(value),
                Err(error) if error.is_outage() && !error.is_late() => {
                    let Some(pause) = pauses.next() else {
                        return Err(error);
                    };
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn attempt<T: FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
        key: &str,
    ) -> Result<T, RedisError> {
        let mut live = self.live().await?;
        let result = invocation.invoke_async(&mut live.connection).await;
        if result.as_ref().err().is_some_and(is_broken) {
            self.discard(live.number);
        }
        result.map_err(|error| RedisError::of(&error, &self.address, key))
    }

    pub(crate) async fn check(&self, probe: &str) -> Result<Health, RedisError> {
        // Whether it takes writes from this user, and has room.
        let args: [&[u8]; 2] = [b"probe", b"1000"];
        let _: bool = self.run(&PROBE, &[probe], &args).await?;
        let mut live = self.live().await?;
        let info: RedisResult<InfoDict> = cmd("INFO").query_async(&mut live.connection).await;
        if info.as_ref().err().is_some_and(is_broken) {
            self.discard(live.number);
        }
        let info = info.map_err(|error| RedisError::of(&error, &self.address, probe))?;
        Ok(Health::of(&info))
    }

    /// Tells of messages on a channel from now on, as soon as the server knows of it.
    pub(crate) fn changes(&self, channel: &str) -> Changes {
        // Without a runtime nobody can wait either.
        let (Some(own), Ok(runtime)) = (self.own.upgrade(), Handle::try_current()) else {
            return Changes::never();
        };
        let mut bells = self.bells();
        if let Some(bell) = bells.get(channel) {
            return bell.listen();
        }
        let bell = Arc::new(Bell::new());
        let changes = bell.listen();
        bells.insert(channel.to_owned(), Arc::clone(&bell));
        drop(bells);
        // It outlives whoever waits, because the subscription has to be given back after the last.
        runtime.spawn(own.tend(channel.to_owned(), bell));
        changes
    }

    /// Subscribes to a channel until nobody waits for it.
    async fn tend(self: Arc<Self>, channel: String, bell: Arc<Bell>) {
        // A connection that is made later subscribes by itself.
        if let Ok(mut live) = self.live().await {
            let _ = live.connection.subscribe(channel.as_str()).await;
        }
        loop {
            bell.unheard().await;
            // The next to wait is often not far.
            tokio::time::sleep(LINGER).await;
            let mut bells = self.bells();
            if bell.is_unheard() {
                bells.remove(&channel);
                break;
            }
        }
        let live = match &self.state().connection {
            Connection::Live(live) => Some(live.clone()),
            _ => None,
        };
        if let Some(mut live) = live {
            let _ = live.connection.unsubscribe(channel.as_str()).await;
        }
        // Somebody may have come in between, and would wait without a subscription.
        if self.bells().contains_key(&channel)
            && let Ok(mut live) = self.live().await
        {
            let _ = live.connection.subscribe(channel.as_str()).await;
        }
    }

    /// The connection there is, or a new one. It is made in a task of its own, so that a caller who
    /// cannot wait so long does not make the next one begin again.
    async fn live(&self) -> Result<Live, RedisError> {
        let mut opened = {
            let mut state = self.state();
            match &state.connection {
                Connection::Live(live) => return Ok(live.clone()),
                Connection::Opening(opened) => opened.clone(),
                Connection::None => {
                    let Some(own) = self.own.upgrade() else {
                        return Err(self.broken());
                    };
                    let (sender, opened) = watch::channel(None);
                    state.connection = Connection::Opening(opened.clone());
                    state.number += 1;
                    let number = state.number;
                    tokio::spawn(async move {
                        let result = own.open(number).await;
                        own.put(&result, number);
                        sender.send_replace(Some(result));
                    });
                    opened
                }
            }
        };
        let result = opened.wait_for(Option::is_some).await;
        let result = match result.map(|result| result.clone()) {
            Ok(result) => result,
            // Its runtime ended with the task in it.
            Err(_) => {
                self.abandon(&opened);
                None
            }
        };
        result.unwrap_or_else(|| Err(self.broken()))
    }

    fn abandon(&self, opened: &watch::Receiver<Option<Opened>>) {
        let mut state = self.state();
        if matches!(&state.connection, Connection::Opening(it) if it.same_channel(opened)) {
            state.connection = Connection::None;
        }
    }

    fn put(&self, result: &Opened, number: u64) {
        let mut state = self.state();
        if state.number == number {
            state.connection = match result {
                Ok(live) => Connection::Live(live.clone()),
                Err(_) => Connection::None,
            };
        }
    }

    async fn open(&self, number: u64) -> Opened {
        let opening = tokio::time::timeout(OPEN_LIMIT, self.connect(number)).await;
        // A server without TLS waits for the rest of what it takes for a command.
        let late = if self.tls {
            Kind::Handshake { tls: true }
        } else {
            Kind::Late
        };
        opening.unwrap_or_else(|_| Err(RedisError::new(late, &self.address)))
    }

    async fn connect(&self, number: u64) -> Opened {
        #[cfg(feature = "rustls")]
        choose_provider();
        let own = self.own.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(Some(ANSWER_LIMIT))
            .set_push_sender(move |push| {
                if let Some(link) = own.upgrade() {
                    link.pushed(&push, number);
                }
                Ok::<_, std::convert::Infallible>(())
            });
        let client = &self.client;
        let connection = client.get_multiplexed_async_connection_with_config(&config);
        let connection = connection.await.map_err(|error| self.not_opened(&error))?;
        let mut live = Live { connection, number };
        self.look_at(&mut live).await?;
        let channels: Vec<_> = self.bells().keys().cloned().collect();
        for channel in channels {
            // Without it whoever waits looks by himself.
            let _ = live.connection.subscribe(channel.as_str()).await;
        }
        Ok(live)
    }

    /// A replica takes no writes, and a server that evicts has to be known. One that does not let
    /// this user look may still be right.
    async fn look_at(&self, live: &mut Live) -> Result<(), RedisError> {
        let info: InfoDict = match cmd("INFO").query_async(&mut live.connection).await {
            Ok(info) => info,
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoPerm) => {
                return Ok(());
            }
            Err(error) => return Err(RedisError::of(&error, &self.address, "")),
        };
        if health::is_replica(&info) {
            return Err(RedisError::new(Kind::ReadOnly, &self.address));
        }
        let Some(policy) = Health::of(&info).evicts else {
            return Ok(());
        };
        if !std::mem::replace(&mut self.state().warned, true) {
            tracing::warn!(
                address = self.address,
                policy,
                "the server forgets keys when its memory is full, also that a notification was \
                 handled; set maxmemory-policy to noeviction"
            );
        }
        Ok(())
    }

    fn not_opened(&self, error: &redis::RedisError) -> RedisError {
        let io = io_error(error);
        let kind = match io.map(std::io::Error::kind) {
            Some(std::io::ErrorKind::InvalidData) if self.tls => of_tls(error),
            Some(
                std::io::ErrorKind::UnexpectedEof
                | std::io::ErrorKind::ConnectionReset
                | std::io::ErrorKind::BrokenPipe,
            ) => Kind::Handshake { tls: self.tls },
            _ if error.kind() == ErrorKind::Parse => Kind::Handshake { tls: self.tls },
            _ => return RedisError::of(error, &self.address, ""),
        };
        RedisError::new(kind, &self.address)
    }

    fn pushed(&self, push: &PushInfo, number: u64) {
        match (&push.kind, push.data.first()) {
            (PushKind::Disconnection, _) => self.discard(number),
            (PushKind::Message, Some(Value::BulkString(channel))) => {
                let bells = self.bells();
                if let Some(bell) = std::str::from_utf8(channel)
                    .ok()
                    .and_then(|it| bells.get(it))
                {
                    bell.ring();
                }
            }
            _ => {}
        }
    }

    /// The next one who needs a connection makes another.
    fn discard(&self, number: u64) {
        let mut state = self.state();
        if matches!(&state.connection, Connection::Live(live) if live.number == number) {
            state.connection = Connection::None;
        }
    }

    fn broken(&self) -> RedisError {
        let why = "the runtime that made it ended".to_owned();
        RedisError::new(Kind::Connection(why), &self.address)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that holds the lock can panic halfway through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bells(&self) -> MutexGuard<'_, HashMap<String, Arc<Bell>>> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({})", self.address)
    }
}

/// The connection is of no more use. A replica may be the former primary: the name is looked up anew.
fn is_broken(error: &redis::RedisError) -> bool {
    error.is_unrecoverable_error()
        || error.is_timeout()
        || error.is_io_error()
        || error.kind() == ErrorKind::Server(ServerErrorKind::ReadOnly)
}

fn of_tls(error: &redis::RedisError) -> Kind {
    #[cfg(feature = "rustls")]
    {
        let inner = io_error(error).and_then(std::io::Error::get_ref);
        if let Some(rustls::Error::InvalidCertificate(why)) = inner.and_then(|it| it.downcast_ref())
        {
            return Kind::Certificate(format!("{why:?}"));
        }
    }
    let _ = error;
    Kind::Handshake { tls: true }
}

/// The `redis` crate takes the process's default, and rustls panics where two could be it.
#[cfg(feature = "rustls")]
fn choose_provider() {
    use rustls::crypto::{CryptoProvider, aws_lc_rs};
    if CryptoProvider::get_default().is_none() {
        // Somebody else may have been faster: then theirs stays.
        let _ = aws_lc_rs::default_provider().install_default();
    }
}

static PROBE: LazyLock<Script> =
    LazyLock::new(|| Script::new("redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1"));
const OPEN_LIMIT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: Duration = Duration::from_millis(1500);
const LINGER: Duration = Duration::from_secs(1);
