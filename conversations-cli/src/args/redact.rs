//! Flags that mask personal data.

use clap::Args;
use conversations_api_ext::Redaction;

/// Whether personal data is masked, and what of it is not.
#[derive(Debug, Clone, Args)]
pub(crate) struct RedactArguments {
    /// Mask what callers said and typed, values of metrics and entities, `state`, reasons of handoffs, and in all
    /// other texts long numbers, e-mail addresses and what the agent repeats. Not an anonymization: ids, times and
    /// lengths stay, and the agent may say a name in another spelling
    #[arg(long)]
    redact: bool,

    /// With --redact: keep the metric, entity or top-level key of `state` of this name; repeatable
    #[arg(long, value_name = "NAME", requires = "redact")]
    keep: Vec<String>,
}

impl RedactArguments {
    /// Fills in options that were not given from the settings of an earlier run.
    pub(crate) fn fill_in(&mut self, redact: bool, keep: &[String]) {
        if redact && self.keep.is_empty() {
            self.keep = keep.to_vec();
        }
        self.redact |= redact;
    }

    /// Returns the redaction; `None` if nothing is masked.
    pub(crate) fn redaction(&self) -> Option<Redaction> {
        self.redact.then(|| Redaction::default().keep(&self.keep))
    }
}
