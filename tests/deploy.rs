//! The files of config/deploy: they are what they say they are, agree with the Dockerfile and with the configuration, and the script that
//! uses them tells before it acts. Nothing here runs Docker or reaches Fly.io.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is missing")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use baton::config::Config;
use baton::config::duration::parse_duration;
use baton::config::layers::{DEFAULTS, Flags, Sources};
use docker_compose_types::{Compose, Environment, HealthcheckTest, Ports, Service, StringOrList, Volumes};

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(in_repository(path)).unwrap()
}

/// What the Dockerfile says after an instruction, wherever it stands.
fn dockerfile(instruction: &str) -> Vec<String> {
    let text = read("Dockerfile").replace("\\\n", " ");
    text.lines().filter_map(|line| line.strip_prefix(instruction)).map(|rest| rest.trim().to_owned()).collect()
}

/// The settings that the image brings along.
fn of_the_image() -> BTreeMap<String, String> {
    let lines = dockerfile("ENV ");
    let pairs = lines.iter().flat_map(|line| line.split_whitespace()).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The longest that an orderly end can take: requests under way, then the engine, twice its time at the worst, then the folder.
fn longest_end() -> Duration {
    let defaults: toml::Table = DEFAULTS.parse().unwrap();
    parse_duration(defaults["server"]["drain_timeout"].as_str().unwrap()).unwrap() + Duration::from_secs(9 + 9 + 1)
}

fn composed() -> Service {
    let compose: Compose = serde_yaml_ng::from_str(&read("config/deploy/compose.yaml")).unwrap();
    assert!(compose.volumes.0.contains_key("baton"), "the volume is declared");
    // What the specification does not know is lost on the way back.
    let said: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read("config/deploy/compose.yaml")).unwrap();
    let again = serde_yaml_ng::to_value(&compose).unwrap();
    let keys = |of: &serde_yaml_ng::Value| -> BTreeSet<String> {
        of["services"]["baton"].as_mapping().unwrap().keys().map(|key| key.as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(keys(&said), keys(&again));
    let services = compose.services.0;
    assert_eq!(services.len(), 1, "one process, one store");
    services.into_values().next().unwrap().unwrap()
}

#[test]
fn t12_the_compose_file_agrees_with_the_image() {
    let service = composed();
    let Environment::KvPair(said) = &service.environment else { panic!("pairs") };
    let said: BTreeMap<String, String> =
        said.iter().map(|(name, value)| (name.clone(), value.as_ref().unwrap().to_string())).collect();
    assert_eq!(said, of_the_image(), "what the image sets, in sight");
    assert_eq!(service.user.as_deref(), Some(dockerfile("USER ")[0].as_str()));
    let Ports::Short(ports) = &service.ports else { panic!("short ports") };
    let port = &dockerfile("EXPOSE ")[0];
    assert_eq!(ports, &[format!("127.0.0.1:{port}:{port}")], "on loopback, behind a proxy");
    let folder = &dockerfile("VOLUME ")[0];
    assert!(matches!(&service.volumes[..], [Volumes::Simple(volume)] if *volume == format!("baton:{folder}")));
    assert!(of_the_image()["BATON__STORE__PATH"].starts_with(&format!("{folder}/")), "the store is on the volume");
    assert_eq!(service.stop_signal.as_deref(), Some(dockerfile("STOPSIGNAL ")[0].as_str()));
    let grace = parse_duration(service.stop_grace_period.as_deref().unwrap()).unwrap();
    assert!(grace > longest_end(), "{grace:?} against {:?}", longest_end());
    let Some(HealthcheckTest::Multiple(asks)) = service.healthcheck.unwrap().test else { panic!("a check") };
    assert_eq!(asks[..3], ["CMD", "baton", "health"]);
    assert!(service.read_only && service.cap_drop == ["ALL"]);
    let Some(StringOrList::List(files)) = &service.env_file else { panic!("a file of secrets") };
    assert_eq!(files, &["baton.env"]);
}

#[test]
fn t12_the_platform_file_agrees_with_the_image() {
    let spec: toml::Table = read("config/deploy/fly.toml").parse().unwrap();
    let known: BTreeSet<&str> = [
        "app",
        "primary_region",
        "kill_signal",
        "kill_timeout",
        "build",
        "deploy",
        "env",
        "mounts",
        "http_service",
        "vm",
    ]
    .into();
    assert_eq!(spec.keys().map(String::as_str).collect::<BTreeSet<_>>(), known);
    let said: BTreeMap<String, String> = spec["env"]
        .as_table()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(said, of_the_image());
    assert_eq!(spec["kill_signal"].as_str().unwrap(), dockerfile("STOPSIGNAL ")[0]);
    let grace = Duration::from_secs(spec["kill_timeout"].as_integer().unwrap().unsigned_abs());
    assert!(grace > longest_end(), "{grace:?} against {:?}", longest_end());
    assert_eq!(spec["mounts"]["destination"].as_str().unwrap(), dockerfile("VOLUME ")[0]);
    let http = &spec["http_service"];
    assert_eq!(http["internal_port"].to_string(), dockerfile("EXPOSE ")[0]);
    assert_eq!(http["auto_stop_machines"].as_str(), Some("off"), "deadlines ring whether somebody calls or not");
    let check = http["checks"][0]["path"].as_str().unwrap();
    let document = serde_json::to_value(baton::http::door::openapi()).unwrap();
    assert!(document["paths"][check]["get"].is_object(), "{check} is a route");
    let dockerfile = spec["build"]["dockerfile"].as_str().unwrap();
    assert!(in_repository("config/deploy").join(dockerfile).is_file());
}

/// The example filled in as it says, as pairs.
fn filled_in() -> BTreeMap<String, String> {
    let example = read("config/deploy/baton.env.example");
    let pairs = example.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('='));
    let value = |name: &str, value: &str| match name {
        "BATON__SEALING__KEY" => "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=".to_owned(),
        _ if value.is_empty() => "never-to-be-shown-never-to-be-shown-never".to_owned(),
        _ => value.to_owned(),
    };
    pairs.map(|(name, said)| (name.to_owned(), value(name, said))).collect()
}

#[test]
fn t12_the_example_filled_in_is_a_configuration_that_starts() {
    let mut environment = of_the_image();
    environment.extend(filled_in());
    let config = Config::load(&Sources { file: None, environment, flags: Flags::default() });
    let config = config.unwrap_or_else(|faults| panic!("{faults}"));
    assert!(config.warnings.is_empty() && config.api_keys.len() == 1, "{:?}", config.warnings);
}

/// The script on a machine without Docker and Fly.
fn deploys(arguments: &[&str], env_file: &Path) -> Output {
    let mut command = Command::new("bash");
    command.arg(in_repository("config/deploy/deploy.sh")).args(arguments).env("BATON_ENV", env_file);
    command.output().unwrap()
}

fn written(folder: &Path, pairs: &BTreeMap<String, String>) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let file = folder.join("baton.env");
    std::fs::write(&file, pairs.iter().map(|(name, value)| format!("{name}={value}\n")).collect::<String>()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    file
}

#[test]
fn t12_a_dry_run_prints_what_would_be_done_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &filled_in());
    let ran = deploys(&["compose", "--dry-run"], &file);
    let told = String::from_utf8(ran.stdout).unwrap();
    let steps: Vec<&str> =
        told.lines().filter_map(|line| line.strip_prefix("+ docker compose --file compose.yaml ")).collect();
    let verbs: Vec<&str> = steps.iter().map(|step| step.split(' ').next().unwrap()).collect();
    assert!(ran.status.success() && told.ends_with("dry run: nothing was run\n"), "{told}");
    assert_eq!(verbs, ["config", "build", "run", "up", "exec"], "checked before the old one is stopped");
    assert!(!told.contains("never-to-be-shown") && !told.contains("MDEyMzQ1"), "{told}");
    let ran = deploys(&["fly", "--dry-run"], &file);
    let told = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success() && told.contains("+ fly deploy ../.. --config fly.toml --ha=false"), "{told}");
    for named in ["compose.yaml", "fly.toml"] {
        assert!(in_repository("config/deploy").join(named).is_file(), "{named}");
    }
}

#[test]
fn t12_the_script_lists_everything_that_is_missing_and_does_nothing() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let mut pairs = filled_in();
    pairs.insert("BATON__SEALING__KEY".to_owned(), String::new());
    pairs.remove("BATON__LINKS__SECRET");
    let file = written(folder.path(), &pairs);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let ran = deploys(&["compose", "--dry-run"], &file);
    let (told, wrong) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert_eq!((ran.status.code(), told.as_str()), (Some(2), ""), "{wrong}");
    for part in ["BATON__SEALING__KEY", "BATON__LINKS__SECRET", "chmod 600"] {
        assert!(wrong.contains(part), "{part} in {wrong}");
    }
    assert!(!wrong.contains("PUBLIC_URL"), "{wrong}");
    let ran = deploys(&["compose"], &folder.path().join("nowhere.env"));
    assert_eq!(ran.status.code(), Some(2));
    assert_eq!(deploys(&["kubernetes"], &file).status.code(), Some(2));
}
