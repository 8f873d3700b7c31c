//! [`Endpoint`]: the endpoint of a request, as error messages describe it.

use std::{fmt, sync::Arc};

use crate::{client::base_url::BaseUrl, client::project::Project, query::version::Tag};

/// The host, account, project and API version of a request. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    origin: Arc<Origin>,
    version: Tag,
}

/// The part of a [`Endpoint`] that all requests of a client share.
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) base_url: BaseUrl,
    pub(crate) project: Project,
}

impl Endpoint {
    pub(crate) fn new(origin: Arc<Origin>, version: Tag) -> Self {
        Self { origin, version }
    }

    pub(crate) fn base_url(&self) -> &BaseUrl {
        &self.origin.base_url
    }

    pub(crate) fn project(&self) -> &Project {
        &self.origin.project
    }

    pub(crate) fn version(&self) -> Tag {
        self.version
    }

    /// Returns the path of the operation with the names of its parameters, as the API document has it.
    pub(crate) fn url_template(&self) -> &'static str {
        match self.version {
            Tag::V1 => "/v1/{account_id}/{project_id}/conversations",
            Tag::V2 => "/v2/{account_id}/{project_id}/conversations",
            Tag::V3 => "/v3/{account_id}/{project_id}/conversations",
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Origin { base_url, project } = &*self.origin;
        write!(
            f,
            "at {}, {}, account {}, project {}",
            base_url.host(),
            self.version.name(),
            project.account(),
            project.project()
        )
    }
}
