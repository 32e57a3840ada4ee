//! The fields that a column can hold.

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What it is called in `--map`, and as a column.
    pub name: &'static str,
    /// Where it stands in the body.
    pub path: &'static [&'static str],
    /// What its cells hold.
    pub kind: Kind,
    /// Whether every row needs it.
    pub required: bool,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Whole,
    /// Yes or no.
    Flag,
    /// A phone number.
    Phone,
    /// Words with `;` between them.
    List,
    /// `2027-01-30`.
    Date,
    /// `fridge x2; box`.
    Items,
}

const fn field(name: &'static str, path: &'static [&'static str], kind: Kind) -> Field {
    Field { name, path, kind, required: false }
}

/// The fields of an agent.
pub const AGENT: &[Field] = &[
    field("ref", &["ref"], Kind::Text),
    field("name", &["name"], Kind::Text),
    Field { required: true, ..field("phone", &["phone"], Kind::Phone) },
    field("email", &["email"], Kind::Text),
    field("telegram_chat_id", &["telegram_chat_id"], Kind::Whole),
    field("priority", &["priority"], Kind::Whole),
    field("active", &["active"], Kind::Flag),
    field("tags", &["tags"], Kind::List),
    field("capacity", &["capacity"], Kind::Whole),
    field("channels", &["channels"], Kind::List),
    field("quiet_from", &["quiet_hours", "from"], Kind::Text),
    field("quiet_to", &["quiet_hours", "to"], Kind::Text),
    field("locale", &["locale"], Kind::Text),
    field("time_zone", &["time_zone"], Kind::Text),
];

/// The fields of a job.
pub const JOB: &[Field] = &[
    field("external_ref", &["external_ref"], Kind::Text),
    field("from", &["brief", "from"], Kind::Text),
    field("to", &["brief", "to"], Kind::Text),
    field("via", &["brief", "via"], Kind::List),
    field("date", &["brief", "date"], Kind::Date),
    field("window", &["brief", "window"], Kind::Text),
    field("vehicle", &["brief", "vehicle"], Kind::Text),
    field("volume", &["brief", "volume"], Kind::Text),
    field("items", &["brief", "items"], Kind::Items),
    field("services", &["brief", "services"], Kind::List),
    field("price_from", &["brief", "price", "from"], Kind::Whole),
    field("price_to", &["brief", "price", "to"], Kind::Whole),
    field("currency", &["brief", "price", "currency"], Kind::Text),
    field("tags", &["brief", "tags"], Kind::List),
    field("duration_minutes", &["brief", "duration_minutes"], Kind::Whole),
    field("contact_name", &["details", "contact_name"], Kind::Text),
    field("phone", &["details", "phone"], Kind::Phone),
    field("from_address", &["details", "from_address"], Kind::Text),
    field("to_address", &["details", "to_address"], Kind::Text),
    field("notes", &["details", "notes"], Kind::Text),
    field("approval", &["approval"], Kind::Text),
    field("plan", &["plan"], Kind::Text),
    field("start_at", &["start_at"], Kind::Text),
    field("search_for", &["search_for"], Kind::Text),
];

impl Kind {
    /// What a cell of this kind looks like, for messages.
    pub fn example(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Whole => "a whole number, such as 3",
            Self::Flag => "yes or no",
            Self::Phone => "a phone number in international form, such as +447700900001",
            Self::List => "words with ; between them, such as van;crane",
            Self::Date => "a date as year-month-day, such as 2027-01-30",
            Self::Items => "things with ; between them and how many, such as fridge;box x10",
        }
    }
}
