//! request-response: what came, what went, what failed.

use libp2p::request_response::{self, Codec, Event, Message};

use super::Inspect;
use crate::{
    Introspector, clip,
    events::kinds::{
        Peer, RequestResponseInboundFailure, RequestResponseMessage, RequestResponseOutboundFailure,
        RequestResponseResponseSent,
    },
};

impl<C: Codec + Clone + Send + 'static> Inspect for request_response::Behaviour<C> {
    fn inspect(event: &Self::ToSwarm, introspector: &Introspector) {
        let node = introspector.node();
        let teller = &node.teller;
        match event {
            Event::Message { peer, connection_id, message } => teller.own(|| {
                let (kind, request) = match message {
                    Message::Request { request_id, .. } => ("request", request_id.to_string()),
                    Message::Response { request_id, .. } => ("response", request_id.to_string()),
                };
                RequestResponseMessage {
                    peer: Peer(*peer),
                    connection: node.id(*connection_id),
                    kind,
                    request,
                }
            }),
            Event::OutboundFailure { peer, connection_id, request_id, error } => {
                teller.own(|| RequestResponseOutboundFailure {
                    peer: Peer(*peer),
                    connection: node.id(*connection_id),
                    request: request_id.to_string(),
                    error: clip::error_text(error),
                });
            }
            Event::InboundFailure { peer, connection_id, request_id, error } => {
                teller.own(|| RequestResponseInboundFailure {
                    peer: Peer(*peer),
                    connection: node.id(*connection_id),
                    request: request_id.to_string(),
                    error: clip::error_text(error),
                });
            }
            Event::ResponseSent { peer, connection_id, request_id } => {
                teller.own(|| RequestResponseResponseSent {
                    peer: Peer(*peer),
                    connection: node.id(*connection_id),
                    request: request_id.to_string(),
                })
            }
        }
    }
}
