//! The peers and the protocols that move most bytes now.

use peerscope_engine::frame::{Frame, Overview, PeerRow, ProtocolRow};
use yew::prelude::*;

use crate::part::each;

use super::super::{ScreenProps, Selected};
use crate::{
    format::{self, NONE},
    model::{Action, Screen},
    part::{badge, empty, figure, peer::Peer, spark, text},
};

/// Two shares of a whole, in and out, as bars.
fn bar(rate_in: Option<f64>, rate_out: Option<f64>, whole: f64) -> Html {
    let width = |rate: Option<f64>| {
        let share = if whole > 0.0 { rate.unwrap_or(0.0) / whole } else { 0.0 };
        (share.clamp(0.0, 1.0)) * 100.0
    };
    html! {
        <span class="bar" aria-hidden="true">
            <i style={format!("width:{:.1}%;background:var(--in)", width(rate_in))}></i>
            <i style={format!("width:{:.1}%;background:var(--out)", width(rate_out))}></i>
        </span>
    }
}

fn both(rate_in: Option<f64>, rate_out: Option<f64>) -> Option<f64> {
    match (rate_in, rate_out) {
        (None, None) => None,
        (a, b) => Some(a.unwrap_or(0.0) + b.unwrap_or(0.0)),
    }
}

/// Width and class of each column; by its class the style sheet hides it where there is no room.
fn cols(widths: &[(Option<u16>, &'static str)]) -> Html {
    let cols = widths.iter().map(|(width, class)| {
        html! { <col class={*class} style={width.map(|width| format!("width:{width}px"))} /> }
    });
    html! { <colgroup>{ each(cols) }</colgroup> }
}

pub fn peers(props: &ScreenProps, frame: Option<&Frame>, answer: Option<&Overview>) -> Html {
    let phone = props.model.window.phone();
    let all = props.dispatch.reform(|event: MouseEvent| {
        event.prevent_default();
        Action::Go(Screen::Connections)
    });
    // All bytes now, to measure shares by.
    let whole = answer
        .map_or(0.0, |answer| answer.rate_in.value.unwrap_or(0.0) + answer.rate_out.value.unwrap_or(0.0));
    let rows = answer.map(|answer| answer.top_peers.as_slice()).unwrap_or_default();
    let shown =
        rows.iter().map(|row| peer_row(props, row, answer.map_or(0.0, |a| a.spark_max), whole, phone));
    let (widths, head) = if phone {
        (cols(&[(None, ""), (Some(100), ""), (Some(96), "")]), Html::default())
    } else {
        let head = html! {
            <thead><tr>
                <th>{ "Peer" }</th><th class="agent">{ "Agent" }</th><th class="via">{ "Transport" }</th>
                <th class="curve" title="In above, out below; cube-root scale, shared by all rows">{ "Last 60 s" }</th>
                <th class="r">{ "In /s" }<i class="u"></i></th><th class="r">{ "Out /s" }<i class="u"></i></th>
                <th class="part">{ "Share" }</th>
            </tr></thead>
        };
        let widths = [
            (Some(146), ""),
            (None, "agent"),
            (Some(86), "via"),
            (Some(104), "curve"),
            (Some(78), ""),
            (Some(78), ""),
            (Some(118), "part"),
        ];
        (cols(&widths), head)
    };
    let loading = answer
        .is_none()
        .then(|| empty::bars(if phone { &[120, 80, 40] } else { &[110, 90, 60, 80, 40, 40, 90] }, 8));
    let query = &props.model.route.query;
    // Rows are also of peers that left a moment ago, so what they are out of is not told.
    let open = answer.and_then(|answer| answer.peers.value).map_or(0, |peers| peers.max(0.0) as u64);
    let nobody = answer.filter(|answer| answer.top_peers.is_empty());
    let nobody = nobody.map(|_| nobody_why(frame, query, open));
    let found = answer.map_or(0, |answer| u64::from(answer.peer_count));
    let rest = (found > rows.len() as u64)
        .then(|| html! { <span class="t3">{ format!("{} of {}", rows.len(), format::count(found)) }</span> });
    let matching = (answer.is_some() && !query.is_empty())
        .then(|| html! { <span class="t3">{ format!("{} match", format::count(found)) }</span> });
    html! {
        <section class="panel peers">
            <header>
                { "Top peers" }<span class="t3">{ "by bytes now, in + out" }</span><span class="sp"></span>{ each(matching) }{ each(rest) }
                <a class="t2 nw" href="#/connections" onclick={all}>{ "All peers" }</a>
            </header>
            <div class="scroll">
                <table class={classes!("t", phone.then_some("touch"))}>
                    { widths }{ head }<tbody>{ each(shown) }{ each(loading) }</tbody>
                </table>
                { each(nobody) }
            </div>
        </section>
    }
}

fn peer_row(props: &ScreenProps, row: &PeerRow, spark_max: f32, whole: f64, phone: bool) -> Html {
    let selected = Selected::of(&props.model).is_peer(&row.key, &row.peer);
    let select = {
        let key = row.key.clone();
        props.dispatch.reform(move |()| Action::Select(Some(key.clone())))
    };
    let onclick = select.reform(|_: MouseEvent| ());
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        if matches!(event.key().as_str(), "Enter" | " ") {
            event.prevent_default();
            event.stop_propagation();
            select.emit(());
        }
    });
    let flow = &row.flow;
    let cells = if phone {
        html! {
            <>
                <td><Peer id={row.peer.clone()} /></td>
                <td>{ spark::flow(flow, spark_max, 88, 22) }</td>
                <td class="r">{ figure::rate_with_unit(both(flow.rate_in, flow.rate_out)) }</td>
            </>
        }
    } else {
        let agent = match row.agent.as_deref() {
            Some(agent) => html! { <span title={text::title(agent)}>{ text::safe(agent) }</span> },
            None => html! { <span class="t3">{ NONE }</span> },
        };
        let share = row.share.map_or(NONE.to_owned(), |share| format::percent(f64::from(share)));
        html! {
            <>
                <td><Peer id={row.peer.clone()} /></td>
                <td class="t2 agent">{ agent }</td>
                <td class="via">{ badge::transport(row.transport.as_deref()) }</td>
                <td class="curve">{ spark::flow(flow, spark_max, 92, 20) }</td>
                <td class="r">{ figure::rate(flow.rate_in) }</td>
                <td class="r">{ figure::rate(flow.rate_out) }</td>
                <td class="part">
                    <span class="share">{ bar(flow.rate_in, flow.rate_out, whole) }<span class="t2">{ share }</span></span>
                </td>
            </>
        }
    };
    html! {
        <tr key={row.key.0.clone()} tabindex="0" class={selected.then_some("sel")} data-key={row.key.0.clone()} {onclick} {onkeydown}>
            { cells }
        </tr>
    }
}

