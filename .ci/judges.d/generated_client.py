"""Pages through the emulator with a client that openapi-python-client generated from the document.

`generated_client.py BASE_URL KEY ACCOUNT PROJECT ENVIRONMENT EXPECTED`
"""

import sys

from judged_client import AuthenticatedClient
from judged_client.api.conversations import list_conversations
from judged_client.models import ListConversationsClientEnv
from judged_client.types import UNSET

base_url, key, account, project, environment, expected = sys.argv[1:]
client = AuthenticatedClient(
    base_url=base_url, token=key, auth_header_name="x-api-key", prefix="", raise_on_unexpected_status=True
)
seen, pages, turns, cursor = set(), 0, 0, UNSET
while cursor is not None:
    page = list_conversations.sync(
        account,
        project,
        client=client,
        client_env=ListConversationsClientEnv(environment),
        limit=173,
        cursor=cursor,
        include_latency=True,
        include_turn_metadata=True,
    )
    pages += 1
    for conversation in page.conversations:
        assert conversation.id not in seen, "a conversation came twice"
        seen.add(conversation.id)
        turns += len(conversation.turns or [])
    cursor = page.cursor
assert len(seen) == int(expected), f"{len(seen)} conversations of {expected}"
assert turns > 0, "no conversation had a turn"
print(f"openapi-python-client: {len(seen)} of {expected} conversations ({environment}), {turns} turns, {pages} pages")
