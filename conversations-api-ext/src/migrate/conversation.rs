//! Converts single conversations between versions: [`to_v3`], [`to_v1`], and the same for raw records.

use std::mem::take;

use conversations_api::{v1, v3};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{turn, values};
use crate::{Error, ErrorKind, Record};

/// Converts a v1 conversation to the form in which v3 would have sent it.
///
/// The conversion never fails, and nothing is lost. Changes (PolyAI docs, v1 to v3 migration guide):
///
/// | field | v1 | v3 |
/// |---|---|---|
/// | texts, of the conversation and of its turns | null | `""` |
/// | `started_at`, `user_input_datetime`, `agent_response_datetime` | without a zone, or in another known form | RFC 3339; without a zone it meant UTC |
/// | `turns`, `metrics`, `state`, `intents`, `entities` | null | empty |
/// | `translated_user_input`, `english_agent_response` of a turn | absent or null | `""` |
/// | `latency` of a turn | an object that holds `perceived_latency` alone | that number |
/// | values of `metrics` and `entities` | a list of a single text | that text |
/// | `context_state` | a field | kept among the unknown fields |
/// | `barge_in`, `metadata` of a turn | unknown fields, if there at all | fields |
///
/// Everything else is unchanged, unknown fields included: absent fields stay absent (a project with field whitelisting
/// sends four), and null flags and counts stay null, as no value can be inferred for them.
///
/// ```
/// use conversations_api_ext::{api::v1, migrate};
///
/// let v1: v1::types::Conversation = serde_json::from_str(
///     r#"{"id":"CA1","handoff_reason":null,"started_at":"2026-04-07T21:27:33","turns":[{"user_input":"hi"}]}"#,
/// )?;
/// let v3 = migrate::to_v3(v1);
/// assert_eq!(v3.handoff_reason.as_deref(), Some(""));
/// assert_eq!(v3.started_at.as_ref().unwrap().as_str(), "2026-04-07T21:27:33Z");
/// assert_eq!(v3.turns.as_ref().unwrap()[0].translated_user_input.as_deref(), Some(""));
/// assert!(v3.state.is_absent());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn to_v3(mut conversation: v1::types::Conversation) -> v3::types::Conversation {
    let from = &mut conversation;
    let mut extra = take(&mut from.extra);
    values::kept(&mut extra, CONTEXT_STATE, take(&mut from.context_state));
    values::with_fields! {
        values::carried(&conversation, extra, |to: &mut v3::types::Conversation| {
            &mut to.extra
        });
        account_id: values::filled(take(&mut from.account_id)),
        channel: values::filled(take(&mut from.channel)),
        environment: values::filled(take(&mut from.environment)),
        from_number: values::filled(take(&mut from.from_number)),
        handoff: take(&mut from.handoff),
        handoff_destination: values::filled(take(&mut from.handoff_destination)),
        handoff_reason: values::filled(take(&mut from.handoff_reason)),
        id: take(&mut from.id),
        in_progress: take(&mut from.in_progress),
        metrics: values::filled(take(&mut from.metrics)).map_value(values::named),
        num_ood: take(&mut from.num_ood),
        num_silences: take(&mut from.num_silences),
        num_turns: take(&mut from.num_turns),
        polyai_duration: take(&mut from.polyai_duration),
        project_id: values::filled(take(&mut from.project_id)),
        started_at: values::time(take(&mut from.started_at)),
        state: values::filled(take(&mut from.state)),
        to_number: values::filled(take(&mut from.to_number)),
        total_duration: take(&mut from.total_duration),
        turns: values::filled(take(&mut from.turns))
            .map_value(|turns| turns.into_iter().map(turn::to_v3).collect()),
        variant_id: values::filled(take(&mut from.variant_id)),
        variant_name: values::filled(take(&mut from.variant_name)),
    }
}

const CONTEXT_STATE: &str = "context_state";

