"""What the records of a JSONL file add up to, counted by hand."""

import json


def totals(path):
    """The sums, how many have each value of the metric INTENT, and in how many turns a day the agent spoke."""
    records, turns, seconds, intents, spoken = 0, 0, 0, {}, {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            records += 1
            turns += len(record["turns"] or [])
            seconds += record["total_duration"] or 0
            day = record["started_at"][:10]
            spoken.setdefault(day, 0)
            spoken[day] += sum(bool(turn["agent_response"]) for turn in record["turns"] or [])
            values = (record["metrics"] or {}).get("INTENT", [])
            for value in [values] if isinstance(values, str) else values:
                intents[value] = intents.get(value, 0) + 1
    return {"records": records, "turns": turns, "seconds": seconds, "days": len(spoken)}, intents, spoken


def check(reader, found, expected):
    if found != expected:
        raise SystemExit(f"error: {reader} reads {found}, the records add up to {expected}")
    print(f"{reader}: {found}")
