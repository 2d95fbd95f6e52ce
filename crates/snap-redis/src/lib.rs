#![doc = include_str!("../README.md")]

mod error;
mod external_ids;
mod health;
#[cfg(feature = "inbound")]
mod inbound;
mod link;
mod names;
#[cfg(feature = "resolve")]
mod pace;
mod redis;
mod seal;
mod tokens;

pub use crate::redis::Redis;
pub use error::RedisError;
pub use external_ids::RedisExternalIds;
pub use health::Health;
#[cfg(feature = "inbound")]
pub use inbound::{RedisIssuedTokenStore, RedisReplayStore};
#[cfg(feature = "resolve")]
pub use pace::RedisPace;
pub use seal::{TokenKey, TokenKeyError};
pub use tokens::RedisTokenStore;
