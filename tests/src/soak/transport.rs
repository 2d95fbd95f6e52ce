use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use http::{Request, Uri, uri::Authority};
use snap_core::{
    Config, ExternalId,
    transport::{HttpTransport, Sending, Transport, TransportFuture},
};

/// HTTP, but for deliveries that are sent to a port where nobody listens.
#[derive(Clone, Debug)]
pub(super) struct Detour {
    http: HttpTransport,
    closed: Authority,
    /// How many connections fail yet, by external id.
    lost: Arc<Mutex<HashMap<String, u32>>>,
}

impl Detour {
    pub(super) fn new(config: &Config) -> Result<Self, crate::SetUpError> {
        Ok(Self {
            http: HttpTransport::new(config)?,
            closed: closed_port()?,
            lost: Arc::default(),
        })
    }

    pub(super) fn lose(&self, id: &ExternalId, times: u32) {
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        lost.insert(id.to_string(), times);
    }

    fn is_lost(&self, request: &Request<Bytes>) -> bool {
        let id = request.headers().get("x-external-id");
        let Some(id) = id.and_then(|id| id.to_str().ok()) else {
            return false;
        };
        let mut lost = self.lost.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(times) = lost.get_mut(id) else {
            return false;
        };
        *times -= 1;
        if *times == 0 {
            lost.remove(id);
        }
        true
    }

    fn elsewhere(&self, uri: &Uri) -> Option<Uri> {
        let mut parts = uri.clone().into_parts();
        parts.authority = Some(self.closed.clone());
        Uri::from_parts(parts).ok()
    }
}

impl Transport for Detour {
    fn send<'a>(
        &'a self,
        mut request: Request<Bytes>,
        sending: &'a Sending,
    ) -> TransportFuture<'a> {
        if self.is_lost(&request)
            && let Some(uri) = self.elsewhere(request.uri())
        {
            *request.uri_mut() = uri;
        }
        self.http.send(request, sending)
    }
}

/// A port that was free a moment ago.
fn closed_port() -> Result<Authority, crate::SetUpError> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    Ok(Authority::try_from(listener.local_addr()?.to_string())?)
}
