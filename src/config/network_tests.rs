//! Tests of the network settings.

use super::*;

fn with(pairs: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    Settings::read(None, |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned()))
}

fn refusal(name: &str, value: &str) -> String {
    let error = with(&[(name, value)]).unwrap_err().to_string();
    assert!(error.contains(name), "{error}");
    error
}

#[test]
fn servers_are_taken_with_their_credentials() {
    let settings =
        with(&[("ICE_SERVERS", "stun:stun.example.org, turn:dana:s%3Ae%2Ccret@[2001:db8::1]:3479?transport=tcp")]);
    let servers = settings.unwrap().ice_servers().unwrap();
    assert_eq!(servers[0], IceServer { urls: vec!["stun:stun.example.org".into()], username: None, credential: None });
    assert_eq!(servers[1].urls, ["turn:[2001:db8::1]:3479?transport=tcp"]);
    assert_eq!(servers[1].username.as_deref(), Some("dana"));
    assert_eq!(servers[1].credential.as_deref(), Some("s:e,cret"));
    assert!(!format!("{servers:?}").contains("cret"));
    let json = serde_json::to_value(&servers).unwrap();
    assert_eq!(json[0], serde_json::json!({ "urls": ["stun:stun.example.org"] }));
    assert_eq!(address_of("turns:turn.example.org"), Some(("turn.example.org".to_owned(), 5349)));
    assert_eq!(address_of("turn:[2001:db8::1]:3479?transport=tcp"), Some(("2001:db8::1".to_owned(), 3479)));
}

#[test]
fn what_is_no_server_is_named_without_its_password() {
    for entry in [
        "stun.example.org",
        "http://stun.example.org",
        "turn:turn.example.org",
        "turn:dana@turn.example.org",
        "turn:dana:hunter2",
        "turn:dana:hunter2@turn.example.org:99999",
        "turn:dana:hunter2@turn.example.org?transport=sctp",
        "turn:dana:hunter%2@turn.example.org",
        "turn:dana:hunter2@",
        "stun:dana:hunter2@stun.example.org",
        "stun:stun.example.org:0",
    ] {
        assert!(!refusal("ICE_SERVERS", entry).contains("hunter"), "{entry}");
    }
}

#[test]
fn addresses_ports_and_urls_are_checked() {
    refusal("ICE_PUBLIC_ADDRESSES", "nat.example.org");
    refusal("ICE_PUBLIC_ADDRESSES", "203.0.113.7, 0.0.0.0");
    for range in ["9-1", "0-9", "50000", "50000-99999"] {
        refusal("ICE_PORT_RANGE", range);
    }
    refusal("PUBLIC_URL", "calls.example.org");
    refusal("ICE_LOST_AFTER_SECONDS", "0.1");
    refusal("ICE_GIVE_UP_AFTER_SECONDS", "4");
    let error = with(&[("TLS_CERT", "cert.pem")]).unwrap_err().to_string();
    assert!(error.contains("TLS_KEY"), "{error}");
    let error = with(&[("TLS_KEY", "key.pem")]).unwrap_err().to_string();
    assert!(error.contains("TLS_CERT"), "{error}");
}

#[test]
fn a_loopback_engine_stays_on_loopback_until_it_is_meant_for_others() {
    let local = with(&[("ICE_SERVERS", "stun:stun.example.org, stun:127.0.0.1:3478")]).unwrap();
    assert!(!local.reaches_out());
    assert_eq!(local.media_addresses(), [IpAddr::V4(Ipv4Addr::LOCALHOST)]);
    assert_eq!(local.own_ice_servers().unwrap().len(), 1, "distant servers are not used");
    assert_eq!(local.ice_servers().unwrap().len(), 2);

    let everywhere = [IpAddr::V4(Ipv4Addr::UNSPECIFIED)];
    for (name, value) in
        [("PUBLIC_URL", "https://calls.example.org"), ("ICE_PUBLIC_ADDRESSES", "203.0.113.7"), ("API_HOST", "0.0.0.0")]
    {
        let settings = with(&[(name, value), ("ICE_SERVERS", "stun:stun.example.org")]).unwrap();
        assert!(settings.reaches_out(), "{name}");
        assert_eq!(settings.media_addresses(), everywhere, "{name}");
        assert_eq!(settings.own_ice_servers().unwrap().len(), 1);
    }
    let one = with(&[("API_HOST", "192.0.2.4"), ("PUBLIC_URL", "https://calls.example.org")]).unwrap();
    assert_eq!(one.media_addresses(), ["192.0.2.4".parse::<IpAddr>().unwrap()]);
    assert!(!with(&[("PUBLIC_URL", "http://localhost:9000")]).unwrap().reaches_out());
    assert_eq!(with(&[("API_HOST", "::")]).unwrap().media_addresses().len(), 2);
}

#[test]
fn links_name_the_scheme_and_an_address_that_exists() {
    assert_eq!(with(&[]).unwrap().public_url(), "http://127.0.0.1:8000");
    let tls = with(&[("TLS_CERT", "cert.pem"), ("TLS_KEY", "key.pem"), ("API_HOST", "192.0.2.4")]).unwrap();
    assert_eq!(tls.public_url(), "https://192.0.2.4:8000");
    assert!(!with(&[("API_HOST", "0.0.0.0")]).unwrap().public_url().contains("0.0.0.0:"));
    assert_eq!(with(&[("PUBLIC_URL", "https://a.example/")]).unwrap().public_url(), "https://a.example");
}
