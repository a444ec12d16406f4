//! What is said of events whose names are known. A name is a hint only: what is missing is left out.

use serde_json::{Map, Value};

use super::{cause, plain, round};

/// A sentence for an event whose name is known.
pub(super) fn known(name: &str, map: &Map<String, Value>) -> Option<String> {
    let text =
        |key: &str| map.get(key).filter(|value| !value.is_null()).map(plain).filter(|text| !text.is_empty());
    let number = |key: &str| map.get(key).and_then(Value::as_u64);
    let list = |key: &str| map.get(key).and_then(Value::as_array).map_or(0, Vec::len);
    let millis = |key: &str| map.get(key).and_then(Value::as_f64).map(|ms| format!("{} ms", round(ms)));
    let joined = |parts: Vec<Option<String>>| {
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    match name {
        "PingResult" => match map.get("rttNs").and_then(Value::as_f64) {
            Some(ns) => Some(format!("round trip {} ms", round(ns / 1e6))),
            None => text("failure").map(|failure| format!("failed: {failure}")),
        },
        "PeerIdentified" => joined(vec![
            text("agent"),
            Some(format!("{} protocols", list("protocols"))),
            text("observedAddr").map(|addr| format!("sees us at {addr}")),
        ]),
        "PeerConnected" => joined(vec![
            text("role")
                .map(|role| if role == "initiator" { "we dialled".into() } else { "they dialled".into() }),
            text("remote"),
            millis("handshakeMs").map(|ms| format!("in {ms}")),
        ]),
        "PeerDisconnected" => joined(vec![text("cause").map(|told| cause(&told).0), text("remote")]),
        "Dialing" => Some(match map.get("addresses").and_then(Value::as_array) {
            Some(all) if !all.is_empty() => {
                all.iter().map(|address| place(&plain(address))).collect::<Vec<_>>().join(", ")
            }
            _ => "no address yet".to_owned(),
        }),
        "DialFailure" | "ListenFailure" => {
            let errors = map.get("errors").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let more = errors.len().saturating_sub(1);
            let first = errors.first().map(failed_address);
            // That a transport failed says less than how.
            let reason = text("reason").filter(|reason| first.is_none() || reason != "Transport");
            let others = (more > 0).then(|| format!("and {more} more"));
            joined(vec![reason, first.or_else(|| text("errors")), others])
        }
        "DialAttempt" => {
            let address = text("address").map(|address| place(&address)).unwrap_or_default();
            let took = map.get("phases").and_then(|phases| phases.get("totalMs")).and_then(Value::as_f64);
            let took = took.map(|ms| format!(" in {} ms", round(ms))).unwrap_or_default();
            Some(match text("outcome")?.as_str() {
                "connected" => format!("connected to {address}{took}"),
                "cancelled" => format!("given up, another was quicker: {address}"),
                "timeout" => format!("timed out{took}: {address}"),
                outcome => format!("{}: {address}", text("error").unwrap_or_else(|| outcome.to_owned())),
            })
        }
        "DhtQueryFinished" => joined(vec![
            text("kind"),
            text("error").or_else(|| text("outcome")),
            number("requests").map(|all| format!("{} of {all} requests answered", number("ok").unwrap_or(0))),
            millis("durationMs").map(|ms| format!("in {ms}")),
        ]),
        "DhtRoutingUpdated" => joined(vec![
            text("change"),
            number("bucket").map(|bucket| format!("bucket {bucket}")),
            text("evicted").map(|peer| format!("in place of {peer}")),
        ]),
        "DhtInboundRequest" => joined(vec![
            text("kind"),
            number("closerPeers").map(|count| format!("{count} closer peers told")),
            number("providers").map(|count| format!("{count} providers")),
        ]),
        "GossipsubMessage" => joined(vec![text("topic"), number("size").map(|size| format!("{size} B"))]),
        "GossipsubSnapshot" => joined(vec![
            text("topic"),
            number("peers")
                .map(|all| format!("{} of {all} peers in the mesh", number("meshPeers").unwrap_or(0))),
            number("messages").map(|count| format!("{count} messages")),
        ]),
        "Graft" | "Prune" | "GossipsubSubscribed" | "GossipsubUnsubscribed" => text("topic"),
        "HolePunch" => joined(vec![text("outcome"), text("error")]),
        "Reservation" => joined(vec![
            text("status"),
            number("limitSeconds").map(|secs| format!("{secs} s a circuit")),
            number("limitBytes").map(|bytes| format!("{bytes} B")),
        ]),
        "RequestResponseMessage" => joined(vec![Some(format!(
            "{} {}",
            text("kind").unwrap_or_else(|| "message".to_owned()),
            text("request").unwrap_or_default()
        ))]),
        "AutonatInboundProbe" | "AutonatOutboundProbe" | "AutonatClientTest" | "AutonatServerTest" => {
            let tried = map.get("addresses").and_then(Value::as_array).and_then(|all| all.first()).map(plain);
            let address = text("address").or(tried).map(|address| place(&address));
            joined(vec![text("status"), text("error"), address])
        }
        "Reachability" => joined(vec![text("status"), text("address")]),
        "NodeSnapshot" => Some(format!(
            "{} listen addresses, {} external, {} candidates",
            list("listenAddrs"),
            list("externalAddrs"),
            list("candidates")
        )),
        "IncomingConnection" => text("remote").map(|remote| format!("from {remote}")),
        _ => None,
    }
}

/// Cause first, then the address without the peer's id, which has a column of its own.
fn failed_address(told: &Value) -> String {
    let part = |key: &str| told.get(key).map(plain).filter(|text| !text.is_empty());
    let address = part("address").map(|address| place(&address));
    let error = part("error").map(|error| error.trim_end_matches('.').to_owned());
    match (error, address) {
        (Some(error), Some(address)) => format!("{error}: {address}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => plain(told),
    }
}

/// An address without the peer's id at its end, which has a column of its own.
fn place(address: &str) -> String {
    match address.split_once("/p2p/") {
        Some((place, id)) if !id.contains('/') => place.to_owned(),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::words::event;

    #[test]
    fn what_a_node_tells_of_its_protocols() {
        for (name, content, said) in [
            (
                "DialAttempt",
                r#"{"address":"/ip4/1/tcp/2/p2p/12D3","outcome":"connected","phases":{"totalMs":12.34},"error":null}"#,
                "connected to /ip4/1/tcp/2 in 12 ms",
            ),
            (
                "DialAttempt",
                r#"{"address":"/ip4/1","outcome":"failed","error":"refused"}"#,
                "refused: /ip4/1",
            ),
            (
                "DialAttempt",
                r#"{"address":"/ip4/1","outcome":"cancelled"}"#,
                "given up, another was quicker: /ip4/1",
            ),
            ("DialAttempt", r#"{"address":"/ip4/1","outcome":"denied","error":null}"#, "denied: /ip4/1"),
            (
                "DhtQueryFinished",
                r#"{"kind":"GetRecord","outcome":"error","error":"not found","requests":4,"ok":3,"durationMs":7}"#,
                "GetRecord, not found, 3 of 4 requests answered, in 7.00 ms",
            ),
            ("DhtRoutingUpdated", r#"{"change":"added","bucket":3,"evicted":null}"#, "added, bucket 3"),
            ("Dialing", r#"{"addresses":["/ip4/1/tcp/2/p2p/12D3","/ip4/3"]}"#, "/ip4/1/tcp/2, /ip4/3"),
            ("RequestResponseMessage", r#"{"kind":"response","request":"35"}"#, "response 35"),
            (
                "AutonatInboundProbe",
                r#"{"status":"failed","error":"refused","addresses":["/ip4/1/tcp/2/p2p/12D3"],"peer":"a"}"#,
                "failed, refused, /ip4/1/tcp/2",
            ),
            ("Graft", r#"{"peer":"a","topic":"blocks"}"#, "blocks"),
            (
                "GossipsubSnapshot",
                r#"{"topic":"blocks","mesh":[],"meshPeers":2,"peers":5,"messages":9}"#,
                "blocks, 2 of 5 peers in the mesh, 9 messages",
            ),
            ("HolePunch", r#"{"outcome":"failed","error":"3 attempts"}"#, "failed, 3 attempts"),
            ("Reachability", r#"{"status":"public","address":"/ip4/1"}"#, "public, /ip4/1"),
        ] {
            assert_eq!(event(name, content), said, "{name} {content}");
        }
    }
}
