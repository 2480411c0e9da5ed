//! The table of well-known ports. One row a number, in the order of the numbers.

/// What is known of a port.
#[derive(Debug)]
pub struct WellKnown {
    /// The number.
    pub number: u16,
    /// What its protocol is called, as the name of a port: at most 15 characters.
    pub name: &'static str,
    /// What is spoken there.
    pub transport: Transport,
}

/// What is spoken at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Transport {
    /// Streams.
    Tcp,
    /// Datagrams.
    Udp,
    /// Either, as the client likes.
    Both,
}

impl Transport {
    /// The protocols of it, in Compose's spelling.
    pub fn protocols(self) -> &'static [&'static str] {
        match self {
            Transport::Tcp => &["tcp"],
            Transport::Udp => &["udp"],
            Transport::Both => &["tcp", "udp"],
        }
    }
}

impl WellKnown {
    /// Whether browsers and Ingresses speak to it.
    pub fn is_web(&self) -> bool {
        self.name == "http"
    }

    /// What `appProtocol` says of it, where that is more than its name says.
    pub fn app_protocol(&self) -> Option<&'static str> {
        self.name.ends_with("grpc").then_some("grpc")
    }
}

const fn tcp(number: u16, name: &'static str) -> WellKnown {
    WellKnown { number, name, transport: Transport::Tcp }
}

const fn udp(number: u16, name: &'static str) -> WellKnown {
    WellKnown { number, name, transport: Transport::Udp }
}

const fn both(number: u16, name: &'static str) -> WellKnown {
    WellKnown { number, name, transport: Transport::Both }
}

/// Every port that is known.
static PORTS: &[WellKnown] = &[
    tcp(25, "smtp"),
    both(53, "dns"),
    udp(69, "tftp"),
    tcp(80, "http"),
    udp(123, "ntp"),
    udp(161, "snmp"),
    udp(162, "snmp-trap"),
    tcp(443, "https"),
    udp(500, "isakmp"),
    both(514, "syslog"),
    tcp(1025, "smtp"),
    udp(1194, "openvpn"),
    tcp(1433, "mssql"),
    udp(1812, "radius"),
    udp(1813, "radius-acct"),
    udp(2055, "netflow"),
    tcp(2181, "zookeeper"),
    tcp(3000, "http"),
    tcp(3306, "mysql"),
    both(3478, "stun"),
    tcp(4200, "http"),
    tcp(4222, "nats"),
    tcp(4317, "otlp-grpc"),
    tcp(4318, "otlp-http"),
    udp(4500, "ipsec-nat-t"),
    udp(4739, "ipfix"),
    tcp(5000, "http"),
    both(5060, "sip"),
    tcp(5173, "http"),
    udp(5353, "mdns"),
    tcp(5432, "postgres"),
    tcp(5672, "amqp"),
    udp(5683, "coap"),
    udp(6343, "sflow"),
    tcp(6379, "redis"),
    udp(6831, "jaeger-compact"),
    udp(6832, "jaeger-binary"),
    tcp(8000, "http"),
    tcp(8025, "http"),
    tcp(8080, "http"),
    tcp(8081, "http"),
    udp(8125, "statsd"),
    tcp(8443, "https"),
    tcp(8888, "http"),
    tcp(9042, "cql"),
    tcp(9092, "kafka"),
    udp(9125, "statsd"),
    tcp(9200, "http"),
    tcp(11211, "memcached"),
    tcp(11300, "beanstalkd"),
    udp(12201, "gelf"),
    tcp(14250, "jaeger-grpc"),
    tcp(16686, "http"),
    udp(25826, "collectd"),
    tcp(27017, "mongodb"),
    udp(51820, "wireguard"),
];

/// What is known of a port.
pub fn port(number: u16) -> Option<&'static WellKnown> {
    let at = PORTS.binary_search_by_key(&number, |port| port.number).ok()?;
    PORTS.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_stand_in_order_and_their_names_are_legal() {
        assert!(PORTS.is_sorted_by(|one, next| one.number < next.number));
        assert!(PORTS.iter().all(|port| port.name.len() <= 15));
    }
}
