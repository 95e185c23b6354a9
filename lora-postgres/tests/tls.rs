//! TLS: what each `sslmode` asks of the server.

#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use lora_postgres::testing::{TestCluster, TestDatabase};
use lora_postgres::{Options, connect};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// Writes a file that the server may read, and nobody else.
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    let owner = fs::metadata(path.parent().unwrap()).unwrap();
    chown(path, Some(owner.uid()), Some(owner.gid())).unwrap();
}

fn authorities(cluster: &TestCluster, name: &str, text: &str) -> PathBuf {
    let path = cluster.folder().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// A server whose certificate is for `localhost`, and the files of its authority and of another one.
async fn secured(cluster: &TestCluster) -> (PathBuf, PathBuf) {
    let (ours, other) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &ours).unwrap();
    write(&cluster.folder().join("data/server.key"), &key.serialize_pem());
    write(&cluster.folder().join("data/server.crt"), &certificate.pem());
    let database = TestDatabase::on(cluster).await;
    let client = database.connect().await;
    for statement in ["ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()"] {
        client.batch_execute(statement).await.unwrap();
    }
    let shown = async || database.connect().await.query_one("SHOW ssl", &[]).await.unwrap().get::<_, String>(0);
    while shown().await != "on" {
        tokio::task::yield_now().await;
    }
    (authorities(cluster, "ours.pem", &ours.pem()), authorities(cluster, "other.pem", &other.pem()))
}

/// Whether a connection is encrypted, or why there is none.
async fn encrypted(url: &str) -> Result<bool, String> {
    let pool = connect(&Options::new(url.parse().unwrap())).await.map_err(|error| {
        let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
        causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
    })?;
    let client = pool.get().await.unwrap();
    let row = client.query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).await.unwrap();
    Ok(row.get(0))
}

#[tokio::test]
async fn every_mode_asks_of_the_server_what_it_says() {
    let cluster = TestCluster::start();
    let (ours, other) = secured(&cluster).await;
    let setup = TestDatabase::on(&cluster).await;
    setup.connect().await.batch_execute("CREATE ROLE guarded LOGIN PASSWORD 'open'").await.unwrap();
    let ask = async |host: &str, query: &str| {
        encrypted(&format!("postgres://guarded:open@{host}:{}/{}?{query}", cluster.port(), setup.name())).await
    };
    let with = |mode: &str, file: &Path| format!("sslmode={mode}&sslrootcert={}", file.display());

    assert_eq!(ask("localhost", "sslmode=disable").await, Ok(false));
    assert_eq!(ask("localhost", "").await, Ok(true));
    assert_eq!(ask("127.0.0.1", "sslmode=prefer").await, Ok(true));
    assert_eq!(ask("127.0.0.1", "sslmode=require&channel_binding=require").await, Ok(true));
    assert_eq!(ask("127.0.0.1", &with("verify-ca", &ours)).await, Ok(true), "the name does not count");
    assert_eq!(ask("localhost", &with("verify-full", &ours)).await, Ok(true));

    for (host, query, says) in [
        ("127.0.0.1", with("verify-full", &ours), "not valid for name"),
        ("localhost", with("verify-full", &other), "invalid peer certificate"),
        ("localhost", with("verify-ca", &other), "invalid peer certificate"),
        ("localhost", with("require", &other), "invalid peer certificate"),
        ("localhost", with("verify-full", Path::new("/absent.pem")), "/absent.pem cannot be used"),
        ("localhost", with("verify-full", &cluster.folder().join("log")), "log cannot be used"),
    ] {
        let message = ask(host, &query).await.unwrap_err();
        assert!(message.contains(says), "{host} {query}: {message}");
    }
}
