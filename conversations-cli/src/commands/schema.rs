//! `conversations schema`: prints the JSON schema of a record, for validators and code generators.

use std::process::ExitCode;

use clap::Args;
use conversations_api_ext::api::{v1, v2, v3};
use schemars::{Schema, schema_for};

use crate::args::ApiVersion;
use crate::failure::Failure;
use crate::term::stdout;

/// Print the JSON Schema of a record, or of a page of them
///
/// It describes the types that the program reads: looser than the vendor's document where servers usually are. Fields
/// that no document lists are allowed. Of a number or a boolean that a server sends as text the schema knows nothing,
/// though the program reads it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations schema > conversation.schema.json
  conversations schema --page --api-version v1
  conversations schema | jq '.properties | keys'

No setting is needed, and nothing is fetched. Exit codes are those of `conversations export --help`.")]
pub(crate) struct SchemaArguments {
    /// Version of the API
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V3)]
    api_version: ApiVersion,

    /// The schema of a page, as the API answers with it
    #[arg(long)]
    page: bool,
}

pub(crate) fn run(arguments: &SchemaArguments) -> Result<ExitCode, Failure> {
    let schema: Schema = match (arguments.api_version, arguments.page) {
        (ApiVersion::V1, false) => schema_for!(v1::types::Conversation),
        (ApiVersion::V2, false) => schema_for!(v2::types::Conversation),
        (ApiVersion::V3, false) => schema_for!(v3::types::Conversation),
        (ApiVersion::V1, true) => schema_for!(v1::types::ConversationPage),
        (ApiVersion::V2, true) => schema_for!(v2::types::ConversationPage),
        (ApiVersion::V3, true) => schema_for!(v3::types::ConversationPage),
    };
    stdout::print_json(&format!("{:#}\n", schema.to_value()))?;
    Ok(ExitCode::SUCCESS)
}
