//! `[mail]` to the channel's settings, secrets included.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::section::Section;
use super::{Environment, Problem};
use crate::channel::{Dkim, Secret, Security, Sender, Server, Settings};

const PASSWORD_VARIABLE: &str = "HUITOUKAN_SMTP_PASSWORD";
/// Where systemd lays credentials, and the name of ours: `LoadCredential=smtp:…`.
const CREDENTIALS_VARIABLE: &str = "CREDENTIALS_DIRECTORY";
const CREDENTIAL: &str = "smtp";

pub fn read(
    section: Option<&Section>,
    folder: &Path,
    environment: Environment<'_>,
    also: &mut Vec<PathBuf>,
    problems: &mut Vec<Problem>,
) -> Settings {
    let nothing = Section::default();
    let mail = section.unwrap_or(&nothing);
    let mut from = Sender {
        mailbox: mail.text("from").unwrap_or_default(),
        reply_to: mail.text("reply_to"),
        unsubscribe: mail.text("unsubscribe"),
        dkim: None,
    };
    let Some(smtp) = mail.table("smtp") else {
        return Settings::Folder { path: folder.join(mail.text("folder").unwrap_or_default()), from };
    };
    if mail.has("folder") {
        problems.push(mail.problem("folder", "`mail.folder` and [mail.smtp] are both there; mail goes one way, so remove one of them"));
    }
    if !mail.has("from") {
        problems.push(
            mail.problem("smtp", "`mail.from` is missing. A mail server wants to know whom mails come from: write \"robot@example.org\""),
        );
    }
    let mut files = Files { folder, also, problems };
    from.dkim = dkim(smtp, &mut files);
    let server = server(smtp, environment, &mut files);
    Settings::Smtp { server: Box::new(server), from }
}

fn server(smtp: &Section, environment: Environment<'_>, files: &mut Files<'_>) -> Server {
    let host = smtp.text("host").unwrap_or_default();
    let written = smtp.text("security").unwrap_or_default();
    if written == "none" && !host.is_empty() && !is_near(&host) {
        let text = format!(
            "`mail.smtp.security` is none, but {host} is neither this machine nor a private address; \
             write \"starttls\" or \"tls\", or \"insecure\" if passwords and mails may be read on the way"
        );
        files.problems.push(smtp.problem("security", text));
    }
    let (security, port) = match written.as_str() {
        "tls" => (Security::Tls, 465),
        "none" | "insecure" => (Security::None, 25),
        _ => (Security::StartTls, 587),
    };
    Server {
        host: host.trim_matches(['[', ']']).to_owned(),
        port: smtp.whole("port").and_then(|port| u16::try_from(port).ok()).unwrap_or(port),
        security,
        authority: files.text(smtp, "authority").map(String::into_bytes),
        login: login(smtp, environment, files),
        timeout: smtp.duration("timeout").unwrap_or_default(),
    }
}

fn login(smtp: &Section, environment: Environment<'_>, files: &mut Files<'_>) -> Option<(String, Secret)> {
    let Some(user) = smtp.text("user") else {
        if smtp.has("password_file") {
            files.problems.push(smtp.problem("password_file", "there is a password but no `user` that it belongs to; write both or none"));
        }
        return None;
    };
    let credential = environment(CREDENTIALS_VARIABLE).map(|folder| Path::new(&folder).join(CREDENTIAL));
    let password = environment(PASSWORD_VARIABLE)
        .or_else(|| credential.and_then(|path| fs::read_to_string(path).ok()))
        .or_else(|| files.text(smtp, "password_file"));
    let password = password.map(|text| text.trim_end_matches(['\r', '\n']).to_owned()).filter(|text| !text.is_empty());
    if password.is_none() && !smtp.has("password_file") {
        let text = format!("there is a `user` but no password; name a file that holds it as password_file, or set {PASSWORD_VARIABLE}");
        files.problems.push(smtp.problem("user", text));
    }
    Some((user, Secret::new(password.unwrap_or_default())))
}

