use std::os::unix::fs::PermissionsExt;

use baton_actors::store::keys::Key as RowKey;
use baton_actors::store::memory::MemoryStore;
use baton_actors::store::{StepWrites, Store as _, Write, codec, envelope};
use baton_core::phone::Phone;
use tempfile::tempdir;

use super::*;

fn secret(byte: u8) -> SecretSlice<u8> {
    SecretSlice::from(vec![byte; 32])
}

fn ring(master: u8) -> Keyring {
    Keyring::new(Some(secret(master)), BTreeMap::new()).unwrap().with_salts(Salts::known(9))
}

fn job(reference: &str) -> JobId {
    JobId::of_reference(TenantId::DEFAULT, reference)
}

fn details() -> Details {
    let mut details = Details {
        contact_name: Some("Test Person".into()),
        phone: Some(Phone::new("+447700900123").unwrap()),
        from_address: Some("1 Example Street".into()),
        to_address: Some("2 Example Road".into()),
        notes: Some("ring twice".into()),
        ..Details::default()
    };
    details.extra.add("gate code", "0000").unwrap();
    details
}

#[test]
fn details_open_for_their_job_and_hold_everything() {
    let ring = ring(1);
    for given in [details(), Details::default()] {
        let sealed = ring.seal(job("a"), &given).unwrap();
        assert!(ring.open(job("a"), &sealed).unwrap() == given);
    }
}

