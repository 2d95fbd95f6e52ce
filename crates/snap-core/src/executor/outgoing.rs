use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value};

use crate::{CustomerTokens, DeviceId, ExternalId, OperationInfo, Recorder, outcome::text};

/// What one call asks for beside its body.
#[derive(Clone, Default)]
pub(crate) struct CallOptions {
    /// The caller's own: never renewed.
    pub(crate) external_id: Option<ExternalId>,
    /// Of the first delivery, where an intent had to name it beforehand.
    pub(crate) first_external_id: Option<ExternalId>,
    pub(crate) channel_id: Option<String>,
    pub(crate) ip_address: Option<Ipv4Addr>,
    pub(crate) device_id: Option<DeviceId>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: HeaderMap,
    pub(crate) path: Option<String>,
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
}

/// A call as it is sent: the same bytes under every signature.
#[derive(Clone)]
pub(crate) struct Outgoing {
    pub(crate) info: OperationInfo,
    pub(crate) customer: Option<CustomerTokens>,
    pub(crate) body: Bytes,
    pub(crate) options: CallOptions,
}

impl Outgoing {
    pub(crate) fn path(&self) -> &str {
        self.options.path.as_deref().unwrap_or(self.info.path())
    }
}

/// The merchant's reference of an operation, as its body names it.
pub(crate) fn reference(info: &OperationInfo, body: &[u8]) -> Option<String> {
    let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
    text(body.get(info.reference()?)?)
}
