use proptest::prelude::*;

use super::*;

fn tenants() -> impl Strategy<Value = TenantId> {
    "[a-z0-9-]{1,16}".prop_map(|slug| TenantId::new(&slug).unwrap())
}

fn jobs() -> impl Strategy<Value = JobId> {
    (tenants(), any::<u128>()).prop_map(|(tenant, id)| JobId { tenant, local: Uuid::from_u128(id) })
}

fn agents() -> impl Strategy<Value = AgentId> {
    (tenants(), any::<u128>()).prop_map(|(tenant, id)| AgentId { tenant, local: Uuid::from_u128(id) })
}

fn notifications() -> impl Strategy<Value = NotificationId> {
    (tenants(), any::<u128>()).prop_map(|(tenant, id)| NotificationId { tenant, local: Uuid::from_u128(id) })
}

fn endpoints() -> impl Strategy<Value = EndpointId> {
    (tenants(), any::<u128>()).prop_map(|(tenant, id)| EndpointId { tenant, local: Uuid::from_u128(id) })
}

fn dashboards() -> impl Strategy<Value = Key> {
    let print = || any::<u128>().prop_map(Uuid::from_u128);
    prop_oneof![
        (endpoints(), any::<u64>()).prop_map(|(endpoint, no)| Key::DashboardEvent { endpoint, no }),
        (endpoints(), print()).prop_map(|(endpoint, order)| Key::DashboardOrder { endpoint, order }),
        endpoints().prop_map(Key::DashboardReader),
        (tenants(), print()).prop_map(|(tenant, customer)| Key::SyncCustomer { tenant, customer }),
        (tenants(), print()).prop_map(|(tenant, order)| Key::SyncOrder { tenant, order }),
        (tenants(), any::<u64>()).prop_map(|(tenant, no)| Key::SyncEvent { tenant, no }),
    ]
}

fn keys() -> impl Strategy<Value = Key> {
    let text = ".{0,40}";
    prop_oneof![
        (1..=4_u8).prop_map(|row| Key::Meta(MetaRow::from_number(row).unwrap())),
        jobs().prop_map(Key::LiveJob),
        jobs().prop_map(Key::ClosedJob),
        (jobs(), any::<i32>()).prop_map(|(job, day)| Key::ClosedDay { tenant: job.tenant, day, job: job.local }),
        jobs().prop_map(Key::Details),
        (jobs(), any::<u64>()).prop_map(|(job, seq)| Key::Ledger { job, seq }),
        (jobs(), any::<u64>()).prop_map(|(job, seq)| Key::History { job, seq }),
        agents().prop_map(Key::Agent),
        agents().prop_map(Key::Holds),
        agents().prop_map(Key::Lately),
        jobs().prop_map(|job| Key::Driver(DriverId { tenant: job.tenant, local: job.local })),
        jobs().prop_map(|job| Key::Vehicle(VehicleId { tenant: job.tenant, local: job.local })),
        jobs().prop_map(|job| Key::Route(RouteId { tenant: job.tenant, local: job.local })),
        (jobs(), any::<i64>()).prop_map(|(job, at)| Key::AssignmentLine { created_at: Timestamp(at), job }),
        notifications().prop_map(Key::LiveNotification),
        notifications().prop_map(Key::EndedNotification),
        (notifications(), any::<i64>()).prop_map(|(id, at)| Key::NotificationLine { created_at: Timestamp(at), id }),
        (tenants(), text, any::<u32>()).prop_map(|(tenant, name, version)| Key::Plan { tenant, name, version }),
        tenants().prop_map(Key::Tenant),
        (tenants(), any::<u64>()).prop_map(|(tenant, seq)| Key::TenantAudit { tenant, seq }),
        any::<[u8; 32]>().prop_map(Key::ApiKey),
        any::<[u8; 32]>().prop_map(Key::Registration),
        (tenants(), any::<[u8; 32]>()).prop_map(|(tenant, key)| Key::Idempotency { tenant, key }),
        (tenants(), text, prop::sample::select(&ChannelKind::ALL[..]), text, any::<u32>()).prop_map(
            |(tenant, key, channel, locale, version)| Key::Template { tenant, key, channel, locale, version }
        ),
        (tenants(), text).prop_map(|(tenant, name)| Key::Source { tenant, name }),
        (tenants(), any::<[u8; 32]>()).prop_map(|(tenant, print)| Key::Refused { tenant, print }),
        (tenants(), any::<u64>()).prop_map(|(tenant, last)| Key::Events { tenant, last }),
        endpoints().prop_map(Key::Endpoint),
        endpoints().prop_map(Key::Follower),
        (endpoints(), any::<u64>()).prop_map(|(endpoint, no)| Key::Delivery { endpoint, no }),
        dashboards(),
        (tenants(), text, any::<u64>()).prop_map(|(tenant, account, seq)| Key::Attempts { tenant, account, seq }),
        (tenants(), text, any::<u16>()).prop_map(|(tenant, account, page)| Key::Channel { tenant, account, page }),
        (tenants(), text, text).prop_map(|(tenant, account, id)| Key::Inbox { tenant, account, id }),
        (tenants(), prop::sample::select(&Numbering::ALL[..]), any::<Vec<u8>>())
            .prop_map(|(tenant, of, id)| Key::Number { tenant, of, id }),
        (tenants(), prop::sample::select(&Numbering::ALL[..]), any::<u64>())
            .prop_map(|(tenant, of, number)| Key::Numbered { tenant, of, number }),
        (any::<u64>(), any::<Vec<u8>>(), any::<bool>()).prop_map(|(at, key, value)| Key::Quarantined {
            at,
            key,
            part: if value { QuarantinePart::Value } else { QuarantinePart::Reason },
        }),
    ]
}

