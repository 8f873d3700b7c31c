//! The output of a Parquet table, which a thread of the table writes to.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use conversations_table::{Columns, ParquetTable, TableError};

/// An output whose disk is full after the first bytes.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self
            .0
            .checked_sub(bytes.len())
            .ok_or(io::ErrorKind::StorageFull)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_full(error: &TableError) -> bool {
    matches!(error, TableError::Io(error) if error.kind() == io::ErrorKind::StorageFull)
}

/// Returns a record that cannot be compressed.
fn record(seed: u64) -> String {
    let mut state = seed;
    let mut next = || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        format!("{state:016x}")
    };
    let note: String = (0..8192).map(|_| next()).collect();
    format!(r#"{{"id":"c{seed}","note":"{note}"}}"#)
}

#[test]
fn a_full_disk_is_reported_while_records_are_added_and_never_as_success() {
    let mut table = ParquetTable::new(Full(1024), &Columns::default()).unwrap();
    let failed = (0..1000).find_map(|seed| table.write(&record(seed)).err());
    assert!(is_full(&failed.expect("1 KiB holds less")));
    assert!(table.write(&record(0)).is_ok(), "it waits for its batch");
    assert!(table.finish().is_err());

    let mut table = ParquetTable::new(Full(1024), &Columns::default()).unwrap();
    table.write(&record(0)).unwrap();
    let Err(error) = table.finish() else {
        panic!("1 KiB holds less")
    };
    assert!(is_full(&error));
}

#[test]
fn a_table_that_is_dropped_has_dropped_its_output() {
    struct Noting(Arc<AtomicBool>);

    impl Write for Noting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Drop for Noting {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    for records in 0..30 {
        let dropped = Arc::new(AtomicBool::new(false));
        let output = Noting(Arc::clone(&dropped));
        let mut table = ParquetTable::new(output, &Columns::default()).unwrap();
        for seed in 0..records {
            table.write(&record(seed)).unwrap();
        }
        drop(table);
        assert!(dropped.load(Ordering::SeqCst), "{records} records");
    }
}

#[test]
fn a_panic_of_the_output_is_one_of_the_caller() {
    struct Panicking;

    impl Write for Panicking {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            panic!("on purpose")
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let written = catch_unwind(AssertUnwindSafe(|| {
        let mut table = ParquetTable::new(Panicking, &Columns::default()).unwrap();
        (0..1000).try_for_each(|seed| table.write(&record(seed)))
    }));
    let panic = written.unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"on purpose"));
}
