//! The warning about v1, which is logged once per process, so this test has a process of its own.

use std::{
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use conversations_api_ext::{ApiKey, Client, Project, Query, Region};
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

/// Stores the text of every warning.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(event.metadata().target().to_owned());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[test]
fn a_process_that_asks_v1_is_warned_once() {
    let warnings = Warnings::default();
    tracing::subscriber::set_global_default(warnings.clone()).unwrap();
    let project = Project::new("ws-1", "PROJECT-1").unwrap();
    let client = Client::builder(Region::Us1, project, ApiKey::new("MARKER").unwrap())
        .build()
        .unwrap();

    // Streams send no request before they are polled.
    drop(client.records(Query::v3()));
    drop(client.pages(Query::v2()));
    assert!(warnings.0.lock().unwrap().is_empty());
    drop(client.records(Query::v1()));
    drop(client.pages(Query::v1()));
    drop(client.conversations(Query::v1()));

    let given = warnings.0.lock().unwrap();
    let [warning] = &given[..] else {
        panic!("{given:?}")
    };
    assert!(
        warning.starts_with("conversations_api_ext::migrate"),
        "{warning}"
    );
    assert!(
        warning.contains("unsupported") && warning.contains("version=\"v1\""),
        "{warning}"
    );
    assert!(!warning.contains("MARKER"), "{warning}");
}
