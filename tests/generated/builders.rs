//! *builders*: values built by hand, as a test of a caller's own code builds them.

use conversations_api::{v1, v2, v3};
use conversations_api_ext::Query;
use conversations_codegen::{ClientModule, OpenapiDir};

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

/// A parameter that a new document has is set by a method of `Query`, or still has to get one.
#[test]
fn every_documented_parameter_of_a_list_is_refused_as_an_extra_one() {
    let dir = OpenapiDir::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi"));
    let mut count = 0;
    for version in ClientModule::VERSIONS {
        let document = dir.document(version).unwrap();
        let paths = document.tree()["paths"].as_object().unwrap();
        let lists = paths
            .iter()
            .filter(|(path, _)| path.ends_with("/conversations"));
        let parameters = lists.flat_map(|(_, path)| path["get"]["parameters"].as_array().unwrap());
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            assert!(Query::v3().extra_param(name, "x").is_err(), "{name}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
