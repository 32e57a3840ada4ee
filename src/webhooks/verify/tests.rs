//! Every vector of `vectors.json`: made and published by the providers' own libraries (twilio-python, sendgrid-nodejs,
//! standardwebhooks, svix) and checked by a second implementation each; and each changed a little, to be refused.

use serde_json::Value;

use super::*;

fn vectors(of: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors.json")).expect("JSON");
    all[of].as_array().expect("a list").clone()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("no {name} in {vector}"))
}

fn form(params: &Value) -> Vec<u8> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, value) in params.as_object().expect("fields") {
        let values = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        for value in values {
            form.append_pair(name, value.as_str().expect("a text"));
        }
    }
    form.finish().into_bytes()
}

mod of_twilio {
    use super::twilio::{Body, Call, Keys, verify};
    use super::*;

    const JSON: &[u8] = b"{\"property\": \"value\", \"boolean\": true}";

    fn checked(vector: &Value, url: &str, change: &[u8]) -> Result<(), NotGenuine> {
        let key = text(vector, "auth_token");
        let sha256 = vector["algorithm"] == "HMAC_SHA256";
        let keys = if sha256 {
            Keys { auth_token: "another", shared_key: Some(key) }
        } else {
            Keys { auth_token: key, shared_key: None }
        };
        let settings = sha256.then_some("key=webhooks_sharedkey_test,algorithm=HMAC_SHA256");
        let body = match &vector["params"] {
            _ if url.contains("bodySHA256") => [JSON, change].concat(),
            params => [form(params), change.to_vec()].concat(),
        };
        let body = if url.contains("bodySHA256") {
            Body::Other(&body)
        } else if vector["method"] == "GET" {
            Body::None
        } else {
            Body::Form(&body)
        };
        verify(keys, Call { url, signature: Some(text(vector, "signature")), settings, body })
    }

    #[test]
    fn every_vector_is_believed_and_none_that_was_changed() {
        let vectors = vectors("twilio");
        assert_eq!(vectors.len(), 11);
        for vector in &vectors {
            let (name, url) = (text(vector, "name"), text(vector, "url"));
            assert_eq!(checked(vector, url, b""), Ok(()), "{name}");
            assert_eq!(
                checked(vector, &url.replace("my", "your").replace("acme", "acne"), b""),
                Err(NotGenuine::Wrong)
            );
            if vector["method"] == "POST" {
                assert_eq!(checked(vector, url, b"&Digits=9"), Err(NotGenuine::Wrong), "{name}");
            }
        }
    }

    #[test]
    fn a_port_that_goes_without_saying_makes_no_difference() {
        for vector in &vectors("twilio") {
            let url = text(vector, "url");
            assert_eq!(checked(vector, &url.replace(":443", "").replace(":80", ""), b""), Ok(()), "{url}");
        }
    }

    #[test]
    fn what_is_not_signed_as_it_says_is_not_believed() {
        let vector = &vectors("twilio")[0];
        let body = form(&vector["params"]);
        let call = Call {
            url: text(vector, "url"),
            signature: Some(text(vector, "signature")),
            settings: None,
            body: Body::Form(&body),
        };
        let keys = Keys { auth_token: "12345", shared_key: None };
        assert_eq!(verify(keys, call), Ok(()));
        assert_eq!(verify(keys, Call { signature: None, ..call }), Err(NotGenuine::Unsigned));
        assert_eq!(verify(keys, Call { signature: Some("%"), ..call }), Err(NotGenuine::Malformed));
        assert_eq!(verify(Keys { auth_token: "12346", ..keys }, call), Err(NotGenuine::Wrong));
        assert_eq!(verify(keys, Call { settings: Some(" "), ..call }), Ok(()));
        for settings in ["key=x,algorithm=MD5", "key=x", "key=x,algorithm=HMAC_SHA256"] {
            assert_eq!(verify(keys, Call { settings: Some(settings), ..call }), Err(NotGenuine::UnknownScheme));
        }
        assert_eq!(verify(keys, Call { body: Body::Other(b"{}"), ..call }), Err(NotGenuine::Malformed));
    }
}

mod of_meta {
    use super::meta::{handshake, verify};
    use super::*;

