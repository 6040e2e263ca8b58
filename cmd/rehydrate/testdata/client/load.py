"""What a careful person writes: the events of a folder of subscription records into
daily indices, each once, with the client's own bulk helper.

    load.py FOLDER URL PREFIX ZONE
"""

import gzip
import json
import pathlib
import sys
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk


def events(folder):
    decoder = json.JSONDecoder()
    for path in sorted(p for p in pathlib.Path(folder).rglob("*") if p.is_file()):
        text = gzip.decompress(path.read_bytes()).decode()
        at = 0
        while at < len(text):
            record, at = decoder.raw_decode(text, at)
            while at < len(text) and text[at] in " \r\n\t":
                at += 1
            if record["messageType"] == "DATA_MESSAGE":
                yield from record["logEvents"]


def actions(folder, prefix, zone):
    for e in events(folder):
        time = datetime.fromtimestamp(e["timestamp"] / 1000, timezone.utc).astimezone(zone)
        yield {
            "_op_type": "create",
            "_index": f"{prefix}-{time:%Y-%m-%d}",
            "_id": e["id"],
            "@timestamp": time.isoformat(timespec="milliseconds"),
            "message": e["message"],
        }


def main(folder, url, prefix, zone):
    client = Elasticsearch(url, request_timeout=120, max_retries=5, retry_on_timeout=True)
    created = there = 0
    for ok, item in streaming_bulk(client, actions(folder, prefix, ZoneInfo(zone)), chunk_size=10_000,
                                   max_chunk_bytes=5 << 20, max_retries=5, raise_on_error=False):
        if ok:
            created += 1
        elif item["create"]["status"] == 409:
            there += 1
        else:
            sys.exit(f"not indexed: {item}")
    print(json.dumps({"created": created, "alreadyThere": there}))


if __name__ == "__main__":
    main(*sys.argv[1:])
