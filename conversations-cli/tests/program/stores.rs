//! Object stores: the sources of credentials, and the messages if they cannot work.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::thread::{self, JoinHandle};

use crate::support::{Folder, Run};

/// Sends the same response to each of `count` requests, and returns the heads of the requests.
fn serve(count: usize, answer: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let mut heads = Vec::new();
        for _ in 0..count {
            let mut stream = listener.accept().unwrap().0;
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                head.push(byte[0]);
            }
            let head = String::from_utf8(head).unwrap();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_length = name.eq_ignore_ascii_case("content-length");
                is_length.then(|| value.trim().parse().unwrap())
            });
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).unwrap();
            heads.push(head);
            stream.write_all(answer.as_bytes()).unwrap();
        }
        heads
    });
    (url, server)
}

/// Exports the demo to a bucket, without the settings of the user who runs the tests.
fn export(folder: &Folder, variables: &[(&str, &str)]) -> Run {
    export_to(folder, "s3://bucket/a.jsonl", variables)
}

fn export_to(folder: &Folder, url: &str, variables: &[(&str, &str)]) -> Run {
    let mut command: Command = folder.command(&["export", "--demo", "-q", "-o", url]);
    for (name, _) in std::env::vars() {
        if ["AWS_", "AZURE_", "GOOGLE_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command
        .env("HOME", folder.path(""))
        .env("APPDATA", folder.path(""))
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AZURE_MSI_ENDPOINT", "http://127.0.0.1:1")
        .env("GCE_METADATA_HOST", "127.0.0.1:1")
        .env("GCE_METADATA_IP", "127.0.0.1:1");
    Run::of(command.envs(variables.iter().copied()))
}

const NO_SUCH_BUCKET: &str = "HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n\
    <Error><Code>NoSuchBucket</Code><BucketName>bucket</BucketName></Error>\r\n";

#[test]
fn credentials_of_s3_come_from_a_profile_and_a_bucket_that_is_not_there_is_named() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path(".aws")).unwrap();
    folder.write(
        ".aws/credentials",
        "[default]\naws_access_key_id = ID-OF-DEFAULT\naws_secret_access_key = s\n\
         [work]\naws_access_key_id = ID-OF-WORK\naws_secret_access_key = s\n",
    );
    folder.write(".aws/config", "[profile work]\nregion = eu-west-3\n");
    for (profile, id) in [
        (&[][..], "ID-OF-DEFAULT/"),
        (&[("AWS_PROFILE", "work")], "ID-OF-WORK/"),
        (
            &[
                ("AWS_PROFILE", "work"),
                ("AWS_ACCESS_KEY_ID", "ID-OF-VARIABLE"),
                ("AWS_SECRET_ACCESS_KEY", "s"),
            ],
            "ID-OF-VARIABLE/",
        ),
    ] {
        let (url, server) = serve(1, NO_SUCH_BUCKET);
        let endpoint = [("AWS_ENDPOINT_URL", &*url), ("AWS_ALLOW_HTTP", "true")];
        let failed = export(&folder, &[profile, &endpoint].concat());
        failed.fails(
            7,
            "cannot write s3://bucket/a.jsonl: the bucket does not exist",
        );
        assert!(!failed.stderr.contains("Generic"), "{}", failed.stderr);
        let heads = server.join().unwrap().join("");
        assert!(heads.contains(&format!("Credential={id}")), "{heads}");
        assert_eq!(
            heads.contains("/eu-west-3/"),
            !profile.is_empty(),
            "{heads}"
        );
    }
}

#[test]
fn what_s3_needs_is_asked_for_before_anything_is_sent() {
    let folder = Folder::new();
    let none = export(&folder, &[]);
    none.fails(2, "no credentials for S3; set AWS_PROFILE");
    // The case of a scheme does not matter.
    let upper = export_to(&folder, "S3://bucket/a.jsonl", &[]);
    upper.fails(2, "no credentials for S3; set AWS_PROFILE");
    let unknown = export(&folder, &[("AWS_PROFILE", "work")]);
    unknown.fails(2, "the AWS profile \"work\" does not exist");
    let plain = [
        ("AWS_ACCESS_KEY_ID", "i"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
    ];
    export(&folder, &plain).fails(2, "set AWS_ALLOW_HTTP=true");
    for failed in [none, unknown] {
        assert!(!failed.stderr.contains("169.254"), "{}", failed.stderr);
    }
}

#[test]
fn what_azure_and_google_need_is_asked_for_before_anything_is_sent() {
    let folder = Folder::new();
    let account = ("AZURE_STORAGE_ACCOUNT_NAME", "account");
    let azure = |variables: &[(&str, &str)]| {
        let variables = [&[account][..], variables].concat();
        export_to(&folder, "az://container/a.jsonl", &variables)
    };
    let google = |variables: &[(&str, &str)]| export_to(&folder, "gs://bucket/a.jsonl", variables);
    azure(&[]).fails(
        2,
        "no credentials for Azure; set AZURE_STORAGE_ACCOUNT_NAME",
    );
    google(&[]).fails(2, "no credentials for Google Cloud Storage; set GOOGLE_");
    let plain = [
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
        ("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:1/account"),
    ];
    azure(&plain).fails(2, "set AZURE_ALLOW_HTTP=true");
}

#[test]
fn what_a_store_denies_is_explained_with_its_remedy() {
    let folder = Folder::new();
    let denied = "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n\
        <Error><Code>AuthenticationFailed</Code></Error>\r\n";
    let (url, server) = serve(1, denied);
    let variables = [
        ("AZURE_STORAGE_ACCOUNT_NAME", "account"),
        ("AZURE_STORAGE_ACCOUNT_KEY", "a2V5"),
        ("AZURE_STORAGE_ENDPOINT", &*url),
        ("AZURE_ALLOW_HTTP", "true"),
    ];
    let failed = export_to(&folder, "az://container/a.jsonl", &variables);
    failed.fails(
        7,
        "the account key, the signature or the token is not valid",
    );
    assert!(!failed.stderr.contains("Generic"), "{}", failed.stderr);
    server.join().unwrap();
}

#[test]
fn a_url_is_no_file_to_read() {
    let folder = Folder::new();
    for (url, remedy) in [
        ("s3://bucket/calls", "aws s3 sync"),
        ("gs://bucket/calls", "gcloud storage rsync"),
        ("az://container/calls?sig=secret", "azcopy copy"),
    ] {
        for command in [
            &["stats", "--from", url][..],
            &["search", "word", "--from", url],
            &["show", "CA0", "--from", url],
        ] {
            let run = folder.run(command);
            run.fails(2, "--from reads files and folders on this machine");
            assert!(run.stderr.contains(remedy), "{}", run.stderr);
            assert!(!run.stderr.contains("secret"), "{}", run.stderr);
        }
    }
}

#[test]
fn a_url_with_another_scheme_is_no_path() {
    let folder = Folder::new();
    for url in [
        "gcs://bucket/calls",
        "https://bucket.s3.amazonaws.com/calls",
    ] {
        let scheme = url.split_once(':').unwrap().0;
        for command in [
            &["sync", url, "--demo"][..],
            &["vacuum", url],
            &["export", "--demo", "-o", url],
            &["audio", "CA0", "--demo", "-o", url],
        ] {
            let run = folder.run(command);
            run.fails(
                2,
                &format!("{scheme}:// is not the scheme of a supported store"),
            );
        }
    }
    assert_eq!(folder.files(), Vec::<String>::new());
}
