//! The whole configuration, as an operator meets it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use baton_core::ids::TenantId;
use secrecy::ExposeSecret;

use super::*;
use crate::config::layers::{DEFAULTS, Flags};
use crate::keys::Scope;

const SEALING_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const LONG_SECRET: &str = "test-secret-test-secret-test-secret-test";

fn dev(variables: &[(&str, &str)]) -> Sources {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sources { file: None, environment, flags: Flags { dev: true, ..Flags::default() } }
}

fn production(variables: &[(&str, &str)]) -> Sources {
    let mut sources = dev(&[("BATON__SEALING__KEY", SEALING_KEY), ("BATON__LINKS__SECRET", LONG_SECRET)]);
    sources.environment.extend(dev(variables).environment);
    sources.flags.dev = false;
    sources
}

fn with_file(mut sources: Sources, folder: &tempfile::TempDir, text: &str) -> Sources {
    let path = folder.path().join("baton.toml");
    std::fs::write(&path, text).unwrap();
    sources.file = Some(path);
    sources
}

fn faults(sources: &Sources) -> Vec<(String, String, String)> {
    let faults = Config::load(sources).expect_err("mistakes").0;
    faults.into_iter().map(|fault| (fault.key, fault.what, fault.cure)).collect()
}

fn keys_at_fault(sources: &Sources) -> Vec<String> {
    faults(sources).into_iter().map(|(key, _, _)| key).collect()
}

#[test]
fn the_defaults_hold_with_dev_and_say_what_production_would_refuse() {
    let config = Config::load(&dev(&[])).expect("valid");
    let warned: Vec<_> = config.warnings.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(warned, ["sealing.key", "links.secret"]);
    assert!(config.channels.console.is_some() && config.channels.telegram.is_none() && config.channels.email.is_none());
    assert_eq!(
        config.tenants[0].settings,
        baton_core::tenant::Settings::default(),
        "the core's defaults are the file's"
    );
}

#[test]
fn production_refuses_to_start_half_armed_and_names_every_reason() {
    let mut sources = dev(&[("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN")]);
    sources.flags.dev = false;
    assert_eq!(keys_at_fault(&sources), ["channels.telegram.webhook_secret", "links.secret", "sealing.key"]);
    let complete = production(&[
        ("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN"),
        ("BATON__CHANNELS__TELEGRAM__WEBHOOK_SECRET", "a_secret-1"),
    ]);
    assert!(Config::load(&complete).is_ok());
    let polling = production(&[
        ("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN"),
        ("BATON__CHANNELS__TELEGRAM__MODE", "polling"),
    ]);
    assert!(Config::load(&polling).is_ok(), "nobody calls a bot that polls");
}

#[test]
fn every_setting_is_read_and_every_one_read_is_in_the_defaults() {
    let mut faults = Vec::new();
    let sources = dev(&[]);
    let layers = Layers::gather(&sources, &mut faults);
    let defaults: BTreeSet<String> = layers.defaults.keys().cloned().collect();
    let (_, asked) = Config::read(layers, &sources, &mut faults);
    assert_eq!(asked, defaults);
    assert!(faults.is_empty(), "{faults:?}");
}

#[test]
fn every_setting_is_explained_where_it_stands() {
    let lines: Vec<&str> = DEFAULTS.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(lines[i - 1].starts_with("# "), "{line}");
            assert!(line.len() <= 128 && lines[i - 1].len() <= 128, "{line}");
        }
        let default = line.split_once(" = \"").map(|(_, value)| value.trim_end_matches('"'));
        if default.is_some_and(|value| !line.starts_with('#') && duration::parse_duration(value).is_ok()) {
            let comment: Vec<_> = lines[..i].iter().rev().take_while(|line| line.starts_with('#')).collect();
            assert!(comment.iter().any(|line| line.contains("Duration:")), "{line} names no unit");
        }
    }
}

#[test]
fn t16_every_secret_of_the_defaults_is_masked() {
    let (mut section, mut secret, mut seen) = (String::new(), false, 0);
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            name.trim_end_matches(']').clone_into(&mut section);
        } else if line.starts_with('#') {
            secret |= line.starts_with("# Secret:");
        } else if let Some((name, _)) = line.split_once(" = ") {
            let key = format!("{section}.{name}");
            assert_eq!(masked::is_secret(&key), secret, "{key}");
            seen += u32::from(secret);
            secret = false;
        }
    }
    assert!(seen >= 14, "{seen} secrets");
}