/// Converts a v3 conversation to the form in which v1 would have sent it, for code that was written for v1.
///
/// The conversion never fails, and nothing is lost. Changes:
///
/// | field | v3 | v1 |
/// |---|---|---|
/// | texts, of the conversation and of its turns | `""` | null |
/// | `latency` of a turn | an object that holds `perceived_latency` alone | that number |
/// | values of `metrics` and `entities` | a list of a single text | that text |
/// | `barge_in`, `metadata` of a turn | fields | kept among the unknown fields |
/// | `context_state` | an unknown field, if there at all | a field |
///
/// Times stay as v3 writes them, a format that v1 had too. `state` and `variant_name` may be absent on v3, and then
/// are absent here: code that reads them must check.
///
/// ```
/// use conversations_api_ext::{api::v3, migrate};
///
/// let v3: v3::types::Conversation =
///     serde_json::from_str(r#"{"id":"CA1","handoff_reason":"","variant_name":"Downtown"}"#)?;
/// let v1 = migrate::to_v1(v3);
/// assert!(v1.handoff_reason.is_null());
/// assert_eq!(v1.variant_name.as_deref(), Some("Downtown"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn to_v1(mut conversation: v3::types::Conversation) -> v1::types::Conversation {
    let from = &mut conversation;
    let mut extra = take(&mut from.extra);
    values::with_fields! {
        values::carried(&conversation, extra, |to: &mut v1::types::Conversation| {
            &mut to.extra
        });
        account_id: values::emptied(take(&mut from.account_id)),
        channel: values::emptied(take(&mut from.channel)),
        context_state: values::taken(&mut extra, CONTEXT_STATE, |value: &Value| {
            value.as_object().cloned()
        }),
        environment: values::emptied(take(&mut from.environment)),
        from_number: values::emptied(take(&mut from.from_number)),
        handoff: take(&mut from.handoff),
        handoff_destination: values::emptied(take(&mut from.handoff_destination)),
        handoff_reason: values::emptied(take(&mut from.handoff_reason)),
        id: take(&mut from.id),
        in_progress: take(&mut from.in_progress),
        metrics: take(&mut from.metrics).map_value(values::named),
        num_ood: take(&mut from.num_ood),
        num_silences: take(&mut from.num_silences),
        num_turns: take(&mut from.num_turns),
        polyai_duration: take(&mut from.polyai_duration),
        project_id: values::emptied(take(&mut from.project_id)),
        started_at: take(&mut from.started_at),
        state: take(&mut from.state),
        to_number: values::emptied(take(&mut from.to_number)),
        total_duration: take(&mut from.total_duration),
        turns: take(&mut from.turns)
            .map_value(|turns| turns.into_iter().map(turn::to_v1).collect()),
        variant_id: values::emptied(take(&mut from.variant_id)),
        variant_name: values::emptied(take(&mut from.variant_name)),
    }
}

/// Applies [`to_v3`] to a raw v1 record: returns its JSON in the form of v3.
///
/// The order of its keys may change; the set of keys changes as in the table of [`to_v3`]. The record's own data (id,
/// start, in progress) stays.
///
/// # Errors
///
/// [`MalformedRecord`](ErrorKind::MalformedRecord) as for [`Record::decode`].
///
/// # Example
///
/// ```
/// # use conversations_api_ext::{Client, Error, Query, migrate};
/// async fn export(client: &Client) -> Result<(), Error> {
///     let mut records = client.records(Query::v1());
///     while let Some(record) = records.next_record().await? {
///         println!("{}", migrate::record_to_v3(&record)?.raw());
///     }
///     Ok(())
/// }
/// ```
pub fn record_to_v3(record: &Record) -> Result<Record, Error> {
    convert(record, to_v3)
}

/// Applies [`to_v1`] to a raw v3 record, for programs that read v1 records. See [`record_to_v3`].
///
/// # Errors
///
/// As for [`record_to_v3`].
///
/// # Example
///
/// ```
/// # use conversations_api_ext::{Client, Error, Query, migrate};
/// async fn export(client: &Client) -> Result<(), Error> {
///     let mut records = client.records(Query::v3());
///     while let Some(record) = records.next_record().await? {
///         println!("{}", migrate::record_to_v1(&record)?.raw());
///     }
///     Ok(())
/// }
/// ```
pub fn record_to_v1(record: &Record) -> Result<Record, Error> {
    convert(record, to_v1)
}

fn convert<A: DeserializeOwned, B: Serialize>(
    record: &Record,
    convert: impl Fn(A) -> B,
) -> Result<Record, Error> {
    let Ok(conversation) = serde_json::from_slice(record.raw_bytes()) else {
        // Returns an error with the JSON path. Both versions' types accept the same shapes, so this fails as well.
        record.decode()?;
        return Err(Error::new(
            ErrorKind::MalformedRecord,
            format!("conversation {} does not fit the typed form", record.id()),
            "its raw JSON is complete; please report the field, leaving its value out",
        ));
    };
    let json = serde_json::to_string(&convert(conversation)).map_err(|_| {
        Error::new(
            ErrorKind::MalformedRecord,
            format!("conversation {} cannot be written as JSON", record.id()),
            "this is a defect of this crate: please report it",
        )
    })?;
    Ok(record.with_raw(json.into()))
}
