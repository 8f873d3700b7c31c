"""The day that a request of `sync` asks for."""

import datetime
import urllib.parse


def requested_day(path):
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
    # Requests ask for a little before midnight, where the day begins.
    start = datetime.datetime.fromisoformat(query["start_time"][0].replace("Z", "+00:00"))
    return str((start + datetime.timedelta(seconds=1)).date())
