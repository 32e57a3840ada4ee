//! API keys, as they are asked for and as they are listed.

use baton_core::ids::TenantId;
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::problem::FieldError;
use crate::http::shapes::shown::Shown;
use crate::http::strangers::Strangers;
use crate::keys::{ApiKeyRecord, Scope};

const NAME: usize = 60;

/// A key that is asked for.
#[derive(Default, Hash, ToSchema)]
#[schema(as = KeyRequest)]
pub struct KeyShape {
    /// What it is called in lists and audits.
    #[schema(value_type = String, max_length = 60, example = "shop")]
    name: Given<String>,
    /// What it may do.
    #[schema(value_type = Vec<Scope>, min_items = 1)]
    scopes: Given<Vec<Given<String>>>,
    /// Whose world it opens; the caller's own where it is left out.
    #[schema(value_type = Option<String>, max_length = 16)]
    tenant: Given<String>,
    #[schema(ignore)]
    strangers: Strangers,
}

object! {
    KeyShape { name, scopes, tenant }
}

/// What was read of it.
pub struct KeyRead {
    /// What it is called.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Whose world it opens.
    pub tenant: Option<TenantId>,
}

impl KeyShape {
    /// The key that is asked for, or everything that is wrong.
    pub fn into_core(self) -> Result<KeyRead, Vec<FieldError>> {
        Form::body(self, |form, shape| {
            let name = form.field("name", shape.name).required().line(NAME);
            let scopes = form.field("scopes", shape.scopes).required().each(Scope::ALL.len(), |form, scope| {
                form.field("", Given::Is(scope)).parsed(|text| text.parse::<Scope>())
            });
            if scopes.as_ref().is_some_and(Vec::is_empty) {
                form.blame("scopes", "is empty", "name at least one scope");
            }
            let tenant = form.field("tenant", shape.tenant).parsed(|text| TenantId::new(&text));
            Some(KeyRead { name: name?, scopes: scopes?, tenant })
        })
    }
}

/// What is kept of a key.
#[derive(Serialize, ToSchema)]
pub struct KeyView<'a> {
    /// Derived from its hash.
    #[schema(value_type = String)]
    id: Shown<Uuid>,
    /// What it is called.
    name: &'a str,
    /// Whose world it opens.
    #[schema(value_type = String)]
    tenant: Shown<TenantId>,
    /// What it may do.
    #[schema(value_type = Vec<Scope>)]
    scopes: &'a [Scope],
    /// When it was made; `null`: it stands in the configuration.
    #[schema(value_type = Option<String>, format = DateTime)]
    created_at: Option<Shown<Timestamp>>,
    /// When it was made void.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Shown<Timestamp>>,
}

impl<'a> KeyView<'a> {
    /// Shows a record.
    pub fn of(record: &'a ApiKeyRecord) -> Self {
        Self {
            id: Shown(record.id),
            name: &record.name,
            tenant: Shown(record.tenant),
            scopes: &record.scopes,
            created_at: record.created_at.map(Shown),
            revoked_at: record.revoked_at.map(Shown),
        }
    }
}
