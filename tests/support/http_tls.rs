//! Certificates and TLS servers on loopback, by the `openssl` command.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A certificate authority of our own in a folder of its own, which goes with it.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("huitoukan-tls-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let authority = Self { folder };
        let settings = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nrand_serial = yes\ndefault_md = sha256\npolicy = any\n\
                        unique_subject = no\nnew_certs_dir = .\n[any]\ncommonName = supplied\n";
        std::fs::write(authority.path("ca.cnf"), settings).unwrap();
        std::fs::write(authority.path("index"), "").unwrap();
        authority.openssl(&format!("req -x509 {KEY} -keyout authority.key -out authority.pem -days 2 -subj /CN=authority"));
        authority
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A server's certificate signed by this authority: `NAME.pem` and `NAME.key`.
    pub fn sign(&self, name: &str, alternative_name: &str, first_and_last_day: (&str, &str)) {
        let (first, last) = first_and_last_day;
        std::fs::write(self.path("names"), format!("subjectAltName = {alternative_name}\n")).unwrap();
        self.openssl(&format!("req {KEY} -keyout {name}.key -out {name}.csr -subj /CN={name}"));
        self.openssl(&format!(
            "ca -batch -config ca.cnf -cert authority.pem -keyfile authority.key -in {name}.csr -out {name}.pem -notext -extfile names \
             -startdate {first}000000Z -enddate {last}000000Z"
        ));
    }

    /// SHA-256 of a certificate as `openssl x509 -fingerprint` prints it.
    pub fn fingerprint(&self, name: &str) -> String {
        let printed = self.openssl(&format!("x509 -in {name}.pem -noout -fingerprint -sha256"));
        printed.trim().split_once('=').unwrap().1.to_owned()
    }

    /// Serves a page of 200 with this certificate at any path.
    pub fn serve(&self, name: &str, further: &str) -> TlsServer {
        TlsServer::start(&self.folder, &format!("s_server -accept 127.0.0.1:0 -www -cert {name}.pem -key {name}.key {further}"))
    }

    fn openssl(&self, arguments: &str) -> String {
        let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(&self.folder).output();
        let output = output.expect("the openssl command, of the package of this name, makes the certificates");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub struct TlsServer {
    process: Child,
    pub port: u16,
}

impl TlsServer {
    fn start(folder: &Path, arguments: &str) -> Self {
        let mut command = Command::new("openssl");
        command.args(arguments.split_whitespace()).current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| line.unwrap().strip_prefix("ACCEPT 127.0.0.1:")?.parse().ok());
        Self { process, port: port.expect("the server says where it listens") }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
