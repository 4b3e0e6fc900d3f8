//! The Silero network on a thread of its own, which processes the chunks of all calls in batches.
//!
//! Owns: the session, the batch and each call's recurrent state. Never does: wait for the shared
//! inference threads.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use ort::environment::Environment;
use ort::session::Session;
use ort::value::{Tensor, TensorRef};
use tokio::sync::oneshot;

use super::{ActivityDetector, ActivityEngine, CHUNK, VadError};
use onnx::SessionKind;

/// Samples of the previous chunk that the network requires before each chunk.
const CONTEXT: usize = 64;
const INPUT: usize = CONTEXT + CHUNK;
/// Values in one layer of the recurrent state, which has two layers.
const HIDDEN: usize = 128;
/// The maximum number of chunks per run, and the longest time that a chunk waits for others.
const BATCH: usize = 32;
const COLLECT: Duration = Duration::from_millis(3);

/// The complete state of one call's detector. It is sent to the thread with each chunk and returned
/// with the result, so the thread keeps nothing of a call that is over.
struct Memory {
    /// 64 samples of context, followed by the chunk.
    input: [f32; INPUT],
    hidden: [[f32; HIDDEN]; 2],
}

impl Memory {
    fn new() -> Box<Self> {
        Box::new(Self { input: [0.0; INPUT], hidden: [[0.0; HIDDEN]; 2] })
    }
}

struct Request {
    memory: Box<Memory>,
    reply: oneshot::Sender<(Box<Memory>, Result<f32, String>)>,
}

/// The running network, cheap to clone. Its thread ends when the last handle and the last stream
/// are dropped.
#[derive(Clone)]
pub struct Vad {
    requests: Sender<Request>,
    streams: Arc<AtomicUsize>,
}

impl Vad {
    /// Loads the model and starts the thread.
    ///
    /// # Errors
    /// Returns [`VadError::Model`] with the file's path if the file cannot be loaded.
    pub fn start(environment: &Environment, model: &Path) -> Result<Self, VadError> {
        let mut session = onnx::session(environment, model, 1, SessionKind::Variable)?;
        let fault = |reason: String| VadError::Model { path: model.to_owned(), reason };
        // The first run allocates memory, and verifies that the file is the expected network.
        infer(&mut session, &mut [Memory::new()]).map_err(fault)?;
        let (requests, inbox) = unbounded();
        let streams = Arc::new(AtomicUsize::new(0));
        let live = Arc::clone(&streams);
        let spawned = std::thread::Builder::new().name("vad".to_owned()).spawn(move || serve(session, &inbox, &live));
        spawned.map_err(|error| VadError::Failed(error.to_string()))?;
        Ok(Self { requests, streams })
    }

    /// Returns a detector for one call. Dropping it frees everything that belongs to it.
    pub fn stream(&self) -> VadStream {
        self.streams.fetch_add(1, Ordering::Relaxed);
        VadStream { requests: self.requests.clone(), streams: Arc::clone(&self.streams), memory: Some(Memory::new()) }
    }

    /// Returns the number of calls that have a detector now.
    #[cfg(test)]
    pub(super) fn live_streams(&self) -> usize {
        self.streams.load(Ordering::Relaxed)
    }
}

impl ActivityEngine for Vad {
    fn detector(&self) -> Box<dyn ActivityDetector> {
        Box::new(self.stream())
    }

    fn name(&self) -> &'static str {
        "silero"
    }
}

/// The detector of one call.
pub struct VadStream {
    requests: Sender<Request>,
    streams: Arc<AtomicUsize>,
    /// `None` while a chunk is being processed. After a cancelled wait, a fresh state is used.
    memory: Option<Box<Memory>>,
}

