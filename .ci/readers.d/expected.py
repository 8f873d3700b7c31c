"""What the records of a JSONL file add up to, counted by hand."""

import json


def totals(path):
    """Records, turns, seconds, and how many have each value of the metric INTENT."""
    records, turns, seconds, intents, days = 0, 0, 0, {}, set()
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            records += 1
            turns += len(record["turns"] or [])
            seconds += record["total_duration"] or 0
            days.add(record["started_at"][:10])
            values = (record["metrics"] or {}).get("INTENT", [])
            for value in [values] if isinstance(values, str) else values:
                intents[value] = intents.get(value, 0) + 1
    return {"records": records, "turns": turns, "seconds": seconds, "days": len(days)}, intents


def check(reader, found, expected):
    if found != expected:
        raise SystemExit(f"error: {reader} reads {found}, the records add up to {expected}")
    print(f"{reader}: {found}")
