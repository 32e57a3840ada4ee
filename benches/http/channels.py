"""What each channel account sustains against a provider that holds it to its limit exactly, and what one that hangs does to the
others.

usage: channels.py sustained PORT SECONDS   of a server whose providers are at STUB (see messages.sh)
       channels.py hanging PORT SECONDS

sustained  a backlog for every account at once; for each: how much of its budget was used, and how many calls met a 429
hanging    notifications by Telegram at a fixed rate, first alone, then while every SMS hangs; how long each took to the provider

The stub refuses a call that would be one more than the limit within any span: it keeps the moments of those it took, and lets
nothing go by as a burst.
"""
import collections, datetime, http.client, json, os, statistics, sys, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

what, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
stub_port = int(os.environ.get("STUB", "18090"))
KEY = os.environ["BATON_DEV_KEY"]
EVENT, TEMPLATE = "bench.note", "bench_note"

# Of each account: messages in a span of seconds, as its provider documents them and as the server is configured.
LIMITS = {"telegram": (30, 1.0), "meta": (80, 1.0), "twilio_sms": (10, 1.0), os.environ.get("MAILER", "resend"): (
    (100, 1.0) if os.environ.get("MAILER") == "sendgrid" else (5, 1.0))}
CHANNELS = {"telegram": "telegram", "meta": "whatsapp", "twilio_sms": "sms", "resend": "email", "sendgrid": "email"}

lock = threading.Lock()
lately = {name: collections.deque() for name in LIMITS}
calls, messages, refused = ({name: [] for name in LIMITS} for _ in range(3))
came = {}
hangs = threading.Event()


def admitted(account, count, about):
    """Takes a call with so many messages, or refuses it: one more than the limit within the span."""
    now = time.monotonic()
    most, span = LIMITS[account]
    with lock:
        while lately[account] and now - lately[account][0] >= span:
            lately[account].popleft()
        if len(lately[account]) >= most:
            refused[account].append(now)
            return False
        lately[account].append(now)
        calls[account].append(now)
        messages[account].extend([now] * count)
        if about is not None:
            came.setdefault(about, now)
    return True


class Stub(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        body = json.dumps(body).encode() if body is not None else b""
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": len(body), **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, {"ok": True, "result": []})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        no = len(calls.get("telegram", [])) + 1
        if self.path.startswith("/bot"):
            method = self.path.rsplit("/", 1)[1].lower()
            if method == "getme":
                return self.answer(200, {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "B", "username": "b_bot"}})
            if method != "sendmessage":
                if method == "getupdates":
                    time.sleep(2)
                return self.answer(200, {"ok": True, "result": [] if method == "getupdates" else True})
            message = json.loads(body)
            chat = message["chat_id"]
            if not admitted("telegram", 1, int(chat)):
                return self.answer(429, {"ok": False, "error_code": 429, "description": "Too Many Requests: retry after 1",
                    "parameters": {"retry_after": 1}}, retry_after=1)
            chat = {"id": chat, "type": "private"}
            return self.answer(200, {"ok": True, "result": {"message_id": no, "date": 0, "chat": chat, "text": message["text"]}})
        if self.path.startswith("/2010-04-01/"):
            if hangs.is_set():
                time.sleep(60)
            if not admitted("twilio_sms", 1, None):
                return self.answer(429, {"code": 20429, "message": "Too Many Requests", "status": 429})
            to = dict(urllib.parse.parse_qsl(body.decode()))["To"]
            sid = f"SM{len(calls['twilio_sms']):032x}"
            return self.answer(201, {"sid": sid, "status": "queued", "to": to, "num_segments": "1", "error_code": None})
        if self.path.startswith("/v25.0/"):
            if not admitted("meta", 1, None):
                return self.answer(400, {"error": {"code": 130429, "message": "(#130429) Rate limit hit", "type": "OAuthException"}})
            to, wamid = json.loads(body)["to"], f"wamid.{len(calls['meta']):08}"
            return self.answer(200, {"messaging_product": "whatsapp", "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": wamid, "message_status": "accepted"}]})
        if self.path in ("/emails", "/emails/batch"):
            mails = json.loads(body)
            count = len(mails) if isinstance(mails, list) else 1
            if not admitted("resend", count, None):
                return self.answer(429, {"statusCode": 429, "name": "rate_limit_exceeded", "message": "Too many requests"}, retry_after=1)
            ids = [{"id": f"{len(calls['resend']):08x}-0000-4000-8000-{n:012}"} for n in range(count)]
            return self.answer(200, {"data": ids} if isinstance(mails, list) else ids[0])
        if self.path == "/v3/mail/send":
            if not admitted("sendgrid", 1, None):
                return self.answer(429, {"errors": [{"message": "too many requests"}]}, X_RateLimit_Reset=int(time.time()) + 1)
            return self.answer(202, None, X_Message_Id=f"bench-{len(calls['sendgrid']):08}")
        self.answer(404, {})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


