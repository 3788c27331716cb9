//! How a server's certificate is checked: by the authorities, by further ones, or by its fingerprint alone.

use std::sync::Arc;

use reqwest::{Certificate, ClientBuilder};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::model::Tls;

/// # Errors
/// A certificate file or a fingerprint that cannot be used, with what to write instead.
pub(super) fn configure(builder: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, String> {
    match tls {
        Tls::Strict => Ok(builder),
        Tls::ExtraAuthority(path) => {
            let pem = std::fs::read(path).map_err(|why| format!("the certificate file {} cannot be read: {why}", path.display()))?;
            let certificates = Certificate::from_pem_bundle(&pem).unwrap_or_default();
            if certificates.is_empty() {
                return Err(format!("{} holds no certificate; it must be a PEM file (-----BEGIN CERTIFICATE-----)", path.display()));
            }
            Ok(builder.tls_certs_merge(certificates))
        }
        Tls::Pinned(fingerprint) => Ok(builder.tls_backend_preconfigured(pinned(fingerprint)?)),
    }
}

fn pinned(fingerprint: &str) -> Result<ClientConfig, String> {
    let fingerprint = parse_fingerprint(fingerprint)
        .ok_or_else(|| format!("{fingerprint:?} is no fingerprint; write the certificate's SHA-256 as 64 hexadecimal digits"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Pin { fingerprint, provider: Arc::clone(&provider) };
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let mut config = config
        .map_err(|why| format!("TLS cannot be set up: {why}"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Colons and spaces between the digits are what `openssl x509 -fingerprint` prints.
fn parse_fingerprint(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> =
        text.chars().filter(|c| !matches!(c, ':' | ' ')).map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}

/// Trusts one certificate, whatever name and dates it bears; that the server holds its key is still checked.
#[derive(Debug)]
struct Pin {
    fingerprint: [u8; 32],
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pin {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Sha256::digest(end_entity)[..] == self.fingerprint {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What is wrong with a server's TLS and what a person can do about it; `None` where waiting may help.
pub(super) fn advice(host: &str, fault: &Error) -> Option<String> {
    use rustls::AlertDescription as Alert;
    let certificate = |what: &str| {
        Some(format!(
            "the certificate of {host} {what}; where the site is known to be like that, write into the source's file \
             tls = {{ pin = \"the certificate's SHA-256 fingerprint\" }}, or tls = {{ authority = \"file.pem\" }} with the authority \
             that is missing"
        ))
    };
    match fault {
        Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => certificate("has expired"),
        Error::InvalidCertificate(CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }) => {
            certificate("is not valid yet")
        }
        Error::InvalidCertificate(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            certificate("is for another name")
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            certificate("is not from an authority that this machine knows (self-signed, or an intermediate certificate is missing)")
        }
        Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => Some(format!(
            "the certificate of {host} is not the one whose fingerprint is configured; if the site has renewed it, write the new one \
             into tls = {{ pin = \"…\" }}"
        )),
        Error::InvalidCertificate(_) => certificate("does not check (self-signed, or of a kind that is not for web servers)"),
        Error::AlertReceived(Alert::UnrecognisedName) => {
            Some(format!("the server of {host} knows no site of that name; is the address written right, with or without www.?"))
        }
        Error::AlertReceived(Alert::CertificateRequired) => {
            Some(format!("{host} asks visitors for a certificate of their own, as sites for members do; it cannot be read"))
        }
        Error::AlertReceived(Alert::InternalError | Alert::UserCanceled | Alert::CloseNotify) => None,
        Error::InvalidMessage(_) => Some(format!("{host} does not speak TLS at this port; try the address with http:")),
        _ => Some(format!(
            "{host} and this program have no TLS in common (it needs version 1.2 or 1.3); try the address with http:, or a proxy that \
             speaks the old versions"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_fingerprint;

    #[test]
    fn a_fingerprint_is_64_digits_however_they_are_set_apart() {
        let plain = "0f".repeat(32);
        assert_eq!(parse_fingerprint(&plain), Some([15; 32]));
        assert_eq!(parse_fingerprint(&["0F"; 32].join(":")), Some([15; 32]));
        for wrong in [&plain[2..], &format!("{plain}0"), &plain.replace('f', "g"), ""] {
            assert_eq!(parse_fingerprint(wrong), None, "{wrong}");
        }
    }
}
