//! The spellings and shapes in which DOKU's documents and DOKU's servers disagree.

pub(crate) mod library_members;

use crate::seed::Stream;

/// Which of several seen forms an answer takes.
///
/// DOKU's pages and reports from DOKU's environments disagree about them; a client must read all.
/// The default is [`documented`](Self::documented).
///
/// ```
/// use snap_sandbox::{JsonForm, Quirks};
///
/// let quirks = Quirks::documented().with_response_code(JsonForm::Number);
/// assert_eq!(quirks.response_code, JsonForm::Number);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quirks {
    /// Shape of `accountInfos` in the balance inquiry.
    pub account_infos: AccountInfosShape,
    /// Spelling of the available balance in the balance inquiry.
    pub balance_spelling: BalanceSpelling,
    /// JSON type of `responseCode`.
    pub response_code: JsonForm,
    /// JSON type of `expiresIn` in the token answer.
    pub expires_in: JsonForm,
    /// JSON type of text that the page's example answer prints as a number, amounts included.
    pub numbers: JsonForm,
    /// Which spelling members take that are seen in several, other than the available balance.
    pub member_spelling: MemberSpelling,
    /// Shape of lists that may come as one object, other than `accountInfos` of the balance inquiry of
    /// Kirim DOKU.
    pub lists: ListShape,
    /// Whether answers carry a member that no document names. DOKU announces that members may be
    /// added (Notification page).
    pub unknown_members: bool,
    /// Whether answers leave out the members that DOKU's Python library has no name for; it fails on
    /// them.
    pub library_members: bool,
}

impl Quirks {
    /// As DOKU's pages describe it: the page of the balance inquiry, the token answer of the B2B page, and
    /// text where a description says text.
    #[must_use]
    pub fn documented() -> Self {
        Self {
            account_infos: AccountInfosShape::Object,
            balance_spelling: BalanceSpelling::Avaliable,
            response_code: JsonForm::Text,
            expires_in: JsonForm::Number,
            numbers: JsonForm::Text,
            member_spelling: MemberSpelling::Page,
            lists: ListShape::Page,
            unknown_members: false,
            library_members: false,
        }
    }

    /// As third parties report it from DOKU's environments (grosenia/doku-go-client, August 2026).
    #[must_use]
    pub fn observed() -> Self {
        Self {
            account_infos: AccountInfosShape::Array,
            balance_spelling: BalanceSpelling::Available,
            ..Self::documented()
        }
    }

    /// As DOKU's own libraries read it. The Python library fails on members it has no name for.
    #[must_use]
    pub fn official_libraries() -> Self {
        Self {
            member_spelling: MemberSpelling::Alias,
            library_members: true,
            ..Self::documented()
        }
    }

    /// A mixture drawn from a seed, unknown members included.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let bits = Stream::new(seed).bytes(9);
        let bit = |index: usize| bits[index] & 1 == 1;
        let form = |index| {
            if bit(index) {
                JsonForm::Number
            } else {
                JsonForm::Text
            }
        };
        Self {
            account_infos: if bit(0) {
                AccountInfosShape::Array
            } else {
                AccountInfosShape::Object
            },
            balance_spelling: if bit(1) {
                BalanceSpelling::Available
            } else {
                BalanceSpelling::Avaliable
            },
            response_code: form(2),
            expires_in: form(3),
            numbers: form(5),
            member_spelling: if bit(6) {
                MemberSpelling::Alias
            } else {
                MemberSpelling::Page
            },
            lists: match (bit(7), bit(8)) {
                (false, _) => ListShape::Page,
                (true, false) => ListShape::Object,
                (true, true) => ListShape::Array,
            },
            unknown_members: bit(4),
            library_members: false,
        }
    }

    /// Sets the shape of `accountInfos`.
    #[must_use]
    pub fn with_account_infos(self, account_infos: AccountInfosShape) -> Self {
        Self {
            account_infos,
            ..self
        }
    }

    /// Sets the spelling of the available balance.
    #[must_use]
    pub fn with_balance_spelling(self, balance_spelling: BalanceSpelling) -> Self {
        Self {
            balance_spelling,
            ..self
        }
    }

    /// Sets the JSON type of `responseCode`.
    #[must_use]
    pub fn with_response_code(self, response_code: JsonForm) -> Self {
        Self {
            response_code,
            ..self
        }
    }

    /// Sets the JSON type of `expiresIn`.
    #[must_use]
    pub fn with_expires_in(self, expires_in: JsonForm) -> Self {
        Self { expires_in, ..self }
    }

    /// Sets the JSON type of text that the page's example answer prints as a number.
    #[must_use]
    pub fn with_numbers(self, numbers: JsonForm) -> Self {
        Self { numbers, ..self }
    }

    /// Sets which spelling members take that are seen in several.
    #[must_use]
    pub fn with_member_spelling(self, member_spelling: MemberSpelling) -> Self {
        Self {
            member_spelling,
            ..self
        }
    }

    /// Sets the shape of lists that may come as one object.
    #[must_use]
    pub fn with_lists(self, lists: ListShape) -> Self {
        Self { lists, ..self }
    }

    /// Sets whether answers carry a member that no document names.
    #[must_use]
    pub fn with_unknown_members(self, unknown_members: bool) -> Self {
        Self {
            unknown_members,
            ..self
        }
    }

    /// Sets whether answers leave out the members that DOKU's Python library has no name for.
    #[must_use]
    pub fn with_library_members(self, library_members: bool) -> Self {
        Self {
            library_members,
            ..self
        }
    }
}

impl Default for Quirks {
    fn default() -> Self {
        Self::documented()
    }
}

/// Shape of `accountInfos`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountInfosShape {
    /// One object, as the page says
    /// (<https://developers.doku.com/payout/kirim-doku/balance-inquiry>).
    Object,
    /// An array of objects, as reported from DOKU's environments and as the standard has it.
    Array,
}

/// Spelling of the available balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BalanceSpelling {
    /// `avaliableBalance`, as the page says (sic).
    Avaliable,
    /// `availableBalance`, as reported from DOKU's environments.
    Available,
}

/// Spelling of a member that is seen in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MemberSpelling {
    /// As the operation's page has it: `OriginalReferenceNo`, `accountInfo`.
    Page,
    /// As other pages, the standard or DOKU's libraries have it: `originalReferenceNo`,
    /// `accountInfos`.
    Alias,
}

/// Shape of a list that may come as one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListShape {
    /// As the page's example prints it; an array where there is no example.
    Page,
    /// One object.
    Object,
    /// An array of objects.
    Array,
}

/// JSON type of a value that is seen as text and as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonForm {
    /// `"2001100"`.
    Text,
    /// `2001100`.
    Number,
}
