use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The time that a program runs in: the machine's, shifted where `--now` asks for it, or a virtual one that jumps.
#[derive(Debug, Clone)]
pub enum Clock {
    Machine {
        ahead: SignedDuration,
    },
    /// Stands still until somebody waits or moves it.
    Virtual(Arc<Mutex<Timestamp>>),
}

impl Clock {
    pub fn machine() -> Self {
        Self::Machine { ahead: SignedDuration::ZERO }
    }

    /// Runs at the machine's pace, from `now` on.
    pub fn machine_from(now: Timestamp) -> Self {
        Self::Machine { ahead: now.duration_since(Timestamp::now()) }
    }

    pub fn virtual_from(now: Timestamp) -> Self {
        Self::Virtual(Arc::new(Mutex::new(now)))
    }

    pub fn now(&self) -> Timestamp {
        match self {
            Self::Machine { ahead } => Timestamp::now().saturating_add(*ahead).unwrap_or(Timestamp::MAX),
            Self::Virtual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Waits until `until`; a virtual clock jumps there.
    pub async fn wait_until(&self, until: Timestamp) {
        match self {
            Self::Machine { .. } => {
                // `duration_since` may be negative: then there is nothing to wait for.
                let rest = Duration::try_from(until.duration_since(self.now())).unwrap_or_default();
                tokio::time::sleep(rest).await;
            }
            Self::Virtual(_) => self.jump_to(until),
        }
    }

    /// Moves a virtual clock forward; never back, and never the machine's.
    pub fn jump_to(&self, time: Timestamp) {
        if let Self::Virtual(now) = self {
            let mut now = now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = time.max(*now);
        }
    }
}
