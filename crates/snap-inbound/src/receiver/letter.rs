//! The form of a message: steps that need no secret, no store and no clock.

use bytes::Bytes;
use http::Request;
use snap_core::AccessToken;

use super::Receiver;
use crate::{Reason, Route, Service, form, headers, message_time, route::Scheme};

/// A message in due form.
pub(super) struct Letter<'a> {
    pub(super) route: &'a Route,
    pub(super) timestamp: &'a str,
    pub(super) unix_seconds: i64,
    pub(super) partner_id: &'a str,
    pub(super) external_id: &'a str,
    pub(super) signature: &'a str,
    /// Where the route asks for one.
    pub(super) token: Option<AccessToken>,
    pub(super) body: &'a Bytes,
}

impl Receiver {
    pub(super) fn read<'a>(
        &'a self,
        request: &'a Request<Bytes>,
        service: Service,
    ) -> Result<Letter<'a>, Reason> {
        let routes = self.routes.iter().filter(|route| route.service == service);
        let route = Self::route(request, routes)?;
        let headers = form::envelope(request)?;
        let timestamp = headers.one(headers::TIMESTAMP, headers::MAX_TIMESTAMP)?;
        let signature = headers.one(headers::SIGNATURE, headers::MAX_SIGNATURE)?;
        let partner_id = headers.one(headers::PARTNER_ID, headers::MAX_ID)?;
        let external_id = headers.one(headers::EXTERNAL_ID, headers::MAX_ID)?;
        if !self.any_external_id && !external_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Reason::HeaderMalformed(headers::EXTERNAL_ID));
        }
        let token = match route.scheme {
            Scheme::TokenAndHmac => Some(headers.bearer()?),
            Scheme::Rsa => None,
        };
        Ok(Letter {
            route,
            timestamp,
            unix_seconds: message_time::read(timestamp).map_err(Reason::Timestamp)?,
            partner_id,
            external_id,
            signature,
            token,
            body: request.body(),
        })
    }

    /// The route that a request was sent to.
    pub(super) fn route<'a>(
        request: &Request<Bytes>,
        mut routes: impl Iterator<Item = &'a Route>,
    ) -> Result<&'a Route, Reason> {
        let path = form::post_path(request)?;
        routes
            .find(|route| route.seen_as == path)
            .ok_or(Reason::Path)
    }
}
