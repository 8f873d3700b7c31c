//! *builders*: values built by hand, as a test of a caller's own code builds them.

use conversations_api::{v1, v2, v3};

#[test]
fn a_value_is_built_from_its_required_fields_alone() {
    let turn = v3::types::ConversationTurn::builder().user_input("hi".to_owned());
    let turn: v3::types::ConversationTurn = turn.try_into().unwrap();
    let v3: v3::types::Conversation = v3::types::Conversation::builder()
        .id("CA1")
        .turns(vec![turn])
        .try_into()
        .unwrap();
    assert_eq!(
        serde_json::to_string(&v3).unwrap(),
        r#"{"id":"CA1","turns":[{"user_input":"hi"}]}"#
    );
    let v2: v2::types::Conversation = v2::types::Conversation::builder()
        .id("CA1")
        .try_into()
        .unwrap();
    let v1: v1::types::Conversation = v1::types::Conversation::builder()
        .id("CA1")
        .try_into()
        .unwrap();
    assert!(v1.extra.is_empty() && v2.extra.is_empty());
    let page: v3::types::ConversationPage = v3::types::ConversationPage::builder()
        .conversations(vec![v3])
        .try_into()
        .unwrap();
    assert_eq!(page.conversations.iter().flatten().count(), 1);
    let missing: Result<v3::types::Conversation, _> = v3::types::Conversation::builder().try_into();
    assert!(missing.unwrap_err().to_string().contains("id"));
}
