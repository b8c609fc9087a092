//! The demo's view: what the pipeline does, minute by minute. On a terminal it stays in place; elsewhere it is a log of what
//! changed.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write, stderr};

use anyhow::Result;
use chrono::{DateTime, FixedOffset};

use super::output::{cut, padded, safe};
use crate::demo::{Minute, Stage};
use crate::pipeline::Move;
use crate::store::{IncidentRow, Which};

/// Lines of the latest happenings.
const LATEST: usize = 8;

/// What is drawn, and what was drawn before.
pub(super) struct View {
    terminal: bool,
    colour: bool,
    drawn: usize,
    address: String,
    speed: u32,
    latest: VecDeque<String>,
    crawls: usize,
    unchanged: usize,
    last: Option<DateTime<FixedOffset>>,
}

impl View {
    pub(super) fn new(address: String, speed: u32) -> Self {
        let terminal = stderr().is_terminal();
        if !terminal {
            eprintln!("replaying the recorded day through loopback; dashboard at {address}");
        }
        Self {
            terminal,
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            drawn: 0,
            address,
            speed,
            latest: VecDeque::new(),
            crawls: 0,
            unchanged: 0,
            last: None,
        }
    }

    /// Takes a minute in and shows how things stand.
    pub(super) fn show(
        &mut self,
        stage: &Stage,
        now: DateTime<FixedOffset>,
        minute: &Minute,
        quiet: bool,
    ) -> Result<()> {
        self.crawls += minute.crawls.len();
        self.unchanged += minute.crawls.iter().filter(|crawl| crawl.unchanged).count();
        for crawl in &minute.crawls {
            if let Some(error) = &crawl.error {
                self.say(now, &format!("✗ {error}"));
            }
        }
        for made in &minute.moves {
            self.say(now, &told(made));
        }
        // In quiet hours one picture per ten minutes of the day is enough.
        if !self.terminal
            || (quiet && minute.moves.is_empty() && self.last.is_some_and(|last| (now - last).num_minutes() < 10))
        {
            return Ok(());
        }
        self.last = Some(now);
        let store = &stage.pipeline.store;
        let live = store.incidents_page(Which::Live, None, None, 6)?;
        let over = store.incidents_page(Which::Over, None, None, 3)?;
        let documents = store.document_count()?.0;
        let (pending, delivered) =
            store.delivery_counts()?.iter().fold((0, 0), |(pending, delivered), (state, count)| {
                if state == "delivered" { (pending, delivered + count) } else { (pending + count, delivered) }
            });
        let pace = if quiet { "조용한 시간 (quiet, fast)".to_owned() } else { format!("{}×", self.speed) };
        let mut lines = vec![
            format!("{}  {}  {pace}", self.bold("먹통 meoktong"), now.format("%Y-%m-%d %H:%M")),
            format!("화면 (dashboard)     {}", self.address),
            format!(
                "수집 (crawls)        {}회, 바뀐 것 없음 {} (unchanged); 수집원 {}곳 (sources)",
                self.crawls,
                self.unchanged,
                stage.pipeline.config.source.len()
            ),
            format!(
                "문서 (documents)     {documents}    알림 (messages) {delivered} 전달 (delivered), {pending} 대기 (waiting), 웹훅 {} (received)",
                stage.webhooks()
            ),
            String::new(),
        ];
        if live.is_empty() {
            lines.push(self.paint(32, "● 감지된 장애 없음 (no outage detected)"));
        }
        lines.extend(live.iter().map(|row| self.incident(row, now)));
        lines.extend(over.iter().map(|row| self.incident(row, now)));
        lines.push(String::new());
        lines.extend(self.latest.iter().cloned());
        self.draw(&lines);
        Ok(())
    }

    /// Leaves the last picture as it stands.
    pub(super) fn close(&mut self) {
        if self.terminal {
            eprintln!();
        }
    }

    fn say(&mut self, now: DateTime<FixedOffset>, what: &str) {
        let line = format!("{}  {}", now.format("%H:%M"), safe(what));
        if !self.terminal {
            eprintln!("{line}");
        }
        self.latest.push_back(line);
        if self.latest.len() > LATEST {
            self.latest.pop_front();
        }
    }

    fn incident(&self, row: &IncidentRow, now: DateTime<FixedOffset>) -> String {
        let (colour, word) = match row.state.as_str() {
            "suspected" => (33, "의심 (suspected)"),
            "open" => (31, "장애 (down)"),
            "restored" => (33, "복구 확인 중 (recovering)"),
            _ => (32, "종료 (resolved)"),
        };
        let failed: Vec<&str> = row.failed.iter().map(|feature| feature.name.as_str()).collect();
        let since = DateTime::parse_from_rfc3339(&row.opened_at).map_or(0, |at| (now - at).num_minutes());
        let name = padded(&safe(&row.name), 14);
        let clock = row.opened_at.get(11..16).unwrap_or_default();
        let more = match row.state.as_str() {
            "resolved" => {
                format!("{clock} ~ {}", row.closed_at.as_deref().and_then(|at| at.get(11..16)).unwrap_or_default())
            }
            _ => format!("{clock}부터 {since}분 (min)"),
        };
        let reach = format!("영향권 {} (exposed)", row.exposed.len());
        format!(
            "{} {name} {}  {more}  {}  {reach}",
            self.paint(colour, "●"),
            padded(word, 26),
            safe(&failed.join(", "))
        )
    }

    fn draw(&mut self, lines: &[String]) {
        let wide = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0));
        let mut text = String::new();
        if self.drawn > 0 {
            text.push_str(&format!("\x1b[{}A\x1b[J", self.drawn));
        }
        for line in lines {
            // Colour codes take no room: a coloured line is left a little longer.
            let room = if line.contains('\x1b') { wide + 9 } else { wide };
            text.push_str(&cut(line, room.saturating_sub(1)));
            if line.contains('\x1b') {
                text.push_str("\x1b[0m");
            }
            text.push('\n');
        }
        self.drawn = lines.len();
        let _ = stderr().write_all(text.as_bytes());
    }

    fn paint(&self, colour: u8, text: &str) -> String {
        if self.colour { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn bold(&self, text: &str) -> String {
        if self.colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }
}

fn told(made: &Move) -> String {
    let word = match made.change.as_str() {
        "opened" => "장애 의심 (suspected)",
        "confirmed" => "장애 확인 (confirmed)",
        "feature_added" => "기능 추가 (more features)",
        "impact_raised" => "영향 확대 (impact raised)",
        "restored" => "복구 보고 (restored)",
        "resolved" => "장애 종료 (resolved)",
        "retracted" => "의심 철회 (withdrawn)",
        other => other,
    };
    let messages =
        if made.messages.is_empty() { String::new() } else { format!(", 알림 {} (messages)", made.messages.len()) };
    format!("{} {word}, 근거 {} (documents){messages}", made.incident.name, made.evidence.len())
}
