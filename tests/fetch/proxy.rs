//! By way of a proxy.

use std::net::TcpListener;

use huitoukan::model::{Reach, Validators};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{Expected, World, check, request, settings};

#[tokio::test]
async fn a_proxy_is_used_and_literal_addresses_are_still_refused() {
    let mut world = World::new(settings()).await;
    world.reach.proxy = Some(format!("http://{}", world.server.address));
    let session = world.client.session(&world.reach, &world.turnstile);
    let session = &session;
    let ask = async |url: &str| session.get(&request(url), &Validators::default()).await;
    check("proxy", ask("http://www.example.gov.cn/page").await, &Expected::Page);
    assert_eq!(world.server.asked().pop().unwrap().header("host"), Some("www.example.gov.cn"));
    let asked = world.server.asked().len();
    check("proxy", ask("http://192.168.0.1/page").await, &Expected::Denied("private-address"));
    assert_eq!(world.server.asked().len(), asked);

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (proxy, expected) in [
        (format!("http://{closed}"), Expected::Later("(by way of the proxy) refuses connections")),
        ("not an address".to_owned(), Expected::Never("reach")),
    ] {
        let reach = Reach { proxy: Some(proxy), ..Reach::default() };
        let session = world.client.session(&reach, &world.turnstile);
        check("proxy", session.get(&request("http://www.example.gov.cn/"), &Validators::default()).await, &expected);
    }
}

#[tokio::test]
async fn a_socks_proxy_is_told_the_address_that_we_have_checked() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::new(settings()).await;
    world.reach.proxy = Some(format!("socks5://{}", listener.local_addr().unwrap()));
    let proxy = tokio::spawn(async move {
        let (mut inner, _) = listener.accept().await.unwrap();
        // RFC 1928: greeting, method 0, request to connect to an IPv4 address and port.
        inner.read_exact(&mut [0; 3]).await.unwrap();
        inner.write_all(&[5, 0]).await.unwrap();
        let mut wanted = [0; 10];
        inner.read_exact(&mut wanted).await.unwrap();
        inner.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut outer = tokio::net::TcpStream::connect(("127.0.0.1", u16::from_be_bytes([wanted[8], wanted[9]]))).await.unwrap();
        tokio::io::copy_bidirectional(&mut inner, &mut outer).await.ok();
        wanted
    });
    let came = {
        let session = world.client.session(&world.reach, &world.turnstile);
        let url = format!("http://localhost:{}/page", world.server.address.port());
        session.get(&request(&url), &Validators::default()).await
    };
    check("socks", came, &Expected::Page);
    drop(world.client);
    assert_eq!(proxy.await.unwrap()[..8], [5, 1, 0, 1, 127, 0, 0, 1]);
}
