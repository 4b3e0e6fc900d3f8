//! The queue of inference jobs, which is read at each scrape.
//!
//! Owns: `inference_queue_depth`, `inference_queue_wait_seconds_total` and
//! `inference_threads_busy`. Never does: change the queue.

use parking_lot::Mutex;
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{CounterVec, GaugeVec, IntGauge, Opts};

use super::families::{Family, described};
use voice::inference::{Inference, Priority};

pub(super) struct QueueCollector {
    inference: Inference,
    depth: GaugeVec,
    waited: CounterVec,
    busy: IntGauge,
    /// Two simultaneous scrapes would add the sums twice.
    reading: Mutex<()>,
}

impl QueueCollector {
    pub(super) fn new(inference: Inference) -> Result<Self, prometheus::Error> {
        let (depth, waited, busy) = parts()?;
        Ok(Self { inference, depth, waited, busy, reading: Mutex::new(()) })
    }
}

fn parts() -> Result<(GaugeVec, CounterVec, IntGauge), prometheus::Error> {
    let labels = &["priority"];
    Ok((
        GaugeVec::new(Opts::new("inference_queue_depth", "Jobs that wait for an inference thread"), labels)?,
        CounterVec::new(
            Opts::new("inference_queue_wait_seconds_total", "Total waiting time of the jobs that have begun"),
            labels,
        )?,
        IntGauge::new("inference_threads_busy", "Inference threads that are busy")?,
    ))
}

/// Returns the families of this collector.
pub(super) fn families() -> Result<Vec<Family>, prometheus::Error> {
    let (depth, waited, busy) = parts()?;
    Ok([described("gauge", &depth), described("counter", &waited), described("gauge", &busy)].concat())
}

impl Collector for QueueCollector {
    fn desc(&self) -> Vec<&Desc> {
        [self.depth.desc(), self.waited.desc(), self.busy.desc()].concat()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _alone = self.reading.lock();
        let stats = self.inference.stats();
        self.busy.set(stats.busy as i64);
        // The sums only grow, so they can be set without knowing the previous values.
        self.waited.reset();
        for priority in Priority::ALL {
            let label = &[priority.name()];
            self.depth.with_label_values(label).set(stats.queued[priority as usize] as f64);
            self.waited.with_label_values(label).inc_by(stats.waited[priority as usize].as_secs_f64());
        }
        [self.depth.collect(), self.waited.collect(), self.busy.collect()].concat()
    }
}