#[test]
fn sealed_details_show_nothing_and_never_twice_the_same() {
    let ring = ring(1);
    let one = ring.seal(job("a"), &details()).unwrap();
    let two = ring.seal(job("a"), &details()).unwrap();
    assert!(one.sealed != two.sealed);
    for word in ["Test Person", "447700900123", "Example", "gate"] {
        assert!(!one.sealed.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}

#[test]
fn details_do_not_open_under_another_job_or_tenant() {
    let ring = Keyring::new(Some(secret(1)), BTreeMap::new()).unwrap();
    let sealed = ring.seal(job("a"), &details()).unwrap();
    assert!(matches!(ring.open(job("b"), &sealed), Err(SealingError::NotAuthentic)));
    let other = JobId { tenant: TenantId::new("other").unwrap(), local: job("a").local };
    assert!(matches!(ring.open(other, &sealed), Err(SealingError::UnknownKey(_))));
    // Not even where both tenants were given the same key.
    let both = BTreeMap::from([(TenantId::DEFAULT, secret(3)), (other.tenant, secret(3))]);
    let ring = Keyring::new(None, both).unwrap();
    let sealed = ring.seal(job("a"), &details()).unwrap();
    assert!(matches!(ring.open(other, &sealed), Err(SealingError::NotAuthentic)));
}

#[test]
fn any_changed_byte_is_found() {
    let ring = ring(1);
    let sealed = ring.seal(job("a"), &details()).unwrap();
    for at in 0..sealed.sealed.len() {
        let mut damaged = sealed.clone();
        damaged.sealed[at] ^= 1;
        assert!(matches!(ring.open(job("a"), &damaged), Err(SealingError::NotAuthentic)), "byte {at}");
        damaged.sealed.truncate(at);
        assert!(ring.open(job("a"), &damaged).is_err(), "cut at {at}");
    }
}

#[test]
fn what_an_older_key_sealed_stays_open() {
    let sealed = ring(1).seal(job("a"), &details()).unwrap();
    assert!(matches!(ring(2).open(job("a"), &sealed), Err(SealingError::UnknownKey(key)) if key == sealed.key));
    let rotated = ring(2).with_older(secret(1)).unwrap();
    assert!(rotated.open(job("a"), &sealed).unwrap() == details());
    assert_ne!(rotated.seal(job("a"), &details()).unwrap().key, sealed.key);
    // A tenant that is given a key of its own still reads what the master sealed.
    let own = Keyring::new(Some(secret(1)), BTreeMap::from([(TenantId::DEFAULT, secret(3))])).unwrap();
    let own = own.with_salts(Salts::known(9));
    assert!(own.open(job("a"), &sealed).unwrap() == details());
}

#[test]
fn a_rotated_key_takes_over_what_the_older_one_sealed_and_may_go_then() {
    let sealed = ring(1).seal(job("a"), &details()).unwrap();
    let both = ring(2).with_older(secret(1)).unwrap();
    let renewed = both.renewed(job("a"), &sealed).unwrap().expect("another key");
    assert!(renewed.sealed == sealed.sealed, "the details themselves stay as they are");
    let alone = ring(2);
    assert!(alone.open(job("a"), &renewed).unwrap() == details());
    assert!(matches!(alone.open(job("a"), &sealed), Err(SealingError::UnknownKey(_))));
    assert!(both.renewed(job("a"), &renewed).unwrap().is_none(), "nothing is done twice");
    // So is what tenants' own keys of before sealed.
    let own = Keyring::new(None, BTreeMap::from([(TenantId::DEFAULT, secret(3))])).unwrap().with_salts(Salts::known(9));
    let sealed = own.seal(job("b"), &details()).unwrap();
    let after = ring(2).with_older(secret(3)).unwrap();
    assert!(after.renewed(job("b"), &sealed).unwrap().is_some());
    let id = NotificationId::drawn(TenantId::DEFAULT, job("n").local);
    let payload = ring(1).seal_payload(id, b"{}").unwrap();
    let renewed = both.renewed_payload(id, &payload).unwrap().expect("another key");
    assert!(alone.open_payload(id, &renewed).unwrap().as_slice() == b"{}");
    assert!(alone.renewed_payload(id, &renewed).unwrap().is_none());
}

#[test]
fn p8_what_nobody_took_over_from_a_destroyed_salt_opens_with_nothing() {
    let ring = ring(1);
    let (kept, erased) =
        (job("a"), (0..10_000).map(|n| job(&n.to_string())).find(|other| other.partition() == job("a").partition()));
    let erased = erased.expect("64 partitions");
    let (one, two) = (ring.seal(kept, &details()).unwrap(), ring.seal(erased, &details()).unwrap());
    ring.salts().turn(kept.partition()).unwrap();
    let taken_over = ring.renewed(kept, &one).unwrap().expect("another salt");
    assert!(ring.open(erased, &two).is_ok(), "until the salt is destroyed");
    ring.salts().destroy_before(kept.partition()).unwrap();
    assert!(ring.open(kept, &taken_over).unwrap() == details());
    for old in [(kept, one), (erased, two)] {
        assert!(matches!(ring.open(old.0, &old.1), Err(SealingError::Erased)));
        assert!(matches!(ring.renewed(old.0, &old.1), Err(SealingError::Erased)));
        // Whoever says that it lies under the new salt fares no better.
        let forged = SealedDetails { salt: taken_over.salt, ..old.1 };
        assert!(matches!(ring.open(old.0, &forged), Err(SealingError::NotAuthentic)));
    }
}

#[test]
fn p8_a_start_keeps_the_salt_of_what_a_newer_program_wrote() {
    let (ring, store) = (ring(1), MemoryStore::new());
    let key = RowKey::Details(job("a")).bytes();
    let put = |value: Vec<u8>| {
        let write = Write { key: key.clone(), value: Some(value) };
        store.commit(&[StepWrites { check: None, writes: vec![write] }]).unwrap();
    };
    let record = codec::seal(&ring.seal(job("a"), &details()).unwrap(), 1, 0).unwrap();
    let opened = envelope::open(&record).unwrap();
    put(envelope::seal(&envelope::Header { schema: 99, ..opened.header }, opened.payload));
    ring.salts().turn(job("a").partition()).unwrap();
    rotate::finish(&store, &ring).unwrap();
    assert!(ring.salts().is_turning(job("a").partition()));
    // That program is back.
    put(record);
    rotate::finish(&store, &ring).unwrap();
    assert!(!ring.salts().is_turning(job("a").partition()));
    let record = store.get(&key).unwrap().unwrap();
    let (_, sealed) = codec::open::<SealedDetails>(&record).unwrap();
    assert!(ring.open(job("a"), &sealed).unwrap() == details());
    // What opens with nothing is no reason.
    put(codec::seal(&SealedDetails { wrapped: vec![0; 72], ..sealed }, 1, 0).unwrap());
    ring.salts().turn(job("a").partition()).unwrap();
    rotate::finish(&store, &ring).unwrap();
    assert!(!ring.salts().is_turning(job("a").partition()));
}

#[test]
fn a_tenant_without_any_key_is_told_so() {
    let none = Keyring::new(None, BTreeMap::from([(TenantId::new("other").unwrap(), secret(3))])).unwrap();
    assert!(matches!(none.seal(job("a"), &details()), Err(SealingError::NoKey(TenantId::DEFAULT))));
    let short = SecretSlice::from(vec![1; 31]);
    assert!(matches!(Keyring::new(Some(short), BTreeMap::new()), Err(SealingError::KeyLength)));
}

#[test]
fn too_much_is_refused() {
    let details = Details { notes: Some("x".repeat(DETAILS_MAX)), ..Details::default() };
    assert!(matches!(ring(1).seal(job("a"), &details), Err(SealingError::TooLarge)));
}

#[test]
fn the_key_of_dev_outlives_a_restart_and_is_ours_alone() {
    let folder = tempdir().unwrap();
    let folder = folder.path().join("data");
    let ring = |folder| Keyring::for_dev(folder).unwrap().with_salts(Salts::known(9));
    let sealed = ring(Some(folder.as_path())).seal(job("a"), &details()).unwrap();
    assert!(ring(Some(&folder)).open(job("a"), &sealed).is_ok());
    assert!(ring(None).open(job("a"), &sealed).is_err());
    let file = folder.join(DEV_KEY_FILE);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&file, "short").unwrap();
    assert!(matches!(Keyring::for_dev(Some(&folder)), Err(SealingError::DevKey(_))));
}

/// Sealed once, by this layout and this derivation: it must open for ever.
#[test]
fn what_was_sealed_long_ago_still_opens() {
    let sealed = SealedDetails { key: 0, salt: 0, wrapped: Vec::new(), sealed: from_hex(include_str!("golden.hex")) };
    let key = ring(1).keys_of(TenantId::DEFAULT).seals.as_ref().unwrap().id;
    assert!(ring(1).open(job("a"), &SealedDetails { key, ..sealed }).unwrap() == details());
    assert_eq!(key, 0x84d4_4736, "the name of a key never changes");
}

/// The same since jobs have keys of their own.
#[test]
fn what_was_sealed_with_a_key_of_its_own_still_opens() {
    let (wrapped, sealed) = include_str!("golden_own.hex").split_once("--\n").unwrap();
    let sealed = SealedDetails { key: 0x84d4_4736, salt: 1, wrapped: from_hex(wrapped), sealed: from_hex(sealed) };
    assert!(ring(1).open(job("a"), &sealed).unwrap() == details());
}

fn from_hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn what_dashboards_are_told_is_taken_over_by_a_new_key_and_lies_under_its_own_name() {
    use baton_actors::sinks::queue::Handed;
    use baton_core::dashboard::Wire;
    use baton_core::time::Timestamp;

    let tenant = TenantId::DEFAULT;
    let (first, sealed_for) = (ring(1), Uuid::from_u128(7));
    let payload = first.seal_handed(tenant, sealed_for, b"said").unwrap();
    assert!(first.open_handed(tenant, Uuid::from_u128(8), &payload).is_err(), "it opens for nothing else");
    let handed =
        Handed { wire: Wire::CustomerSeen, subject: sealed_for, order: None, at: Timestamp(1), sealed_for, payload };
    let key = RowKey::DashboardEvent { endpoint: EndpointId::drawn(tenant, Uuid::from_u128(9)), no: 1 }.bytes();
    let store = MemoryStore::new();
    let value = Some(codec::seal(&handed, 1, 1).unwrap());
    store.commit(&[StepWrites { check: None, writes: vec![Write { key: key.clone(), value }] }]).unwrap();
    let both = ring(2).with_older(secret(1)).unwrap();
    assert_eq!(rotate::rotate(&store, &both, &mut |_| {}).unwrap().renewed, 1);
    let (_, kept) = codec::open::<Handed>(&store.get(&key).unwrap().unwrap()).unwrap();
    assert_eq!(ring(2).open_handed(tenant, sealed_for, &kept.payload).unwrap().as_slice(), b"said");
}
