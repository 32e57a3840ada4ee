//! From an errand about a notification to its wording: the sealed values are opened here, and nowhere else on their way out.

use std::sync::Arc;

use baton_actors::channel::{Address, Errand, Say, Shown};
use baton_core::delivery::ChannelKind;
use serde_json::{Map, Value as Json};

use super::notification::Filling;
use super::{LinkButton, Mail, Matter, MetaMessage, TwilioMessage, Worded, Wording, WordingError};
use crate::sealing::Keyring;

impl Wording {
    /// The same, with the keys that open the values of notifications.
    #[must_use]
    pub fn with_keyring(self, keyring: Arc<Keyring>) -> Self {
        Self { keyring: Some(keyring), ..self }
    }

    pub(super) fn asked_html(&self, errand: &Errand, shown: &Shown) -> Result<String, WordingError> {
        self.asked(errand, shown, ChannelKind::Telegram).map(|worded| match worded {
            Worded::Telegram(text) | Worded::Text(text) | Worded::Mail(Mail { text, .. }) => text,
        })
    }

    pub(super) fn asked_text(
        &self,
        errand: &Errand,
        shown: &Shown,
        channel: ChannelKind,
    ) -> Result<String, WordingError> {
        self.asked(errand, shown, channel).map(|worded| match worded {
            Worded::Text(text) | Worded::Telegram(text) | Worded::Mail(Mail { text, .. }) => text,
        })
    }

    pub(super) fn asked_mail(&self, errand: &Errand, shown: &Shown) -> Result<Mail, WordingError> {
        match self.asked(errand, shown, ChannelKind::Email)? {
            Worded::Mail(mail) => Ok(mail),
            // A template is worded for its channel.
            Worded::Text(_) | Worded::Telegram(_) => Err(WordingError::missing(&shown.template, "email.text")),
        }
    }

    /// What is said to an address that takes plain text.
    pub(super) fn asked_plain(&self, errand: &Errand, shown: &Shown) -> Result<String, WordingError> {
        let channel = match errand.to {
            Address::Phone(_) => ChannelKind::Whatsapp,
            Address::Console | Address::Telegram { .. } | Address::Email(_) => ChannelKind::Console,
        };
        self.asked_text(errand, shown, channel)
    }

    /// The buttons under a notification in Telegram that lead somewhere, where its template has any.
    pub fn link_buttons(&self, errand: &Errand) -> Result<Vec<LinkButton>, WordingError> {
        let Say::Notification(shown) = &errand.say else { return Ok(Vec::new()) };
        let payload = self.payload(shown)?;
        let preferences = self.preferences_url(shown.agent);
        let matter = matter(errand, shown, ChannelKind::Telegram, &payload, preferences.as_deref());
        match self.kept(&matter)? {
            Some((template, values)) => self.buttons_of(&Filling::of(&template), &values),
            None => Ok(Vec::new()),
        }
    }

    /// The message of Meta that a notification is sent as where no other text is allowed; none where its template names none.
    pub fn asked_meta(&self, errand: &Errand, shown: &Shown) -> Result<Option<MetaMessage>, WordingError> {
        let payload = self.payload(shown)?;
        let preferences = self.preferences_url(shown.agent);
        self.meta_message(&matter(errand, shown, ChannelKind::Whatsapp, &payload, preferences.as_deref()))
    }

    /// The content of Twilio that a notification is sent as where no other text is allowed; none where its template names none.
    pub fn asked_twilio(&self, errand: &Errand, shown: &Shown) -> Result<Option<TwilioMessage>, WordingError> {
        let payload = self.payload(shown)?;
        let preferences = self.preferences_url(shown.agent);
        self.twilio_message(&matter(errand, shown, ChannelKind::Whatsapp, &payload, preferences.as_deref()))
    }

    fn asked(&self, errand: &Errand, shown: &Shown, channel: ChannelKind) -> Result<Worded, WordingError> {
        let payload = self.payload(shown)?;
        let preferences = self.preferences_url(shown.agent);
        self.notification(&matter(errand, shown, channel, &payload, preferences.as_deref()))
    }

    fn payload(&self, shown: &Shown) -> Result<Json, WordingError> {
        let keyring = self.keyring.as_ref().ok_or(WordingError::Sealed)?;
        let opened = keyring.open_payload(shown.id, &shown.payload).map_err(|_| WordingError::Sealed)?;
        if opened.is_empty() {
            return Ok(Json::Object(Map::new()));
        }
        serde_json::from_slice(&opened).map_err(|_| WordingError::Sealed)
    }
}

