//! Benchmarks of serving pages: `cargo bench -p conversations-emulator`.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use conversations_emulator::fault::{Fault, FaultPlan, Rule};
use conversations_emulator::{Dataset, Emulator, ServerBehavior};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const RECORDS: usize = 20_000;

/// The bytes of one response, read until the connection ends.
fn fetch(address: SocketAddr, query: &str, buffer: &mut [u8]) -> usize {
    let mut stream = TcpStream::connect(address).expect("the emulator listens");
    write!(
        stream,
        "GET /v3/ws-demo/PROJECT-DEMO/conversations?{query} HTTP/1.1\r\nhost: bench\r\n\
         x-api-key: emulator-key\r\nconnection: close\r\n\r\n"
    )
    .expect("the emulator reads");
    let mut total = 0;
    loop {
        match stream.read(buffer).expect("the emulator answers") {
            0 => return total,
            read => total += read,
        }
    }
}

/// The cursor of the page of 1,000 after this number of pages.
fn cursor_behind(address: SocketAddr, pages: usize) -> String {
    let mut cursor = String::new();
    for _ in 0..pages {
        let mut stream = TcpStream::connect(address).expect("the emulator listens");
        write!(
            stream,
            "GET /v3/ws-demo/PROJECT-DEMO/conversations?limit=1000{cursor} HTTP/1.0\r\n\
             x-api-key: emulator-key\r\n\r\n"
        )
        .expect("the emulator reads");
        let mut page = String::new();
        stream
            .read_to_string(&mut page)
            .expect("the emulator answers");
        let (_, rest) = page
            .rsplit_once("\"cursor\":\"")
            .expect("there is a next page");
        let (next, _) = rest.split_once('"').expect("the cursor ends");
        cursor = format!("&cursor={next}");
    }
    cursor
}

fn pages(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime starts");
    let data = Dataset::generate(7, RECORDS);
    let start = |behavior: ServerBehavior, plan: FaultPlan| {
        let builder = Emulator::builder()
            .data(data.clone())
            .server_behavior(behavior);
        runtime
            .block_on(builder.named_fault_plan("default", plan).start())
            .expect("a port is free")
    };
    // A plan that triggers nothing costs the evaluation of its rules.
    let idle = FaultPlan::new().with_rule(Rule::new(Fault::reset()).on_request(u64::MAX));
    let plain = start(ServerBehavior::default(), FaultPlan::new());
    let mut buffer = vec![0; 1 << 18];
    let deep = cursor_behind(plain.address(), 10);

    let mut group = criterion.benchmark_group("a page of 1,000");
    for (name, emulator, query) in [
        ("in chunks", &plain, "limit=1000".to_owned()),
        ("behind ten others", &plain, format!("limit=1000{deep}")),
        (
            "with its length",
            &start(
                ServerBehavior::default().with_chunked(false),
                FaultPlan::new(),
            ),
            "limit=1000".into(),
        ),
        (
            "under a plan that meets nothing",
            &start(ServerBehavior::default(), idle),
            "limit=1000".into(),
        ),
    ] {
        let bytes = fetch(emulator.address(), &query, &mut buffer);
        group.throughput(Throughput::Bytes(bytes as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(fetch(emulator.address(), &query, &mut buffer)));
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("a page of 1");
    for (name, query) in [
        ("first", "limit=1".to_owned()),
        ("deep", format!("limit=1{deep}")),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| black_box(fetch(plain.address(), &query, &mut buffer)));
        });
    }
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
