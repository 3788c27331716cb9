use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::{SendError, Sender, eml};
use crate::model::Delivery;

/// Keeps what it is given.
pub struct Memory {
    sender: Sender,
    kept: Mutex<Vec<Kept>>,
}

/// One mail as it would have gone out.
#[derive(Debug, Clone)]
pub struct Kept {
    pub at: Timestamp,
    pub delivery: Delivery,
    /// See [`eml`].
    pub mail: Vec<u8>,
}

impl Memory {
    pub(super) fn new(sender: &Sender) -> Self {
        Self { sender: sender.clone(), kept: Mutex::default() }
    }

    pub(super) fn send(&self, delivery: &Delivery, now: Timestamp) -> Result<(), SendError> {
        let mail = eml(delivery, &self.sender).map_err(SendError::Never)?;
        let kept = Kept { at: now, delivery: delivery.clone(), mail };
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        Ok(())
    }

    pub(super) fn kept(&self) -> Vec<Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