    #[test]
    fn every_vector_is_believed_or_not_as_it_says() {
        let vectors = vectors("meta");
        assert_eq!(vectors.len(), 4);
        for vector in &vectors {
            let (secret, body) = (text(vector, "app_secret"), text(vector, "body").as_bytes());
            let expected = if vector["expect"] == "reject" { Err(NotGenuine::Wrong) } else { Ok(()) };
            let header = Some(text(vector, "header"));
            assert_eq!(verify(secret, header, body), expected, "{}", text(vector, "name"));
            assert_eq!(verify("another", header, body), Err(NotGenuine::Wrong));
            assert_eq!(verify(secret, header, &[body, b" "].concat()), Err(NotGenuine::Wrong));
        }
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        assert_eq!(verify("secret", None, b"test"), Err(NotGenuine::Unsigned));
        for bad in ["", "sha256=", "sha1=00", "sha256=xyz"] {
            assert!(verify("secret", Some(bad), b"test").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_set_up_is_answered_with_its_challenge_only_if_it_is_ours() {
        let (mode, challenge) = (Some("subscribe"), Some("1158201444"));
        assert_eq!(handshake("ours", mode, Some("ours"), challenge), Ok("1158201444"));
        assert_eq!(handshake("ours", mode, Some("theirs"), challenge), Err(NotGenuine::Wrong));
        assert!(handshake("ours", mode, None, challenge).is_err());
        assert!(handshake("ours", None, Some("ours"), challenge).is_err());
        assert!(handshake("ours", mode, Some("ours"), None).is_err());
        assert!(handshake("ours", mode, Some("ours"), Some("<script>")).is_err());
    }
}

mod of_standard_webhooks {
    use super::standard::{Key, Signed};
    use super::*;

    fn signed(vector: &Value) -> Signed<'_> {
        let header = |name: &str| {
            let headers = &vector["headers"];
            headers[format!("webhook-{name}")].as_str().or_else(|| headers[format!("svix-{name}")].as_str())
        };
        Signed { id: header("id"), timestamp: header("timestamp"), signature: header("signature") }
    }

    fn key(vector: &Value) -> Key {
        let key = vector["public_key"].as_str().or_else(|| vector["secret"].as_str());
        Key::read(key.expect("a key")).expect("readable")
    }

    #[test]
    fn every_vector_is_believed_at_its_time_and_none_that_was_changed() {
        let vectors = vectors("standard_webhooks");
        assert_eq!(vectors.len(), 6);
        for vector in &vectors {
            let (name, body, signed) = (text(vector, "name"), text(vector, "body").as_bytes(), signed(vector));
            let at: u64 = signed.timestamp.and_then(|at| at.parse().ok()).expect("a time");
            for now in [at, at + 300, at - 300] {
                assert_eq!(key(vector).verify(signed, body, now), Ok(signed.id.expect("an id")), "{name}");
            }
            for now in [at + 301, at - 301] {
                assert_eq!(key(vector).verify(signed, body, now), Err(NotGenuine::Stale), "{name}");
            }
            let wrong = Err(NotGenuine::Wrong);
            assert_eq!(key(vector).verify(signed, &[body, b"\n"].concat(), at), wrong, "{name}");
            assert_eq!(key(vector).verify(Signed { id: Some("msg_other"), ..signed }, body, at), wrong, "{name}");
            let later = (at + 1).to_string();
            assert_eq!(key(vector).verify(Signed { timestamp: Some(&later), ..signed }, body, at), wrong, "{name}");
            assert_eq!(
                key(vector).verify(Signed { signature: None, ..signed }, body, at),
                Err(NotGenuine::Unsigned),
                "{name}"
            );
            let relabelled = signed.signature.map(|signature| signature.replace("v1", "v9"));
            assert_eq!(key(vector).verify(Signed { signature: relabelled.as_deref(), ..signed }, body, at), wrong);
        }
    }

    #[test]
    fn what_is_no_key_is_none() {
        for bad in ["", "whsec_", "whsec_%", "whpk_AAAA", "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"] {
            assert!(Key::read(bad).is_none(), "{bad}");
        }
    }
}

mod of_sendgrid {
    use super::sendgrid::Key;
    use super::*;

    #[test]
    fn every_vector_is_believed_or_not_as_it_says() {
        let vectors = vectors("sendgrid");
        assert_eq!(vectors.len(), 3);
        for vector in &vectors {
            let key = Key::read(text(vector, "public_key")).expect("a key");
            let (signature, at) = (Some(text(vector, "signature")), Some(text(vector, "timestamp")));
            let body = text(vector, "payload").as_bytes();
            let expected = if vector["expect"] == "reject" { Err(NotGenuine::Wrong) } else { Ok(()) };
            assert_eq!(key.verify(signature, at, body), expected, "{}", text(vector, "name"));
            assert_eq!(key.verify(signature, Some("1"), body), Err(NotGenuine::Wrong));
            assert_eq!(key.verify(None, at, body), Err(NotGenuine::Unsigned));
            assert_eq!(key.verify(Some("AAAA"), at, body), Err(NotGenuine::Malformed));
        }
        assert!(Key::read("AAAA").is_none());
    }

    #[test]
    fn one_account_is_not_another() {
        let vectors = vectors("sendgrid");
        let other = Key::read(text(&vectors[2], "public_key")).expect("a key");
        let vector = &vectors[0];
        let (signature, at) = (Some(text(vector, "signature")), Some(text(vector, "timestamp")));
        assert_eq!(other.verify(signature, at, text(vector, "payload").as_bytes()), Err(NotGenuine::Wrong));
    }
}

mod of_telegram {
    use super::telegram::verify;
    use super::*;

    #[test]
    fn only_the_secret_itself_will_do() {
        assert_eq!(verify("a_secret-1", Some(b"a_secret-1")), Ok(()));
        assert_eq!(verify("a_secret-1", None), Err(NotGenuine::Unsigned));
        for wrong in [&b"a_secret-2"[..], b"a_secret-", b"a_secret-11", b"", b"\xff"] {
            assert_eq!(verify("a_secret-1", Some(wrong)), Err(NotGenuine::Wrong));
        }
    }
}
