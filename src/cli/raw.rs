//! What `show` prints or writes to the byte: a page or a file as it was served, under a name that leads nowhere else.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, bail};

use super::show::{ShowArgs, day};
use super::{Cli, Exit, Output, desk};
use crate::flow::house::House;
use crate::model::{Attachment, SnapshotId, Tracked, Version, file_name};

impl ShowArgs {
    /// Whether something is to be written here, wherever the store is.
    pub fn writes(&self) -> bool {
        self.output.is_some()
    }

    /// Asks for the bytes, and writes them into the folder: a daemon may see another file system than we do.
    pub async fn receive(&self, cli: &Cli, output: &mut Output) -> anyhow::Result<Exit> {
        let folder = self.output.as_deref().expect("asked for only where there is a folder");
        let taken = Taken::default();
        let out = output.out.redirect(Box::new(taken.clone()));
        let exit = desk::answered(cli, output).await;
        output.out.redirect(out);
        if !matches!(exit, Ok(Exit::Well)) {
            return exit;
        }
        let all = taken.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = all.iter().position(|byte| *byte == b'\n').context("the daemon speaks another language; is it of the same version?")?;
        // Made harmless where the store is; whoever answers, nothing is written beside the folder.
        let name = file_name(&String::from_utf8_lossy(&all[..end]));
        let path = folder.join(if name.is_empty() { "file" } else { &name });
        std::fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let file = OpenOptions::new().write(true).create_new(true).open(&path);
        let mut file = file.with_context(|| format!("{} cannot be written; nothing that is there is written over", path.display()))?;
        file.write_all(&all[end + 1..]).with_context(|| format!("{} cannot be written", path.display()))?;
        writeln!(output.err, "written to {}", path.display())?;
        Ok(Exit::Well)
    }

    /// What is meant, and the name to write it under.
    pub fn bytes(&self, house: &House, tracked: &Tracked, version: &Version) -> anyhow::Result<(String, Vec<u8>)> {
        let Some(meant) = &self.file else {
            return Ok((format!("{}-{}.html", tracked.id, version.number), kept(house, &version.snapshot)?));
        };
        let files: Vec<&Attachment> = version.document.attachments.iter().collect();
        let named = |file: &&&Attachment| file.name.contains(meant.as_str()) || file_name(&file.name).contains(meant.as_str());
        let found: Vec<&Attachment> = match meant.parse::<usize>() {
            Ok(number) => files.get(number.wrapping_sub(1)).copied().into_iter().collect(),
            Err(_) => files.iter().filter(named).copied().collect(),
        };
        let [file] = found.as_slice() else {
            let names: Vec<String> = files.iter().zip(1..).map(|(file, number)| format!("{number} {}", file_name(&file.name))).collect();
            let which = if found.is_empty() { "no file" } else { "more than one file" };
            match names.is_empty() {
                true => bail!("version {} of {} has no files", version.number, tracked.id),
                false => bail!("{meant} is {which} of {}; there are: {}", tracked.id, names.join(" · ")),
            }
        };
        let part = version.document.part(&file.url);
        let page = part.and_then(|part| part.snapshot.clone());
        let (Some(part), Some(page)) = (part, page) else {
            bail!("{} was never fetched; it stands at {}", file_name(&file.name), file.url)
        };
        Ok((part.file_name(), kept(house, &page)?))
    }
}

/// Takes what is printed.
#[derive(Clone, Default)]
struct Taken(Arc<Mutex<Vec<u8>>>);

impl Write for Taken {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The bytes of a page or file.
///
/// # Errors
/// Why the archive does not hold it.
fn kept(house: &House, page: &SnapshotId) -> anyhow::Result<Vec<u8>> {
    if let Some(snapshot) = house.store.snapshot(page)? {
        return Ok(snapshot.body);
    }
    match house.store.pruned_page(page)? {
        Some(at) => bail!("page {page} went on {}, by the time for keeping ([keep] snapshots)", day(house, at)),
        None => bail!("the archive holds no page {page}; `huitoukan verify` says whether something is damaged"),
    }
}
