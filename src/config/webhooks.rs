//! The delivery of webhooks.
//!
//! Owns: what these settings mean, and whether they are consistent.

use std::path::Path;
use std::time::Duration;

use interview::webhook::{Allow, Schedule};
use rustls::pki_types::CertificateDer;

use super::{ConfigError, Settings};
use crate::tls;
use crate::webhooks::DeliverySettings;
use storage::webhooks::Bounds;

/// One day in seconds, which is the longest time for settings that are not given in days.
const DAY: f64 = 86_400.0;

impl Settings {
    pub fn delivery(&self) -> Result<DeliverySettings, ConfigError> {
        let set = &self.webhooks;
        let allow =
            Allow::read(set.allow.iter().map(String::as_str)).map_err(|error| bad("allow", &error.to_string()))?;
        let authorities = match set.ca_cert.as_str() {
            "" => Vec::new(),
            file => trusted(file).map_err(|reason| bad("ca_cert", &format!("{file} cannot be used: {reason}")))?,
        };
        if set.attempts < 3 {
            return Err(bad("attempts", "must be at least 3"));
        }
        if set.concurrent == 1 {
            return Err(bad(
                "concurrent",
                "must be at least 2, so that one slow receiver does not delay the others, or 0 to send nothing",
            ));
        }
        if set.concurrent_per_endpoint == 0 {
            return Err(bad("concurrent_per_endpoint", "must be at least 1"));
        }
        let within = |key: &str, value: f64, most: f64| {
            if value > 0.0 && value <= most {
                Ok(Duration::from_secs_f64(value))
            } else {
                Err(bad(key, &format!("must be more than 0 and at most {most}")))
            }
        };
        let schedule = Schedule {
            attempts: set.attempts,
            first: within("retry_first_seconds", set.retry_first_seconds, DAY)?,
            longest: within("retry_longest_seconds", set.retry_longest_seconds, 7.0 * DAY)?,
        };
        let chrono = |duration: Duration| chrono::Duration::from_std(duration).unwrap_or(chrono::Duration::days(1));
        Ok(DeliverySettings {
            allow,
            authorities,
            schedule,
            connect_timeout: within("connect_timeout_seconds", set.connect_timeout_seconds, 300.0)?,
            timeout: within("timeout_seconds", set.timeout_seconds, 300.0)?,
            bounds: Bounds {
                all: set.concurrent,
                each: set.concurrent_per_endpoint,
                failing: (set.concurrent / 2).max(1),
            },
            patience: chrono(within("disable_after_days", set.disable_after_days * DAY, 365.0 * DAY)?),
            overlap: chrono(within("secret_overlap_hours", set.secret_overlap_hours * 3_600.0, 365.0 * DAY)?),
            kept: chrono::Duration::days(i64::from(set.keep_days.max(1))),
        })
    }
}

/// Reads the certificates in a file.
fn trusted(file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = tls::certificates(Path::new(file))?;
    // Errors are found here and not at the first delivery.
    outgoing::trusting(&found).map_err(|error| error.to_string())?;
    Ok(found)
}

fn bad(key: &str, why: &str) -> ConfigError {
    super::bad(&format!("webhooks.{key}"), why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &[(&str, &str)]) -> Result<DeliverySettings, String> {
        let found = |name: &str| pairs.iter().find(|pair| pair.0 == name).map(|pair| pair.1.to_owned());
        Settings::read(None, found).and_then(|settings| settings.delivery()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_try_for_hours_and_call_nobody_within() {
        let delivery = with(&[]).unwrap();
        assert_eq!(delivery.allow, Allow::default());
        assert_eq!((delivery.schedule.attempts, delivery.bounds.failing), (8, 6));
        assert_eq!(delivery.patience, chrono::Duration::days(5));
    }

    #[test]
    fn what_makes_no_sense_names_itself() {
        for (variable, value) in [
            ("WEBHOOKS_ATTEMPTS", "2"),
            ("WEBHOOKS_ALLOW", "10.0.0.0/99"),
            ("WEBHOOKS_TIMEOUT_SECONDS", "0"),
            ("WEBHOOKS_CONNECT_TIMEOUT_SECONDS", "-1"),
            ("WEBHOOKS_RETRY_FIRST_SECONDS", "NaN"),
            ("WEBHOOKS_CONCURRENT", "1"),
            ("WEBHOOKS_DISABLE_AFTER_DAYS", "1e9"),
            ("WEBHOOKS_CA_CERT", "nowhere.pem"),
            ("WEBHOOKS_CA_CERT", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")),
        ] {
            let error = with(&[(variable, value)]).unwrap_err();
            assert!(error.contains(variable), "{error}");
        }
    }
}