#[test]
fn the_ways_of_mails_and_whatsapp_are_named_and_set_up() {
    let resend = [
        ("BATON__CHANNELS__EMAIL__RESEND__API_KEY", "re_TEST"),
        ("BATON__CHANNELS__EMAIL__RESEND__FROM", "dispatch@example.com"),
    ];
    assert_eq!(keys_at_fault(&dev(&resend)), ["channels.email.provider"]);
    let chosen = [&resend[..], &[("BATON__CHANNELS__EMAIL__PROVIDER", "resend")]].concat();
    assert!(Config::load(&dev(&chosen)).expect("valid").channels.email.is_some());
    let smtp =
        [("BATON__CHANNELS__EMAIL__SMTP__HOST", "localhost"), ("BATON__CHANNELS__EMAIL__SMTP__FROM", "a@example.com")];
    let both = [&resend[..], &smtp, &[("BATON__CHANNELS__EMAIL__PROVIDER", "resend,smtp")]].concat();
    let email = Config::load(&dev(&both)).expect("valid").channels.email.expect("on");
    assert!(
        matches!(email.routes.as_slice(), [email::Route::Resend(_), email::Route::Smtp(_)]),
        "in the order they are named"
    );
    for wrong in ["resend,sendgrid", "resend,resend", "resend,pigeon", "smtp", ","] {
        let set = [&resend[..], &[("BATON__CHANNELS__EMAIL__PROVIDER", wrong)]].concat();
        assert_eq!(keys_at_fault(&dev(&set)), ["channels.email.provider"], "{wrong}");
    }
    let no_secret = [&chosen[..], &[("BATON__CHANNELS__EMAIL__RESEND__WEBHOOK_SECRET", "no-secret")]].concat();
    assert_eq!(keys_at_fault(&dev(&no_secret)), ["channels.email.resend.webhook_secret"]);
    let meta = [
        ("BATON__CHANNELS__WHATSAPP__META__TOKEN", "TEST-TOKEN"),
        ("BATON__CHANNELS__WHATSAPP__META__PHONE_NUMBER_ID", "106540352242922"),
    ];
    assert!(Config::load(&dev(&meta)).expect("valid").channels.whatsapp.len() == 1);
    assert_eq!(keys_at_fault(&production(&meta)), ["channels.whatsapp.meta.app_secret"]);
    let no_account = [("BATON__CHANNELS__SMS__TWILIO__FROM", "+447700900100")];
    assert_eq!(keys_at_fault(&dev(&no_account)), ["channels.sms.twilio.enabled"]);
}

#[test]
fn later_layers_lie_over_earlier_ones() {
    let folder = tempfile::tempdir().unwrap();
    let mut sources = with_file(dev(&[]), &folder, "[server]\nlisten = \"127.0.0.1:1\"\n[logs]\nformat = \"json\"");
    let config = Config::load(&sources).expect("valid");
    assert_eq!((config.server.listen.port(), config.logs.format), (1, logs::Format::Json), "the file lies over --dev");
    sources.environment.insert("BATON__SERVER__LISTEN".into(), "127.0.0.1:2".into());
    assert_eq!(Config::load(&sources).expect("valid").server.listen.port(), 2);
    sources.flags.listen = Some("localhost:3".into());
    sources.flags.data = Some(PathBuf::from("/tmp/elsewhere"));
    let config = Config::load(&sources).expect("valid");
    assert_eq!((config.server.listen.port(), config.store.path), (3, PathBuf::from("/tmp/elsewhere")));
}

#[test]
fn all_mistakes_are_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[server]\nlisten = \"nowhere\"\nheader_timeout = 10\n[stor]\npath = \"x\"\n[retry]\nfactor = 0.5";
    let sources = with_file(dev(&[("BATON__ENGINE__SHARDS", "many"), ("BATON__TIMERS__PAGE", "0")]), &folder, text);
    assert_eq!(
        keys_at_fault(&sources),
        ["engine.shards", "retry.factor", "server.header_timeout", "server.listen", "stor.path", "timers.page"]
    );
}

#[test]
fn an_unknown_key_names_the_nearest_in_the_form_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let sources = with_file(dev(&[("BATON__CHANELS__TELEGRAM__TOKEN", "x")]), &folder, "[server]\nlisten_on = \"x\"");
    let cures: Vec<_> = faults(&sources).into_iter().map(|(_, _, cure)| cure).collect();
    assert_eq!(cures, ["did you mean BATON__CHANNELS__TELEGRAM__TOKEN?", "did you mean server.listen?"]);
}

#[test]
fn a_variable_with_a_slip_in_its_underscores_is_not_ignored() {
    assert_eq!(keys_at_fault(&dev(&[("BATON_CHANNELS__TELEGRAM__TOKEN", "x")])), ["BATON_CHANNELS__TELEGRAM__TOKEN"]);
    assert!(Config::load(&dev(&[("BATON_KEY", "x"), ("BATON_SERVER", "x")])).is_ok());
}

#[test]
fn a_file_that_is_no_toml_says_where_and_shows_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let sources = with_file(dev(&[]), &folder, "[links]\nsecret = \"do-not-print-me\nsecret_file = 1");
    let text = Config::load(&sources).expect_err("no TOML").to_string();
    assert!(text.contains("line 2, column") && !text.contains("do-not-print-me"), "{text}");
}

