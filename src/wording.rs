//! What messages say: templates per locale, topic and channel family, filled with the values of an errand.
//!
//! The wording of a message is the file `<locale>/<name>.<family>.<part>`, where the name comes from the topic or answer. The
//! built-in files lie in `config/templates`; a folder can override any of them. What a family does not word itself falls
//! back on the plain text, written under that family's own escaping: no value can ever break the markup around it.

mod asked;
mod bounded;
mod builtin;
mod check;
mod crew;
pub(crate) mod dates;
mod error;
mod filters;
mod gsm;
mod kept;
pub(crate) mod language;
mod lead;
mod link_buttons;
mod money;
mod notification;
mod pages;
mod printing;
mod private;
mod route;
pub(crate) mod samples;
mod sources;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use baton_actors::channel::{Errand, Say};
use baton_actors::tenants::Tenants;
use baton_core::crew_sheet::CrewSheet;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, OfferId};
use baton_core::message::Topic;
use baton_core::time::Timestamp;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, ErrorKind, HtmlEscape, Template, UndefinedBehavior, Value};

pub use check::{Mistake, MistakeKind, Place, Preview, Reader};
pub use error::WordingError;
pub use link_buttons::LinkButton;
pub(crate) use notification::GIVEN;
pub use notification::{Matter, MetaMessage, TwilioMessage, Worded};
pub use pages::Words;

use crate::sealing::Keyring;
use bounded::Bounded;
use sources::Sources;
pub(crate) use values::one_line;

use values::Values;

/// How many instructions one template may take: twenty times what the longest of ours needs.
const FUEL: u64 = 20_000;

/// Makes the address of an offer's page, good until the given moment.
pub type OfferLink = Arc<dyn Fn(&OfferId, Option<Timestamp>) -> String + Send + Sync>;

/// Makes the address of the page where a person says what they want to hear.
pub type PreferencesLink = Arc<dyn Fn(AgentId) -> String + Send + Sync>;

/// Every template there is, ready to be filled.
pub struct Wording {
    templates: Environment<'static>,
    locales: Vec<String>,
    offer_link: OfferLink,
    preferences_link: Option<PreferencesLink>,
    tenants: Tenants,
    keyring: Option<Arc<Keyring>>,
}

/// An e-mail's three texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// For readers without HTML.
    pub text: String,
    /// A whole document.
    pub html: String,
    /// A picture that the document shows, as PNG: it travels inside the mail, since many readers show none that stand elsewhere.
    pub picture: Option<Vec<u8>>,
}

impl Mail {
    /// What the document calls its picture: `cid:` and this.
    pub const PICTURE: &str = "picture@baton";
}

impl Wording {
    /// The built-in wording.
    pub fn builtin(offer_link: OfferLink) -> Result<Self, WordingError> {
        Self::from_sources(Sources::builtin(), offer_link)
    }

    /// The built-in wording with the files of a folder (`<locale>/<file>`) in their place. Every template is filled once with
    /// sample values, so that all mistakes come out here, at once, and not when a message is to leave.
    pub fn with_overrides(folder: &Path, offer_link: OfferLink) -> Result<Self, Vec<WordingError>> {
        let sources = Sources::builtin().overridden_by(folder).map_err(|error| vec![error])?;
        let wording = Self::from_sources(sources, offer_link).map_err(|error| vec![error])?;
        let mistakes = wording.mistakes();
        if mistakes.is_empty() { Ok(wording) } else { Err(mistakes) }
    }

    /// The same, with the templates that tenants keep before all others.
    #[must_use]
    pub fn with_tenants(self, tenants: Tenants) -> Self {
        Self { tenants, ..self }
    }

    /// The same, with a page for everybody where they say what they want to hear.
    #[must_use]
    pub fn with_preferences(self, link: PreferencesLink) -> Self {
        Self { preferences_link: Some(link), ..self }
    }

    /// Where a person says what they want to hear.
    pub fn preferences_url(&self, agent: AgentId) -> Option<String> {
        self.preferences_link.as_ref().map(|link| link(agent))
    }

