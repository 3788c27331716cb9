/// For how many days what is kept of notices stays after it was last needed; `None` is for good.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Keep {
    /// Pages and files, from the day on which the site last served them.
    pub snapshots_days: Option<u32>,
    /// Versions with their pages, from the day on which the next one took their place.
    pub versions_days: Option<u32>,
    /// Notices with all that is kept of them, from the day on which they were told to be withdrawn (撤下).
    pub withdrawn_days: Option<u32>,
}

impl Keep {
    /// How long pages stay: what a version said stands in its pages too.
    pub fn pages_days(&self) -> Option<u32> {
        match (self.snapshots_days, self.versions_days) {
            (Some(pages), Some(texts)) => Some(pages.min(texts)),
            (pages, texts) => pages.or(texts),
        }
    }
}
