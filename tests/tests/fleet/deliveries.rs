//! Identical deliveries to many processes.
