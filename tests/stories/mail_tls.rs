//! Mail over TLS: to a server whose authority is known, and to none that only claims to be it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use super::desk::order;
use super::town::{Town, phone_number, town_with};
use super::wait::until;

/// Speaks TLS in front of a mailbox that does not; ends when it is dropped.
struct Front {
    port: u16,
    /// Where mails go on to.
    behind: Arc<Mutex<Option<SocketAddr>>>,
    serving: JoinHandle<()>,
}

/// How TLS begins.
#[derive(Clone, Copy, PartialEq)]
enum Begins {
    AfterStartTls,
    AtOnce,
}

/// An authority, as its file, and a server's certificate that it has signed for this name.
fn certified(folder: &Path, name: &str) -> (String, TlsAcceptor) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let file = folder.join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (file.to_str().unwrap().to_owned(), TlsAcceptor::from(Arc::new(config)))
}

impl Front {
    async fn open(acceptor: TlsAcceptor, begins: Begins) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let behind = Arc::new(Mutex::new(None));
        let target = behind.clone();
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that does not believe the certificate hangs up: that is its right.
                tokio::spawn(pass_on(stream, acceptor.clone(), begins, *target.lock()));
            }
        });
        Self { port, behind, serving }
    }

    /// A town whose mails go this way, with an agent who reads mails.
    async fn town(&self, host: &str, tls: &str, authority: Option<&str>) -> Town {
        let port = self.port.to_string();
        let mut settings = vec![
            ("CHANNELS__EMAIL__SMTP__HOST", host),
            ("CHANNELS__EMAIL__SMTP__PORT", &port),
            ("CHANNELS__EMAIL__SMTP__TLS", tls),
        ];
        settings.extend(authority.map(|file| ("CHANNELS__EMAIL__SMTP__CA_FILE", file)));
        let town = town_with(&settings).await;
        *self.behind.lock() = Some(town.mailbox.address());
        town.knows(vec![json!({ "ref": "ana", "phone": phone_number(1), "email": "ana@example.com" })]).await;
        town
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass_on(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    begins: Begins,
    behind: Option<SocketAddr>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    if begins == Begins::AfterStartTls {
        stream.write_all(b"220 front.example.com ESMTP\r\n").await?;
        let mut line = String::new();
        loop {
            line.clear();
            stream.read_line(&mut line).await?;
            match line.trim_end().split(' ').next().unwrap_or_default() {
                "EHLO" => stream.write_all(b"250-front.example.com\r\n250 STARTTLS\r\n").await?,
                "STARTTLS" => break stream.write_all(b"220 2.0.0 go ahead\r\n").await?,
                _ => return stream.write_all(b"530 5.7.0 STARTTLS first\r\n").await,
            }
        }
    }
    let mut protected = acceptor.accept(stream.into_inner()).await?;
    let mut mailbox = BufReader::new(TcpStream::connect(behind.unwrap()).await?);
    if begins == Begins::AfterStartTls {
        // The front has greeted already.
        mailbox.read_line(&mut String::new()).await?;
    }
    let mut mailbox = mailbox.into_inner();
    copy_bidirectional(&mut protected, &mut mailbox).await.map(drop)
}

#[tokio::test]
async fn a_mail_goes_over_starttls_to_a_server_of_a_known_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, acceptor) = certified(folder.path(), "localhost");
    let front = Front::open(acceptor, Begins::AfterStartTls).await;
    let town = front.town("localhost", "starttls", Some(&authority)).await;
    let job = town.desk().publishes(order("tls-1")).await;
    let mails = town.mailbox.wait_for(|mails| !mails.is_empty()).await.unwrap();
    assert!(mails[0].text.contains(&job.code), "{}", mails[0].text);
}

#[tokio::test]
async fn a_mail_goes_over_tls_from_the_first_byte_to_a_server_of_a_known_authority() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, acceptor) = certified(folder.path(), "localhost");
    let front = Front::open(acceptor, Begins::AtOnce).await;
    let town = front.town("localhost", "implicit", Some(&authority)).await;
    let job = town.desk().publishes(order("tls-2")).await;
    let mails = town.mailbox.wait_for(|mails| !mails.is_empty()).await.unwrap();
    assert!(mails[0].text.contains(&job.code), "{}", mails[0].text);
}

#[tokio::test]
async fn no_mail_goes_to_a_server_whose_authority_is_unknown_or_whose_name_is_another() {
    let folder = tempfile::tempdir().unwrap();
    let (authority, acceptor) = certified(folder.path(), "mail.example.com");
    // Known, and for another name.
    for authority in [None, Some(authority.as_str())] {
        let front = Front::open(acceptor.clone(), Begins::AfterStartTls).await;
        let town = front.town("localhost", "starttls", authority).await;
        town.desk().publishes(order("tls-3")).await;
        // The account is at fault, not the mail: it pauses, and what is owed waits for it.
        until("the account was refused", async || {
            (town.metric("baton_sends_total", "class=\"sender\"").await > 0.0).then_some(())
        })
        .await;
        assert!(town.mailbox.mails().is_empty() && town.mailbox.connections() == 0);
        assert_eq!(town.door.get("/api/v1/health").await.is(200)["components"]["outbox"], 1);
    }
}
