//! Request builders of the drop-in client, with the methods of the generated ones.

use std::num::NonZeroU64;

use bytes::Bytes;
use conversations_api::{ByteStream, Error, ResponseValue, Timestamp, v1::types};

use super::{
    Client,
    fetch::{self, once},
    parameters::Parameters,
};

macro_rules! builder {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        #[must_use = "nothing is sent before `send`"]
        pub struct $name<'a> {
            client: &'a Client,
            parameters: Parameters,
        }

        impl<'a> $name<'a> {
            /// Creates a call without account and project, which are required.
            pub fn new(client: &'a Client) -> Self {
                Self { client, parameters: Parameters::default() }
            }

            builder!(@required account_id, "Account of the conversations, by its ID; required.");
            builder!(@required project_id, "Project of the conversations, by its ID; required.");
            builder!(@optional client_env, types::ClientEnv, "Environment to read from; `live` by default.");
            builder!(@optional end_time, Timestamp, "Conversations that began before this time.");
            builder!(@optional in_progress, bool, "Only conversations in progress, or only finished ones.");
            builder!(@optional include_context_state, bool, "Has no counterpart on v3 and is ignored.");
            builder!(@optional limit, NonZeroU64, "Maximum number of conversations, up to 5000; 5 by default.");
            builder!(@optional offset, u64, "Number of conversations to skip: `next_offset` of the previous response.");
            builder!(@optional start_time, Timestamp, "Conversations that began at this time or later.");
            builder!(@optional variant_id, String, "Only conversations of this variant.");
            builder!(@optional variant_name, String, "Only conversations of the variant of this name.");
        }
    };
    (@required $name:ident, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(mut self, value: impl TryInto<String>) -> Self {
            let value = value.try_into();
            self.parameters.$name =
                value.map_err(|_| concat!("the value of ", stringify!($name), " is not a text").to_owned());
            self
        }
    };
    (@optional $name:ident, $type:ty, $doc:literal) => {
        #[doc = $doc]
        pub fn $name(mut self, value: impl TryInto<$type>) -> Self {
            let value = value.try_into();
            self.parameters.$name = value.map(Some).map_err(|_| {
                concat!("the value of ", stringify!($name), " is not a ", stringify!($type)).to_owned()
            });
            self
        }
    };
}

builder! {
    /// A request for a page, from [`Client::list_conversations`].
    ListConversations
}

builder! {
    /// A request for a page as bytes, from [`Client::list_conversations_stream`].
    ListConversationsStream
}

impl ListConversations<'_> {
    /// Fetches a page in the form of v1, with as many v3 requests as the limit takes.
    ///
    /// # Errors
    ///
    /// Those of the generated client. [`Error::InvalidRequest`] for a parameter that is missing or invalid, such as a
    /// limit above 5000; [`Error::Custom`] for a server that keeps naming the same next page.
    pub async fn send(self) -> Result<ResponseValue<types::ConversationPage>, Error<ByteStream>> {
        fetch::page(self.client, self.parameters).await
    }
}

impl ListConversationsStream<'_> {
    /// Fetches the same page as [`ListConversations::send`], as JSON.
    ///
    /// # Errors
    ///
    /// Those of [`ListConversations::send`].
    pub async fn send(self) -> Result<ResponseValue<ByteStream>, Error<ByteStream>> {
        let page = fetch::page(self.client, self.parameters).await?;
        let (status, headers) = (page.status(), page.headers().clone());
        let json = serde_json::to_vec(&page.into_inner())
            .map_err(|error| Error::Custom(error.to_string()))?;
        Ok(ResponseValue::new(once(Bytes::from(json)), status, headers))
    }
}
