//! `conversations migrate plan`: the vendor's migration steps, with the result of each that can be checked.
//!
//! The steps are those of the v1 to v3 migration guide in the PolyAI docs.

use std::fmt::Write as _;
use std::process::ExitCode;

use chrono::TimeDelta;
use conversations_api_ext::migrate::{Support, Verdict};
use conversations_api_ext::{BoundedRange, Client, Environment, Error, Query, V1};

use super::arguments::{PlanArguments, Shown};
use super::sides::{self, Asked, Sides};
use super::step::{self, State, Step};
use super::{exit, written};
use crate::args::ApiVersion;
use crate::failure::Failure;
use crate::term::counted::counted;

const DEVELOPER: &str = "whoever writes the programs that read v1";
const OPERATOR: &str = "whoever runs those programs";
const OWNER: &str =
    "whoever administers the account in Agent Studio, or your PolyAI representative";
const CHECKED: &str = "nobody: this program checks it";

pub(super) async fn run(arguments: &PlanArguments) -> Result<ExitCode, Failure> {
    let steps = steps(arguments).await?;
    let text = match arguments.shown.format {
        Shown::Text => step::text(&steps),
        Shown::Markdown => step::markdown(&steps),
        Shown::Json => format!("{:#}\n", step::json(&steps)),
    };
    written::write(&text, &arguments.shown)?;
    Ok(exit(step::verdict(&steps)))
}

async fn steps(arguments: &PlanArguments) -> Result<Vec<Step>, Failure> {
    let has_keys = arguments.source.demo || {
        let given = |version| {
            sides::key(&arguments.sides, &arguments.source.connection, version).is_given()
        };
        given(arguments.sides.from)? && given(arguments.sides.to)?
    };
    let opened = match has_keys {
        true => Some(Sides::open(&arguments.sides, &arguments.source).await?),
        false => None,
    };
    let (new, old) = match &opened {
        Some(sides) => (
            answers(&sides.after, true).await,
            answers(&sides.before, false).await,
        ),
        None => (
            alone(arguments, arguments.sides.to, false).await?,
            alone(arguments, arguments.sides.from, true).await?,
        ),
    };
    let both = new.0 == State::Done && old.0 == State::Done;
    let compared = opened.as_ref().filter(|_| both);
    let today = chrono::Utc::now().date_naive();
    Ok(vec![
        Step {
            title: "Get a v3 key for each project and region",
            who: OWNER,
            state: new.0,
            detail: new.1,
        },
        Step {
            title: "Keep the older key until the comparison is done",
            who: OWNER,
            state: old.0,
            detail: match arguments.sides.from {
                ApiVersion::V1 => format!("{}\nv1 is {} today.", old.1, Support::of::<V1>(today)),
                ApiVersion::V2 | ApiVersion::V3 => old.1,
            },
        },
        Step {
            title: "Move the programs to v3",
            who: DEVELOPER,
            state: State::ToDo,
            detail: "Change the version in the path, or in Rust take `v1` from `migrate::v1`; \
                     send `limit` always, 1000 at most; page by `cursor`."
                .to_owned(),
        },
        Step {
            title: "Treat \"\" as null was treated, and check for `state` and `variant_name`",
            who: DEVELOPER,
            state: State::ToDo,
            detail: "v3 sends \"\" where v1 sent null, and may leave those two out. Fields that the programs \
                     depend on: name them with --require."
                .to_owned(),
        },
        parity(arguments, compared, Environment::Sandbox).await?,
        parity(arguments, compared, Environment::Live).await?,
        Step {
            title: "Switch production, with the way back left open",
            who: OPERATOR,
            state: State::ToDo,
            detail: "Keep the version a setting; run `conversations migrate check` daily for a while after."
                .to_owned(),
        },
        Step {
            title: "Retire the v1 keys",
            who: OWNER,
            state: State::ToDo,
            detail: "When no program has asked v1 for some weeks: delete the older keys, and remove the way back."
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
                "{name} answers at {} for {}{}.",
                client.base_url().host(),
                client.project(),
                if is_new {
                    "; other projects and regions need keys of their own"
                } else {
                    ""
                }
            ),
        ),
        Err(error) => (State::Failed, error.to_string()),
    }
}

/// Checks one version if the key of the other one is missing.
async fn alone(
    arguments: &PlanArguments,
    version: ApiVersion,
    is_before: bool,
) -> Result<(State, String), Failure> {
    let (sides, connection) = (&arguments.sides, &arguments.source.connection);
    if !sides::key(sides, connection, version).is_given()? {
        let missing = match version {
            ApiVersion::V3 => "No v3 key is set: POLYAI_API_KEY, or --api-key-file.",
            ApiVersion::V1 | ApiVersion::V2 => {
                "No older key is set: POLYAI_LEGACY_API_KEY, or --legacy-api-key-file."
            }
        };
        return Ok((State::ToDo, missing.to_owned()));
    }
    let client = sides::client(sides, connection, version, is_before)?;
    Ok(answers(&(version, client), !is_before).await)
}

async fn parity(
    arguments: &PlanArguments,
    sides: Option<&Sides>,
    environment: Environment,
) -> Result<Step, Failure> {
    let is_sandbox = environment == Environment::Sandbox;
    let mut step = Step {
        title: if is_sandbox {
            "Try it in the sandbox: both versions agree"
        } else {
            "Compare live: both versions agree"
        },
        who: CHECKED,
        state: State::ToDo,
        detail: "Not compared, as both versions have to answer first.".to_owned(),
    };
    let Some(sides) = sides else {
        return Ok(step);
    };
    let end = sides.default_end();
    let asked = Asked {
        environment,
        range: BoundedRange::new(end - TimeDelta::days(arguments.days.into()), end)?,
        variant: None,
    };
    let mut compare = sides.compare(&asked)?;
    for field in &arguments.sides.require {
        compare = compare.require(field.clone());
    }
    let report = compare.run().await;
    // An unused sandbox proves nothing, but must not block the migration.
    let is_unused =
        is_sandbox && report.failure.is_none() && report.before.records + report.after.records == 0;
    step.state = match report.verdict() {
        _ if is_unused => State::Noted,
        Verdict::Ready => State::Done,
        Verdict::ReadyWithNotes => State::Noted,
        Verdict::NotReady => State::Failed,
    };
    step.detail = format!(
        "{}: {} of {}, {} of {}; {} equal, {} equal by the rules, {} different.",
        counted(arguments.days.into(), "day"),
        counted(report.before.records as u64, "conversation"),
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
            "\nIn full: conversations migrate check --client-env {environment}"
        );
    }
    Ok(step)
}
