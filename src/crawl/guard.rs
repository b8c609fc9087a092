//! Which addresses a fetch may reach. The check stands at the resolver, after the name is resolved, so that a name
//! that turns to an inner address later does not pass either.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What may be reached beyond the public internet.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Whether private, loopback and link-local addresses may be reached.
    pub private: bool,
    /// Names with a fixed address, as the demo's publishers have.
    pub fixed: HashMap<String, SocketAddr>,
}

/// Whether an address is not one of the public internet.
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            a == 0
                || a == 10
                || a == 127
                || a >= 224
                || (a == 100 && (64..128).contains(&b))
                || (a == 169 && b == 254)
                || (a == 172 && (16..32).contains(&b))
                || (a == 192 && b == 168)
                || (a == 192 && b == 0 && (c == 0 || c == 2))
                || (a == 198 && (b == 18 || b == 19 || (b == 51 && c == 100)))
                || (a == 203 && b == 0 && c == 113)
        }
        IpAddr::V6(v6) => inner_v4(v6).map_or_else(
            || {
                let first = v6.segments()[0];
                v6.is_unspecified()
                    || v6.is_loopback()
                    || first & 0xfe00 == 0xfc00
                    || first & 0xffc0 == 0xfe80
                    || first & 0xffc0 == 0xfec0
                    // Discard-only, local NAT64, Teredo, segment routing.
                    || v6.segments()[..4] == [0x100, 0, 0, 0]
                    || v6.segments()[..3] == [0x64, 0xff9b, 1]
                    || v6.segments()[..2] == [0x2001, 0]
                    || first == 0x5f00
                    || first & 0xff00 == 0xff00
                    || (first == 0x2001 && v6.segments()[1] == 0x0db8)
            },
            |v4| is_private(IpAddr::V4(v4)),
        ),
    }
}

/// The address inside a mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`) or 6to4 (`2002::/16`) one.
fn inner_v4(v6: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    let s = v6.segments();
    let of = |high: u16, low: u16| std::net::Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match s {
        // `::a.b.c.d` is a form that nobody should use any more, and some do.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some(of(high, low)),
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

/// Resolves names and refuses inner addresses.
#[derive(Debug, Clone)]
pub struct Guard(pub Arc<Allowed>);

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let allowed = self.0.clone();
        Box::pin(async move {
            if let Some(&fixed) = allowed.fixed.get(name.as_str()) {
                return Ok(Box::new(std::iter::once(fixed)) as Addrs);
            }
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> =
                found.into_iter().filter(|address| allowed.private || !is_private(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{} has no public address", name.as_str()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_known_in_every_disguise() {
        for inner in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::127.0.0.1",
            "fec0::1",
            "64:ff9b:1::7f00:1",
            "2001::1",
            "100::1",
            "::",
        ] {
            assert!(is_private(inner.parse().unwrap()), "{inner}");
        }
        for public in ["8.8.8.8", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert!(!is_private(public.parse().unwrap()), "{public}");
        }
    }
}
