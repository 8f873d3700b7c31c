//! Converts single turns between versions.

use std::mem::take;

use conversations_api::{v1, v3};
use serde_json::Value;

use super::forms;

pub(super) fn to_v3(mut turn: v1::types::ConversationTurn) -> v3::types::ConversationTurn {
    let from = &mut turn;
    let mut extra = take(&mut from.extra);
    v3::types::ConversationTurn {
        agent_response: forms::filled(take(&mut from.agent_response)),
        agent_response_datetime: forms::time(take(&mut from.agent_response_datetime)),
        barge_in: forms::taken(&mut extra, "barge_in", Value::as_bool),
        english_agent_response: forms::always_there(take(&mut from.english_agent_response)),
        entities: forms::map(forms::filled(take(&mut from.entities)), |entities| {
            entities.into_iter().map(forms::named).collect()
        }),
        intents: forms::filled(take(&mut from.intents)),
        is_ood: take(&mut from.is_ood),
        is_silence: take(&mut from.is_silence),
        latency: forms::latency(take(&mut from.latency)),
        metadata: forms::taken(&mut extra, "metadata", |value| value.as_object().cloned()),
        translated_user_input: forms::always_there(take(&mut from.translated_user_input)),
        user_input: forms::filled(take(&mut from.user_input)),
        user_input_datetime: forms::time(take(&mut from.user_input_datetime)),
        user_input_dtmf: forms::filled(take(&mut from.user_input_dtmf)),
        ..forms::carried(&turn, extra, |to: &mut v3::types::ConversationTurn| {
            &mut to.extra
        })
    }
}

pub(super) fn to_v1(mut turn: v3::types::ConversationTurn) -> v1::types::ConversationTurn {
    let from = &mut turn;
    let mut extra = take(&mut from.extra);
    forms::kept(&mut extra, "barge_in", take(&mut from.barge_in));
    forms::kept(&mut extra, "metadata", take(&mut from.metadata));
    v1::types::ConversationTurn {
        agent_response: forms::emptied(take(&mut from.agent_response)),
        agent_response_datetime: take(&mut from.agent_response_datetime),
        english_agent_response: forms::emptied(take(&mut from.english_agent_response)),
        entities: forms::map(take(&mut from.entities), |entities| {
            entities.into_iter().map(forms::named).collect()
        }),
        intents: take(&mut from.intents),
        is_ood: take(&mut from.is_ood),
        is_silence: take(&mut from.is_silence),
        latency: forms::latency(take(&mut from.latency)),
        translated_user_input: forms::emptied(take(&mut from.translated_user_input)),
        user_input: forms::emptied(take(&mut from.user_input)),
        user_input_datetime: take(&mut from.user_input_datetime),
        user_input_dtmf: forms::emptied(take(&mut from.user_input_dtmf)),
        ..forms::carried(&turn, extra, |to: &mut v1::types::ConversationTurn| {
            &mut to.extra
        })
    }
}
