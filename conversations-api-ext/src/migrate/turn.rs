//! One turn from version to version.

use conversations_api::{v1, v3};
use serde_json::Value;

use super::forms;

pub(super) fn to_v3(turn: v1::types::ConversationTurn) -> v3::types::ConversationTurn {
    // Every field by name: one that a new document adds does not compile until it has its line here.
    let v1::types::ConversationTurn {
        agent_response,
        agent_response_datetime,
        english_agent_response,
        entities,
        intents,
        is_ood,
        is_silence,
        latency,
        translated_user_input,
        user_input,
        user_input_datetime,
        user_input_dtmf,
        mut extra,
    } = turn;
    v3::types::ConversationTurn {
        agent_response: forms::filled(agent_response),
        agent_response_datetime: forms::time(agent_response_datetime),
        barge_in: forms::taken(&mut extra, "barge_in", Value::as_bool),
        english_agent_response: forms::always_there(english_agent_response),
        entities: forms::map(forms::filled(entities), |entities| {
            entities.into_iter().map(forms::named).collect()
        }),
        intents: forms::filled(intents),
        is_ood,
        is_silence,
        latency: forms::latency(latency),
        metadata: forms::taken(&mut extra, "metadata", |value| value.as_object().cloned()),
        translated_user_input: forms::always_there(translated_user_input),
        user_input: forms::filled(user_input),
        user_input_datetime: forms::time(user_input_datetime),
        user_input_dtmf: forms::filled(user_input_dtmf),
        extra,
    }
}

pub(super) fn to_v1(turn: v3::types::ConversationTurn) -> v1::types::ConversationTurn {
    let v3::types::ConversationTurn {
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
        user_input_datetime,
        user_input_dtmf,
        mut extra,
    } = turn;
    forms::kept(&mut extra, "barge_in", barge_in);
    forms::kept(&mut extra, "metadata", metadata);
    v1::types::ConversationTurn {
        agent_response: forms::emptied(agent_response),
        agent_response_datetime,
        english_agent_response: forms::emptied(english_agent_response),
        entities: forms::map(entities, |entities| {
            entities.into_iter().map(forms::named).collect()
        }),
        intents,
        is_ood,
        is_silence,
        latency: forms::latency(latency),
        translated_user_input: forms::emptied(translated_user_input),
        user_input: forms::emptied(user_input),
        user_input_datetime,
        user_input_dtmf: forms::emptied(user_input_dtmf),
        extra,
    }
}
