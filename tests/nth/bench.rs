//! One point of failure: the folder as it was before a step, the step with its n-th call failing, the same again without
//! faults and days going by, and then what is kept and told.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use huitoukan::demo::Site;
use huitoukan::model::Change;
use huitoukan::store::{self, Settings, Store};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::faults::{self, Fault, Library};
use super::program::Program;
use super::smtp::Server;
use super::tale::{Does, MATTER, Step, Tale};
use super::verdict::{self, Mail, RECIPIENTS};
use super::world::LISTING;

/// How long anything may take: only a hang takes so long.
const DEADLINE: Duration = Duration::from_secs(60);
/// A daemon that has said nothing for so long waits for what does not come today.
const QUIET: Duration = Duration::from_millis(1_500);
/// How soon a daemon ends that is asked to.
const STOPS_WITHIN: Duration = Duration::from_secs(10);
/// After this many days all must be known and told, whatever failed.
const DAYS_MAX: u32 = 8;

pub struct Bench<'a> {
    library: Library,
    runtime: &'a Runtime,
    pub tale: Tale,
    /// As far as the story has come without a fault.
    present: Program,
    mails: Vec<Mail>,
    before: Vec<Change>,
    talk: TempDir,
}

/// How a struck life ended.
pub struct Struck {
    /// Which call failed; `None` where there is no such call any more.
    pub what: Option<(String, String)>,
    pub code: Option<i32>,
    pub said: String,
    pub repeats: usize,
    pub days: u32,
    pub problems: Vec<String>,
}

/// One life of the program.
struct Life {
    status: Option<ExitStatus>,
    said: String,
    problems: Vec<String>,
}

impl<'a> Bench<'a> {
    /// # Errors
    /// What is missing to begin.
    pub fn new(runtime: &'a Runtime) -> Result<Self, String> {
        let talk = tempfile::tempdir().map_err(|error| error.to_string())?;
        let library = Library::build(talk.path())?;
        let tale = Tale::on(runtime.block_on(Site::start()).map_err(|error| error.to_string())?);
        let present = Program::bare();
        let to = RECIPIENTS.map(|recipient| format!("\"{recipient}\"")).join(", ");
        present.write(
            "subscribers.toml",
            &format!(
                "[[subscriber]]\nid = \"office\"\nto = [{to}]\ndigest = \"0 0 8 * * *\"\n\
                 kinds = [\"published\", \"edited\", \"withdrawn\", \"restored\", \"moved\", \"baseline\"]\n"
            ),
        );
        present.write("sources/jia.toml", &format!("name = \"jia\"\nlisting = \"{}\"\nvisit = \"0 * * * * *\"\n", tale.site.url(LISTING)));
        Ok(Self { library, runtime, tale, present, mails: Vec::new(), before: Vec::new(), talk })
    }

    /// The site does what it does before this step.
    pub fn begins(&mut self, step: &Step) {
        (step.site)(&mut self.tale);
        if step.does == Does::Restore {
            fs::remove_dir_all(self.present.store()).expect("there is a store by now");
        }
        // What a struck life finds takes its time from the last whole step.
        if self.present.store().exists() {
            self.before =
                open(&self.present).and_then(|store| store.changes(0, usize::MAX).map_err(|error| error.to_string())).unwrap_or_default();
        }
        let _ = fs::remove_file(self.present.store().join("ballast"));
    }

    /// The step without a fault, from which the next goes on; how many calls it makes of each kind.
    ///
    /// # Errors
    /// It does not come out right even so.
    pub fn ends(&mut self, step: &Step) -> Result<BTreeMap<String, u64>, Vec<String>> {
        let server = self.server(&self.present);
        let log = self.talk.path().join("calls");
        let _ = fs::remove_file(&log);
        let mut command = self.command(&self.present, step, step.at());
        self.library.count(&mut command, self.present.folder.path(), &log);
        let life = self.lives(step, command, &server);
        let calls = faults::log(&log).into_iter().filter_map(|(kind, count)| Some((kind, count.parse().ok()?))).collect();
        self.mails.extend(server.taken().iter().map(Mail::of));
        let is_well = life.status.is_some_and(|status| status.success());
        let mut problems = life.problems;
        problems.extend((!is_well).then(|| format!("{} ended with {:?}: {}", step.name, life.status, life.said)));
        let _ = fs::remove_file(self.present.store().join("ballast"));
        if problems.is_empty() { Ok(calls) } else { Err(problems) }
    }

    /// How many calls the step makes, without taking it.
    pub fn counts(&self, step: &Step) -> BTreeMap<String, u64> {
        let program = self.copy();
        let server = self.server(&program);
        let log = self.talk.path().join("calls");
        let _ = fs::remove_file(&log);
        let mut command = self.command(&program, step, step.at());
        self.library.count(&mut command, program.folder.path(), &log);
        self.lives(step, command, &server);
        faults::log(&log).into_iter().filter_map(|(kind, count)| Some((kind, count.parse().ok()?))).collect()
    }

