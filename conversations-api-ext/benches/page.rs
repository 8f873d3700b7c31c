//! What taking a page apart costs, beside what others cost on the same bytes, and what an answer costs over
//! loopback beside its bare bytes.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::{
    hint::black_box,
    io::{BufWriter, Write as _},
    process::Command,
};

use bytes::Bytes;
use conversations_api_ext::{ApiKey, BaseUrl, Client, Project, Query, Record, api};
use conversations_emulator::{Dataset, Emulator};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::{Compression, write::GzEncoder};
use tokio::runtime::Runtime;

const RECORDS: usize = 1000;
/// The typical size of the chunks of a compressed response.
const CHUNK: usize = 8 * 1024;
/// The number of records in a decompressed chunk.
const BATCH: usize = 20;

fn client(emulator: &Emulator) -> Client {
    let data = emulator.data();
    let project = Project::new(data.account_id(), data.project_id()).unwrap();
    let base_url: BaseUrl = emulator.base_url().parse().unwrap();
    let key = ApiKey::new(emulator.api_key()).unwrap();
    // No gzip: its cost would be that of zlib.
    let http = reqwest::Client::builder()
        .no_gzip()
        .redirect(reqwest::redirect::Policy::none());
    Client::builder(base_url, project, key)
        .http_client(http.build().unwrap())
        .build()
        .unwrap()
}

/// A page of about 6 MB as the v3 API sends it.
fn page(runtime: &Runtime) -> Bytes {
    let data = Dataset::generate(7, RECORDS * 2);
    let url_of = |emulator: &Emulator| {
        let data = emulator.data();
        format!(
            "{}/v3/{}/{}/conversations?limit={RECORDS}&include_latency=true&include_turn_metadata=true",
            emulator.base_url(),
            data.account_id(),
            data.project_id(),
        )
    };
    runtime.block_on(async {
        let emulator = Emulator::builder().data(data).start().await.unwrap();
        let http = reqwest::Client::new();
        let request = http
            .get(url_of(&emulator))
            .header("x-api-key", emulator.api_key());
        request.send().await.unwrap().bytes().await.unwrap()
    })
}

fn gzip(page: &[u8]) -> Bytes {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(page).unwrap();
    gzip.finish().unwrap().into()
}

fn decode(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let page = page(&runtime);
    let mut group = criterion.benchmark_group("page");
    group.throughput(Throughput::Bytes(page.len() as u64));
    group.sample_size(20);
    group.bench_function("records", |bench| {
        bench.iter(|| black_box(conversations_api_ext::bench::records(&page)));
    });
    group.bench_function("scan alone", |bench| {
        bench.iter(|| black_box(conversations_api_ext::bench::scan(&page)));
    });
    let packed = gzip(&page);
    group.bench_function("decompress alone", |bench| {
        bench.iter(|| {
            conversations_api_ext::bench::decompress(&packed, CHUNK, |chunk| drop(black_box(chunk)))
        });
    });
    group.bench_function("decompress and scan", |bench| {
        bench.iter(|| {
            black_box(conversations_api_ext::bench::decompress_and_scan(
                &packed, CHUNK,
            ))
        });
    });
    let records = conversations_api_ext::bench::records(&page);
    group.bench_function("hand over alone", |bench| {
        bench.iter(|| {
            let arriving = conversations_api_ext::bench::hand_over(&records, BATCH);
            assert_eq!(runtime.block_on(arriving), records.len());
        });
    });
    group.bench_function("write alone", |bench| {
        bench.iter(|| {
            let mut file = BufWriter::with_capacity(256 * 1024, tempfile::tempfile().unwrap());
            for record in &records {
                file.write_all(record.raw_bytes()).unwrap();
                file.write_all(b"\n").unwrap();
            }
            file.flush().unwrap();
        });
    });
    group.bench_function("serde_json::Value", |bench| {
        bench.iter(|| black_box(serde_json::from_slice::<serde_json::Value>(&page).unwrap()));
    });
    group.bench_function("records, then typed", |bench| {
        bench.iter(|| {
            let records = conversations_api_ext::bench::records(&page);
            let typed: Vec<_> = records
                .iter()
                .map(|record| Record::decode(record).unwrap())
                .collect();
            black_box(typed)
        });
    });
    group.bench_function("the generated page type", |bench| {
        bench.iter(|| {
            let page: api::v3::types::ConversationPage = serde_json::from_slice(&page).unwrap();
            black_box(page)
        });
    });
    group.finish();
}

/// The bytes of every page, as curl would get them, and the records of the client.
fn loopback(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let data = Dataset::generate(7, 48_000);
    let emulator = runtime
        .block_on(Emulator::builder().data(data).start())
        .unwrap();
    let client = client(&emulator);
    let http = reqwest::Client::builder().no_gzip().build().unwrap();
    let data = emulator.data();
    let url = format!(
        "{}/v3/{}/{}/conversations?limit=1000&client_env=live",
        emulator.base_url(),
        data.account_id(),
        data.project_id(),
    );
    let query = || Query::v3().page_size(1000).unwrap();
    let (cursors, bytes) = runtime.block_on(async {
        let (mut cursors, mut bytes) = (vec![String::new()], 0);
        let mut pages = client.pages(query());
        while let Some(page) = pages.next_page().await.unwrap() {
            bytes += page.body_len();
            cursors.extend(page.cursor().map(|cursor| format!("&cursor={cursor}")));
        }
        (cursors, bytes)
    });
    let mut group = criterion.benchmark_group("loopback");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.sample_size(10);
    group.bench_function("bare bytes of the same pages", |bench| {
        bench.iter(|| {
            runtime.block_on(async {
                let mut read = 0;
                for cursor in &cursors {
                    let request = http.get(format!("{url}{cursor}"));
                    let request = request.header("x-api-key", emulator.api_key());
                    let mut answer = request.send().await.unwrap();
                    while let Some(chunk) = answer.chunk().await.unwrap() {
                        read += chunk.len();
                    }
                }
                assert_eq!(read, bytes);
            });
        });
    });
    let urls = cursors.iter().flat_map(|cursor| {
        let url = format!("{url}{cursor}");
        [url, "--output".to_owned(), "/dev/null".to_owned()]
    });
    let mut curl = Command::new("curl");
    let key = format!("x-api-key: {}", emulator.api_key());
    curl.args(["--silent", "--fail", "--header", &key])
        .args(urls);
    if Command::new("curl").arg("--version").output().is_ok() {
        group.bench_function("curl, the same pages", |bench| {
            bench.iter(|| assert!(curl.status().unwrap().success()));
        });
    } else {
        eprintln!("SKIPPED: curl is not installed, so there is nothing to compare with");
    }
    group.bench_function("records", |bench| {
        bench.iter(|| {
            runtime.block_on(async {
                let mut records = client.records(query());
                let mut count = 0;
                while let Some(record) = records.next_record().await.unwrap() {
                    count += usize::from(!record.in_progress());
                }
                black_box(count)
            })
        });
    });
    group.finish();
}

criterion_group!(benches, decode, loopback);
criterion_main!(benches);