def ask(method, path, body=None, kind="application/json"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    body = body if isinstance(body, (str, type(None))) else json.dumps(body)
    connection.request(method, path, body, {"authorization": f"Bearer {KEY}", "content-type": kind})
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text[:400]}")
    return text


def contact(account, no):
    channel = CHANNELS[account]
    person = {"ref": f"{account}-{no}", "name": "Reader", "consents": [{"channel": channel, "status": "opted_in"}]}
    if channel == "telegram":
        person["telegram_chat_id"] = 100_000 + no
    elif channel == "email":
        person["email"] = f"reader-{no}@example.com"
    else:
        # Two thousand numbers that belong to nobody: nobody is written to twice, which has a limit of its own.
        person["phone"] = f"+4477009{no + (50_000 if channel == 'whatsapp' else 0):05}"
    return person


def intent(account, no, due=None):
    one = {"external_ref": f"{account}-{no}", "event_type": EVENT, "recipient": {"contact": contact(account, no)},
        "channel": CHANNELS[account], "template": TEMPLATE}
    return one if due is None else {**one, "scheduled_at": due}


def batch(intents):
    lines = "".join(json.dumps(one) + "\n" for one in intents)
    told = ask("POST", "/api/v1/notifications/batch", lines, "application/x-ndjson")
    bad = [line for line in told.splitlines() if '"status":202' not in line]
    if bad:
        sys.exit(f"{len(bad)} were refused: {bad[0][:400]}")


def sustained():
    pages = []
    for account, (most, span) in LIMITS.items():
        # Resend takes a hundred mails in one request, where they are bundled.
        each = 100 if account == "resend" else 1
        count = int(most / span * each * (seconds + 6))
        pages += [(account, no) for no in range(count)]
    # All of it is due at one moment: whatever the intake takes, every account begins with its whole backlog.
    lead = float(os.environ.get("LEAD", "30"))
    moment, due = time.monotonic() + lead, datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=lead)
    due = due.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for at in range(0, len(pages), 2000):
        batch(intent(account, no, due) for account, no in pages[at:at + 2000])
    if time.monotonic() > moment:
        sys.exit(f"the intake took more than {lead:g} s; give more by LEAD")
    begun = moment + 2
    time.sleep(begun - time.monotonic() + seconds)
    end = begun + seconds
    within = lambda moments: sum(begun <= at < end for at in moments)
    print("| account | limit | calls | messages/s | of the limit | 429s |\n|---|---|---|---|---|---|")
    well = True
    for account, (most, span) in LIMITS.items():
        ratio = within(calls[account]) / (most / span * seconds)
        well = well and ratio >= 0.95 and not refused[account]
        print(f"| {account} | {most}/{span:g}s | {within(calls[account])} | {within(messages[account]) / seconds:.1f} | "
              f"{ratio:.1%} | {len(refused[account])} |")
    print("every account used 95 % of its limit, and none met a 429" if well else "NOT as wanted: 95 % of each limit, no 429")


def latencies(first, span):
    """Telegram at twenty a second: how long from the request to the provider, in seconds."""
    sent, began, no = {}, time.monotonic(), first
    while time.monotonic() - began < span:
        sent[100_000 + no] = time.monotonic()
        ask("POST", "/api/v1/notifications", intent("telegram", no))
        no += 1
        time.sleep(max(0.0, began + (no - first) / 20 - time.monotonic()))
    time.sleep(2)
    with lock:
        return [came[chat] - at for chat, at in sent.items() if chat in came], len(sent)


def hanging():
    def shown(name, waits, count):
        waits.sort()
        print(f"| {name} | {len(waits)} of {count} | {statistics.median(waits) * 1000:.2f} | {waits[int(len(waits) * .99)] * 1000:.2f} |")
        return statistics.median(waits)
    latencies(500_000, 3)
    alone = latencies(0, seconds)
    hangs.set()
    batch(intent("twilio_sms", no) for no in range(2000))
    time.sleep(1)
    beside = latencies(250_000, seconds)
    # The machine has moods of its own: how much two measurements of the same differ says what the first difference is worth.
    again = latencies(750_000, seconds)
    print("| telegram | arrived | median ms | p99 ms |\n|---|---|---|---|")
    before, after = shown("alone", *alone), shown("while every SMS hangs", *beside)
    shown("the same once more", *again)
    print(f"the median is {after / before - 1:+.1%}; 5 % are allowed")


stub = Server(("127.0.0.1", stub_port), Stub)
threading.Thread(target=stub.serve_forever, daemon=True).start()
while True:
    try:
        ask("GET", "/ready")
        break
    except OSError:
        time.sleep(0.1)
{"sustained": sustained, "hanging": hanging}[what]()
os._exit(0)
