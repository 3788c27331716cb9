//! Names that change their address between one look-up and the next (DNS rebinding), answered by a name server of ours.
//!
//! In a network of its own, which reaches nothing outside: there a public address can be given to a site of ours, and a private
//! one to a listener that nobody should connect to.

use std::collections::HashMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use huitoukan::model::{Source, SourceId};

use crate::private::trap;
use crate::title;
use crate::world::{BODY, World, page};

const TEST: &str = "rebinding::a_name_that_changes_its_address_leads_to_no_private_one";
/// In the environment of the process that runs in a network of its own.
const INSIDE: &str = "HUITOUKAN_OWN_NETWORK";
/// A public address, given to a site of ours where nothing else is reached.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(61, 154, 11, 191);
/// A machine beside ours, the metadata service of clouds, this machine.
const PRIVATE: [Ipv4Addr; 3] = [Ipv4Addr::new(10, 0, 0, 7), Ipv4Addr::new(169, 254, 169, 254), Ipv4Addr::new(127, 0, 0, 2)];

/// Whether this process is the one in a network of its own. If not, it has started that one and seen it end well.
fn is_inside() -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let this = std::env::current_exe().unwrap();
    let alone = ["--user", "--map-root-user", "--net", "--mount"];
    let may = Command::new("unshare").args(alone).args(["ip", "link", "set", "lo", "up"]).output();
    if !may.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: `unshare` and `ip` make no network of its own here");
        assert!(std::env::var_os("HUITOUKAN_TEST_ALL").is_none(), "`unshare` and `ip` make no network of its own here");
        return false;
    }
    let run = Command::new("unshare").args(alone).arg(this).args([TEST, "--exact", "--nocapture"]).env(INSIDE, "1").status();
    assert!(run.unwrap().success());
    false
}

fn run(command: &str) {
    let words: Vec<&str> = command.split(' ').collect();
    assert!(Command::new(words[0]).args(&words[1..]).status().unwrap().success(), "{command}");
}

/// Names are looked up at 127.0.0.1 from now on, in this process and its network only.
fn ask_our_name_server(folder: &std::path::Path) {
    run("ip link set lo up");
    [PUBLIC].iter().chain(&PRIVATE[..2]).for_each(|address| run(&format!("ip address add {address}/32 dev lo")));
    for (name, text) in [("resolv.conf", "nameserver 127.0.0.1\n"), ("nsswitch.conf", "hosts: dns\n")] {
        let own = folder.join(name);
        fs::write(&own, text).unwrap();
        run(&format!("mount --bind {} /etc/{name}", own.display()));
    }
}

/// The addresses of a name at its n-th look-up.
type Answers = Box<dyn Fn(usize) -> Vec<IpAddr> + Send>;

/// Answers look-ups of these names, and counts the addresses that it gave away.
fn name_server(names: HashMap<String, Answers>) -> Arc<Mutex<HashMap<IpAddr, usize>>> {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let given = Arc::new(Mutex::new(HashMap::new()));
    let counts = given.clone();
    std::thread::spawn(move || {
        let (mut packet, mut asked) = ([0; 512], HashMap::<String, usize>::new());
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let (name, kind, end) = question(&packet[..length]);
            let addresses = names.get(&name).map(|answers| {
                // IPv4 and IPv6 are asked for in two questions of one look-up.
                let nth = asked.entry(name.clone()).or_default();
                let addresses = answers(*nth);
                *nth += usize::from(kind == A);
                addresses
            });
            let fit: Vec<IpAddr> = addresses.unwrap_or_default().into_iter().filter(|address| address.is_ipv4() == (kind == A)).collect();
            fit.iter().for_each(|address| *counts.lock().unwrap().entry(*address).or_default() += 1);
            socket.send_to(&answer(&packet[..end], kind, &fit), from).unwrap();
        }
    });
    given
}

/// RFC 1035, 3.2.2.
const A: u16 = 1;

/// The name that a packet asks for, the kind of address, and where the question ends (RFC 1035, 4.1).
fn question(packet: &[u8]) -> (String, u16, usize) {
    let (mut at, mut labels) = (12, Vec::new());
    while packet[at] > 0 {
        let length = usize::from(packet[at]);
        labels.push(String::from_utf8_lossy(&packet[at + 1..=at + length]).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), u16::from_be_bytes([packet[at + 1], packet[at + 2]]), at + 5)
}

