"""NDJSON batches of 1,000 jobs from two connections; prints jobs a second."""
import http.client
import json
import os
import sys
import threading
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
LINE = ('{"external_ref":"%s","brief":{"from":"Leeds","to":"Manchester","date":"2030-01-30","window":"14:30","vehicle":"van"},'
        '"details":{"contact_name":"Test Person","phone":"+447700900123","from_address":"1 Example Street",'
        '"to_address":"2 Example Road"},"approval":"link"}\n')
counts, bad = [0, 0], [0, 0]
end = time.time() + seconds


def work(worker):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    batch = 0
    while time.time() < end:
        batch += 1
        body = "".join(LINE % f"{worker}-{batch}-{n}" for n in range(1000))
        connection.request("POST", "/api/v1/jobs/batch", body, {
            "content-type": "application/x-ndjson", "authorization": "Bearer " + os.environ["BATON_DEV_KEY"]})
        answer = connection.getresponse()
        text = answer.read().decode()
        made = text.count('"created"') if answer.status < 300 else 0
        counts[worker] += made or text.count('"status":201')
        bad[worker] += answer.status >= 300
        if batch == 1 and worker == 0:
            print(answer.status, text[:160].replace("\n", " "), file=sys.stderr)


began = time.time()
threads = [threading.Thread(target=work, args=(n,)) for n in range(2)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(f"{sum(counts) / (time.time() - began):.0f} jobs/s in batches of 1,000; batches refused: {sum(bad)}")
