use std::time::Duration;

use crate::{ExternalId, Stage};

/// One delivery of a call: what was sent under one `X-EXTERNAL-ID`, and how far it got.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// The `X-EXTERNAL-ID` it carried.
    pub external_id: ExternalId,
    /// How far it got; nothing if it was answered.
    pub stage: Option<Stage>,
    /// The HTTP status, if an answer began.
    pub http_status: Option<u16>,
    /// How long it took.
    pub elapsed: Duration,
}
