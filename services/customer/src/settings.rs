//! The program's settings.

use serde::Deserialize;

/// The commented defaults, over those of every service.
pub const SETTINGS: &str = include_str!("settings.toml");

/// What is this service's own: nothing beyond what every service has.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Settings {}

#[cfg(test)]
mod tests {
    use runtime::settings::{COMMON, Common, GRPC, Settings as Values};

    use super::*;

    #[test]
    fn the_defaults_are_complete_and_have_the_services_port() {
        let values = Values::new("CUSTOMER", &[("", COMMON), ("", GRPC), ("", SETTINGS)], []).unwrap();
        assert_eq!(values.extract::<Common>().unwrap().grpc.port, 50053);
        values.extract::<Settings>().unwrap();
    }
}
