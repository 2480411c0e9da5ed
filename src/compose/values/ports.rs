//! The short syntax of `ports`: compose specification, `ports`, "Short syntax".

use std::{net::IpAddr, ops::RangeInclusive};

use super::ValueError;

/// One published or exposed port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortSpec {
    /// The address of the host to bind to, without brackets; empty for all.
    pub host_ip: String,
    /// The port of the container. Docker compose refuses zero, but later than here.
    pub target: u32,
    /// The port of the host; a range such as `8000-9000` where docker is to choose one.
    pub published: Option<String>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// Reads `[[ip:]host[-host]:]container[-container][/protocol]`, one result for each port of a range.
///
/// They come in the order that docker compose gives them, which sorts the container's ports as text.
/// A third number in a range, as in `80-90-91`, is ignored as docker compose does.
///
/// # Errors
/// On anything else, on ports beyond 65535, and on ranges of different length.
pub fn parse(text: &str) -> Result<Vec<PortSpec>, ValueError> {
    let (front, container) = text.rsplit_once(':').unwrap_or(("", text));
    let (ip, host) = front.rsplit_once(':').unwrap_or(("", front));
    let (container, protocol) = container.split_once('/').unwrap_or((container, ""));
    if container.is_empty() {
        return Err(ValueError::part(text, container, "the container port is missing"));
    }
    let protocol = match protocol.to_lowercase().as_str() {
        "" => "tcp".to_owned(),
        known @ ("tcp" | "udp" | "sctp") => known.to_owned(),
        _ => {
            return Err(ValueError::part(
                text,
                protocol,
                "unknown protocol, expected `tcp`, `udp` or `sctp`",
            ));
        }
    };
    let host_ip = host_ip(ip).ok_or_else(|| ValueError::part(text, ip, "this is no IP address"))?.to_owned();
    let targets = range(container)
        .ok_or_else(|| ValueError::part(text, container, "this is no container port and no range of them"))?;
    let published = match host {
        "" => None,
        _ => Some(
            range(host)
                .ok_or_else(|| ValueError::part(text, host, "this is no host port and no range of them"))?,
        ),
    };
    if let Some(published) = &published
        && targets.len() > 1
        && targets.len() != published.len()
    {
        return Err(ValueError::part(text, host, "the ranges of host and container ports differ in length"));
    }
    Ok(expand(&host_ip, targets, published, &protocol))
}

/// One port for each of the container's, sorted by its text.
fn expand(
    host_ip: &str,
    targets: RangeInclusive<u16>,
    published: Option<RangeInclusive<u16>>,
    protocol: &str,
) -> Vec<PortSpec> {
    let mut ports: Vec<_> = targets
        .clone()
        .map(|target| {
            let published = published.as_ref().map(|published| {
                let (first, last) = (published.start(), published.end());
                if targets.len() == 1 && first != last {
                    format!("{first}-{last}")
                } else {
                    (first + (target - targets.start())).to_string()
                }
            });
            PortSpec {
                host_ip: host_ip.to_owned(),
                target: target.into(),
                published,
                protocol: protocol.to_owned(),
            }
        })
        .collect();
    // The text goes on with the protocol, and `/` sorts before the digits: a prefix comes first.
    ports.sort_by_cached_key(|port| port.target.to_string());
    ports
}

/// Takes an address out of its brackets; `None` if it is none. An empty one is fine.
fn host_ip(text: &str) -> Option<&str> {
    let address = match text.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']')?,
        None => text,
    };
    (address.is_empty() || address.parse::<IpAddr>().is_ok()).then_some(address)
}

/// A port or a range of ports that does not run backwards.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut numbers = text.split('-');
    let first = port(numbers.next()?)?;
    let last = numbers.next().map_or(Some(first), port)?;
    (first <= last).then_some(first..=last)
}

fn port(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        let ports = parse(text).unwrap();
        let ports = ports.iter().map(|port| {
            let PortSpec { host_ip, target, published, protocol } = port;
            format!("{host_ip}|{}|{target}/{protocol}", published.as_deref().unwrap_or("-"))
        });
        ports.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_the_short_syntax() {
        let cases = [
            ("80", "|-|80/tcp"),
            ("80/", "|-|80/tcp"),
            ("80/UDP", "|-|80/udp"),
            ("53:53/sctp", "|53|53/sctp"),
            (":80", "|-|80/tcp"),
            ("::80", "|-|80/tcp"),
            ("080:0090", "|80|90/tcp"),
            ("0:80", "|0|80/tcp"),
            ("0", "|-|0/tcp"),
            // Addresses.
            ("127.0.0.1:8080:80", "127.0.0.1|8080|80/tcp"),
            ("127.0.0.1::80", "127.0.0.1|-|80/tcp"),
            ("[1.2.3.4]:80:80", "1.2.3.4|80|80/tcp"),
            ("[::1]:80:80", "::1|80|80/tcp"),
            ("::1:80:80", "::1|80|80/tcp"),
            ("::1::80", "::1|-|80/tcp"),
            ("::ffff:1.2.3.4:80:80", "::ffff:1.2.3.4|80|80/tcp"),
            ("[]:80:80", "|80|80/tcp"),
            // Ranges.
            ("98-101", "|-|100/tcp |-|101/tcp |-|98/tcp |-|99/tcp"),
            ("80-81:90-91/udp", "|80|90/udp |81|91/udp"),
            ("1.2.3.4:9-10:99-100", "1.2.3.4|10|100/tcp 1.2.3.4|9|99/tcp"),
            ("8000-9000:80", "|8000-9000|80/tcp"),
            ("80-80:90", "|80|90/tcp"),
            ("80:90-90", "|80|90/tcp"),
            ("80-81-90", "|-|80/tcp |-|81/tcp"),
            ("65534-65535:65534-65535", "|65534|65534/tcp |65535|65535/tcp"),
        ];
        for (text, expected) in cases {
            assert_eq!(written(text), expected, "{text}");
        }
    }

    #[test]
    fn says_what_is_wrong_where() {
        let cases = [
            ("", 0..0),
            ("80:", 3..3),
            ("80:/tcp", 3..3),
            ("80/foo", 3..6),
            ("80:80/tcp/udp", 6..13),
            ("80-", 0..3),
            ("90-80", 0..5),
            ("65536", 0..5),
            ("8_0", 0..3),
            ("80: 80", 3..6),
            ("80 :80", 0..3),
            ("+80:80", 0..3),
            ("1-0:80", 0..3),
            ("80/udp:90", 0..6),
            ("1.2.3.4:80", 0..7),
            ("1.2.3:80:80", 0..5),
            ("01.2.3.4:80:80", 0..8),
            ("fe80::1%eth0:80:80", 0..12),
            ("[::1]x:80:80", 0..6),
            ("[::1]:80", 0..2),
            ("80:90-91", 0..2),
            ("1.2.3.4:80-82:90-91", 8..13),
        ];
        for (text, range) in cases {
            let error = parse(text).unwrap_err();
            assert_eq!(error.offset..error.offset + error.len, range, "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_an_answer(text in r"([0-9:.\-/\[\]]|tcp|\PC){0,12}") {
            if let Err(error) = parse(&text) {
                prop_assert!(text.get(error.offset..error.offset + error.len).is_some());
            }
        }

        #[test]
        fn a_pair_of_ports_is_itself(host: u16, container: u16) {
            prop_assert_eq!(written(&format!("{host}:{container}")), format!("|{host}|{container}/tcp"));
        }
    }
}