#[test]
fn dev_listens_on_loopback_only() {
    assert_eq!(keys_at_fault(&dev(&[("BATON__SERVER__LISTEN", "0.0.0.0:8080")])), ["server.listen"]);
    assert!(Config::load(&production(&[("BATON__SERVER__LISTEN", "0.0.0.0:8080")])).is_ok());
}

#[test]
fn links_that_would_lead_nowhere_are_warned_of() {
    let everywhere = ("BATON__SERVER__LISTEN", "0.0.0.0:8080");
    let keys = |variables: &[(&str, &str)]| {
        let config = Config::load(&production(variables)).expect("valid");
        config.warnings.into_iter().map(|warning| warning.key).collect::<Vec<_>>()
    };
    assert_eq!(keys(&[everywhere]), ["server.public_url"]);
    assert!(keys(&[everywhere, ("BATON__SERVER__PUBLIC_URL", "https://jobs.example.com")]).is_empty());
    assert!(keys(&[]).is_empty());
}

#[test]
fn the_dev_key_opens_everything_with_dev_and_nothing_without() {
    let config = Config::load(&dev(&[("BATON_DEV_KEY", LONG_SECRET)])).expect("valid");
    let key = &config.api_keys[0];
    assert_eq!((key.name.as_str(), key.tenant, key.scopes.len()), ("dev", TenantId::DEFAULT, Scope::ALL.len()));
    let config = Config::load(&production(&[("BATON_DEV_KEY", LONG_SECRET)])).expect("valid");
    assert!(config.api_keys.is_empty());
    assert_eq!(config.warnings[0].key, "BATON_DEV_KEY");
}

#[test]
fn an_authority_is_a_file_of_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    let path = file.to_str().unwrap();
    let mail = [
        ("BATON__CHANNELS__EMAIL__SMTP__HOST", "mail.example.com"),
        ("BATON__CHANNELS__EMAIL__SMTP__FROM", "dispatch@example.com"),
        ("BATON__CHANNELS__EMAIL__SMTP__CA_FILE", path),
    ];
    assert_eq!(keys_at_fault(&dev(&mail)), ["channels.email.smtp.ca_file"]);
    std::fs::write(&file, "not a certificate").unwrap();
    assert_eq!(keys_at_fault(&dev(&mail)), ["channels.email.smtp.ca_file"]);
}

#[test]
fn nothing_is_made_to_fall_without_dev() {
    let folder = [("BATON_DEV_FALLS", "/tmp/falls")];
    assert!(Config::load(&dev(&folder)).expect("valid").falls.is_some());
    let config = Config::load(&production(&folder)).expect("valid");
    assert!(config.falls.is_none());
    assert_eq!(config.warnings[0].key, "BATON_DEV_FALLS");
}

#[test]
fn s1_a_short_key_is_refused_everywhere() {
    assert_eq!(keys_at_fault(&dev(&[("BATON_DEV_KEY", "short")])), ["BATON_DEV_KEY"]);
    let short = [("BATON__API_KEYS__SHOP__KEY", "short"), ("BATON__API_KEYS__SHOP__SCOPES", "jobs:read")];
    assert_eq!(keys_at_fault(&production(&short)), ["api_keys.shop.key"]);
}

#[test]
fn api_keys_come_from_environment_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("key");
    std::fs::write(&file, format!("{LONG_SECRET}\n")).unwrap();
    let config = Config::load(&production(&[
        ("BATON__API_KEYS__SHOP__KEY_FILE", file.to_str().unwrap()),
        ("BATON__API_KEYS__SHOP__TENANT", "north"),
        ("BATON__API_KEYS__SHOP__SCOPES", "jobs:write, jobs:read"),
    ]))
    .expect("valid");
    let key = &config.api_keys[0];
    assert_eq!(key.key.expose_secret(), LONG_SECRET);
    assert_eq!((key.tenant.as_str(), &key.scopes[..]), ("north", &[Scope::JobsWrite, Scope::JobsRead][..]));
    let broken =
        production(&[("BATON__API_KEYS__SHOP__SCOPES", "jobs:all"), ("BATON__API_KEYS__SHOP__TENANT", "No Slug")]);
    assert_eq!(keys_at_fault(&broken), ["api_keys.shop.key", "api_keys.shop.scopes", "api_keys.shop.tenant"]);
}

#[test]
fn a_secret_stands_in_one_place_only() {
    let both = production(&[("BATON__LINKS__SECRET_FILE", "/nowhere")]);
    assert!(keys_at_fault(&both).contains(&"links.secret_file".to_owned()));
    let missing = production(&[("BATON__CHANNELS__TELEGRAM__TOKEN_FILE", "/nowhere/token")]);
    let found = faults(&missing);
    assert!(found[0].0 == "channels.telegram.token_file" && found[0].1.contains("cannot be read"), "{found:?}");
}