fn answer(question: &[u8], kind: u16, addresses: &[IpAddr]) -> Vec<u8> {
    let mut packet = question.to_vec();
    packet[2..12].copy_from_slice(&[0x85, 0x80, 0, 1, 0, u8::try_from(addresses.len()).unwrap(), 0, 0, 0, 0]);
    for address in addresses {
        let bytes = match address {
            IpAddr::V4(v4) => v4.octets().to_vec(),
            IpAddr::V6(v6) => v6.octets().to_vec(),
        };
        // The name of the question, kind, class IN, no time to live.
        packet.extend([0xC0, 12, 0, u8::try_from(kind).unwrap(), 0, 1, 0, 0, 0, 0, 0, u8::try_from(bytes.len()).unwrap()]);
        packet.extend(bytes);
    }
    packet
}

/// A site at the public address, which closes after each answer, so that each page costs a look-up of its own.
fn public_site() -> Arc<AtomicUsize> {
    let listener = TcpListener::bind(SocketAddr::from((PUBLIC, 80))).unwrap();
    let served = Arc::new(AtomicUsize::new(0));
    let count = served.clone();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut asked = [0; 4096];
            let length = stream.read(&mut asked).unwrap_or(0);
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            let body = match asked.split(' ').nth(1) {
                Some("/list.html") => listing(),
                Some(path) if path.starts_with("/n/") => {
                    page(&title("第1街道"), &format!("{BODY}\n<a href=\"/f/1.pdf\">附件:清单.pdf</a>"))
                }
                _ => String::new(),
            };
            let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n");
            let _ = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    served
}

fn listing() -> String {
    let rows: String = (0..6)
        .map(|number| format!(r#"<li><a href="/n/{number}.htm">{}</a><span>2026-11-01</span></li>"#, title(&format!("第{number}街道"))))
        .collect();
    format!(r#"<html><head><meta charset="utf-8"></head><body><ul>{rows}</ul></body></html>"#)
}

#[test]
fn a_name_that_changes_its_address_leads_to_no_private_one() {
    if !is_inside() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    ask_our_name_server(folder.path());
    let traps: Vec<Arc<AtomicUsize>> = PRIVATE.iter().map(|address| trap(&format!("{address}:80")).1).collect();
    let served = public_site();
    let mut names: HashMap<String, Answers> = HashMap::new();
    for (number, private) in PRIVATE.into_iter().enumerate() {
        let in_turn = move |nth: usize| vec![if nth.is_multiple_of(2) { PUBLIC.into() } else { private.into() }];
        let afterwards = move |nth: usize| vec![if nth < 2 { PUBLIC.into() } else { private.into() }];
        names.insert(format!("turn{number}.gov.cn"), Box::new(in_turn));
        names.insert(format!("afterwards{number}.gov.cn"), Box::new(afterwards));
        names.insert(format!("both{number}.gov.cn"), Box::new(move |_| vec![private.into(), PUBLIC.into()]));
        names.insert(format!("only{number}.gov.cn"), Box::new(move |_| vec![private.into(), private.to_ipv6_mapped().into()]));
    }
    let hosts: Vec<String> = names.keys().cloned().collect();
    let given = name_server(names);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let world = World::with(|config| {
            config.fetch.allow_private = Vec::new();
            config.sources = hosts
                .iter()
                .map(|host| Source::new(SourceId(host.replace('.', "-")), format!("http://{host}/list.html").parse().unwrap()))
                .collect();
        })
        .await;
        world.days(5).await;
        let known = world.house.store.all_tracked(None).unwrap().len();
        assert!(known > 6, "what stands at the public address is read: {known}");
    });
    let given = given.lock().unwrap();
    assert!(served.load(Ordering::SeqCst) > 20, "the public address was asked");
    for (private, sprung) in PRIVATE.into_iter().zip(traps) {
        assert!(given[&IpAddr::V4(private)] > 10, "{private} was offered: {given:?}");
        assert_eq!(sprung.load(Ordering::SeqCst), 0, "connections to {private}");
    }
    eprintln!("addresses given away: {given:?}");
}
