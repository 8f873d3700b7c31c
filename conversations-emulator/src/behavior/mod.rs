//! Server behavior that the documentation leaves open, and project settings.

pub(crate) mod choices;
pub(crate) mod limits;
pub(crate) mod quirk;
pub(crate) mod server_behavior;
