//! The table of what a server may do, each with what becomes of it.

use std::time::Duration;

use huitoukan::fetch::Settings;
use huitoukan::model::Validators;

use crate::badserver::answers::bombs;
use crate::{Expected, World, check, compare, request, settings};

/// Each behaviour, and what becomes of it.
const BEHAVIOURS: &[(&str, Expected)] = &[
    ("/page", Expected::Page),
    ("/empty-200", Expected::Body("")),
    ("/no-content-204", Expected::Body("")),
    ("/no-length-then-close", Expected::Page),
    ("/http-1.0", Expected::Page),
    ("/chunked", Expected::Page),
    ("/length-too-long", Expected::Later("cut off")),
    ("/length-too-short", Expected::Body("<html>")),
    ("/length-beyond-limit", Expected::TooLarge),
    ("/lengths-that-differ", Expected::Later("no HTTP")),
    ("/chunks-cut-off", Expected::Later("cut off")),
    ("/chunk-of-nonsense", Expected::Later("cut off")),
    ("/chunk-extensions-endless", Expected::Later("cut off")),
    ("/body-endless", Expected::TooLarge),
    ("/body-drips", Expected::Later("less than 1024 bytes a second")),
    ("/body-hangs", Expected::Later("less than 1024 bytes a second")),
    ("/reset-mid-body", Expected::Later("cut off")),
    ("/cut-off-once", Expected::Page),
    ("/gzip", Expected::Page),
    ("/gzip-in-two-members", Expected::Page),
    ("/gzip-and-padding", Expected::Page),
    ("/gzip-twice", Expected::Page),
    ("/gzip-thrice", Expected::Never("coding")),
    ("/gzip-said-but-plain", Expected::Page),
    ("/gzip-cut-off", Expected::Later("broken or cut off")),
    ("/gzip-spoilt", Expected::Later("broken or cut off")),
    ("/gzip-bomb", Expected::TooLarge),
    ("/gzip-bomb-twice", Expected::TooLarge),
    ("/gzip-bomb-on-a-403", Expected::Blocked(403)),
    ("/deflate", Expected::Page),
    ("/deflate-without-header", Expected::Page),
    ("/deflate-cut-off", Expected::Later("broken or cut off")),
    ("/deflate-bomb", Expected::TooLarge),
    ("/brotli", Expected::Page),
    ("/brotli-cut-off", Expected::Later("broken or cut off")),
    ("/brotli-bomb", Expected::TooLarge),
    ("/zstd", Expected::Page),
    ("/zstd-cut-off", Expected::Later("broken or cut off")),
    ("/zstd-bomb", Expected::TooLarge),
    ("/coding-unknown", Expected::Never("coding")),
    ("/coding-is-a-charset", Expected::Page),
    ("/informational-then-page", Expected::Page),
    ("/headers-endless", Expected::TooLarge),
    ("/header-line-endless", Expected::TooLarge),
    ("/headers-of-80-KB", Expected::TooLarge),
    ("/header-lines-folded", Expected::Page),
    ("/header-lines-that-are-none", Expected::Page),
    ("/header-in-gb18030", Expected::Page),
    ("/no-http", Expected::Later("no HTTP")),
    ("/ssh", Expected::Later("no HTTP")),
    ("/closes-at-once", Expected::Later("closed the connection")),
    ("/resets-at-once", Expected::Later("cut the connection")),
    ("/always-304", Expected::Later("not asked")),
    ("/part-206", Expected::Later("only a part")),
    ("/status/400", Expected::Blocked(400)),
    ("/status/401", Expected::Blocked(401)),
    ("/status/403", Expected::Blocked(403)),
    ("/status/404", Expected::Gone(404)),
    ("/status/405", Expected::Blocked(405)),
    ("/status/406", Expected::Blocked(406)),
    ("/status/408", Expected::Later("408")),
    ("/status/410", Expected::Gone(410)),
    ("/status/412", Expected::Blocked(412)),
    ("/status/418", Expected::Blocked(418)),
    ("/status/429", Expected::Later("too often")),
    ("/status/451", Expected::Blocked(451)),
    ("/status/500", Expected::Later("fault of its own")),
    ("/status/503", Expected::Later("not available")),
    ("/status/504", Expected::Later("fault of its own")),
    ("/status/521", Expected::Blocked(521)),
    ("/status/599", Expected::Later("599")),
    ("/status/999", Expected::Blocked(999)),
    ("/wall-of-1-MB", Expected::Blocked(403)),
    ("/busy-then-page", Expected::Page),
    ("/chain/5", Expected::Page),
    ("/chain/6", Expected::Never("redirect-loop")),
    ("/circle/a", Expected::Never("redirect-loop")),
    ("/to-itself", Expected::Never("redirect-loop")),
    ("/to-itself-until-cookie", Expected::Page),
    ("/cookie-circle", Expected::Never("redirect-loop")),
    ("/to-another-host", Expected::Denied("cross-host")),
    ("/to-a-private-address", Expected::Denied("private-address")),
    ("/to-another-port", Expected::Denied("port")),
    ("/to-a-file", Expected::Never("address")),
    ("/to-javascript", Expected::Never("address")),
    ("/to-nowhere", Expected::Blocked(302)),
    ("/to-a-chinese-name", Expected::Page),
    ("/headers-150-in-number", Expected::TooLarge),
    ("/cookies-60-in-number", Expected::Page),
    ("/nul-in-a-header", Expected::Later("no HTTP")),
    ("/nul-in-a-header-name", Expected::Later("no HTTP")),
    ("/lines-without-carriage-returns", Expected::Page),
    ("/carriage-returns-alone", Expected::Later("no HTTP")),
    ("/status-without-reason", Expected::Page),
    ("/status-in-gb18030", Expected::Page),
    ("/status-of-two-digits", Expected::Later("no HTTP")),
    ("/status-of-four-digits", Expected::Later("no HTTP")),
    ("/status-000", Expected::Later("no HTTP")),
    ("/version-0.9", Expected::Later("no HTTP")),
    ("/version-2.0", Expected::Later("no HTTP")),
    ("/status-line-of-80-KB", Expected::Page),
    ("/status-line-endless", Expected::TooLarge),
    ("/continue-100-and-page", Expected::Page),
    ("/switches-101", Expected::Blocked(101)),
    ("/lengths-the-same", Expected::Page),
    ("/lengths-in-one-line", Expected::Page),
    ("/length-of-words", Expected::Later("no HTTP")),
    ("/length-negative", Expected::Later("no HTTP")),
    ("/length-with-a-sign", Expected::Later("no HTTP")),
    ("/length-beyond-numbers", Expected::Later("no HTTP")),
    ("/length-and-chunks", Expected::Page),
    ("/transfer-coding-unknown", Expected::Page),
    ("/trailers", Expected::Page),
    ("/trailers-endless", Expected::Later("cut off")),
    ("/chunk-beyond-numbers", Expected::Later("cut off")),
    ("/chunk-size-endless", Expected::Later("less than 1024 bytes a second")),
    ("/answers-twice", Expected::Page),
    ("/page", Expected::Page),
    ("/to-an-address-of-60-KB", Expected::Page),
    ("/to-an-address-of-70-KB", Expected::TooLarge),
    ("/to-a-page-by-way-of-a-bomb", Expected::Page),
    ("/no-such-behaviour", Expected::Gone(404)),
];

#[tokio::test]
async fn every_behaviour_has_its_report() {
    let world = World::new(settings()).await;
    // Beforehand: on a busy machine they take longer to make than the program has patience.
    bombs();
    let mut surprises = Vec::new();
    for (path, expected) in BEHAVIOURS {
        surprises.extend(compare(path, world.get(path).await, expected).err());
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
