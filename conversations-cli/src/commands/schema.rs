//! `conversations schema`: prints the JSON schema of a record, for validators and code generators.

use std::process::ExitCode;

use clap::Args;
use conversations_api_ext::api::{v1, v2, v3};
use schemars::{Schema, schema_for};

use crate::args::ApiVersion;
use crate::failure::Failure;
use crate::term::stdout;

/// Print the JSON Schema of a record or a page
///
/// The schema describes the types that the program accepts, which are more lenient than the published API document
/// where servers are. Undocumented fields are allowed. The program also accepts numbers and booleans sent as text,
/// which the schema does not describe.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  conversations schema > conversation.schema.json
  conversations schema --page --api-version v1
  conversations schema | jq '.properties | keys'

Requires no settings and sends no request. For exit codes, see `conversations export --help`.")]
pub(crate) struct SchemaArguments {
    /// API version
    #[arg(long, value_enum, value_name = "VERSION", default_value_t = ApiVersion::V3)]
    api_version: ApiVersion,

    /// Print the schema of a page, the response to a list request, instead of a record
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
