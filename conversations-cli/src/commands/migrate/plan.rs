//! `conversations migrate plan`: the vendor's migration steps, with the result of each that can be checked.
//!
//! The steps are those of the v1 to v3 migration guide in the PolyAI docs.

use std::fmt::Write as _;
use std::process::ExitCode;

use chrono::TimeDelta;
use conversations_api_ext::migrate::{Support, Verdict};
use conversations_api_ext::{BoundedRange, Client, Environment, Error, Query, V1};

use super::args::{PlanArguments, ReportFormat};
use super::step::{self, State, Step};
use super::versions::{self, Selection, Versions};
use super::{exit, report_output};
use crate::args::ApiVersion;
use crate::failure::Failure;
use crate::term::plural::plural;

const DEVELOPER: &str = "developer of the programs that read v1";
const OPERATOR: &str = "operator of those programs";
const OWNER: &str = "administrator of the account in Agent Studio, or your PolyAI representative";
const CHECKED: &str = "this program (automatic check)";

pub(super) async fn run(arguments: &PlanArguments) -> Result<ExitCode, Failure> {
    let steps = steps(arguments).await?;
    let text = match arguments.report.format {
        ReportFormat::Text => step::text(&steps),
        ReportFormat::Markdown => step::markdown(&steps),
        ReportFormat::Json => format!("{:#}\n", step::json(&steps)),
    };
    report_output::write(&text, &arguments.report)?;
    let unreadable = steps.iter().find_map(|step| match step.state {
        State::Unreadable(code) => Some(code.into()),
        _ => None,
    });
    Ok(unreadable.unwrap_or_else(|| exit(step::verdict(&steps))))
}

async fn steps(arguments: &PlanArguments) -> Result<Vec<Step>, Failure> {
    let has_keys = arguments.source.demo || {
        let given = |version| {
            versions::key(&arguments.versions, &arguments.source.connection, version).is_given()
        };
        given(arguments.versions.from)? && given(arguments.versions.to)?
    };
    let opened = match has_keys {
        true => Some(Versions::open(&arguments.versions, &arguments.source).await?),
        false => None,
    };
    let (new, old) = match &opened {
        Some(versions) => (
            answers(&versions.after, true).await,
            answers(&versions.before, false).await,
        ),
        None => (
            alone(arguments, arguments.versions.to, false).await?,
            alone(arguments, arguments.versions.from, true).await?,
        ),
    };
    let both = new.0 == State::Done && old.0 == State::Done;
    let compared = opened.as_ref().filter(|_| both);
    let today = chrono::Utc::now().date_naive();
    Ok(vec![
        Step {
            title: "Get a v3 key for each project and region",
            owner: OWNER,
            state: new.0,
            detail: new.1,
        },
        Step {
            title: "Keep the v1 or v2 key until the comparison is complete",
            owner: OWNER,
            state: old.0,
            detail: match arguments.versions.from {
                ApiVersion::V1 => format!("{}\nv1 is {} today.", old.1, Support::of::<V1>(today)),
                ApiVersion::V2 | ApiVersion::V3 => old.1,
            },
        },
        Step {
            title: "Migrate the programs to v3",
            owner: DEVELOPER,
            state: State::ToDo,
            detail: "Change the version in the path, or in Rust use `migrate::v1` instead of `v1`; always send \
                     `limit`, at most 1000; page by `cursor`."
                .to_owned(),
        },
        Step {
            title: "Treat \"\" like null, and handle missing `state` and `variant_name`",
            owner: DEVELOPER,
            state: State::ToDo,
            detail: "v3 sends \"\" where v1 sent null, and may omit these two fields. List the fields that your \
                     programs depend on with --require."
                .to_owned(),
        },
        parity(arguments, compared, Environment::Sandbox).await?,
        parity(arguments, compared, Environment::Live).await?,
        Step {
            title: "Switch production, with a way to roll back",
            owner: OPERATOR,
            state: State::ToDo,
            detail: "Keep the version configurable, and run `conversations migrate check` daily for some weeks."
                .to_owned(),
        },
        Step {
            title: "Retire the v1 keys",
            owner: OWNER,
            state: State::ToDo,
            detail: "When no program has requested v1 for some weeks, delete the old keys and the rollback."
                .to_owned(),
        },
    ])
}