/// A peer table without rows: why.
fn nobody_why(frame: Option<&Frame>, query: &str, open: u64) -> Html {
    if frame.is_some_and(|frame| frame.head.snapshot == 0) {
        return html! {
            <empty::Empty title="No snapshot yet at this moment">{ "Peers come with the source's first snapshot of its state." }</empty::Empty>
        };
    }
    if open > 0 && !query.is_empty() {
        let hidden = match open {
            1 => "1 open peer is hidden by ".to_owned(),
            n => format!("{} open peers are hidden by ", format::count(n)),
        };
        return html! {
            <empty::Empty title="No peer matches">{ hidden }<span class="t1">{ text::safe(query) }</span></empty::Empty>
        };
    }
    html! { <empty::Empty title="No peers at this moment">{ "No connection is open here." }</empty::Empty> }
}

pub fn protocols(props: &ScreenProps, frame: Option<&Frame>, answer: Option<&Overview>) -> Html {
    let phone = props.model.window.phone();
    let rows = answer.map(|answer| answer.top_protocols.as_slice()).unwrap_or_default();
    let most = rows.iter().filter_map(|row| both(row.flow.rate_in, row.flow.rate_out)).fold(0.0, f64::max);
    let shown = rows.iter().map(|row| protocol_row(row, most, phone));
    let (widths, head) = if phone {
        (cols(&[(None, ""), (Some(96), "")]), Html::default())
    } else {
        let head = html! {
            <thead><tr>
                <th>{ "Protocol" }</th><th class="r num">{ "Streams" }</th>
                <th class="r">{ "In /s" }<i class="u"></i></th><th class="r">{ "Out /s" }<i class="u"></i></th>
                <th class="bars"><span class="vh">{ "Compared" }</span></th>
            </tr></thead>
        };
        let widths = [(None, ""), (Some(60), "num"), (Some(82), ""), (Some(82), ""), (Some(108), "bars")];
        (cols(&widths), head)
    };
    let loading =
        answer.is_none().then(|| empty::bars(if phone { &[120, 40] } else { &[130, 20, 40, 40, 84] }, 4));
    let none = answer.filter(|answer| answer.top_protocols.is_empty()).map(|answer| {
        let why = match answer.streams.value {
            _ if frame.is_some_and(|frame| frame.head.snapshot == 0) => "No snapshot yet at this moment.",
            None => "This source tells no streams.",
            Some(open) if open > 0.0 => "No open stream has a protocol yet.",
            Some(_) => "No stream is open at this moment.",
        };
        html! { <p class="none t3">{ why }</p> }
    });
    let rest = answer.map(|answer| answer.protocol_count as usize).filter(|count| *count > rows.len());
    let rest = rest.map(|count| html! { <span class="t3">{ format!("{} of {count}", rows.len()) }</span> });
    html! {
        <section class="panel protocols">
            <header>{ "Top protocols" }<span class="t3">{ "now" }</span><span class="sp"></span>{ each(rest) }</header>
            <div class="scroll" tabindex="0" role="region" aria-label="Top protocols">
                <table class={classes!("t", "pr", phone.then_some("touch"))}>
                    { widths }{ head }<tbody>{ each(shown) }{ each(loading) }</tbody>
                </table>
                { each(none) }
            </div>
        </section>
    }
}

fn protocol_row(row: &ProtocolRow, most: f64, phone: bool) -> Html {
    let flow = &row.flow;
    if phone {
        return html! {
            <tr key={row.protocol.clone()}>
                <td>{ badge::protocol(Some(&row.protocol)) }</td>
                <td class="r">{ figure::rate_with_unit(both(flow.rate_in, flow.rate_out)) }</td>
            </tr>
        };
    }
    html! {
        <tr key={row.protocol.clone()}>
            <td>{ badge::protocol(Some(&row.protocol)) }</td>
            <td class="r num">{ figure::count(Some(u64::from(row.streams))) }</td>
            <td class="r">{ figure::rate(flow.rate_in) }</td>
            <td class="r">{ figure::rate(flow.rate_out) }</td>
            <td class="bars">{ bar(flow.rate_in, flow.rate_out, most) }</td>
        </tr>
    }
}
