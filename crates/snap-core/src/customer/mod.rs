//! Customers of the merchant: whose tokens they are, and the tokens themselves.

mod cells;
mod error;
mod key;
mod secret;
mod session;
mod tokens;

pub use error::CustomerError;
pub use key::CustomerKey;
pub use secret::{AuthCode, CustomerToken, RefreshToken};
pub use session::CustomerSession;
pub use tokens::{CustomerTokenPair, CustomerTokens};

pub(crate) use cells::CustomerCells;
pub(crate) use tokens::Whose;