/// Checks whether a version responds, by requesting a single conversation.
async fn answers((version, client): &(ApiVersion, Client), is_new: bool) -> (State, String) {
    let answered: Result<(), Error> = async {
        let mut pages = match version {
            ApiVersion::V1 => client.pages(Query::v1().page_size(1)?),
            ApiVersion::V2 => client.pages(Query::v2().page_size(1)?),
            ApiVersion::V3 => client.pages(Query::v3().page_size(1)?),
        };
        pages.next_page().await.map(drop)
    }
    .await;
    let name = format!("{version:?}").to_lowercase();
    match answered {
        Ok(()) => (
            State::Done,
            format!(
                "{name} responds at {} for {}{}.",
                client.base_url().host(),
                client.project(),
                if is_new {
                    "; other projects and regions require their own keys"
                } else {
                    ""
                }
            ),
        ),
        Err(error) => (
            State::Unreadable(Failure::of(&error).exit()),
            error.to_string(),
        ),
    }
}

/// Checks one version if the key of the other one is missing.
async fn alone(
    arguments: &PlanArguments,
    version: ApiVersion,
    is_before: bool,
) -> Result<(State, String), Failure> {
    let (versions, connection) = (&arguments.versions, &arguments.source.connection);
    if !versions::key(versions, connection, version).is_given()? {
        let missing = match version {
            ApiVersion::V3 => "No v3 key is set. Set POLYAI_API_KEY or --api-key-file.",
            ApiVersion::V1 | ApiVersion::V2 => {
                "No v1 or v2 key is set. Set POLYAI_LEGACY_API_KEY or --legacy-api-key-file."
            }
        };
        return Ok((State::ToDo, missing.to_owned()));
    }
    let client = versions::client(versions, connection, version, is_before)?;
    Ok(answers(&(version, client), !is_before).await)
}

async fn parity(
    arguments: &PlanArguments,
    versions: Option<&Versions>,
    environment: Environment,
) -> Result<Step, Failure> {
    let is_sandbox = environment == Environment::Sandbox;
    let mut step = Step {
        title: if is_sandbox {
            "Compare sandbox: both versions agree"
        } else {
            "Compare live: both versions agree"
        },
        owner: CHECKED,
        state: State::Unchecked,
        detail: "Not compared yet: both versions must respond first.".to_owned(),
    };
    let Some(versions) = versions else {
        return Ok(step);
    };
    let end = versions.default_end();
    let selection = Selection {
        environment,
        range: BoundedRange::new(end - TimeDelta::days(arguments.days.into()), end)?,
        variant: None,
    };
    let mut compare = versions.compare(&selection)?;
    for field in &arguments.versions.require {
        compare = compare.require(field.clone());
    }
    let report = compare.run().await;
    // An unused sandbox proves nothing, but must not block the migration.
    let is_unused =
        is_sandbox && report.failure.is_none() && report.before.records + report.after.records == 0;
    let error = report.failure.as_ref().and_then(|it| it.error.as_deref());
    step.state = match (error, report.verdict()) {
        (Some(error), _) => State::Unreadable(Failure::of(error).exit()),
        (None, _) if is_unused => State::Noted,
        (None, Verdict::Ready) => State::Done,
        (None, Verdict::ReadyWithNotes) => State::Noted,
        (None, Verdict::NotReady) => State::Failed,
    };
    step.detail = format!(
        "{}: {} of {}, {} of {}; {} equal, {} equal by the rules, {} different.",
        plural(arguments.days.into(), "day"),
        plural(report.before.records as u64, "conversation"),
        report.before.version,
        report.after.records,
        report.after.version,
        report.equal,
        report.normalised,
        report.different.count
    );
    for reason in report.reasons() {
        let _ = write!(step.detail, "\n{}: {reason}", reason.verdict());
    }
    if let Some(failure) = &report.failure {
        let _ = write!(step.detail, "\n{}", failure.message);
    }
    if step.state != State::Done {
        let _ = write!(
            step.detail,
            "\nFor the full report, run `conversations migrate check --client-env {environment}`."
        );
    }
    Ok(step)
}
