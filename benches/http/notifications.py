"""NDJSON batches of notifications from several connections, accepted durably; prints notifications a second.

usage: notifications.py PORT SECONDS [ref|contact|new] [CONNECTIONS] [LINES]

ref      everybody is known by their reference
contact  everybody is given along, and known after the first time
new      everybody is given along, and new each time
"""
import http.client
import json
import os
import sys
import threading
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
mode = sys.argv[3] if len(sys.argv) > 3 else "ref"
connections = int(sys.argv[4]) if len(sys.argv) > 4 else 4
size = int(sys.argv[5]) if len(sys.argv) > 5 else 1000
PEOPLE = 1000
run = str(time.time_ns())
headers = {"authorization": "Bearer " + os.environ["BATON_DEV_KEY"]}
waits = [[] for _ in range(connections)]
counts, bad = [0] * connections, [0] * connections


def ask(connection, path, body, kind="application/json"):
    connection.request("POST", path, body, {**headers, "content-type": kind})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def connected():
    return http.client.HTTPConnection("127.0.0.1", port, timeout=120)


def recipient(worker, batch, n):
    if mode == "ref":
        return '{"ref":"p%d"}' % (n % PEOPLE)
    no = n % PEOPLE if mode == "contact" else f"{worker}-{batch}-{n}-{run}"
    return '{"contact":{"ref":"c%s","email":"c%s@example.com","name":"Test Person"}}' % (no, no)


def work(worker):
    connection = connected()
    batch = 0
    while time.time() < end:
        batch += 1
        body = "".join(
            '{"external_ref":"%s-%d-%d-%d","event_type":"parcel.arrived","recipient":%s,"channel":"console","template":"parcel",'
            '"payload":{"no":"%d","place":"Leeds"},"scheduled_at":"2027-06-01T08:00:00Z"}\n'
            % (run, worker, batch, n, recipient(worker, batch, n), n) for n in range(size))
        begun = time.time()
        status, text = ask(connection, "/api/v1/notifications/batch", body, "application/x-ndjson")
        waits[worker].append(time.time() - begun)
        counts[worker] += text.count('"status":202')
        bad[worker] += size - text.count('"status":202')
        if batch == 1 and worker == 0:
            print(status, text[:200].replace("\n", " "), file=sys.stderr)


first = connected()
template = {"key": "parcel", "channel": "console", "locale": "en", "state": "active",
            "parts": {"text": "Parcel {{ no }} is in {{ place }}"}, "variables": [{"name": "no"}, {"name": "place"}]}
print("template:", ask(first, "/api/v1/templates", json.dumps(template))[0], file=sys.stderr)
people = [{"ref": f"p{n}", "phone": f"+4477009{n:05}"} for n in range(PEOPLE)]
print("people:", ask(first, "/api/v1/agents/sync", json.dumps({"agents": people}))[0], file=sys.stderr)
began = time.time()
end = began + seconds
threads = [threading.Thread(target=work, args=(n,)) for n in range(connections)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
took = time.time() - began
all_waits = sorted(wait for own in waits for wait in own)
print(f"{sum(counts) / took:.0f} notifications/s ({mode}), {sum(counts)} in batches of {size} over {connections} connections; "
      f"refused {sum(bad)}; a batch took {all_waits[len(all_waits) // 2] * 1000:.0f} ms, at most {all_waits[-1] * 1000:.0f} ms")
