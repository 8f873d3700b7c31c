//! An API key and what it grants access to.

use std::fmt;

use crate::response::problem::{self, Problem};

/// An API key: the versions, region and project it grants access to, and whether it is still valid.
///
/// The vendor issues a v3 key for one project in one region; v1 and v2 use separate, older keys (PolyAI
/// docs, Conversations API overview, Authentication). It is undocumented whether a v3 key opens the agents
/// host; here it does, unless the emulator has an
/// [agents key](crate::EmulatorBuilder::agents_api_key). By default a key grants access to every project in
/// every region, and to recordings with personal data.
///
/// | key | response |
/// |---|---|
/// | for another version family or host, or another region | 401 |
/// | revoked, or without the Conversations permission | 403 |
/// | for another project | 403 |
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
/// `Debug` does not print the key.
#[derive(Clone)]
#[must_use = "a key has no effect until it is passed to a builder"]
pub struct Key {
    text: String,
    family: KeyFamily,
    region: Option<String>,
    project: Option<(String, String)>,
    revoked: bool,
    reads_conversations: bool,
    reads_personal_data: bool,
}

/// The part of the API that a key is issued for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyFamily {
    /// v1 and v2.
    Legacy,
    V3,
    /// The agents host.
    Agents,
}

impl Key {
    /// Creates a key for v3. A key that contains white space is malformed and is always rejected.
    pub fn v3(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            family: KeyFamily::V3,
            region: None,
            project: None,
            revoked: false,
            reads_conversations: true,
            reads_personal_data: true,
        }
    }

    /// Creates a key for v1 and v2.
    pub fn legacy(text: impl Into<String>) -> Self {
        Self {
            family: KeyFamily::Legacy,
            ..Self::v3(text)
        }
    }

    /// Creates a key for the agents host alone.
    pub fn agents(text: impl Into<String>) -> Self {
        Self {
            family: KeyFamily::Agents,
            ..Self::v3(text)
        }
    }

    /// Restricts the key to one project.
    pub fn project(self, account_id: impl Into<String>, project_id: impl Into<String>) -> Self {
        Self {
            project: Some((account_id.into(), project_id.into())),
            ..self
        }
    }

    /// Restricts the key to one region.
    pub fn region(self, region: impl Into<String>) -> Self {
        Self {
            region: Some(region.into()),
            ..self
        }
    }

    /// Revokes the key: it is known, but requests with it get 403.
    pub fn revoked(self) -> Self {
        Self {
            revoked: true,
            ..self
        }
    }

    /// Removes the permission for Conversations data from the key.
    pub fn without_conversations(self) -> Self {
        Self {
            reads_conversations: false,
            ..self
        }
    }

    /// Removes the access to personal data from the key: it gets redacted recordings only.
    pub fn without_pii_access(self) -> Self {
        Self {
            reads_personal_data: false,
            ..self
        }
    }

    pub(crate) fn reads_personal_data(&self) -> bool {
        self.reads_personal_data
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether the key equals `sent` and belongs to this family and region.
    pub(crate) fn fits(&self, sent: &[u8], family: KeyFamily, region: &str) -> bool {
        self.text.as_bytes() == sent
            && self.family == family
            && self.region.as_deref().is_none_or(|own| own == region)
    }

    pub(crate) fn check_permission(&self) -> Result<(), Problem> {
        if self.revoked {
            return Err(problem::forbidden("the API key was revoked"));
        }
        if !self.reads_conversations {
            return Err(problem::forbidden(
                "the API key lacks the Conversations data permission",
            ));
        }
        Ok(())
    }

    pub(crate) fn check_project(&self, account_id: &str, project_id: &str) -> Result<(), Problem> {
        match &self.project {
            Some((account, project)) if account != account_id || project != project_id => Err(
                problem::forbidden("the API key was issued for another project"),
            ),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("family", &self.family)
            .field("region", &self.region)
            .field("project", &self.project)
            .field("revoked", &self.revoked)
            .field("reads_conversations", &self.reads_conversations)
            .field("reads_personal_data", &self.reads_personal_data)
            .finish_non_exhaustive()
    }
}
