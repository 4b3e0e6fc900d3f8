//! The speech engines of this process: loaded once, shared by all calls.
