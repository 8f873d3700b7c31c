//! Converts single turns between versions.

use std::mem::take;

use conversations_api::{v1, v3};
use serde_json::Value;

use super::values;

pub(super) fn to_v3(mut turn: v1::types::ConversationTurn) -> v3::types::ConversationTurn {
    let from = &mut turn;
    let mut extra = take(&mut from.extra);
    values::with_fields! {
        values::carried(&turn, extra, |to: &mut v3::types::ConversationTurn| {
            &mut to.extra
        });
        agent_response: values::filled(take(&mut from.agent_response)),
        agent_response_datetime: values::time(take(&mut from.agent_response_datetime)),
        barge_in: values::taken(&mut extra, "barge_in", Value::as_bool),
        english_agent_response: values::always_there(take(&mut from.english_agent_response)),
        entities: values::filled(take(&mut from.entities))
            .map_value(|entities| entities.into_iter().map(values::named).collect()),
        intents: values::filled(take(&mut from.intents)),
        is_ood: take(&mut from.is_ood),
        is_silence: take(&mut from.is_silence),
        latency: values::latency(take(&mut from.latency)),
        metadata: values::taken(&mut extra, "metadata", |value| value.as_object().cloned()),
        translated_user_input: values::always_there(take(&mut from.translated_user_input)),
        user_input: values::filled(take(&mut from.user_input)),
        user_input_datetime: values::time(take(&mut from.user_input_datetime)),
        user_input_dtmf: values::filled(take(&mut from.user_input_dtmf)),
    }
}

pub(super) fn to_v1(mut turn: v3::types::ConversationTurn) -> v1::types::ConversationTurn {
    let from = &mut turn;
    let mut extra = take(&mut from.extra);
    values::kept(&mut extra, "barge_in", take(&mut from.barge_in));
    values::kept(&mut extra, "metadata", take(&mut from.metadata));
    values::with_fields! {
        values::carried(&turn, extra, |to: &mut v1::types::ConversationTurn| {
            &mut to.extra
        });
        agent_response: values::emptied(take(&mut from.agent_response)),
        agent_response_datetime: take(&mut from.agent_response_datetime),
        english_agent_response: values::emptied(take(&mut from.english_agent_response)),
        entities: take(&mut from.entities)
            .map_value(|entities| entities.into_iter().map(values::named).collect()),
        intents: take(&mut from.intents),
        is_ood: take(&mut from.is_ood),
        is_silence: take(&mut from.is_silence),
        latency: values::latency(take(&mut from.latency)),
        translated_user_input: values::emptied(take(&mut from.translated_user_input)),
        user_input: values::emptied(take(&mut from.user_input)),
        user_input_datetime: take(&mut from.user_input_datetime),
        user_input_dtmf: values::emptied(take(&mut from.user_input_dtmf)),
    }
}
