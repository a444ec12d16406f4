//! Of upnp.

use super::*;

kinds! {
    /// The gateway forwards an address to us.
    UpnpNewExternalAddr { local "local": Address, external "external": Address }
    UpnpExpiredExternalAddr { local "local": Address, external "external": Address }
    UpnpGatewayNotFound {}
    /// There is a gateway, itself without a public address.
    UpnpNonRoutableGateway {}
}
