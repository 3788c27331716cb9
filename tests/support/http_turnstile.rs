//! A turnstile that lets one request per host through at a time and writes down every pass and every answer.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use huitoukan::fetch::{Answer, Pass, Turnstile};
use jiff::Timestamp;

#[derive(Default)]
pub struct Recorder {
    now: Mutex<Timestamp>,
    gates: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    passed: Mutex<Vec<String>>,
    answered: Mutex<Vec<(String, Answer)>>,
}

impl Recorder {
    /// At a quarter to eight on a November morning, Greenwich time.
    pub fn new() -> Self {
        let recorder = Self::default();
        recorder.set_now("2026-11-22T07:45:00Z".parse().unwrap());
        recorder
    }

    pub fn set_now(&self, now: Timestamp) {
        *self.now.lock().unwrap() = now;
    }

    pub fn passed(&self) -> Vec<String> {
        self.passed.lock().unwrap().clone()
    }

    pub fn answered(&self) -> Vec<(String, Answer)> {
        self.answered.lock().unwrap().clone()
    }
}

impl Turnstile for Recorder {
    fn pass<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = Pass> + Send + 'a>> {
        let gate = Arc::clone(self.gates.lock().unwrap().entry(host.to_owned()).or_default());
        Box::pin(async move {
            let guard = gate.lock_owned().await;
            self.passed.lock().unwrap().push(host.to_owned());
            Pass { at: *self.now.lock().unwrap(), guard: Box::new(guard) }
        })
    }

    fn answered(&self, host: &str, answer: Answer) {
        let held = self.gates.lock().unwrap()[host].try_lock().is_err();
        assert!(held, "{host} answered although nobody held its gate");
        self.answered.lock().unwrap().push((host.to_owned(), answer));
    }
}
