//! The engine's process, counted from outside (`/proc`) and from inside (its census).

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use interviewer::session::registry::Census;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::ENGINE;

/// Idle threads of tokio's blocking pool live for ten seconds; a lost peer is given up after thirty.
const QUIET: usize = 14;
const SETTLE: Duration = Duration::from_mins(2);

/// What there is at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    pub census: Census,
    pub threads: i64,
    pub handles: i64,
    pub udp: i64,
    pub tcp: i64,
    pub rss_kb: i64,
}

impl Figures {
    /// What must come back to the last one, by name.
    pub fn exact(&self) -> Vec<(&'static str, i64)> {
        vec![
            ("live calls", self.census.live as i64),
            ("joins under way", self.census.joining as i64),
            ("pages", self.census.pages as i64),
            ("tasks of the media thread", self.census.media_tasks as i64),
            ("threads", self.threads),
            ("file handles", self.handles),
            ("UDP sockets", self.udp),
            ("TCP sockets", self.tcp),
        ]
    }
}

/// The engine's process; killed when dropped.
pub struct Engine {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    pub url: String,
}

impl Engine {
    pub async fn start(folder: &Path, capacity: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .env(ENGINE, "1")
            .env("DATA_DIR", folder)
            .env("API_PORT", "0")
            .env("SPEECH_ENGINE", "scripted")
            .env("DATABASE_POOL_SIZE", "4")
            .env("MAX_CONCURRENT_INTERVIEWS", capacity.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = output.next_line().await.unwrap().expect("the engine starts");
        Self { child, input, output, url }
    }

    pub async fn census(&mut self) -> Census {
        self.input.write_all(b"census\n").await.unwrap();
        let line = self.output.next_line().await.unwrap().expect("the engine lives");
        serde_json::from_str(&line).unwrap()
    }

    async fn figures(&mut self) -> Figures {
        let census = self.census().await;
        let process = format!("/proc/{}", self.child.id().expect("it runs"));
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.split_whitespace().next().unwrap().parse::<i64>().unwrap()
        };
        let targets: Vec<String> = std::fs::read_dir(format!("{process}/fd"))
            .unwrap()
            .filter_map(|entry| Some(std::fs::read_link(entry.ok()?.path()).ok()?.display().to_string()))
            .collect();
        let of = |table: &str| {
            let table = std::fs::read_to_string(format!("{process}/net/{table}")).unwrap();
            let inodes = table.lines().skip(1).filter_map(|line| line.split_whitespace().nth(9));
            inodes.filter(|inode| targets.contains(&format!("socket:[{inode}]"))).count() as i64
        };
        Figures {
            census,
            threads: field("Threads:"),
            handles: targets.len() as i64,
            udp: of("udp"),
            tcp: of("tcp"),
            rss_kb: field("VmRSS:"),
        }
    }

    /// The figures when no call is left and nothing has changed for a while; as they are when that takes too long.
    pub async fn settled(&mut self) -> Figures {
        let deadline = Instant::now() + SETTLE;
        let mut last = self.figures().await;
        let mut same = 0;
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = self.figures().await;
            same = if now.exact() == last.exact() && now.census.live == 0 { same + 1 } else { 0 };
            if same >= QUIET || Instant::now() > deadline {
                return now;
            }
            last = now;
        }
    }

    /// Lets it close by itself.
    pub async fn stop(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        let _ = tokio::time::timeout(Duration::from_secs(20), child.wait()).await;
    }
}
