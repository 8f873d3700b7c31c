//! Keys, and what each of them opens.

use std::fmt;

use crate::response::problem::{self, Problem};
use crate::route::Version;

/// A key of the API: which versions, region and project it opens, and whether it still does.
///
/// A key of v3 is issued for one project in one region; v1 and v2 have older keys of their own (PolyAI
/// docs, Conversations API overview, Authentication). Without further calls a key opens every project in
/// every region.
///
/// | the key | is answered |
/// |---|---|
/// | of another family of versions, or of another region | 401 |
/// | revoked, or without the Conversations permission | 403 |
/// | of another project | 403 |
///
/// ```
/// use conversations_emulator::{Dataset, Emulator, Key};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = Emulator::builder()
///     .data(Dataset::generate(7, 3))
///     .region("uk-1")
///     .key(Key::v3("desk-uk").project("ws-demo", "PROJECT-DEMO").region("uk-1"))
///     .key(Key::v3("desk-us").project("ws-demo", "PROJECT-DEMO").region("us-1"))
///     .key(Key::v3("old").revoked())
///     .start()
///     .await?;
/// let url = format!("{}/v3/ws-demo/PROJECT-DEMO/conversations", emulator.base_url());
/// for (key, status) in [("desk-uk", 200), ("desk-us", 401), ("old", 403)] {
///     let request = reqwest::Client::new().get(&url).header("x-api-key", key);
///     assert_eq!(request.send().await?.status(), status);
/// }
/// # Ok(())
/// # }
/// ```
///
/// `Debug` does not show its text.
#[derive(Clone)]
#[must_use = "a key opens nothing before it is given to a builder"]
pub struct Key {
    text: String,
    legacy: bool,
    region: Option<String>,
    project: Option<(String, String)>,
    revoked: bool,
    reads_conversations: bool,
}

impl Key {
    /// A key for v3. One with white space in it is malformed and opens nothing.
    pub fn v3(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            legacy: false,
            region: None,
            project: None,
            revoked: false,
            reads_conversations: true,
        }
    }

    /// A key for v1 and v2.
    pub fn legacy(text: impl Into<String>) -> Self {
        Self {
            legacy: true,
            ..Self::v3(text)
        }
    }

    /// Opens this project alone.
    pub fn project(self, account_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            project: Some((account_id.into(), project_id.into())),
            ..self
        }
    }

    /// Opens this region alone.
    pub fn region(self, region: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            ..self
        }
    }

    /// Is known, and no longer opens anything.
    pub fn revoked(self) -> Self {
        Self {
            revoked: true,
            ..self
        }
    }

    /// Lacks the permission for Conversations data.
    pub fn without_conversations(self) -> Self {
        Self {
            reads_conversations: false,
            ..self
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is `sent`, and made for this version and region.
    pub(crate) fn fits(&self, sent: &[u8], version: Version, region: &str) -> bool {
        self.text.as_bytes() == sent
            && self.legacy == (version != Version::V3)
            && self.region.as_deref().is_none_or(|own| own == region)
    }

    pub(crate) fn check_permission(&self) -> Result<(), Problem> {
        if self.revoked {
            return Err(problem::forbidden("the key was revoked"));
        }
        if !self.reads_conversations {
            return Err(problem::forbidden(
                "the key does not have the Conversations data permission",
            ));
        }
        Ok(())
    }

    pub(crate) fn check_project(&self, account_id: &str, project_id: &str) -> Result<(), Problem> {
        match &self.project {
            Some((account, project)) if account != account_id || project != project_id => {
                Err(problem::forbidden("the key was issued for another project"))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("legacy", &self.legacy)
            .field("region", &self.region)
            .field("project", &self.project)
            .field("revoked", &self.revoked)
            .field("reads_conversations", &self.reads_conversations)
            .finish_non_exhaustive()
    }
}
