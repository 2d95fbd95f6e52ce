//! Types of JSON members that all products share: strict on output, lenient on input.

mod amount;
mod one_or_many;
mod response_code;
mod secret_text;
mod text;
mod time;
mod transaction_status;

pub use amount::{Amount, AmountError};
pub use one_or_many::OneOrMany;
pub use response_code::ResponseCode;
pub use secret_text::SecretText;
pub use text::{PartnerReferenceNo, WireTime};
pub use time::{ParsedTime, WireTimeError};
pub use transaction_status::{StatusClass, TransactionStatus};
