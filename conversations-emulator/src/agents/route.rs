//! The paths of the agents host.

use crate::route;

/// A path of the form `/v1/agents/{agentId}/...`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct AgentsRoute {
    pub(crate) agent_id: String,
    pub(crate) operation: Operation,
}

/// An operation of the agents host, with the id of its conversation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Detail(String),
    Audio(String),
    CreateDebugChat,
    RespondDebugChat(String),
}

impl AgentsRoute {
    /// Parses a path as sent; `None` if the host has no such path.
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let path = path.strip_prefix("/v1/agents/")?;
        let segments: Vec<&str> = path.split('/').collect();
        let operation = match segments[1..] {
            ["conversations", id] => Operation::Detail(route::id(id)?),
            ["conversations", id, "audio"] => Operation::Audio(route::id(id)?),
            ["debug-chat"] => Operation::CreateDebugChat,
            ["debug-chat", id] => Operation::RespondDebugChat(route::id(id)?),
            _ => return None,
        };
        Some(Self {
            agent_id: route::id(segments[0])?,
            operation,
        })
    }

    /// The methods that the path supports.
    pub(crate) fn methods(&self) -> &'static str {
        match self.operation {
            Operation::Detail(_) | Operation::Audio(_) => "GET, HEAD, OPTIONS",
            Operation::CreateDebugChat | Operation::RespondDebugChat(_) => "OPTIONS, POST",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_agents_host_names_agent_and_conversation() {
        let parsed = |path| AgentsRoute::parse(path).map(|route| (route.agent_id, route.operation));
        assert_eq!(
            parsed("/v1/agents/a%20b/conversations/OUT%2F1"),
            Some(("a b".into(), Operation::Detail("OUT/1".into())))
        );
        assert_eq!(
            parsed("/v1/agents/a/conversations/KA-123/audio"),
            Some(("a".into(), Operation::Audio("KA-123".into())))
        );
        for path in [
            "/v1/agents/a/conversations",
            "/v1/agents//conversations/KA-123",
            "/v1/agents/a/conversations/KA-123/",
            "/v1/agents/a/conversations/KA-123/audio/0",
            "/v3/agents/a/conversations/KA-123",
            "/v1/agents",
        ] {
            assert_eq!(parsed(path), None, "{path}");
        }
    }
}
