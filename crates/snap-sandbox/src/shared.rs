//! Values that are handed out as they are now, and copied only if they change while somebody looks.

use std::{
    ops::{Deref, DerefMut},
    sync::Arc,
};

/// A value of which a clone costs nothing. The first change after a clone copies it.
#[derive(Debug, Default)]
pub(crate) struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(value))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_keeps_what_it_was_and_nothing_is_copied_without_need() {
        let mut value = Shared::new(vec![1]);
        value.push(2);
        let seen = value.clone();
        assert!(Arc::ptr_eq(&value.0, &seen.0));

        value.push(3);

        assert_eq!((seen.len(), value.len()), (2, 3));
    }
}
