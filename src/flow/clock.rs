use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

    /// Waits so long; a virtual clock jumps there. What the machine's clock is set to meanwhile changes nothing.
    pub async fn wait(&self, rest: SignedDuration) {
        match self {
            Self::Machine { .. } => tokio::time::sleep(Duration::try_from(rest).unwrap_or_default()).await,
            Self::Virtual(_) => self.jump_to(self.now().saturating_add(rest).unwrap_or(Timestamp::MAX)),
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

/// What intervals are measured with: it only goes forward, at its own pace, whatever a clock is set to.
#[derive(Debug)]
pub struct Stopwatch {
    clock: Clock,
    begun: Instant,
}

impl Stopwatch {
    pub fn beside(clock: Clock) -> Self {
        Self { clock, begun: Instant::now() }
    }

    /// Time that went by since a moment of its own.
    pub fn read(&self) -> SignedDuration {
        match &self.clock {
            Clock::Machine { .. } => SignedDuration::try_from(self.begun.elapsed()).unwrap_or(SignedDuration::MAX),
            Clock::Virtual(_) => self.clock.now().duration_since(Timestamp::UNIX_EPOCH),
        }
    }
}
