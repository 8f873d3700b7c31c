//! A conversation by its id ([`ConversationDetail`]) in the form of the list ([`Conversation`]).
//!
//! # Corresponding fields
//!
//! [`to_conversation`] copies these, unchanged:
//!
//! | by id | in the list |
//! |---|---|
//! | `conversation_id` | `id` |
//! | `client_env` | `environment` |
//! | `account_id`, `project_id`, `variant_id`, `started_at`, `channel`, `from_number`, `to_number`, `in_progress`, `total_duration`, `polyai_duration`, `handoff`, `handoff_reason`, `handoff_destination`, `metrics`, `turns` | the same |
//! | every undocumented field | the same, in `extra` |
//!
//! These have no counterpart in the list and are dropped: `created_at`, `finished_at`, `duration`, `language`,
//! `direction`, `tags`, `poly_score`, `short_summary`, `deployment_id`, `note`, `audio_url`, `function_events`. A
//! turn's `user_input_audio_url` is kept in `extra`.
//!
//! These are in the list only and are absent afterwards: `variant_name`, `num_turns`, `num_silences`, `num_ood`,
//! `state`.

use conversations_api::{Nullable, agents, v3};
use serde::Serialize;

use crate::{Conversation, ConversationDetail};

/// Converts a conversation by its id to the form of the list; see the [module](self) for the fields.
///
/// ```
/// use conversations_api_ext::{ConversationDetail, detail::to_conversation};
///
/// let detail: ConversationDetail = serde_json::from_str(
///     r#"{"conversationId": "CA1", "clientEnv": "live", "note": "called back", "new": 1}"#,
/// )?;
/// let conversation = to_conversation(detail);
/// assert_eq!(
///     serde_json::to_value(&conversation)?,
///     serde_json::json!({"id": "CA1", "environment": "live", "new": 1})
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[must_use]
pub fn to_conversation(detail: ConversationDetail) -> Conversation {
    let ConversationDetail {
        account_id,
        audio_url: _,
        channel,
        client_env,
        conversation_id,
        created_at: _,
        deployment_id: _,
        direction: _,
        duration: _,
        finished_at: _,
        from_number,
        function_events: _,
        handoff,
        handoff_destination,
        handoff_reason,
        in_progress,
        language: _,
        metrics,
        note: _,
        poly_score: _,
        polyai_duration,
        project_id,
        short_summary: _,
        started_at,
        tags: _,
        to_number,
        total_duration,
        turns,
        variant_id,
        extra,
    } = detail;
    Conversation {
        account_id,
        channel,
        environment: client_env,
        extra,
        from_number,
        handoff,
        handoff_destination,
        handoff_reason,
        id: conversation_id,
        in_progress,
        metrics,
        num_ood: Nullable::ABSENT,
        num_silences: Nullable::ABSENT,
        num_turns: Nullable::ABSENT,
        polyai_duration,
        project_id,
        started_at,
        state: Nullable::ABSENT,
        to_number,
        total_duration,
        turns: map(turns, |turns| turns.into_iter().map(turn).collect()),
        variant_id,
        variant_name: Nullable::ABSENT,
    }
}

fn turn(turn: agents::types::ConversationTurn) -> v3::types::ConversationTurn {
    let agents::types::ConversationTurn {
        agent_response,
        agent_response_datetime,
        barge_in,
        english_agent_response,
        entities,
        intents,
        is_ood,
        is_silence,
        latency,
        metadata,
        translated_user_input,
        user_input,
        user_input_audio_url,
        user_input_datetime,
        user_input_dtmf,
        mut extra,
    } = turn;
    if !user_input_audio_url.is_absent() {
        extra.insert(
            "user_input_audio_url".to_owned(),
            value(&user_input_audio_url),
        );
    }
    v3::types::ConversationTurn {
        agent_response,
        agent_response_datetime,
        barge_in,
        english_agent_response,
        entities,
        extra,
        intents,
        is_ood,
        is_silence,
        latency,
        metadata,
        translated_user_input,
        user_input,
        user_input_datetime,
        user_input_dtmf,
    }
}

/// Converts the value of a field, and keeps what a field without one was.
fn map<T, U>(field: Nullable<T>, convert: impl FnOnce(T) -> U) -> Nullable<U> {
    if field.is_null() {
        return Nullable::NULL;
    }
    if let Some(sent) = field.unreadable() {
        return Nullable::from_unreadable(sent.clone());
    }
    field.into_option().map(convert).into()
}

fn value(field: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(field).unwrap_or_default()
}
