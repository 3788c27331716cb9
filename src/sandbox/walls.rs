//! What a process that reads a hostile file denies itself before it looks at the file; it cannot be taken back.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, CompatLevel, Compatible as _, PathBeneath, PathFd, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetStatus,
};
use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, Signal};

use super::Limits;

/// Open files: three pipes, those of one program, its libraries and its fonts.
const FILES_MAX: u64 = 64;

/// Where programs, their libraries, fonts and mapping tables stand; all else is out of sight. Never all of /etc: secrets lie there.
const VISIBLE: [&str; 14] = [
    "/usr",
    "/bin",
    "/lib",
    "/lib64",
    "/opt",
    "/nix/store",
    "/etc/fonts",
    "/etc/alternatives",
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/var/cache/fontconfig",
    "/dev/null",
];

/// Limits this process and all that it starts; `programs` are those that it may start besides the system's.
///
/// Returns what the kernel could not do of the second wall (the view of disk and net), in one line; the limits are always in force.
///
/// # Errors
/// A limit that could not be set: nothing must be read then.
pub fn raise(limits: &Limits, programs: &[&Path]) -> std::io::Result<Option<String>> {
    let seconds = limits.time.as_secs().max(1);
    limit(Resource::As, limits.memory_bytes, limits.memory_bytes)?;
    // First a signal that can be told from others, then the end.
    limit(Resource::Cpu, seconds, seconds + 1)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Nofile, FILES_MAX, FILES_MAX)?;
    end_with_parent()?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(match narrow_view(programs) {
        Ok(RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced) => None,
        Ok(RulesetStatus::NotEnforced) => {
            Some("the kernel knows no Landlock: files are read with limits, but with the rights of this user".to_owned())
        }
        Err(error) => Some(format!("Landlock failed: {error}")),
    })
}

/// The kernel ends this process when the one that started it ends.
pub(super) fn end_with_parent() -> std::io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Never above what is allowed already, which would be refused.
fn limit(resource: Resource, soft: u64, hard: u64) -> std::io::Result<()> {
    let present = rustix::process::getrlimit(resource);
    let hard = present.maximum.map_or(hard, |maximum| maximum.min(hard));
    let soft = Some(soft.min(hard));
    Ok(rustix::process::setrlimit(resource, Rlimit { current: soft, maximum: Some(hard) })?)
}

fn narrow_view(programs: &[&Path]) -> Result<RulesetStatus, landlock::RulesetError> {
    // The newest rules that were read and understood here; older kernels do what they can of them.
    let abi = ABI::V5;
    let own = std::env::current_exe().ok();
    let beside: Vec<PathBuf> = programs.iter().copied().chain(own.as_deref()).filter_map(folder_of).collect();
    let mut rules = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(abi))?
        .handle_access(AccessNet::from_all(abi))?
        .create()?;
    for path in VISIBLE.iter().map(Path::new).chain(beside.iter().map(PathBuf::as_path)) {
        let Ok(opened) = PathFd::new(path) else { continue };
        let access = if path.is_dir() { AccessFs::from_read(abi) } else { AccessFs::from_read(abi) & AccessFs::from_file(abi) };
        rules = rules.add_rule(PathBeneath::new(opened, access))?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

/// The folder of a program that is named by its path.
fn folder_of(program: &Path) -> Option<PathBuf> {
    let folder = program.canonicalize().ok()?.parent()?.to_owned();
    (folder != Path::new("/")).then_some(folder)
}
