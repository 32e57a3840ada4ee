#!/bin/sh
# Walks every way to a provider, each against a stub that enforces its documented contract: an offer cascade and a notification
# through Telegram, Resend, SendGrid, SMTP, Meta, Twilio WhatsApp and Twilio SMS. Ends with 0 when all seven are whole.
#
#     BATON=target/release/baton config/demo/providers.sh
exec "${BATON:-baton}" demo --providers
