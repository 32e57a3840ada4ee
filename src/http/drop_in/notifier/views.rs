//! People, templates and notifications as the notification dispatcher showed them.

use baton_actors::records::{ProviderTemplate, Template};
use baton_core::agent::Agent;
use baton_core::consent::{Consent, Status};
use baton_core::delivery::Progress;
use baton_core::ids::{DebtId, TenantId};
use baton_core::notification::{Delivery, Ending, Notification, Schedule, Stage};
use baton_core::phone::Phone;
use serde_json::{Value, json};

use super::words::{provider, state};
use crate::http::door::Door;

/// Somebody who gets messages.
pub fn recipient(door: &Door, agent: &Agent) -> Value {
    json!({
        "id": agent.id.to_string(), "tenantId": door.settings.drop_in.tenant_name(agent.id.tenant),
        "externalRef": agent.reference, "name": agent.name, "email": agent.email,
        "phoneE164": agent.phone.as_ref().map(Phone::as_str), "locale": agent.locale, "timezone": agent.time_zone,
        "createdAt": agent.created_at.to_string(), "updatedAt": agent.updated_at.to_string(),
    })
}

/// What somebody said of messages on a channel.
pub fn consent(door: &Door, agent: &Agent, consent: &Consent) -> Value {
    let (channel, at) = (consent.channel.as_str(), consent.at.to_string());
    json!({
        "id": format!("{}-{channel}", agent.id), "tenantId": door.settings.drop_in.tenant_name(agent.id.tenant),
        "recipientId": agent.id.to_string(), "channelType": channel, "status": consent.status.as_str(),
        "source": consent.source, "metadata": null,
        "grantedAt": (consent.status == Status::OptedIn).then_some(&at),
        "revokedAt": (consent.status == Status::OptedOut).then_some(&at),
        "createdAt": at, "updatedAt": at,
    })
}

/// A version of a template.
pub fn template(door: &Door, tenant: TenantId, template: &Template) -> Value {
    let id = &template.id;
    let name = template.providers.iter().find_map(|form| match form {
        ProviderTemplate::Meta { name, .. } => Some(name.as_str()),
        ProviderTemplate::Twilio { .. } => None,
    });
    json!({
        "id": format!("{}/{}/{}/{}", id.key, id.channel, id.locale, id.version),
        "tenantId": door.settings.drop_in.tenant_name(tenant), "key": id.key, "channelType": id.channel.as_str(),
        "language": id.locale, "providerTemplateName": name, "status": template.state.as_str(), "version": id.version,
        "createdAt": template.created_at.to_string(), "updatedAt": template.changed_at.to_string(),
    })
}

/// A notification. What it says is sealed, so its payload is shown empty; our own word for where it stands, and why, is told too.
pub fn notification(door: &Door, notification: &Notification) -> Value {
    let intent = &notification.intent;
    let ours = notification.status();
    let channel = intent.channels.first().or(notification.deliveries.first().map(|delivery| &delivery.channel));
    let at = match intent.schedule {
        Schedule::At(at) => Some(at.to_string()),
        Schedule::Now | Schedule::Before { .. } | Schedule::Every { .. } => None,
    };
    let (code, message) = match &notification.stage {
        Stage::Ended { ending: Ending::Failed { class, reason }, .. } => (Some(class.as_str()), Some(reason.as_str())),
        Stage::Ended { ending: Ending::Suppressed { code }, .. } => (Some(code.as_str()), None),
        Stage::Ended { ending: Ending::Expired, .. } => (Some("expired"), None),
        Stage::Ended { ending: Ending::Done | Ending::Canceled, .. } | Stage::Waiting { .. } | Stage::Sending => {
            (None, None)
        }
    };
    let changed = notification.history.last().map_or(notification.created_at, |line| line.at);
    json!({
        "id": notification.id.to_string(), "tenantId": door.settings.drop_in.tenant_name(notification.id.tenant),
        "sourceService": intent.source, "externalRequestId": intent.reference, "eventType": intent.event_type,
        "channelType": channel.map(|channel| channel.as_str()), "recipientId": intent.recipient.to_string(),
        "templateKey": intent.template, "payload": {}, "scheduledAt": at, "priority": intent.priority.as_str(),
        "status": state(ours), "statusDetail": ours, "errorCode": code, "errorMessage": message,
        "createdAt": notification.created_at.to_string(), "updatedAt": changed.to_string(),
    })
}

/// A notification with its messages and what their providers told.
pub fn whole(door: &Door, of: &Notification) -> Value {
    let mut view = notification(door, of);
    view["deliveries"] = (1..).zip(&of.deliveries).map(|(no, one)| delivery(of, no, one)).collect();
    view["webhooks"] = of.deliveries.iter().flat_map(|one| told(of, one)).collect();
    view
}

fn delivery(of: &Notification, no: u32, delivery: &Delivery) -> Value {
    json!({
        "id": DebtId::Notification(of.id, delivery.no).to_string(), "notificationRequestId": of.id.to_string(),
        "attemptNumber": no, "channelType": delivery.channel.as_str(), "provider": delivery.provider.map(provider),
        "providerMessageId": delivery.receipt.as_ref().map(|receipt| receipt.message.as_str()),
        "providerStatus": delivery.state.as_str(), "errorCode": delivery.class, "errorMessage": delivery.reason,
        "sentAt": delivery.sent_at.map(|at| at.to_string()),
        "deliveredAt": delivery.delivered_at.map(|at| at.to_string()), "createdAt": delivery.queued_at.to_string(),
    })
}

/// What a provider told of a message: what comes late or again is not acted upon.
fn told(of: &Notification, delivery: &Delivery) -> Vec<Value> {
    let debt = DebtId::Notification(of.id, delivery.no);
    let one = |(no, callback): (usize, &baton_core::notification::delivery::CalledBack)| {
        let word = match callback.progress {
            Progress::Sent => "sent",
            Progress::Delivered => "delivered",
            Progress::Read => "read",
            Progress::Failed => "failed",
        };
        let at = callback.at.to_string();
        json!({
            "id": format!("{debt}-{no}"), "channelType": delivery.channel.as_str(),
            "provider": delivery.provider.map(provider), "eventType": "message_status", "providerStatus": word,
            "providerEventId": delivery.receipt.as_ref().map(|receipt| format!("{}:{word}", receipt.message)),
            "status": if callback.news { "processed" } else { "ignored" }, "receivedAt": at, "processedAt": at,
        })
    };
    delivery.callbacks.iter().enumerate().map(one).collect()
}