    fn from_sources(sources: Sources, offer_link: OfferLink) -> Result<Self, WordingError> {
        let locales = sources.locales();
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_fuel(Some(FUEL));
        // Costs a copy of the template, only when it fails; without it an error could not name the variable.
        templates.set_debug(true);
        templates.set_auto_escape_callback(|file| {
            if matches!(file.rsplit_once('.'), Some((_, "html"))) { AutoEscape::Html } else { AutoEscape::None }
        });
        templates.set_formatter(printing::print);
        filters::add_to(&mut templates);
        let worded = locales.clone();
        // `{% include "job.plain.text" %}` means the one of the same locale.
        templates.set_path_join_callback(move |file, parent| match parent.split_once('/') {
            Some((locale, _)) if !file.contains('/') => format!("{}/{file}", nearest(&worded, locale)).into(),
            _ => file.into(),
        });
        for (file, source) in sources.into_files() {
            templates.add_template_owned(file.clone(), source).map_err(|error| WordingError::of(&file, &error))?;
        }
        Ok(Self { templates, locales, offer_link, preferences_link: None, tenants: Tenants::default(), keyring: None })
    }

    /// For Telegram, in its HTML.
    pub fn telegram(&self, errand: &Errand) -> Result<String, WordingError> {
        if let Say::Notification(shown) = &errand.say {
            return self.asked_html(errand, shown);
        }
        if let Say::Route(shown) = &errand.say {
            return self.route_html(errand, shown);
        }
        if let Some(text) = self.for_desk(errand)? {
            return Ok(HtmlEscape(&text).to_string());
        }
        let values = self.values(errand)?;
        match self.fill(values.name, "telegram.html", &values)? {
            Some(html) => Ok(html),
            None => self.plain_text(&values).map(|text| HtmlEscape(&text).to_string()),
        }
    }

    /// What an offer's two buttons say in Telegram: the one that takes it, and the one that declines it.
    pub fn buttons(&self, errand: &Errand) -> Result<(String, String), WordingError> {
        self.two_buttons(errand, "telegram.buttons")
    }

    /// What the buttons under a message to the desk say, in their order.
    pub fn desk_buttons(&self, errand: &Errand) -> Result<Vec<String>, WordingError> {
        let values = self.values(errand)?;
        let labels = self.fill("desk", "telegram.buttons", &values)?.unwrap_or_default();
        let labels: Vec<String> = labels.lines().map(one_line).filter(|label| !label.is_empty()).collect();
        if labels.len() == values.deeds() {
            return Ok(labels);
        }
        Err(WordingError::Buttons { file: format!("{}/desk.telegram.buttons", values.locale) })
    }

    /// What the button says by which a group claims a job.
    pub fn crew_button(&self, errand: &Errand) -> Result<String, WordingError> {
        let values = self.values(errand)?;
        let label = self.fill("crew_group", "telegram.buttons", &values)?.map(|label| one_line(&label));
        label.filter(|label| !label.is_empty()).ok_or_else(|| WordingError::missing("crew_group", "telegram.buttons"))
    }

    /// The same in WhatsApp, each of 20 characters at most.
    pub fn whatsapp_buttons(&self, errand: &Errand) -> Result<(String, String), WordingError> {
        self.two_buttons(errand, "whatsapp.buttons")
    }

    /// A question in WhatsApp as a list: what its button says, then a line for each choice; none where that is not worded.
    pub fn whatsapp_list(&self, errand: &Errand) -> Result<Option<(String, Vec<String>)>, WordingError> {
        let values = self.values(errand)?;
        let Some(lines) = self.fill(values.name, "whatsapp.buttons", &values)? else { return Ok(None) };
        let mut lines = lines.lines().map(one_line);
        let button = lines.next().filter(|button| !button.is_empty());
        Ok(button.map(|button| (button, lines.collect())))
    }

    /// For WhatsApp with buttons below.
    pub fn whatsapp(&self, errand: &Errand) -> Result<String, WordingError> {
        if let Say::Notification(shown) = &errand.say {
            return self.asked_text(errand, shown, ChannelKind::Whatsapp);
        }
        if let Say::Route(shown) = &errand.say {
            return self.route_plain(errand, shown);
        }
        let values = self.values(errand)?;
        match self.fill(values.name, "whatsapp.text", &values)? {
            Some(text) => Ok(text),
            None => self.plain_text(&values),
        }
    }

