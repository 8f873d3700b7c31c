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

use conversations_api::{agents, v3};

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
        channel,
        client_env,
        conversation_id,
        from_number,
        handoff,
        handoff_destination,
        handoff_reason,
        in_progress,
        metrics,
        polyai_duration,
        project_id,
        started_at,
        to_number,
        total_duration,
        turns,
        variant_id,
        extra,
        ..
    } = detail;
    Conversation::builder()
        .account_id(account_id)
        .channel(channel)
        .environment(client_env)
        .extra(extra)
        .from_number(from_number)
        .handoff(handoff)
        .handoff_destination(handoff_destination)
        .handoff_reason(handoff_reason)
        .id(conversation_id)
        .in_progress(in_progress)
        .metrics(metrics)
        .polyai_duration(polyai_duration)
        .project_id(project_id)
        .started_at(started_at)
        .to_number(to_number)
        .total_duration(total_duration)
        .turns(turns.map_value(|turns| turns.into_iter().map(turn).collect::<Vec<_>>()))
        .variant_id(variant_id)
        .try_into()
        .expect(OWN_TYPES)
}

const OWN_TYPES: &str = "every field is set, to a value of its own type";

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
        ..
    } = turn;
    if !user_input_audio_url.is_absent() {
        extra.insert(
            "user_input_audio_url".to_owned(),
            serde_json::to_value(&user_input_audio_url).unwrap_or_default(),
        );
    }
    v3::types::ConversationTurn::builder()
        .agent_response(agent_response)
        .agent_response_datetime(agent_response_datetime)
        .barge_in(barge_in)
        .english_agent_response(english_agent_response)
        .entities(entities)
        .extra(extra)
        .intents(intents)
        .is_ood(is_ood)
        .is_silence(is_silence)
        .latency(latency)
        .metadata(metadata)
        .translated_user_input(translated_user_input)
        .user_input(user_input)
        .user_input_datetime(user_input_datetime)
        .user_input_dtmf(user_input_dtmf)
        .try_into()
        .expect(OWN_TYPES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::{JsonSchema, schema_for};

    use super::*;

    /// The fields by their names in Rust: the names by id are in camel case.
    fn fields<T: JsonSchema>() -> BTreeSet<String> {
        let schema = schema_for!(T).to_value();
        let names = schema["properties"].as_object().expect("an object").keys();
        let snake_case = |name: &String| {
            name.chars().fold(String::new(), |mut name, letter| {
                if letter.is_ascii_uppercase() {
                    name.push('_');
                }
                name.push(letter.to_ascii_lowercase());
                name
            })
        };
        names.map(snake_case).collect()
    }

    fn only_in<T: JsonSchema, U: JsonSchema>() -> String {
        let (these, others) = (fields::<T>(), fields::<U>());
        let names: Vec<_> = these.difference(&others).map(String::as_str).collect();
        names.join(" ")
    }

    /// A field that a new document adds to one form has to be copied, dropped or kept here.
    #[test]
    fn every_documented_field_is_copied_or_dropped_on_purpose() {
        assert_eq!(
            only_in::<ConversationDetail, Conversation>(),
            "audio_url client_env conversation_id created_at deployment_id direction duration finished_at \
             function_events language note poly_score short_summary tags"
        );
        assert_eq!(
            only_in::<Conversation, ConversationDetail>(),
            "environment id num_ood num_silences num_turns state variant_name"
        );
        let shared = fields::<Conversation>();
        let shared = shared.intersection(&fields::<ConversationDetail>()).count();
        assert_eq!(
            shared, 15,
            "the fields that `to_conversation` copies under their names"
        );
        type DetailTurn = agents::types::ConversationTurn;
        type Turn = v3::types::ConversationTurn;
        assert_eq!(only_in::<DetailTurn, Turn>(), "user_input_audio_url");
        assert_eq!(only_in::<Turn, DetailTurn>(), "");
        assert_eq!(fields::<Turn>().len(), 14, "the fields that `turn` copies");
    }
}
