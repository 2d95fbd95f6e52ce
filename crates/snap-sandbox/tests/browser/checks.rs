//! What can be said of any page by looking at its elements: names, headings, contrast, room.

use serde_json::{Value, json};

use crate::driver::Browser;

/// Fails with everything that is wrong with the page that is open.
#[track_caller]
pub(crate) fn assert_sound(browser: &Browser, what: &str) -> impl Future<Output = ()> {
    let what = what.to_owned();
    let caller = std::panic::Location::caller();
    async move {
        let problems = browser.run(PROBLEMS, json!([])).await;
        assert_eq!(problems, json!([]), "{what}, at {caller}");
        let complaints = browser.complaints().await;
        assert_eq!(complaints, Vec::<Value>::new(), "{what}, at {caller}");
    }
}

/// A list of sentences. Contrast is that of WCAG 2.2 (1.4.3): 4.5, and 3 for large text.
const PROBLEMS: &str = include_str!("problems.js");
