use redis::InfoDict;

/// What a server says about itself; see [`crate::Redis::check`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// Its version, as it tells it.
    pub version: String,
    /// What it does when its memory is full, unless that is `noeviction`: `maxmemory-policy`.
    ///
    /// A server that evicts forgets which notifications were handled. A token that it forgets costs
    /// one token request.
    pub evicts: Option<String>,
    /// Whether what it holds survives its restart: `appendonly`.
    pub keeps: bool,
}

impl Health {
    /// Of the server's `INFO`.
    pub(crate) fn of(info: &InfoDict) -> Self {
        let policy: Option<String> = info.get("maxmemory_policy");
        Self {
            version: info.get("redis_version").unwrap_or_default(),
            evicts: policy.filter(|policy| policy != "noeviction"),
            keeps: info.get("aof_enabled") == Some(1),
        }
    }
}

/// Whether it is the copy of another server, which takes no writes.
pub(crate) fn is_replica(info: &InfoDict) -> bool {
    info.get::<String>("role")
        .is_some_and(|role| role == "slave")
}