proptest! {
    #[test]
    fn a_key_reads_back_as_it_was_written(key in keys()) {
        prop_assert_eq!(Key::parse(&key.bytes()), Some(key));
    }

    #[test]
    fn bytes_that_parse_are_the_bytes_of_their_key(bytes in any::<Vec<u8>>()) {
        if let Some(key) = Key::parse(&bytes) {
            prop_assert_eq!(key.bytes(), bytes);
        }
    }

    #[test]
    fn rows_of_a_job_lie_in_the_order_of_their_numbers(job in jobs(), a: u64, b: u64) {
        let row = |seq| Key::Ledger { job, seq }.bytes();
        prop_assert_eq!(row(a).cmp(&row(b)), a.cmp(&b));
        prop_assert!(row(a).starts_with(&Prefix::job(Space::Ledger, job)));
    }

    #[test]
    fn days_lie_in_order_also_before_1970(job in jobs(), a: i32, b: i32) {
        let row = |day| Key::ClosedDay { tenant: job.tenant, day, job: job.local }.bytes();
        prop_assert_eq!(row(a).cmp(&row(b)), a.cmp(&b));
        prop_assert!(row(a).starts_with(&Prefix::closed_day(job.tenant, a)));
    }

    #[test]
    fn a_partition_is_one_range(job in jobs()) {
        let key = Key::LiveJob(job).bytes();
        let holding: Vec<_> = Prefix::partitions(Space::LiveJobs).filter(|prefix| key.starts_with(prefix)).collect();
        prop_assert_eq!(holding, vec![Prefix::partition(Space::LiveJobs, job.partition())]);
        prop_assert!(key.starts_with(&Prefix::tenant_in_partition(Space::LiveJobs, job.partition(), job.tenant)));
    }

    #[test]
    fn an_accounts_rows_are_not_anothers(tenant in tenants(), seq: u64, a in ".{0,9}", b in ".{0,9}") {
        let row = Key::Attempts { tenant, account: a.clone(), seq }.bytes();
        prop_assert_eq!(row.starts_with(&Prefix::account(Space::Attempts, tenant, &b)), a == b);
    }
}

#[test]
fn every_space_has_its_own_byte_and_they_stand_in_order() {
    assert!(Space::ALL.is_sorted_by(|a, b| a.byte() < b.byte()));
    for space in Space::ALL {
        assert_eq!(Space::from_byte(space.byte()), Some(space));
        assert_eq!(Space::of(&Prefix::space(space)), Some(space));
    }
}

#[test]
fn a_record_under_another_partition_is_no_key_of_ours() {
    let mut key = Key::LiveJob(JobId::of_reference(TenantId::DEFAULT, "a")).bytes();
    key[1] ^= 1;
    assert_eq!(Key::parse(&key), None);
}
