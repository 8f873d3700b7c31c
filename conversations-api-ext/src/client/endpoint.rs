//! [`Endpoint`]: the endpoint of a request, as error messages describe it.

use std::{fmt, sync::Arc};

use crate::{client::base_url::BaseUrl, client::project::Project, query::version::Tag};

/// The host, account, project and API version of a request. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    origin: Arc<Origin>,
    /// `None` for the agents host.
    version: Option<Tag>,
}

/// The part of a [`Endpoint`] that all requests of a client share.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) base_url: BaseUrl,
    pub(crate) project: Project,
}

impl Endpoint {
    pub(crate) fn new(origin: Arc<Origin>, version: Tag) -> Self {
        Self {
            origin,
            version: Some(version),
        }
    }

    /// Returns the endpoint of requests for single conversations.
    pub(crate) fn agents(origin: Arc<Origin>) -> Self {
        Self {
            origin,
            version: None,
        }
    }

    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.origin.base_url
    }

    pub(crate) fn project(&self) -> &Project {
        &self.origin.project
    }

    /// Returns the version of the API; `None` for the agents host.
    pub(crate) fn version(&self) -> Option<Tag> {
        self.version
    }

    /// Returns the name of the version, or `agents`.
    pub(crate) fn api_name(&self) -> &'static str {
        self.version.map_or("agents", Tag::name)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { base_url, project } = &*self.origin;
        write!(
            f,
            "at {}, {}, account {}, project {}",
            base_url.host(),
            self.api_name(),
            project.account(),
            project.project()
        )
    }
}