fn dkim(smtp: &Section, files: &mut Files<'_>) -> Option<Dkim> {
    let section = smtp.table("dkim")?;
    if !cfg!(feature = "dkim") {
        files.problems.push(
            smtp.problem("dkim", "this program was built without DKIM; build it with `--features dkim`, or let the mail server sign"),
        );
    }
    let key = Secret::new(files.text(section, "key_file").unwrap_or_default());
    Some(Dkim { selector: section.text("selector").unwrap_or_default(), domain: section.text("domain").unwrap_or_default(), key })
}

/// Whether clear text to this host stays in the house.
fn is_near(host: &str) -> bool {
    match host.trim_matches(['[', ']']).parse() {
        Ok(IpAddr::V4(four)) => four.is_loopback() || four.is_private() || four.is_link_local(),
        Ok(IpAddr::V6(six)) => six.is_loopback() || six.is_unique_local() || six.is_unicast_link_local(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// Files that the configuration names, seen from its folder.
struct Files<'a> {
    folder: &'a Path,
    also: &'a mut Vec<PathBuf>,
    problems: &'a mut Vec<Problem>,
}

impl Files<'_> {
    fn text(&mut self, section: &Section, key: &str) -> Option<String> {
        let path = self.folder.join(section.text(key)?);
        self.also.push(path.clone());
        match fs::read_to_string(&path) {
            Ok(text) if text.trim().is_empty() => self.problems.push(section.problem(key, format!("`{key}`: {} is empty", path.display()))),
            Ok(text) => return Some(text),
            Err(error) => self.problems.push(section.problem(key, format!("`{key}`: {} cannot be read: {error}", path.display()))),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Known, load_in};
    use super::{CREDENTIALS_VARIABLE, PASSWORD_VARIABLE};
    use crate::channel::Settings;

    /// The password that is used, with these variables set; `Err` is what is said about it.
    fn password(name: &str, environment: &[(&str, &str)]) -> Result<String, String> {
        let folder = std::env::temp_dir().join(format!("huitoukan-password-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let main =
            "contact = \"a@example.org\"\n[mail]\nfrom = \"a@example.org\"\n[mail.smtp]\nhost = \"mail.example.org\"\nuser = \"robot\"\n";
        let main = if name.contains("file") { format!("{main}password_file = \"smtp\"\n") } else { main.to_owned() };
        std::fs::write(folder.join("huitoukan.toml"), main).unwrap();
        std::fs::write(folder.join("smtp"), "from the file\r\n").unwrap();
        let known = Known { families: &[], cron: |_, _| Ok(()) };
        let folder_name = folder.to_str().unwrap();
        let lookup =
            |wanted: &str| environment.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.replace("HERE", folder_name));
        let loaded = load_in(&folder, &known, &lookup);
        std::fs::remove_dir_all(&folder).unwrap();
        match loaded.map(|config| config.mail) {
            Ok(Settings::Smtp { server, .. }) => Ok(server.login.unwrap().1.reveal().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(problems) => Err(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    #[test]
    fn a_password_comes_from_the_environment_or_a_credential_or_a_file_in_this_order() {
        let (variable, credentials) = ((PASSWORD_VARIABLE, "from the environment"), (CREDENTIALS_VARIABLE, "HERE"));
        assert_eq!(password("file-all", &[variable, credentials]).unwrap(), "from the environment");
        assert_eq!(password("credential", &[credentials]).unwrap(), "from the file");
        assert_eq!(password("file-alone", &[]).unwrap(), "from the file");
        assert_eq!(password("file-empty", &[(CREDENTIALS_VARIABLE, "/nowhere")]).unwrap(), "from the file");
        let problem = password("none", &[]).unwrap_err();
        assert!(problem.contains(":6: ") && problem.contains(PASSWORD_VARIABLE), "{problem}");
    }
}
