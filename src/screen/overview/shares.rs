//! What the open connections use: transports, security, muxers, directions, as shares.

use peerscope_engine::frame::{Overview, Share};
use yew::prelude::*;

use crate::part::each;

use crate::{
    format,
    part::colour::{self, Swatch, Token},
};

/// More names than this are put together.
const MOST: usize = 5;
const GREYS: [Token; 4] = ["--text-3", "--line-3", "--line-2", "--bg-4"];

struct Part {
    name: String,
    count: u64,
    token: Token,
}

fn parts(shares: &[Share], token: impl Fn(usize, Option<&str>) -> Token) -> Vec<Part> {
    let mut parts: Vec<Part> = shares
        .iter()
        .enumerate()
        .filter(|(_, share)| share.count > 0)
        .map(|(i, share)| Part {
            name: share.name.as_deref().map_or("not told".into(), |name| format::visible(name, 24)),
            count: u64::from(share.count),
            token: token(i, share.name.as_deref()),
        })
        .collect();
    if parts.len() > MOST {
        let rest = parts.split_off(MOST - 1);
        let count = rest.iter().map(|part| part.count).sum();
        parts.push(Part { name: format!("{} others", rest.len()), count, token: colour::OTHER });
    }
    parts
}

fn row(head: &'static str, parts: &[Part]) -> Html {
    if parts.is_empty() {
        return html! { <><dt>{ head }</dt><dd class="t3">{ format::NONE }</dd></> };
    }
    let bars = parts.iter().map(|part| {
        html! {
            <i title={format!("{}: {}", part.name, part.count)}
                style={format!("flex:{};background:var({})", part.count, part.token)}></i>
        }
    });
    let names = parts.iter().map(|part| {
        html! {
            <span><Swatch token={part.token} /><bdi>{ part.name.clone() }</bdi><span class="t3">{ format::count(part.count) }</span></span>
        }
    });
    html! {
        <>
            <dt>{ head }</dt>
            <dd><div class="shares" aria-hidden="true">{ each(bars) }</div><div class="lg">{ each(names) }</div></dd>
        </>
    }
}

pub fn in_use(answer: Option<&Overview>) -> Html {
    let grey = |i: usize, _: Option<&str>| GREYS.get(i).copied().unwrap_or(colour::OTHER);
    let way = |_: usize, name: Option<&str>| match name {
        Some("in") => "--in",
        Some("out") => "--out",
        _ => colour::OTHER,
    };
    let shares =
        |of: fn(&Overview) -> &Vec<Share>| answer.map(|answer| of(answer).as_slice()).unwrap_or_default();
    let all = answer.and_then(|answer| answer.connections.value);
    let of = all.map(|all| match all as u64 {
        1 => "share of 1 connection".to_owned(),
        all => format!("share of {} connections", format::count(all)),
    });
    html! {
        <section class="panel in-use">
            <header>{ "In use" }<span class="t3">{ of.unwrap_or_default() }</span></header>
            <dl class="comp">
                { row("Transport", &parts(shares(|a| &a.transports), |_, name| colour::transport(name))) }
                { row("Security", &parts(shares(|a| &a.securities), grey)) }
                { row("Muxer", &parts(shares(|a| &a.muxers), grey)) }
                { row("Direction", &parts(shares(|a| &a.directions), way)) }
            </dl>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_are_put_together() {
        let share = |name: &str, count| Share { name: Some(name.into()), count };
        let shares: Vec<_> = (0..8).map(|i| share(&format!("x{i}"), 10 - i)).collect();
        let parts = parts(&shares, |_, _| "--c1");
        assert_eq!(parts.len(), MOST);
        assert_eq!((parts[4].name.as_str(), parts[4].count), ("4 others", 6 + 5 + 4 + 3));
    }

    #[test]
    fn what_is_not_told_says_so() {
        let parts = parts(&[Share { name: None, count: 2 }, Share { name: None, count: 0 }], |_, _| "--c1");
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].name, "not told");
    }
}
