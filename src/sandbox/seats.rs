use std::sync::{Condvar, Mutex, PoisonError};

/// Places for children that run at the same time.
#[derive(Debug, Default)]
pub(super) struct Seats {
    taken: Mutex<usize>,
    left: Condvar,
}

/// Left when dropped.
pub(super) struct Seat<'a>(&'a Seats);

impl Seats {
    /// Waits until fewer than `seats_max` are taken.
    pub(super) fn take(&self, seats_max: usize) -> Seat<'_> {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = self.left.wait_while(taken, |taken| *taken >= seats_max).unwrap_or_else(PoisonError::into_inner);
        *taken += 1;
        Seat(self)
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.left.notify_one();
    }
}
