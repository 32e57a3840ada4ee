//! What Resend's error names mean; `403 name` is the name under that status only.

use baton_core::delivery::Scope;

use crate::channels::errors::{Class, Row, row};

/// Every error that Resend documents.
pub const ERRORS: &[Row] = &[
    row(&["rate_limit_exceeded"], Class::RetryAfter(Scope::Account), "too many requests of the team"),
    row(&["daily_quota_exceeded"], Class::Sender, "the quota of the day is used up"),
    row(&["monthly_quota_exceeded"], Class::Sender, "the quota of the month is used up"),
    row(&["concurrent_idempotent_requests"], Class::Retry, "the same mail is being taken at this moment"),
    row(&["resource_locked"], Class::Retry, "locked at this moment"),
    row(
        &["invalid_idempotent_request"],
        Class::Content,
        "another mail was sent under this key; sent once more under one of its own",
    ),
    row(&["403 validation_error"], Class::Sender, "the sender's domain is not verified"),
    row(
        &[
            "invalid_idempotency_key",
            "validation_error",
            "missing_required_field",
            "missing_required_fields",
            "missing_required_parameter",
            "invalid_parameter",
            "invalid_from_address",
            "invalid_attachment",
            "invalid_access",
            "invalid_region",
        ],
        Class::Content,
        "the request is not to its liking",
    ),
    row(&["missing_api_key", "restricted_api_key"], Class::Sender, "the API key is missing or not for sending"),
    row(&["invalid_api_key", "suspended_api_key"], Class::Sender, "the API key is not valid"),
    row(&["invalid_permission"], Class::Sender, "the API key may not do this"),
    row(&["email_above_quota"], Class::Sender, "the account sends more than its plan allows"),
    row(&["not_found", "method_not_allowed"], Class::Content, "no such resource"),
    row(&["security_error"], Class::Content, "refused for the sake of security"),
    row(
        &["application_error", "internal_server_error", "service_unavailable"],
        Class::Retry,
        "Resend is in trouble; under the same key nothing is sent twice",
    ),
];