    /// For SMS: short.
    pub fn sms(&self, errand: &Errand) -> Result<String, WordingError> {
        if let Say::Notification(shown) = &errand.say {
            return self.asked_text(errand, shown, ChannelKind::Sms);
        }
        if let Say::Route(shown) = &errand.say {
            return self.route_sms(errand, shown);
        }
        let values = self.values(errand)?;
        let text = match self.fill(values.name, "sms.text", &values)? {
            Some(text) => text,
            None => self.plain_text(&values)?,
        };
        Ok(gsm::plain_signs(text))
    }

    fn two_buttons(&self, errand: &Errand, part: &str) -> Result<(String, String), WordingError> {
        let values = self.values(errand)?;
        let file = format!("offer.{part}");
        let labels = self.fill("offer", part, &values)?.unwrap_or_default();
        let mut labels = labels.lines().map(one_line).filter(|label| !label.is_empty());
        match (labels.next(), labels.next(), labels.next()) {
            (Some(yes), Some(no), None) => Ok((yes, no)),
            _ => Err(WordingError::Buttons { file: format!("{}/{file}", values.locale) }),
        }
    }

    /// For the console, and for WhatsApp without buttons: without markup.
    pub fn plain(&self, errand: &Errand) -> Result<String, WordingError> {
        if let Say::Notification(shown) = &errand.say {
            return self.asked_plain(errand, shown);
        }
        if let Say::Route(shown) = &errand.say {
            return self.route_plain(errand, shown);
        }
        if let Some(text) = self.for_desk(errand)? {
            return Ok(text);
        }
        self.plain_text(&self.values(errand)?)
    }

    /// For e-mail. A topic without a page of its own has its text laid out on the general one.
    pub fn mail(&self, errand: &Errand) -> Result<Mail, WordingError> {
        if let Say::Notification(shown) = &errand.say {
            return self.asked_mail(errand, shown);
        }
        if let Say::Route(shown) = &errand.say {
            return self.route_mail(errand, shown);
        }
        let mut values = self.values(errand)?;
        let picture = values.picture.take();
        let subject = self.fill_or(values.name, "message", "email.subject", &values)?;
        let text = match (self.for_desk(errand)?, self.fill(values.name, "email.text", &values)?) {
            (Some(text), _) | (None, Some(text)) => text,
            (None, None) => self.plain_text(&values)?,
        };
        values.text = Some(text.clone());
        let html = self.fill_or(values.name, "message", "email.html", &values)?;
        let footer = self.fill("footer", "email.text", &values)?.unwrap_or_default();
        Ok(Mail { subject: one_line(&subject), text: with_footer(text, &footer), html, picture })
    }

    /// Everything that is wrong with the templates, found by filling each with sample values.
    pub fn mistakes(&self) -> Vec<WordingError> {
        // Many samples stumble over the same mistake.
        let mut mistakes = BTreeMap::new();
        for errand in self.locales.iter().flat_map(|locale| samples::errands(locale)) {
            let tried = [
                self.telegram(&errand).err(),
                self.buttons(&errand).err(),
                self.desk_buttons(&errand).err(),
                self.crew_button(&errand).err(),
                self.plain(&errand).err(),
                self.whatsapp(&errand).err(),
                self.whatsapp_buttons(&errand).err(),
                self.sms(&errand).err(),
                self.mail(&errand).err(),
            ];
            mistakes.extend(tried.into_iter().flatten().map(|mistake| (mistake.to_string(), mistake)));
        }
        mistakes.extend(self.mistakes_of_crew().into_iter().map(|mistake| (mistake.to_string(), mistake)));
        mistakes.extend(self.mistakes_of_lead().into_iter().map(|mistake| (mistake.to_string(), mistake)));
        mistakes.extend(self.mistakes_of_details().into_iter().map(|mistake| (mistake.to_string(), mistake)));
        mistakes.extend(self.mistakes_of_route().into_iter().map(|mistake| (mistake.to_string(), mistake)));
        mistakes.extend(self.mistakes_of_pages().into_iter().map(|mistake| (mistake.to_string(), mistake)));
        mistakes.into_values().collect()
    }