impl VadStream {
    /// Returns the probability, between 0 and 1, that this chunk contains speech. The chunk is 16
    /// kHz mono, with samples between -1 and 1.
    ///
    /// # Errors
    /// Returns [`VadError::Failed`] if the network fails. The stream then continues as if the chunk
    /// had not existed.
    pub async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError> {
        let mut memory = self.memory.take().unwrap_or_else(Memory::new);
        memory.input[CONTEXT..].copy_from_slice(chunk);
        let (reply, answer) = oneshot::channel();
        // The unbounded queue stays small, because a stream sends at most one chunk at a time.
        self.requests.send(Request { memory, reply }).map_err(|_| VadError::Stopped)?;
        let (mut memory, result) = answer.await.map_err(|_| VadError::Stopped)?;
        memory.input.copy_within(CHUNK.., 0);
        self.memory = Some(memory);
        result.map_err(VadError::Failed)
    }
}

#[async_trait]
impl ActivityDetector for VadStream {
    async fn probability(&mut self, chunk: &[f32; CHUNK]) -> Result<f32, VadError> {
        VadStream::probability(self, chunk).await
    }
}

impl Drop for VadStream {
    fn drop(&mut self) {
        self.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

fn serve(mut session: Session, inbox: &Receiver<Request>, streams: &AtomicUsize) {
    while let Ok(first) = inbox.recv() {
        let batch = collect(first, inbox, streams);
        let (mut memories, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|it| (it.memory, it.reply)).unzip();
        // A panic costs the chunks that it is about, and not the hearing of every call.
        let inferred = catch_unwind(AssertUnwindSafe(|| infer(&mut session, &mut memories)));
        let results = inferred.unwrap_or_else(|_| Err("the network panicked".to_owned()));
        for (index, (memory, reply)) in memories.into_iter().zip(replies).enumerate() {
            let result = results.as_ref().map(|probabilities| probabilities[index]).map_err(Clone::clone);
            // The call may have ended meanwhile, so an error is ignored.
            let _ = reply.send((memory, result));
        }
    }
}

/// Collects chunks for at most [`COLLECT`], or until every live stream has sent its chunk.
fn collect(first: Request, inbox: &Receiver<Request>, streams: &AtomicUsize) -> Vec<Request> {
    let deadline = Instant::now() + COLLECT;
    let mut batch = vec![first];
    while batch.len() < streams.load(Ordering::Relaxed).min(BATCH) {
        match inbox.recv_deadline(deadline) {
            Ok(request) => batch.push(request),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => break,
        }
    }
    batch
}

/// Runs the network: `input` [B, 576], `state` [2, B, 128], `sr` → `output` [B, 1], `stateN` [2, B,
/// 128]. New states are stored in the memories. After an error, the memories are unchanged.
fn infer(session: &mut Session, memories: &mut [Box<Memory>]) -> Result<Vec<f32>, String> {
    run(session, memories).map_err(|error| error.to_string())
}

fn run(session: &mut Session, memories: &mut [Box<Memory>]) -> ort::Result<Vec<f32>> {
    let count = memories.len();
    let mut input = Vec::with_capacity(count * INPUT);
    let mut state = Vec::with_capacity(2 * count * HIDDEN);
    for memory in memories.iter() {
        input.extend_from_slice(&memory.input);
    }
    for layer in 0..2 {
        for memory in memories.iter() {
            state.extend_from_slice(&memory.hidden[layer]);
        }
    }
    let outputs = session.run(ort::inputs![
        "input" => TensorRef::from_array_view(([count, INPUT], input.as_slice()))?,
        "state" => TensorRef::from_array_view(([2, count, HIDDEN], state.as_slice()))?,
        "sr" => Tensor::from_array(([0_usize; 0], vec![16_000_i64]))?,
    ])?;
    let (_, probabilities) = outputs[0].try_extract_tensor::<f32>()?;
    let (_, states) = outputs[1].try_extract_tensor::<f32>()?;
    if probabilities.len() != count || states.len() != 2 * count * HIDDEN {
        return Err(ort::Error::new("the shapes of the model's outputs are not Silero's"));
    }
    for (index, memory) in memories.iter_mut().enumerate() {
        for layer in 0..2 {
            let start = (layer * count + index) * HIDDEN;
            memory.hidden[layer].copy_from_slice(&states[start..start + HIDDEN]);
        }
    }
    Ok(probabilities.to_vec())
}
