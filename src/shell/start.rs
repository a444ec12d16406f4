//! The view when nothing is open: how to get an endpoint, open a recording, try the sample; and why it did not work.

use yew::prelude::*;

use super::{
    ShellProps,
    source::{AddressForm, FileField, ago},
    source_name,
};
use crate::{
    model::{Action, Link, SourceRef, Trouble},
    part::{
        copy, each,
        glyph::{Glyph, Shape},
        icon::{Icon, Name},
    },
};

/// What the README shows, without its `use` lines and comments.
const SNIPPET: &str = r#"#[derive(NetworkBehaviour)]
struct My {
    ping: Introspect<ping::Behaviour>,
}

let introspector = Introspector::new();
let mut swarm = SwarmBuilder::with_new_identity()
    .with_tokio()
    .with_tcp(
        tcp::Config::default(),
        introspector.security((tls::Config::new, noise::Config::new)),
        introspector.muxer(yamux::Config::default),
    )?
    .with_behaviour(|_| My { ping: introspector.behaviour(ping::Behaviour::default()) })?
    .build();

let endpoint = WebSocketEndpoint::new(Arc::new(introspector), Options::default());
endpoint.start().await?;
println!("{}", endpoint.viewer_url().unwrap_or_default());"#;

#[component]
pub fn Start(props: &ShellProps) -> Html {
    let model = &props.model;
    let open_sample = props.dispatch.reform(|_: MouseEvent| Action::Open(SourceRef::Sample));
    let copy_snippet = {
        let dispatch = props.dispatch.clone();
        Callback::from(move |_: MouseEvent| copy::copy(SNIPPET.to_owned(), dispatch.clone()))
    };
    html! {
        <main class="view" data-testid={format!("screen-{}", model.route.screen.word())}>
            <div class="first">
                <h1>{ "Open a source" }</h1>
                <section>
                    <h2>{ "Connect to a running node" }</h2>
                    <p>{ "Paste the address the node printed when it started. The token is part of it." }</p>
                    <AddressForm ..props.clone() />
                    if let Some(trouble) = &model.error { { trouble_box(props, trouble) } }
                    <h2 class="more">{ "Add it to a rust-libp2p node" }</h2>
                    <p>
                        { "Three lines change in how the swarm is built, four come after it. Loopback only, read-only. The crates " }
                        <code>{ "peerscope-libp2p" }</code>{ " and " }<code>{ "peerscope-endpoint" }</code>
                        { " come by git or path: they are not on the registry yet." }
                    </p>
                    <div class="snippet">
                        <pre tabindex="0">{ SNIPPET }</pre>
                        <button class="btn ic" onclick={copy_snippet} aria-label="Copy the code" title="Copy the code"><Icon name={Name::Copy} size={14} /></button>
                    </div>
                    <p class="after">{ "No node at hand? " }<code>{ "peerscope demo" }</code>{ " starts a small network of real ones." }</p>
                </section>
                <section>
                    <h2>{ "Open a recording" }</h2>
                    <p>{ "Drop it anywhere on this page. It is read here and goes nowhere." }</p>
                    <FileField class="drop" shell={props.clone()}>
                        <Icon name={Name::File} size={22} />
                        <span class="t1">{ "Drop a file, or " }<span class="lnk">{ "choose one" }</span></span>
                        <span class="t3 xs">{ ".libp2p.trace, .mock, and gzip of these" }</span>
                    </FileField>
                    <h2>{ "Look at a sample" }</h2>
                    <p>{ "Two minutes of a small network of real rust-libp2p nodes." }</p>
                    <ul class="smp">
                        <li>
                            <span class="mid"><b class="el">{ "Peerscope demo" }</b>
                                <p class="el">{ "TCP and QUIC, peers that come and go, dials that fail" }</p></span>
                            <button class="btn line" onclick={open_sample}>{ "Open" }</button>
                        </li>
                    </ul>
                    if !model.recents.is_empty() {
                        <h2 class="more">{ "Recent" }</h2>
                        <ul class="smp">{ each(model.recents.iter().map(|recent| {
                            let source = recent.source.clone();
                            let onclick = props.dispatch.reform(move |_: MouseEvent| Action::Open(source.clone()));
                            let verb = if matches!(recent.source, SourceRef::Endpoint(_)) { "Connect" } else { "Open" };
                            html! {
                                <li>
                                    <span class="mid"><b class="el mono">{ source_name(&recent.source) }</b>
                                        <p class="el">{ ago(model.now_ms, recent.at_ms) }</p></span>
                                    <button class="btn line" {onclick}>{ verb }</button>
                                </li>
                            }
                        })) }</ul>
                    }
                    <p class="safe">
                        { "Nothing you open leaves this machine. This page talks to its own origin and to the source you name." }
                    </p>
                </section>
            </div>
        </main>
    }
}

fn trouble_box(props: &ShellProps, trouble: &Trouble) -> Html {
    let retry = props.dispatch.reform(|_: MouseEvent| Action::RetryNow);
    let stop = props.dispatch.reform(|_: MouseEvent| Action::StopTrying);
    let waits = match &props.model.link {
        Link::Waiting { retry_at_ms, .. } => {
            Some(super::banner::seconds_until(*retry_at_ms, props.model.now_ms))
        }
        _ => None,
    };
    // A file has to be chosen again; there is nothing to try.
    let again = !matches!(props.model.route.source, Some(SourceRef::File(_)) | None);
    html! {
        <div class="errbox" role="alert" data-testid="error">
            <h3><Glyph shape={Shape::Error} label="error" size={12} />{ &trouble.title }</h3>
            <p class="t2">{ &trouble.text }</p>
            <ol>{ each(trouble.checks.iter().enumerate().map(|(at, check)| html! {
                <li><b>{ at + 1 }</b><span>{ check }</span></li>
            })) }</ol>
            if again {
                <div class="acts">
                    <button class="btn line" onclick={retry}>{ "Try again" }</button>
                    if let Some(seconds) = waits {
                        <button class="btn" onclick={stop}>{ format!("Stop trying, next in {seconds} s") }</button>
                    }
                </div>
            }
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::SNIPPET;

    #[test]
    fn the_code_is_that_of_the_readme() {
        let readme = include_str!("../../README.md");
        for line in SNIPPET.lines() {
            assert!(readme.contains(line), "the README does not show: {line}");
        }
    }
}
