#![doc = include_str!("../README.md")]

mod answer;
#[cfg(feature = "axum")]
pub mod axum;
mod claims;
mod counts;
mod form;
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/frameworks.md")]
pub mod frameworks {}
#[rustfmt::skip]
mod generated;
mod headers;
mod kirim;
mod message;
mod message_time;
mod non_snap;
mod notifications;
mod order;
mod receiver;
mod reject;
mod route;
mod secrets;
mod service;
mod store;
mod strict_json;
#[cfg(feature = "testing")]
pub mod testing;
mod verified;

pub use http;
pub use snap_core::{AccessToken, ClientId, ClientSecret, Clock, Environment};
pub use snap_sign::PublicKey;

pub use counts::Counts;
pub use generated::*;
pub use kirim::{
    AesNoticeCheck, EncryptionKey, EncryptionKeyError, KirimNotice, KirimReceiver, KirimStatus,
    NoticeBody, NoticeCheck, NoticeHeaders,
};
pub use message::{Message, Notification, Unreadable};
pub use non_snap::{NonSnapNotification, NonSnapReceiver};
pub use notifications::VaAnswer;
pub use order::{BusinessKey, Heard, OrderState};
pub use receiver::{Receiver, ReceiverBuilder, ReceiverError};
pub use reject::{Reason, Reject};
pub use route::Route;
pub use secrets::Secrets;
pub use service::Service;
#[cfg(feature = "postgres")]
pub use store::PgStore;
pub use store::{
    ClaimId, Claimed, DeliveryKeys, Issued, IssuedTokenStore, MemoryStore, ReplayStore, StoreError,
    StoreFuture, StoreKey, Terms, TokenHash,
};
pub use verified::{Authentic, Delivery, Verified};
