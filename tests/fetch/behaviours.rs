//! The table of what a server may do, each with what becomes of it.

use std::time::Duration;

use huitoukan::fetch::Settings;
use huitoukan::model::Validators;

use crate::badserver::answers::bombs;
use crate::{Expected, World, check, compare, request, settings};

#[tokio::test]
async fn every_behaviour_has_its_report() {
    use Expected::*;
    let world = World::new(settings()).await;
    // Beforehand: on a busy machine they take longer to make than the program has patience.
    bombs();
    let mut surprises = Vec::new();
    for (path, expected) in [
        ("/page", Page),
        ("/empty-200", Body("")),
        ("/no-content-204", Body("")),
        ("/no-length-then-close", Page),
        ("/http-1.0", Page),
        ("/chunked", Page),
        ("/length-too-long", Later("cut off")),
        ("/length-too-short", Body("<html>")),
        ("/length-beyond-limit", TooLarge),
        ("/lengths-that-differ", Later("no HTTP")),
        ("/chunks-cut-off", Later("cut off")),
        ("/chunk-of-nonsense", Later("cut off")),
        ("/chunk-extensions-endless", Later("cut off")),
        ("/body-endless", TooLarge),
        ("/body-drips", Later("less than 1024 bytes a second")),
        ("/body-hangs", Later("less than 1024 bytes a second")),
        ("/reset-mid-body", Later("cut off")),
        ("/cut-off-once", Page),
        ("/gzip", Page),
        ("/gzip-in-two-members", Page),
        ("/gzip-and-padding", Page),
        ("/gzip-twice", Page),
        ("/gzip-thrice", Never("coding")),
        ("/gzip-said-but-plain", Page),
        ("/gzip-cut-off", Later("broken or cut off")),
        ("/gzip-spoilt", Later("broken or cut off")),
        ("/gzip-bomb", TooLarge),
        ("/gzip-bomb-twice", TooLarge),
        ("/gzip-bomb-on-a-403", Blocked(403)),
        ("/deflate", Page),
        ("/deflate-without-header", Page),
        ("/deflate-cut-off", Later("broken or cut off")),
        ("/deflate-bomb", TooLarge),
        ("/brotli", Page),
        ("/brotli-cut-off", Later("broken or cut off")),
        ("/brotli-bomb", TooLarge),
        ("/zstd", Page),
        ("/zstd-cut-off", Later("broken or cut off")),
        ("/zstd-bomb", TooLarge),
        ("/coding-unknown", Never("coding")),
        ("/coding-is-a-charset", Page),
        ("/informational-then-page", Page),
        ("/headers-endless", TooLarge),
        ("/header-line-endless", TooLarge),
        ("/headers-of-80-KB", TooLarge),
        ("/header-lines-folded", Page),
        ("/header-lines-that-are-none", Page),
        ("/header-in-gb18030", Page),
        ("/no-http", Later("no HTTP")),
        ("/ssh", Later("no HTTP")),
        ("/closes-at-once", Later("closed the connection")),
        ("/resets-at-once", Later("cut the connection")),
        ("/always-304", Later("not asked")),
        ("/part-206", Later("only a part")),
        ("/status/400", Blocked(400)),
        ("/status/401", Blocked(401)),
        ("/status/403", Blocked(403)),
        ("/status/404", Gone(404)),
        ("/status/405", Blocked(405)),
        ("/status/406", Blocked(406)),
        ("/status/408", Later("408")),
        ("/status/410", Gone(410)),
        ("/status/412", Blocked(412)),
        ("/status/418", Blocked(418)),
        ("/status/429", Later("too often")),
        ("/status/451", Blocked(451)),
        ("/status/500", Later("fault of its own")),
        ("/status/503", Later("not available")),
        ("/status/504", Later("fault of its own")),
        ("/status/521", Blocked(521)),
        ("/status/599", Later("599")),
        ("/status/999", Blocked(999)),
        ("/wall-of-1-MB", Blocked(403)),
        ("/busy-then-page", Page),
        ("/chain/5", Page),
        ("/chain/6", Never("redirect-loop")),
        ("/circle/a", Never("redirect-loop")),
        ("/to-itself", Never("redirect-loop")),
        ("/to-itself-until-cookie", Page),
        ("/cookie-circle", Never("redirect-loop")),
        ("/to-another-host", Denied("cross-host")),
        ("/to-a-private-address", Denied("private-address")),
        ("/to-another-port", Denied("port")),
        ("/to-a-file", Never("address")),
        ("/to-javascript", Never("address")),
        ("/to-nowhere", Blocked(302)),
        ("/to-a-chinese-name", Page),
        ("/headers-150-in-number", TooLarge),
        ("/cookies-60-in-number", Page),
        ("/nul-in-a-header", Later("no HTTP")),
        ("/nul-in-a-header-name", Later("no HTTP")),
        ("/lines-without-carriage-returns", Page),
        ("/carriage-returns-alone", Later("no HTTP")),
        ("/status-without-reason", Page),
        ("/status-in-gb18030", Page),
        ("/status-of-two-digits", Later("no HTTP")),
        ("/status-of-four-digits", Later("no HTTP")),
        ("/status-000", Later("no HTTP")),
        ("/version-0.9", Later("no HTTP")),
        ("/version-2.0", Later("no HTTP")),
        ("/status-line-of-80-KB", Page),
        ("/status-line-endless", TooLarge),
        ("/continue-100-and-page", Page),
        ("/switches-101", Blocked(101)),
        ("/lengths-the-same", Page),
        ("/lengths-in-one-line", Page),
        ("/length-of-words", Later("no HTTP")),
        ("/length-negative", Later("no HTTP")),
        ("/length-with-a-sign", Later("no HTTP")),
        ("/length-beyond-numbers", Later("no HTTP")),
        ("/length-and-chunks", Page),
        ("/transfer-coding-unknown", Page),
        ("/trailers", Page),
        ("/trailers-endless", Later("cut off")),
        ("/chunk-beyond-numbers", Later("cut off")),
        ("/chunk-size-endless", Later("less than 1024 bytes a second")),
        ("/answers-twice", Page),
        ("/page", Page),
        ("/to-an-address-of-60-KB", Page),
        ("/to-an-address-of-70-KB", TooLarge),
        ("/to-a-page-by-way-of-a-bomb", Page),
        ("/no-such-behaviour", Gone(404)),
    ] {
        surprises.extend(compare(path, world.get(path).await, &expected).err());
    }
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    world.assert_all_passed();
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_in_time() {
    let world = World::new(Settings { timeout: Duration::from_millis(800), attempts_max: 1, ..settings() }).await;
    for path in ["/head-hangs", "/informational-flood"] {
        check(path, world.get(path).await, &Expected::Later("did not finish its answer"));
    }
    world.assert_all_passed();
}

/// What comes behind an answer belongs to no other request, however the server means it.
#[tokio::test]
async fn nothing_that_a_server_says_unasked_is_taken_for_an_answer() {
    let world = World::new(settings()).await;
    for path in ["/answers-twice", "/length-too-short"] {
        let session = world.client.session(&world.reach, &world.turnstile);
        for _ in 0..3 {
            assert!(session.get(&request(&world.server.url(path)), &Validators::default()).await.is_ok(), "{path}");
            check(path, session.get(&request(&world.server.url("/page")), &Validators::default()).await, &Expected::Page);
        }
    }
    world.assert_all_passed();
}