    /// The step with the n-th call failing, and all that comes after.
    pub fn strikes(&self, step: &Step, fault: &Fault, at: u64) -> Struck {
        let program = self.copy();
        let server = self.server(&program);
        let log = self.talk.path().join("struck");
        let _ = fs::remove_file(&log);
        let mut command = self.command(&program, step, step.at());
        self.library.strike(&mut command, program.folder.path(), &log, fault, at);
        let life = self.lives(step, command, &server);
        let what = faults::log(&log).into_iter().next();
        let code = life.status.and_then(|status| status.code());
        let (mut days, mut problems) = (0, life.problems);
        if problems.is_empty() && what.is_some() {
            problems.extend(self.understates(step, &program, &life.said, code));
        }
        if problems.is_empty() && what.is_some() {
            (days, problems) = self.recovers(step, &program, &server, code == Some(0));
        }
        if !problems.is_empty() {
            problems.push(format!("it lies in {}", program.folder.keep().display()));
        }
        let mails: Vec<Mail> = server.taken().iter().map(Mail::of).collect();
        Struck { what, code, said: life.said, repeats: verdict::repeats(&mails), days, problems }
    }

    /// What the struck life did not say, or said and did not do.
    fn understates(&self, step: &Step, program: &Program, said: &str, code: Option<i32>) -> Vec<String> {
        let mut problems = Vec::new();
        match code {
            Some(0 | 3) => {}
            Some(1) if is_clear(said) => {}
            code => problems.push(format!("it ended with {code:?} and said: {said}")),
        }
        let copy = program.folder.path().join("copy.tar");
        if step.does == Does::Backup && copy.exists() {
            problems.extend(self.restores(&copy).err());
        }
        if step.does == Does::Backup && code == Some(0) && !copy.exists() {
            problems.push("a backup was acknowledged and is not there".to_owned());
        }
        problems
    }

    fn restores(&self, copy: &Path) -> Result<(), String> {
        let elsewhere = TempDir::new_in(self.talk.path()).map_err(|error| error.to_string())?;
        let settings = Settings { ballast_bytes: 0, ..Settings::at(elsewhere.path().join("store")) };
        let mut file = File::open(copy).map_err(|error| error.to_string())?;
        let restored = store::restore(&settings, &mut file).and_then(|_| store::open(&settings)?.changes(0, usize::MAX));
        match restored {
            Ok(changes) if changes == self.before => Ok(()),
            Ok(changes) => Err(format!("the backup holds {} changes of {}", changes.len(), self.before.len())),
            Err(error) => Err(format!("the backup cannot be restored: {error}")),
        }
    }

    /// The same again, and days going by, until all is as it should be.
    fn recovers(&self, step: &Step, program: &Program, server: &Server, was_done: bool) -> (u32, Vec<String>) {
        let mut problems = Vec::new();
        if !matches!(step.does, Does::Check | Does::Daemon) && !was_done {
            let again = self.lives(step, self.command(program, step, step.at()), server);
            problems.extend(again.problems);
            if !again.status.is_some_and(|status| status.success()) && !is_done(step, program) {
                problems.push(format!("done again it ended with {:?}: {}", again.status, again.said));
            }
        }
        let next = Step { does: Does::Check, ..*step };
        for day in 1..=DAYS_MAX {
            if !problems.is_empty() {
                return (day, problems);
            }
            let at = step.at() + SignedDuration::from_hours(25) * i32::try_from(day).expect("a few days");
            let life = self.lives(&next, self.command(program, &next, at), server);
            problems.extend(life.problems);
            if !life.status.is_some_and(|status| matches!(status.code(), Some(0 | 3))) {
                problems.push(format!("day {day} ended with {:?}: {}", life.status, life.said));
                return (day, problems);
            }
            let missing = self.judges(step, program, server);
            if missing.is_empty() || day == DAYS_MAX {
                problems.extend(missing);
                return (day, problems);
            }
        }
        (DAYS_MAX, problems)
    }

    fn judges(&self, step: &Step, program: &Program, server: &Server) -> Vec<String> {
        let mails: Vec<Mail> = self.mails.iter().cloned().chain(server.taken().iter().map(Mail::of)).collect();
        let mut problems = verdict::of_mails(&mails, &self.tale);
        // What is forgotten goes out of changes too.
        let before: &[Change] = if matches!(step.does, Does::Forget | Does::Open) { &[] } else { &self.before };
        let looked = open(program).and_then(|store| verdict::of_store(&*store, &self.tale, before));
        problems.extend(looked.unwrap_or_else(|error| vec![error]));
        problems.extend(verdict::of_folder(program.folder.path()));
        problems
    }

