//! The construction of metric families.
//!
//! Owns: making and registering them in one step. Never does: name them.

use parking_lot::Mutex;
use prometheus::core::Collector;
use prometheus::{
    CounterVec, Gauge, GaugeVec, Histogram, HistogramOpts, HistogramVec, IntCounter, IntGauge, Opts, Registry,
};

/// A family as the reference lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    pub help: String,
    pub labels: Vec<String>,
}

/// Makes families and registers them.
pub(super) struct Maker<'a> {
    registry: &'a Registry,
    families: Mutex<Vec<Family>>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(registry: &'a Registry) -> Self {
        Self { registry, families: Mutex::default() }
    }

    /// Returns the families that were made.
    pub(super) fn families(self) -> Vec<Family> {
        self.families.into_inner()
    }

    fn add<T: Collector + Clone + 'static>(&self, kind: &'static str, family: T) -> Result<T, prometheus::Error> {
        self.registry.register(Box::new(family.clone()))?;
        self.families.lock().extend(described(kind, &family));
        Ok(family)
    }

    pub(super) fn counters(&self, name: &str, help: &str, labels: &[&str]) -> Result<CounterVec, prometheus::Error> {
        self.add("counter", CounterVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn integer_counter(&self, name: &str, help: &str) -> Result<IntCounter, prometheus::Error> {
        self.add("counter", IntCounter::new(name, help)?)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> Result<Gauge, prometheus::Error> {
        self.add("gauge", Gauge::new(name, help)?)
    }

    pub(super) fn integer_gauge(&self, name: &str, help: &str) -> Result<IntGauge, prometheus::Error> {
        self.add("gauge", IntGauge::new(name, help)?)
    }

    pub(super) fn gauges(&self, name: &str, help: &str, labels: &[&str]) -> Result<GaugeVec, prometheus::Error> {
        self.add("gauge", GaugeVec::new(Opts::new(name, help), labels)?)
    }

    pub(super) fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> Result<Histogram, prometheus::Error> {
        self.add("histogram", Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
    }

    pub(super) fn histograms(
        &self,
        name: &str,
        help: &str,
        buckets: &[f64],
        labels: &[&str],
    ) -> Result<HistogramVec, prometheus::Error> {
        self.add("histogram", HistogramVec::new(HistogramOpts::new(name, help).buckets(buckets.to_vec()), labels)?)
    }
}

/// Returns the families of a collector, all of which have one kind.
pub(super) fn described(kind: &'static str, collector: &impl Collector) -> Vec<Family> {
    let family = |desc: &&prometheus::core::Desc| Family {
        name: desc.fq_name.clone(),
        kind,
        help: desc.help.clone(),
        labels: desc.variable_labels.clone(),
    };
    collector.desc().iter().map(family).collect()
}
