//! A person's phone.

use baton::simulator::telegram::{Chat, Fault, Message};

use super::desk::Job;

pub struct Phone {
    pub chat: Chat,
}

fn is_offer(message: &Message, job: &Job) -> bool {
    message.has_button("YES") && message.text.contains(&job.code)
}

impl Phone {
    pub fn new(chat: Chat) -> Self {
        Self { chat }
    }

    /// Waits for the offer of a job, which can be answered; gives back the latest.
    pub async fn shows_offer(&self, job: &Job) -> Message {
        let messages = self.chat.wait_for(|messages| messages.iter().any(|message| is_offer(message, job))).await;
        messages.unwrap().into_iter().rfind(|message| is_offer(message, job)).unwrap()
    }

    /// Waits until the offer of a job is over on the phone.
    pub async fn shows_withdrawal(&self, job: &Job) {
        let over = |message: &Message| message.text.contains("This offer is over") && message.text.contains(&job.code);
        self.chat.wait_for(|messages| messages.iter().any(over)).await.unwrap();
    }

    /// Waits for a text of the bot.
    pub async fn shows(&self, text: &str) -> Message {
        let says = |message: &Message| message.from.is_none() && message.text.contains(text);
        let messages = self.chat.wait_for(|messages| messages.iter().any(says)).await.unwrap();
        messages.into_iter().rfind(says).unwrap()
    }

    /// Waits until the person knows that a job is theirs.
    pub async fn shows_victory(&self, job: &Job) {
        self.shows(&format!("The job {} is yours", job.code)).await;
    }

    /// How many offers of a job there are on it, open or over.
    pub fn offers(&self, job: &Job) -> usize {
        let ours = |message: &&Message| message.text.contains("Job offer") && message.text.contains(&job.code);
        self.chat.messages().iter().filter(ours).count()
    }

    pub fn is_silent(&self) -> bool {
        self.chat.messages().iter().all(|message| message.from.is_some())
    }

    pub fn types(&self, text: &str) {
        self.chat.types(text);
    }

    pub async fn presses_yes(&self, job: &Job) {
        let offer = self.shows_offer(job).await;
        self.chat.presses(offer.id, "YES").unwrap();
    }

    /// Presses the button of an offer that was shown, whatever has become of it by now.
    pub fn presses_yes_below(&self, offer: &Message) {
        self.chat.presses_data(self.chat.id(), offer.id, &offer.buttons[0].data);
    }

    pub async fn presses_no(&self, job: &Job) {
        let offer = self.shows_offer(job).await;
        self.chat.presses(offer.id, "NO").unwrap();
    }

    pub fn next_call_meets(&self, fault: Fault) {
        self.chat.next_call_meets(fault);
    }
}
