//! What the desk is told besides the notices that jobs owe it: of a job whose actor was parked, and of addresses that are paused.
//! Nothing owes these messages: what they tell of stands in the records, and lists show it.

use baton_core::agent::Agent;
use baton_core::crew_view::CrewView;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{JobId, TenantId};
use baton_core::job::Deed;
use baton_core::message::{Notice, Recipient, Topic};

use crate::channel::{Address, AtDesk, EndpointOff, Errand, PausedAddress, Say};
use crate::house::House;
use crate::records;
use crate::resolve::{About, person};
use crate::sinks::{Endpoint, Why};
use crate::store::keys::Key;

/// Of a job whose actor was parked: it cannot owe anything itself.
pub(crate) fn job_parked(house: &House, id: JobId) -> Option<(ChannelKind, Errand)> {
    let record = house.store.get(&Key::LiveJob(id).bytes()).ok().flatten();
    let job = record.and_then(|record| records::open_job(&record).ok());
    let brief = job.as_ref().map(|job| job.brief.clone()).unwrap_or_default();
    let say = Say::Job {
        topic: Topic::Notice(Notice::Quarantined),
        job: Box::new(CrewView { job: id, code: id.code(), brief }),
        external_ref: job.and_then(|job| job.external_ref),
        offer: None,
        about: None,
        approve_url: None,
        released: None,
        desk: Some(Box::new(AtDesk { deeds: vec![Deed::Retry], claim: 0, done: None })),
    };
    to_the_desk(house, id.tenant, format!("{id}-quarantined"), say)
}

/// Of an address to which nothing is sent any more.
pub(crate) fn address_paused(house: &House, agent: &Agent, channel: ChannelKind) -> Option<(ChannelKind, Errand)> {
    let since = agent.reach.iter().find(|reach| reach.channel == channel)?.paused?;
    let address = match channel {
        ChannelKind::Console => Address::Console,
        ChannelKind::Telegram => Address::Telegram { chat: agent.telegram?, thread: None },
        ChannelKind::Email => Address::Email(agent.email.clone()?),
        ChannelKind::Whatsapp | ChannelKind::Sms => Address::Phone(agent.phone.clone()?),
    };
    let (name, reference) = (agent.name.clone(), agent.reference.clone());
    let say = Say::AddressPaused(Box::new(PausedAddress { name, reference, channel, address }));
    to_the_desk(house, agent.id.tenant, format!("{}-{channel}-paused-{}", agent.id, since.0), say)
}

/// Of an endpoint that is told no more.
pub(crate) fn endpoint_off(house: &House, endpoint: &Endpoint, why: Why) -> Option<(ChannelKind, Errand)> {
    // The address may hold a secret: only its host is told.
    let rest = endpoint.url.split_once("://").map_or("", |(_, rest)| rest);
    let host = rest.split(['/', '?', '#']).next().and_then(|host| host.rsplit('@').next()).unwrap_or_default();
    let off = EndpointOff { description: endpoint.description.clone(), host: host.to_owned(), gone: why == Why::Gone };
    let key = format!("{}-off-{}", endpoint.id, endpoint.version);
    to_the_desk(house, endpoint.id.tenant, key, Say::EndpointOff(Box::new(off)))
}

/// By the first channel on which the tenant's desk can be reached.
fn to_the_desk(house: &House, tenant: TenantId, key: String, say: Say) -> Option<(ChannelKind, Errand)> {
    let view = house.tenants.view(tenant);
    let (channel, person) = house
        .channels_of(&view.settings)
        .iter()
        .find_map(|kind| Some((*kind, person(&view, Recipient::Desk, *kind, About::a_job(&view)).ok()?)))?;
    let errand = Errand {
        key,
        tenant,
        agent: None,
        to: person.address,
        name: person.name,
        locale: person.locale,
        time_zone: person.time_zone,
        say,
        replaces: None,
        possible_repeat: false,
        lifetime: None,
    };
    Some((channel, errand))
}
