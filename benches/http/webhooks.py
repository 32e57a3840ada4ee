"""Signed calls of providers, made beforehand: one a line, path, headers and body parted by tabs. Each is news of its own.
usage: webhooks.py twilio|meta count > file"""
import base64, hashlib, hmac, json, sys, urllib.parse, uuid

PUBLIC, TOKEN, SECRET, NUMBER = "https://bench.example.com", b"bench-auth-token", b"bench-app-secret", "106540352242922"


def trace(no):
    """The trace of a message of a job that is gone: what it tells is looked for, and finds nobody."""
    return f"default_{uuid.UUID(int=no, version=4)}-1-1_offer"


def twilio(no):
    path = f"/public/webhooks/twilio/default/status?a={trace(no)}"
    fields = {"AccountSid": "ACbench", "ApiVersion": "2010-04-01", "From": "+447700900100", "MessageSid": f"SM{no:032x}",
        "MessageStatus": "delivered", "SmsSid": f"SM{no:032x}", "SmsStatus": "delivered", "To": "+447700900001"}
    signed = PUBLIC + path + "".join(name + fields[name] for name in sorted(fields))
    signature = base64.b64encode(hmac.new(TOKEN, signed.encode(), hashlib.sha1).digest()).decode()
    return path, "application/x-www-form-urlencoded", "x-twilio-signature", signature, urllib.parse.urlencode(fields)


def meta(no):
    status = {"id": f"wamid.{no:032x}", "status": "delivered", "timestamp": "1800000000", "recipient_id": "447700900001",
        "biz_opaque_callback_data": trace(no), "pricing": {"billable": True, "pricing_model": "PMP", "category": "utility"}}
    value = {"messaging_product": "whatsapp", "statuses": [status],
        "metadata": {"display_phone_number": "447700900100", "phone_number_id": NUMBER}}
    body = json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})
    signature = "sha256=" + hmac.new(SECRET, body.encode(), hashlib.sha256).hexdigest()
    return "/public/webhooks/meta/default", "application/json", "x-hub-signature-256", signature, body


make = {"twilio": twilio, "meta": meta}[sys.argv[1]]
for no in range(1, int(sys.argv[2]) + 1):
    print("\t".join(make(no)))
