/// What a process does that needs a token while the token store fails.
///
/// A token that is good already is used to its end either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreOutage {
    /// It waits for the store as long as a token request may take, and then fails without having sent
    /// anything: the money has not moved.
    ///
    /// Nothing else keeps the processes of a client id from killing each other's tokens.
    #[default]
    FailClosed,
    /// It asks DOKU for a token of its own, which kills the one that the other processes use. Right
    /// where there is one process, or where some calls that succeed are worth more than all calls
    /// that fail.
    FetchAlone,
}
