//! Certificates and TLS servers on loopback, by the `openssl` command.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A certificate authority of our own in a folder of its own, which goes with it.
pub struct Authority {
    folder: PathBuf,
}

impl Authority {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("huitoukan-tls-{}-{number}", std::process::id()));
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

    /// A server's certificate signed by nobody but itself, as appliances make theirs.
    pub fn sign_itself(&self, name: &str, alternative_name: &str) {
        self.openssl(&format!(
            "req -x509 {KEY} -keyout {name}.key -out {name}.pem -days 2 -subj /CN={name} -addext subjectAltName={alternative_name}"
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

    /// Serves this answer to everybody, without knowing of HTTP; with or without TLS's word that this is all. Tells the port.
    pub fn says(&self, name: &str, answer: &str, farewell: bool) -> u16 {
        let chain = CertificateDer::pem_file_iter(self.path(&format!("{name}.pem"))).unwrap().map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_file(self.path(&format!("{name}.key"))).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth().with_single_cert(chain, key);
        let (config, answer) = (Arc::new(config.unwrap()), answer.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let mut stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), stream);
                // An error is a client that did not like the certificate.
                let asked = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(answer.as_bytes()));
                if asked.is_ok() && farewell {
                    stream.conn.send_close_notify();
                }
                let _ = stream.flush();
            }
        });
        port
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