    /// Runs to its end; a daemon is asked to end when it is quiet.
    fn lives(&self, step: &Step, mut command: Command, server: &Server) -> Life {
        let (out, err) = (self.talk.path().join("out"), self.talk.path().join("err"));
        let file = |path: &PathBuf| File::create(path).expect("a file for what is said");
        command.stdout(file(&out)).stderr(file(&err));
        let mut child = command.spawn().expect("the program can be started");
        let said = || fs::read_to_string(&err).unwrap_or_default() + &fs::read_to_string(&out).unwrap_or_default();
        let (begun, mut asked, mut sign, mut heard) = (Instant::now(), None::<Instant>, (0, 0), Instant::now());
        let mut problems = Vec::new();
        let status = loop {
            if let Some(status) = child.try_wait().expect("a child can be asked") {
                break Some(status);
            }
            let now = (fs::metadata(&err).map_or(0, |file| file.len()), server.said().len());
            if now != sign {
                (sign, heard) = (now, Instant::now());
            }
            let is_quiet = sign.0 > 0 && heard.elapsed() > QUIET;
            if step.does == Does::Daemon && asked.is_none() && is_quiet {
                let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
                asked = Some(Instant::now());
            }
            if begun.elapsed() > DEADLINE || asked.is_some_and(|asked| asked.elapsed() > STOPS_WITHIN) {
                problems.push(format!("it hangs, and has said: {}", said()));
                let _ = child.kill();
                break child.wait().ok();
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let said = said();
        // sled panics where it cannot sync as it is let go of, and prints that; the program goes on to end as it should.
        let panicked = said.lines().any(|line| line.contains("panicked at") && !line.contains("pagecache/logger.rs"));
        problems.extend((panicked || status.is_some_and(|status| status.code() == Some(101))).then(|| format!("it panicked: {said}")));
        Life { status, said, problems }
    }

    fn command(&self, program: &Program, step: &Step, at: Timestamp) -> Command {
        let (config, copy) = (program.config(), program.folder.path().join("copy.tar"));
        let (config, copy, at) = (config.to_string_lossy(), copy.to_string_lossy(), at.to_string());
        let matter = self.tale.site.url(MATTER).to_string();
        let words: &[&str] = match step.does {
            Does::Check => &["check"],
            Does::Daemon => &["run"],
            Does::Backup => &["backup", &copy],
            Does::Restore => &["restore", &copy],
            Does::Forget => &["forget", "--yes", &matter],
            Does::Open => &["notices", "--json"],
        };
        let mut command = program.command(&[&["--config", &config, "--now", &at], words].concat());
        command.stdin(Stdio::null());
        command
    }

    /// A mail server of its own, so that what it took is of this life and the next ones only.
    fn server(&self, program: &Program) -> Server {
        let server = self.runtime.block_on(Server::start([]));
        program.write(
            "huitoukan.toml",
            &format!(
                "contact = \"watch@example.org\"\npause = \"1ms\"\n[fetch]\nallow_private = [\"127.0.0.0/8\"]\ntimeout = \"1s\"\nattempts_max = 1\n\
                 [mail]\nfrom = \"回头看 <huitoukan@example.org>\"\n\
                 [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\ntimeout = \"1s\"\n",
                server.address.port()
            ),
        );
        server
    }

    fn copy(&self) -> Program {
        let program = Program::bare();
        copy(self.present.folder.path(), program.folder.path());
        program
    }
}

/// Whether it says where, why, and what can be done.
fn is_clear(said: &str) -> bool {
    let is_remedy = |line: &str| {
        [";", "free some space", "cannot be read", "cannot be written", "cannot be looked at"].iter().any(|word| line.contains(word))
    };
    let is_why = |line: &str| line.contains("os error") || line.contains("the disk is full") || line.contains("damaged");
    said.lines().any(|line| line.contains('/') && is_why(line) && is_remedy(line))
}

/// Whether the step was done although its struck life did not say so.
fn is_done(step: &Step, program: &Program) -> bool {
    match step.does {
        Does::Backup => program.folder.path().join("copy.tar").exists(),
        // There is nothing of that name any more, or there is a store where one was to be made.
        Does::Forget | Does::Restore => {
            open(program).is_ok_and(|store| step.does == Does::Restore || store.all_tracked(None).is_ok_and(|all| all.len() == 3))
        }
        Does::Check | Does::Daemon | Does::Open => false,
    }
}

fn open(program: &Program) -> Result<Box<dyn Store>, String> {
    let settings = Settings { ballast_bytes: 0, ..Settings::at(program.store()) };
    store::open(&settings).map_err(|error| error.to_string())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("a folder of ours").flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => copy(&from, &to),
            Ok(kind) if kind.is_file() => drop(fs::copy(from, to).expect("a file can be copied")),
            _ => {}
        }
    }
}
