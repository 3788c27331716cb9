//! The browser's process: its limits, its empty network, its profile that is gone afterwards.
//!
//! It speaks over its own pipes, so that no port is open for others. A shell sets the limits and the pipes' numbers, as
//! Chromium wants them (3 and 4), and becomes the browser.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::pipe::Pipe;
use super::{BrowserError, Limits};

/// What the browser says on standard error is read so far, in bytes.
const SAID_BYTES_MAX: u64 = 16 * 1024;
/// How long the process may take to be gone.
const END: Duration = Duration::from_secs(10);
const PREFIX: &str = "huitoukan-browser-";

/// `$1` profile, `$2` MiB of memory, `$3` seconds of processor time; then the browser's flags.
///
/// Chromium's own sandbox stays on. As root it becomes nobody first, as it wants; where namespaces may be made it gets a
/// network of its own, with nothing in it. A file larger than 64 MiB (in blocks of 512) is none of a profile.
const SCRIPT: &str = r#"
profile=$1; ulimit -d $(($2 * 1024)); ulimit -t "$3"; ulimit -f 131072; ulimit -c 0; shift 3
for name in chromium chromium-browser google-chrome-stable google-chrome; do
    browser=$(command -v "$name") && break
done
test -n "$browser" || { echo "huitoukan: no browser" >&2; exit 127; }
if test "$(id -u)" = 0; then
    chown 65534:65534 "$profile" || exit 126
    set -- setpriv --reuid=65534 --regid=65534 --clear-groups "$browser" "$@"
    unshare --net true 2>/dev/null && set -- unshare --net "$@"
else
    set -- "$browser" "$@"
    unshare --user --map-current-user --net true 2>/dev/null && set -- unshare --user --map-current-user --net "$@"
fi
exec "$@" 3<&0 4>&1 0</dev/null 1>/dev/null
"#;

/// Nothing of the browser's own may go out, and what a page does besides loading is switched off.
const FLAGS: [&str; 25] = [
    "--headless",
    "--remote-debugging-pipe",
    // Whatever is not carried goes to a proxy that cannot be found.
    "--proxy-server=http://nowhere.invalid:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    // No machine code is made of scripts: slower, and a smaller target.
    "--js-flags=--jitless",
    "--blink-settings=imagesEnabled=false",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-notifications",
    "--disable-sync",
    "--disable-breakpad",
    "--dns-prefetch-disable",
    // Only last words: nobody reads along, and a full pipe would hold it up.
    "--log-level=3",
    "--mute-audio",
    "--no-default-browser-check",
    "--no-first-run",
    "--no-pings",
    "--password-store=basic",
];

pub(super) struct Process {
    pub(super) pipe: Pipe,
    child: Child,
    profile: Profile,
}

/// # Errors
/// The shell cannot be started, or there is no room for a profile.
pub(super) fn start(limits: &Limits) -> Result<Process, BrowserError> {
    let cannot = |why: std::io::Error| BrowserError::Missing(format!("the browser cannot be started: {why}"));
    let profile = Profile::new().map_err(cannot)?;
    let mut child = Command::new("/bin/sh")
        .args(["-c", SCRIPT, "browser"])
        .arg(&profile.0)
        .args([limits.memory_mib.to_string(), limits.cpu_s.to_string()])
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", profile.0.display()))
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
        .env("HOME", &profile.0)
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(cannot)?;
    let pipes = child.stdin.take().zip(child.stdout.take());
    let (to, from) = pipes.expect("both were asked to be piped");
    Ok(Process { pipe: Pipe::new(to, from), child, profile })
}

impl Process {
    /// Ends the browser and takes its profile away; gives what it said on standard error.
    pub(super) async fn end(mut self) -> String {
        let mut said = Vec::new();
        let _ = self.child.start_kill();
        if let Some(stderr) = self.child.stderr.take() {
            // Its children may hold the other end a moment longer.
            let _ = timeout(Duration::from_secs(1), stderr.take(SAID_BYTES_MAX).read_to_end(&mut said)).await;
        }
        let _ = timeout(END, self.child.wait()).await;
        drop(self.profile);
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// Why a browser ended before its page did, by its last words.
pub(super) fn why_it_ended(said: &str) -> BrowserError {
    if said.contains("huitoukan: no browser") {
        let why = "there is no Chromium on this machine; install it (Debian: apt-get install chromium), or take `render` out of the source's file";
        return BrowserError::Missing(why.to_owned());
    }
    if said.contains("No usable sandbox") || said.contains("sandbox_host") || said.contains("Operation not permitted") {
        let why = "Chromium cannot make its sandbox here, and is not run without it; allow user namespaces (deploy/browser.conf shows how under systemd)";
        return BrowserError::Missing(why.to_owned());
    }
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("without a word");
    BrowserError::Page(format!("the browser ended before the page did: {}", last.chars().take(200).collect::<String>()))
}

/// A folder of the browser's own; taken away when dropped.
struct Profile(PathBuf);

impl Profile {
    fn new() -> std::io::Result<Self> {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let folder = std::env::temp_dir();
        sweep(&folder);
        let path = folder.join(format!("{PREFIX}{}-{}", std::process::id(), LAST.fetch_add(1, Ordering::Relaxed)));
        // Fails where it exists: nobody can lay a link there beforehand.
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // A process of the browser that is just ending may still write: once more is enough, a third time for slow disks.
        for _ in 0..3 {
            if fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
        }
    }
}

/// Takes away what programs that were killed have left behind.
fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let owner = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|rest| rest.split('-').next());
        let is_left = owner.and_then(|owner| owner.parse::<u32>().ok()).is_some_and(|owner| !Path::new(&format!("/proc/{owner}")).exists());
        if is_left {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_is_missing_says_what_to_install() {
        assert!(matches!(why_it_ended("huitoukan: no browser\n"), BrowserError::Missing(why) if why.contains("apt-get install chromium")));
        assert!(
            matches!(why_it_ended("[1:1] No usable sandbox! Update your kernel"), BrowserError::Missing(why) if why.contains("user namespaces"))
        );
        assert!(matches!(why_it_ended("a\nkilled by its limits\n\n"), BrowserError::Page(why) if why.ends_with("killed by its limits")));
    }

    #[test]
    fn a_profile_is_gone_with_its_owner() {
        let profile = Profile::new().unwrap();
        let path = profile.0.clone();
        fs::write(path.join("Cookies"), "x").unwrap();
        drop(profile);
        assert!(!path.exists());
    }
}