#[test]
fn sealing_keys_are_32_bytes_in_base64_or_hexadecimal() {
    let hex = "30313233343536373839616263646566".repeat(2);
    let config = Config::load(&production(&[
        ("BATON__SEALING__KEYS__DEFAULT", hex.as_str()),
        ("BATON__SEALING__KEYS__NORTH_EAST", SEALING_KEY),
    ]))
    .expect("valid");
    let master = config.sealing.master.as_ref().expect("a key").expose_secret();
    let own: Vec<_> =
        config.sealing.own.iter().map(|(tenant, key)| (tenant.to_string(), key.expose_secret().len())).collect();
    assert_eq!(own, [("default".to_owned(), 32), ("north-east".to_owned(), 32)]);
    assert_eq!(master, b"0123456789abcdef0123456789abcdef");
    let short = production(&[("BATON__SEALING__KEY", "c2hvcnQ="), ("BATON__SEALING__KEYS__X", "!")]);
    assert_eq!(keys_at_fault(&short), ["sealing.key", "sealing.keys.x"]);
}

#[test]
fn a_further_tenant_begins_as_the_default_one() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[tenants.default]\nlocale = \"he\"\n[tenants.north]\ntime_zone = \"Europe/London\"\n\
                [tenants.north.plan]\nmode = \"several\"\ntogether = 5";
    let config = Config::load(&with_file(dev(&[]), &folder, text)).expect("valid");
    let [default, north] = &config.tenants[..] else { panic!("two tenants") };
    assert_eq!((default.tenant, default.settings.time_zone.as_str()), (TenantId::DEFAULT, "UTC"));
    assert_eq!((north.settings.locale.as_str(), north.settings.time_zone.as_str()), ("he", "Europe/London"));
    assert_eq!(north.settings.default_plan.waves[0].size(), 5);
}

#[test]
fn t16_what_is_printed_masks_every_secret_and_names_the_origin() {
    let secrets = [
        ("BATON__CHANNELS__TELEGRAM__TOKEN", "123456:TEST-TOKEN"),
        ("BATON__CHANNELS__TELEGRAM__WEBHOOK_SECRET", "the-webhook-secret"),
        ("BATON__CHANNELS__EMAIL__SMTP__PASSWORD", "the-password"),
        ("BATON__SEALING__KEYS__NORTH", SEALING_KEY),
        ("BATON__API_KEYS__SHOP__KEY", "the-shops-key-the-shops-key-the-shops-key"),
        ("BATON__API_KEYS__SHOP__SCOPES", "jobs:read"),
    ];
    let config = Config::load(&production(&secrets)).expect("valid");
    let shown = config.show_masked();
    for secret in ["TEST-TOKEN", "the-webhook-secret", "the-password", "the-shops-key", SEALING_KEY, LONG_SECRET] {
        assert!(!shown.contains(secret), "{secret}");
        assert!(!format!("{config:?}").contains(secret), "{secret} in Debug");
    }
    assert!(shown.contains("token = \"********\"  # BATON__CHANNELS__TELEGRAM__TOKEN"), "{shown}");
    assert!(shown.contains("[server]\n") && shown.contains("header_timeout = \"10s\"\n"), "{shown}");
    shown.parse::<toml::Table>().expect("it is TOML");
}

#[test]
fn a_base_path_is_a_path_and_links_begin_with_it_where_the_public_address_has_none() {
    // public_url                       base_path       links begin with
    for (public_url, base_path, begins) in [
        ("", "", "http://127.0.0.1:8080"),
        ("", "/dispatch", "http://127.0.0.1:8080/dispatch"),
        ("https://example.com", "", "https://example.com"),
        ("https://example.com", "/dispatch/", "https://example.com/dispatch"),
        ("https://example.com/", "/a/b-2", "https://example.com/a/b-2"),
        ("https://example.com/jobs", "/dispatch", "https://example.com/jobs"),
        ("https://example.com/jobs", "", "https://example.com/jobs"),
    ] {
        let config =
            Config::load(&dev(&[("BATON__SERVER__PUBLIC_URL", public_url), ("BATON__SERVER__BASE_PATH", base_path)]));
        let server = config.expect("valid").server;
        assert_eq!(server.link_base(server.listen), begins, "{public_url} {base_path}");
        assert_eq!(server.base_path, base_path.trim_end_matches('/'));
    }
    for wrong in ["dispatch", "/a//b", "/..", "/{id}", "/a b", "/a?b", "https://example.com"] {
        assert_eq!(keys_at_fault(&dev(&[("BATON__SERVER__BASE_PATH", wrong)])), ["server.base_path"], "{wrong}");
    }
}
