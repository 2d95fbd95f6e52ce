#![doc = include_str!("../README.md")]

mod body;
mod budget;
mod call;
#[cfg(feature = "card-data")]
mod card;
mod client;
mod clock;
mod config;
mod customer;
#[doc(hidden)]
pub mod de;
mod device_id;
mod environment;
mod error;
mod executor;
mod external_id;
mod external_id_guard;
mod generated;
mod headers;
mod limits;
mod operation;
pub mod outcome;
mod progress;
mod readable;
mod response;
mod skew;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;
pub mod transport;
mod wire;

pub use http::Method;
pub use snap_sign::{AccessToken, AsymmetricSigner, ClientId, ClientSecret, PrivateKey};

pub use call::Call;
#[cfg(feature = "card-data")]
pub use card::BankCard;
pub use client::Client;
pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError};
pub use customer::{
    AuthCode, CustomerError, CustomerKey, CustomerSession, CustomerToken, CustomerTokenPair,
    CustomerTokens, RefreshToken,
};
pub use device_id::{DeviceId, DeviceIdError};
pub use environment::Environment;
pub use error::{Error, Stage};
pub use external_id::{ExternalId, ExternalIdError, ExternalIdGenerator, RandomExternalIds};
pub use external_id_guard::{ExternalIdGuard, GuardError, GuardFuture, NamedDelivery};
pub use limits::{Limit, LimitCheck, LimitFinding, LimitPolicy};
pub use operation::{
    Auth, B2b, B2b2c, EitherToken, Operation, OperationInfo, OperationKind, WithCustomer,
    WithoutCustomer,
};
pub use outcome::{
    Attempt, Event, Intent, MoneyState, MovedProof, NextStep, NotMovedProof, OperationId, Pending,
    Presumption, RecordError, RecordFuture, Recorder, UnknownReason,
};
pub use response::Response;
pub use skew::ClockOffset;
pub use wire::{
    Amount, AmountError, OneOrMany, ParsedTime, PartnerReferenceNo, ResponseCode, SecretText,
    StatusClass, TransactionStatus, WireTime, WireTimeError,
};