    fn values(&self, errand: &Errand) -> Result<Values, WordingError> {
        let locale = self.locale(&errand.locale);
        let link = match &errand.say {
            // Where there is something to answer on its page.
            Say::Job { topic: Topic::Offer(_) | Topic::OfferOver(..), offer: Some(offer), .. } => {
                Some((self.offer_link)(&offer.id, offer.closes_at.or(errand.lifetime)))
            }
            Say::Job { .. }
            | Say::Crew(_)
            | Say::Answer(_)
            | Say::Notification(_)
            | Say::AddressPaused(_)
            | Say::EndpointOff(_)
            | Say::Lead(_)
            | Say::CrewText(_)
            | Say::Route(_) => None,
        };
        let preferences = errand.agent.and_then(|agent| self.preferences_url(agent));
        let mut values = Values::of(errand, locale, link, preferences);
        if let Say::Crew(shown) = &errand.say {
            values.crew = Some(self.crew_text(&CrewSheet::of(&shown.job), locale)?);
        }
        self.with_details(errand, values)
    }

    fn locale(&self, wanted: &str) -> &str {
        nearest(&self.locales, wanted)
    }

    fn plain_text(&self, values: &Values) -> Result<String, WordingError> {
        self.fill(values.name, "plain.text", values)?.ok_or_else(|| WordingError::missing(values.name, "plain.text"))
    }

    fn fill_or(&self, name: &str, general: &str, part: &str, values: &Values) -> Result<String, WordingError> {
        match self.fill(name, part, values)? {
            Some(filled) => Ok(filled),
            None => self.fill(general, part, values)?.ok_or_else(|| WordingError::missing(general, part)),
        }
    }

    fn fill(&self, name: &str, part: &str, values: &Values) -> Result<Option<String>, WordingError> {
        let file = format!("{}/{name}.{part}", values.locale);
        self.fill_file(&file, &Value::from(Serde(values)))
    }

    /// Fills a file; none where there is no such file.
    fn fill_file(&self, file: &str, values: &Value) -> Result<Option<String>, WordingError> {
        match self.templates.get_template(file) {
            Ok(template) => filled(&template, file, values).map(Some),
            Err(error) if error.kind() == ErrorKind::TemplateNotFound => Ok(None),
            Err(error) => Err(WordingError::of(file, &error)),
        }
    }

    /// Fills a text that is no file but came in by the API, as if it were this one.
    fn fill_source(&self, file: &str, source: &str, values: &Value) -> Result<String, WordingError> {
        kept::check(source).map_err(|refused| WordingError::refused(file, refused))?;
        let template = self.templates.template_from_named_str(file, source);
        filled(&template.map_err(|error| WordingError::of(file, &error))?, file, values)
    }
}

fn filled(template: &Template<'_, '_>, file: &str, values: &Value) -> Result<String, WordingError> {
    let mut text = Bounded::default();
    match template.render_captured_to(values.clone(), &mut text) {
        Ok(_) => Ok(text.into_text()),
        Err(_) if text.is_full() => Err(WordingError::TooLong { file: file.to_owned() }),
        Err(error) => Err(WordingError::of(file, &error)),
    }
}

/// The text of a mail with what stands below it.
fn with_footer(text: String, footer: &str) -> String {
    match footer.trim() {
        "" => text,
        footer => format!("{}\n\n{footer}", text.trim_end()),
    }
}

/// The nearest locale that is worded: `de-AT`, else `de`, else English.
fn nearest<'a>(worded: &'a [String], wanted: &str) -> &'a str {
    let known = |wanted: &str| worded.iter().find(|locale| locale.eq_ignore_ascii_case(wanted));
    let language = wanted.split(['-', '_']).next().unwrap_or_default();
    known(wanted).or_else(|| known(language)).map_or("en", String::as_str)
}
