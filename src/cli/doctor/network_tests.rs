//! Tests of the network checks, with certificates that the tests generate.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;

use super::super::State;
use super::*;

fn with(pairs: &[(&str, &str)]) -> Settings {
    Settings::read(None, |name| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned())).unwrap()
}

#[test]
fn a_taken_port_is_missing_and_a_free_one_is_ok() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    assert_eq!(http(&with(&[("API_PORT", &port)])).state, State::Missing);
    assert_eq!(http(&with(&[("API_PORT", "0")])).state, State::Ok);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    assert_eq!(udp(&with(&[("ICE_PORT_RANGE", &format!("{port}-{port}"))])).unwrap().state, State::Missing);
    let few = udp(&with(&[("ICE_PORT_RANGE", "29110-29112")])).unwrap();
    assert!(few.state == State::Optional && few.remedy.unwrap().contains("MAX_CONCURRENT"), "{}", few.detail);
}

#[test]
fn a_page_without_https_gets_no_microphone() {
    assert_eq!(public_url(&with(&[])).state, State::Ok);
    assert_eq!(public_url(&with(&[("PUBLIC_URL", "http://192.0.2.1")])).state, State::Missing);
    assert_eq!(public_url(&with(&[("PUBLIC_URL", "https://192.0.2.1")])).state, State::Ok);
    assert_eq!(public_url(&with(&[("API_HOST", "192.0.2.1")])).state, State::Missing);
}

#[test]
fn private_addresses_need_a_way_in() {
    let check = |pairs: &[(&str, &str)]| addresses(&with(pairs)).unwrap();
    assert_eq!(check(&[]).state, State::Ok);
    let lonely = check(&[("API_HOST", "192.168.1.4")]);
    assert!(lonely.state == State::Optional && lonely.remedy.unwrap().contains("ICE_PUBLIC_ADDRESSES"));
    let forwarded = check(&[("API_HOST", "192.168.1.4"), ("ICE_PUBLIC_ADDRESSES", "203.0.113.7")]);
    assert!(forwarded.state == State::Ok && forwarded.detail.contains("203.0.113.7"));
    let relayed = check(&[("API_HOST", "192.168.1.4"), ("ICE_SERVERS", "turn:a:b@turn.example.org")]);
    assert_eq!(relayed.state, State::Ok);
}

#[test]
fn certificates_are_judged_by_date_name_and_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let make = |until: i32| {
        let names = vec!["calls.example.org".to_owned(), "192.0.2.1".to_owned(), "*.example.net".to_owned()];
        let mut params = rcgen::CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    };
    let (good, key) = make(2999);
    let (cert, key) = (file("good.pem", good), file("good.key", key));
    let state = |host: &str| certificate(&cert, &key, &format!("https://{host}/")).state;
    assert_eq!(
        (state("calls.example.org"), state("192.0.2.1"), state("a.example.net")),
        (State::Ok, State::Ok, State::Ok)
    );
    assert_eq!((state("other.example.org"), state("a.b.example.net")), (State::Missing, State::Missing));

    let (old, old_key) = make(2020);
    let expired = certificate(&file("old.pem", old), &file("old.key", old_key), "https://calls.example.org");
    assert!(expired.state == State::Missing && expired.detail.contains("expired"), "{}", expired.detail);
    let mixed = certificate(&cert, &folder.path().join("old.key"), "https://calls.example.org");
    assert!(mixed.state == State::Missing && mixed.detail.contains("do not match"), "{}", mixed.detail);
    let swapped = certificate(&key, &cert, "https://calls.example.org");
    assert!(swapped.detail.contains("TLS_CERT") && swapped.detail.contains("good.key"), "{}", swapped.detail);
    let absent = certificate(&cert, Path::new("nowhere.key"), "https://calls.example.org");
    assert!(absent.detail.contains("TLS_KEY: nowhere.key"), "{}", absent.detail);
}

/// Answers every connection with this body, until it is dropped.
fn answering(body: &'static str) -> (SocketAddr, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.try_clone().unwrap();
    std::thread::spawn(move || {
        for mut stream in server.incoming().flatten() {
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked);
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    (listener.local_addr().unwrap(), listener)
}

#[test]
fn a_port_where_another_server_answers_is_taken() {
    for body in ["{}", "hello", "{\"version\": \"1\", \"components\": {}}", "{\"version\": \"1\"}"] {
        let (address, _server) = answering(body);
        let finding = http(&with(&[("API_PORT", &address.port().to_string())]));
        assert_eq!(finding.state, State::Missing, "{body}: {}", finding.detail);
    }
}