fn matter<'a>(
    errand: &'a Errand,
    shown: &'a Shown,
    channel: ChannelKind,
    payload: &'a Json,
    preferences_url: Option<&'a str>,
) -> Matter<'a> {
    Matter {
        tenant: errand.tenant,
        template: &shown.template,
        channel,
        locale: &errand.locale,
        time_zone: &errand.time_zone,
        name: &errand.name,
        event_type: &shown.event_type,
        payload,
        preferences_url,
        possible_repeat: errand.possible_repeat,
    }
}

#[cfg(test)]
mod tests {
    use baton_actors::records::Part;
    use serde_json::json;

    use super::*;
    use crate::wording::samples;

    fn keyring() -> Arc<Keyring> {
        Arc::new(Keyring::for_dev(None).expect("a key"))
    }

    fn errand(say: Say) -> Errand {
        Errand { say, possible_repeat: false, ..samples::errands("en").remove(0) }
    }

    #[test]
    fn f4_every_channel_words_a_notification_by_its_own_template() {
        let at = json!({"at": "2027-01-30T14:30:00Z"});
        let text = "{{ agent }}: {{ at|moment }}";
        let said = "Driver One: Sat 30 Jan, 14:30 GMT";
        for (channel, part) in [
            (ChannelKind::Sms, Part::Text),
            (ChannelKind::Whatsapp, Part::Text),
            (ChannelKind::Console, Part::Text),
            (ChannelKind::Telegram, Part::Html),
            (ChannelKind::Email, Part::Text),
        ] {
            let keyring = keyring();
            let parts = [(part, text), (Part::Subject, text)];
            let wording = samples::with_pickup(Arc::clone(&keyring), channel, &parts, Vec::new());
            let errand = errand(samples::asked(&keyring, "pickup", &at));
            let worded = match channel {
                ChannelKind::Sms => wording.sms(&errand),
                ChannelKind::Whatsapp => wording.whatsapp(&errand),
                ChannelKind::Console => wording.plain(&errand),
                ChannelKind::Telegram => wording.telegram(&errand),
                ChannelKind::Email => wording.mail(&errand).map(|mail| mail.text),
            };
            assert_eq!(worded.expect("worded"), said, "{channel}");
        }
    }

    #[test]
    fn f3_a_template_can_say_where_a_person_chooses_what_they_hear() {
        let keyring = keyring();
        let parts = [(Part::Subject, "x"), (Part::Text, "{{ at|date }} {{ preferences_url }}")];
        let wording = samples::with_pickup(Arc::clone(&keyring), ChannelKind::Email, &parts, Vec::new());
        let wording = wording.with_preferences(Arc::new(|_| "https://example.com/p/t".to_owned()));
        let mail =
            wording.mail(&errand(samples::asked(&keyring, "pickup", &json!({"at": "2027-01-30"})))).expect("worded");
        assert_eq!(mail.text, "Sat 30 Jan 2027 https://example.com/p/t");
        assert!(mail.html.contains("Choose what you hear from us"), "{}", mail.html);
        let note = errand(samples::asked(&keyring, "note", &json!({"subject": "s", "message": "m"})));
        assert_eq!(
            wording.mail(&note).expect("worded").text,
            "m\n\nChoose what you hear from us: https://example.com/p/t"
        );
    }

    #[test]
    fn x8_a_template_that_is_gone_and_values_that_cannot_be_opened_are_told() {
        let keyring = keyring();
        let wording = samples::with_pickup(Arc::clone(&keyring), ChannelKind::Sms, &[(Part::Text, "x")], Vec::new());
        let gone = wording.sms(&errand(samples::asked(&keyring, "delivery", &json!({}))));
        assert!(gone.expect_err("gone").to_string().starts_with("there is no template delivery for sms"));
        let bare = wording.sms(&errand(samples::asked(&keyring, "pickup", &json!({}))));
        assert!(bare.expect_err("bare").to_string().contains("needs values that were not given: at"));
        let other = self::keyring();
        let sealed = wording.sms(&errand(samples::asked(&other, "pickup", &json!({}))));
        assert!(matches!(sealed, Err(WordingError::Sealed)));
    }
}
