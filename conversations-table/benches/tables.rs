//! Records a second into each kind of table.

#![expect(missing_docs, reason = "criterion's macros make public items")]

use std::hint::black_box;

use conversations_emulator::Dataset;
use conversations_table::{Columns, CsvTable, CsvTurns, ParquetTable};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn tables(criterion: &mut Criterion) {
    let data = Dataset::generate(7, 5000);
    let records: Vec<&str> = data
        .records()
        .map(|record| str::from_utf8(record).unwrap())
        .collect();
    let mut group = criterion.benchmark_group("tables");
    group.sample_size(10);
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("parquet", |bench| {
        bench.iter(|| {
            let mut table = ParquetTable::new(Vec::new(), &Columns::default()).unwrap();
            for record in &records {
                table.write(record).unwrap();
            }
            black_box(table.finish().unwrap())
        });
    });
    group.bench_function("csv", |bench| {
        bench.iter(|| {
            let mut table = CsvTable::new(Vec::new(), &Columns::default()).unwrap();
            for record in &records {
                table.write(record).unwrap();
            }
            black_box(table.finish().unwrap())
        });
    });
    group.bench_function("csv of turns", |bench| {
        bench.iter(|| {
            let mut table = CsvTurns::new(Vec::new()).unwrap();
            for record in &records {
                table.write(record).unwrap();
            }
            black_box(table.finish().unwrap())
        });
    });
}

criterion_group!(benches, tables);
criterion_main!(benches);
