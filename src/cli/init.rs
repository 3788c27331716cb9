use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};

/// Writes a commented starting configuration, and overwrites nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan init config --contact office@example.org")]
pub struct InitArgs {
    /// The folder to write; made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Who a webmaster can talk to about your visits: your mail address, or a page that says who you are
    #[arg(long)]
    contact: Option<String>,
}

/// Name in the folder, and text. The source is only shown: what is watched is for the user to say.
const FILES: [(&str, &str); 3] = [
    ("huitoukan.toml", include_str!("../../config/huitoukan.toml")),
    ("subscribers.toml", include_str!("../../config/subscribers.toml")),
    ("sources/quanzhou-licheng.toml.example", include_str!("../../config/sources/quanzhou-licheng.toml")),
];

/// As it stands in the example, to be replaced by the user's own.
const CONTACT: &str = "contact = \"office@example.org\"";

impl InitArgs {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        write(&self.folder, self.contact.as_deref().unwrap_or_default())?;
        let folder = self.folder.display();
        for (name, _) in FILES {
            eprintln!("wrote {}", self.folder.join(name).display());
        }
        let config = if self.folder == Path::new("config") { String::new() } else { format!("--config {folder} ") };
        if self.contact.is_none() {
            eprintln!("\nFirst fill in `contact` in {}: nothing is visited without it.", self.folder.join(FILES[0].0).display());
        }
        eprintln!("\nNext:\n  huitoukan {config}add ADDRESS     watches a column: give the address of its list of notices");
        eprintln!("  huitoukan {config}check           makes one pass now; mails are laid into {folder}/outbox");
        Ok(ExitCode::SUCCESS)
    }
}

fn write(folder: &Path, contact: &str) -> anyhow::Result<()> {
    let there: Vec<&str> = FILES.iter().map(|(name, _)| *name).filter(|name| folder.join(name).exists()).collect();
    if !there.is_empty() {
        bail!("{} has {} already; nothing was written", folder.display(), there.join(" and "));
    }
    fs::create_dir_all(folder.join("sources")).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        let text = text.replace(CONTACT, &format!("contact = {}", toml::Value::from(contact)));
        let written = File::create_new(&path).and_then(|mut file| file.write_all(without_schema(&text).as_bytes()));
        written.with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// The example names the schema that lies beside it in the source tree.
fn without_schema(text: &str) -> &str {
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with("#:schema") => rest,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::desk::known;
    use super::write;
    use crate::config;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("huitoukan-init-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        folder
    }

    #[test]
    fn what_is_written_is_fine_once_the_contact_is_filled_in() {
        let folder = folder("fine");
        write(&folder, "me@example.org").unwrap();
        let config = config::load(&folder, &known()).unwrap();
        assert_eq!((config.fetch.contact.as_str(), config.sources.len(), config.subscribers.len()), ("me@example.org", 0, 2));
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn without_a_contact_the_one_thing_to_do_is_said() {
        let folder = folder("contact");
        write(&folder, "").unwrap();
        let problems = config::load(&folder, &known()).unwrap_err();
        let [problem] = problems.as_slice() else { panic!("{problems:?}") };
        assert!(problem.text.contains("write where a webmaster can reach you"), "{problem}");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn nothing_is_ever_overwritten() {
        let folder = folder("kept");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("subscribers.toml"), "mine").unwrap();
        let refused = write(&folder, "me@example.org").unwrap_err();
        assert!(refused.to_string().contains("has subscribers.toml already"), "{refused}");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        assert_eq!(std::fs::read_to_string(folder.join("subscribers.toml")).unwrap(), "mine");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_contact_with_odd_letters_is_written_as_text() {
        let folder = folder("odd");
        write(&folder, "a\"\ncontact = \"b").unwrap();
        assert_eq!(config::load(&folder, &known()).unwrap_err().len(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
