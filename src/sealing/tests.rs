use std::os::unix::fs::PermissionsExt;

use baton_core::phone::Phone;
use tempfile::tempdir;

use super::*;

fn secret(byte: u8) -> SecretSlice<u8> {
    SecretSlice::from(vec![byte; 32])
}

fn ring(master: u8) -> Keyring {
    Keyring::new(Some(secret(master)), BTreeMap::new()).unwrap()
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
    let rotated = ring(2).with_older_master(secret(1)).unwrap();
    assert!(rotated.open(job("a"), &sealed).unwrap() == details());
    assert_ne!(rotated.seal(job("a"), &details()).unwrap().key, sealed.key);
    // A tenant that is given a key of its own still reads what the master sealed.
    let own = Keyring::new(Some(secret(1)), BTreeMap::from([(TenantId::DEFAULT, secret(3))])).unwrap();
    assert!(own.open(job("a"), &sealed).unwrap() == details());
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
    let sealed = Keyring::for_dev(Some(&folder)).unwrap().seal(job("a"), &details()).unwrap();
    assert!(Keyring::for_dev(Some(&folder)).unwrap().open(job("a"), &sealed).is_ok());
    assert!(Keyring::for_dev(None).unwrap().open(job("a"), &sealed).is_err());
    let file = folder.join(DEV_KEY_FILE);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&file, "short").unwrap();
    assert!(matches!(Keyring::for_dev(Some(&folder)), Err(SealingError::DevKey(_))));
}

/// Sealed once, by this layout and this derivation: it must open for ever.
#[test]
fn what_was_sealed_long_ago_still_opens() {
    let sealed = SealedDetails { key: 0, sealed: from_hex(include_str!("golden.hex")) };
    let key = ring(1).keys_of(TenantId::DEFAULT).0[0].id;
    assert!(ring(1).open(job("a"), &SealedDetails { key, ..sealed }).unwrap() == details());
    assert_eq!(key, 0x84d4_4736, "the name of a key never changes");
}

fn from_hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}
