//! Configuration: the commented default file, the user's file over it, every mistake at once.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

mod source;

pub use source::{Adapter, Source};

/// The commented defaults; this text is the manual.
pub const DEFAULT: &str = include_str!("config.default.toml");

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    /// Fetching.
    pub crawl: Crawl,
    /// What is kept.
    pub documents: Documents,
    /// The detector's clock.
    pub detect: Detect,
    /// Dashboard and API.
    pub http: Http,
    /// Who may write.
    #[serde(default)]
    pub token: Vec<Token>,
    /// Who is told.
    #[serde(default)]
    pub endpoint: Vec<Endpoint>,
    /// What is polled.
    #[serde(default)]
    pub source: Vec<Source>,
}

/// `[crawl]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Crawl {
    /// Part of the user agent.
    pub contact: String,
    /// Seconds.
    pub timeout_seconds: u64,
    /// MiB.
    pub max_body_mib: usize,
    /// Milliseconds.
    pub host_delay_ms: u64,
    /// Sources at a time.
    pub concurrency: usize,
    /// Whether robots.txt is obeyed.
    pub robots: bool,
    /// Whether private addresses may be fetched.
    pub allow_private: bool,
    /// Hours.
    pub stale_hours: i64,
    /// Whether a proxy of the environment is used.
    pub proxy: bool,
    /// Whether lively sources are polled more often and still ones less.
    pub adaptive: bool,
    /// Failures in a row.
    pub broken_after: i64,
}

/// `[documents]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Documents {
    /// Characters kept of a text; 0 keeps all.
    pub keep_chars: usize,
    /// Days after which a document leaves the search index; 0 keeps it.
    pub index_days: i64,
}

/// `[detect]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Detect {
    /// Seconds.
    pub tick_seconds: u64,
}

/// `[http]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Http {
    /// Address and port.
    pub listen: String,
    /// Whether reading needs a token too.
    pub protect_reads: bool,
    /// Requests a minute from one address; 0: no limit.
    pub rate_per_minute: u32,
    /// Whether the last address of `X-Forwarded-For` is believed.
    pub behind_proxy: bool,
    /// Origins of other sites whose pages may read the API.
    pub cors_origins: Vec<String>,
}

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading, where that is protected.
    Read,
    /// Acknowledging and judging incidents.
    Incidents,
    /// Silences and sending again.
    Alerts,
    /// Asking a source now.
    Sources,
}

impl Scope {
    /// The name used in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::Read => "read",
            Scope::Incidents => "incidents",
            Scope::Alerts => "alerts",
            Scope::Sources => "sources",
        }
    }
}

/// `[[token]]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Token {
    /// Whose it is; written beside what it does.
    pub name: String,
    /// SHA-256 of the token in hex.
    pub sha256: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
}

/// `[[endpoint]]`.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Endpoint {
    /// Name in messages and in the outbox.
    pub name: String,
    /// Where messages go.
    pub url: Option<String>,
    /// Environment variable with the address.
    pub url_env: Option<String>,
    /// `whsec_…`; better in `secret_env`.
    pub secret: Option<String>,
    /// Environment variable with the secret.
    pub secret_env: Option<String>,
    /// Form of the messages.
    #[serde(default)]
    pub format: crate::alert::Format,
    /// Least impact told.
    pub min_impact: Option<crate::detect::Impact>,
    /// Services told of; none means all.
    #[serde(default)]
    pub services: Vec<String>,
}

/// One mistake in a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mistake {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

const ENDPOINT_KEYS: [&str; 8] = ["name", "url", "url_env", "secret", "secret_env", "format", "min_impact", "services"];
const TOKEN_KEYS: [&str; 3] = ["name", "sha256", "scopes"];
const SCOPES: [&str; 4] = ["read", "incidents", "alerts", "sources"];
const FORMATS: [&str; 5] = ["webhook", "slack", "discord", "jandi", "dooray"];

impl Config {
    /// The defaults, with a user's file over them if there is one.
    ///
    /// # Errors
    /// Every mistake in the file.
    pub fn load(path: Option<&Path>) -> Result<Self, Vec<Mistake>> {
        let Some(path) = path else { return Self::read("", "config.default.toml") };
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::read(&text, &file),
            Err(error) => {
                Err(vec![Mistake { file, line: 0, what: format!("cannot be read ({error}) — correct --config") }])
            }
        }
    }

    /// Lays a text over the defaults.
    ///
    /// # Errors
    /// Every mistake in the text.
    pub fn read(text: &str, file: &str) -> Result<Self, Vec<Mistake>> {
        let mut check = Check { text, file, mistakes: Vec::new() };
        let (spanned, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            check.add(error.span().map_or(0, |span| span.start), error.message().to_owned());
        }
        let defaults: Table = toml::from_str(DEFAULT).expect("the embedded defaults are valid, a test says");
        check.table(spanned.get_ref(), &defaults);
        if !check.mistakes.is_empty() {
            check.mistakes.sort();
            return Err(check.mistakes);
        }
        let user: Table = toml::from_str(text).unwrap_or_default();
        let merged = merge(defaults, user);
        let config = Config::deserialize(Value::Table(merged)).map_err(|error| {
            vec![Mistake { file: file.to_owned(), line: 1, what: error.message().replace('\n', " ") }]
        })?;
        config.http.listen.parse::<std::net::SocketAddr>().map_err(|_| {
            let what = format!("http.listen {:?} is no address with port, like \"127.0.0.1:8787\"", config.http.listen);
            vec![Mistake { file: file.to_owned(), line: check.line_of("listen"), what }]
        })?;
        Ok(config)
    }

    /// The defaults with a user's text over them, as plain values, for comparing two configurations. Secrets are replaced by
    /// a hash of theirs.
    #[must_use]
    pub fn plain(text: &str) -> Table {
        let defaults: Table = toml::from_str(DEFAULT).unwrap_or_default();
        let mut merged = merge(defaults, toml::from_str(text).unwrap_or_default());
        for name in ["endpoint", "token", "source"] {
            let Some(Value::Array(rows)) = merged.remove(name) else { continue };
            // By name, so that a row that was moved has not changed.
            let mut named = Table::new();
            for row in rows {
                let Value::Table(mut row) = row else { continue };
                for secret in ["url", "secret", "sha256"] {
                    if let Some(value) = row.get_mut(secret).filter(|_| name != "source") {
                        *value = Value::String(format!(
                            "hidden {}",
                            &crate::normalise::short_hash(&[&value.to_string()])[..6]
                        ));
                    }
                }
                let own = row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                named.insert(own, Value::Table(row));
            }
            merged.insert(name.to_owned(), Value::Table(named));
        }
        merged
    }

    /// A source by name.
    ///
    /// # Errors
    /// A message with the nearest name.
    pub fn source(&self, name: &str) -> Result<&Source, String> {
        self.source.iter().find(|source| source.name == name).ok_or_else(|| {
            let hint = nearest(name, self.source.iter().map(|source| source.name.as_str()));
            format!("source {name:?} is not configured{hint} — `meoktong sources` lists them")
        })
    }
}

/// Lays `over` over `under`: tables key by key, `source` and `endpoint` by name.
fn merge(mut under: Table, over: Table) -> Table {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(old)), Value::Table(new)) => *old = merge(std::mem::take(old), new),
            (Some(Value::Array(old)), Value::Array(new)) if key == "source" => {
                for one in new {
                    let name = |value: &Value| value.get("name").and_then(Value::as_str).map(str::to_owned);
                    match old.iter_mut().find(|known| name(known) == name(&one)) {
                        // `name` and `enabled = false` are enough to turn a default source off.
                        Some(Value::Table(known)) => {
                            if let Value::Table(one) = one {
                                *known = merge(std::mem::take(known), one);
                            }
                        }
                        _ => old.push(one),
                    }
                }
            }
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
    under
}

struct Check<'a> {
    text: &'a str,
    file: &'a str,
    mistakes: Vec<Mistake>,
}

impl Check<'_> {
    fn add(&mut self, offset: usize, what: impl Into<String>) {
        let line = 1 + self.text[..offset.min(self.text.len())].matches('\n').count();
        self.mistakes.push(Mistake { file: self.file.to_owned(), line, what: what.into() });
    }

    fn line_of(&self, key: &str) -> usize {
        self.text.lines().position(|line| line.trim_start().starts_with(key)).map_or(1, |at| at + 1)
    }

    fn table(&mut self, given: &DeTable<'_>, defaults: &Table) {
        for (key, value) in given {
            let offset = key.span().start;
            let name = key.get_ref().as_ref();
            match (name, value.get_ref()) {
                ("source", DeValue::Array(rows)) => {
                    for row in rows {
                        self.row(row.span().start, row.get_ref(), &source::KEYS, source::check);
                    }
                }
                ("endpoint", DeValue::Array(rows)) => {
                    for row in rows {
                        self.row(row.span().start, row.get_ref(), &ENDPOINT_KEYS, Self::endpoint);
                    }
                }
                ("token", DeValue::Array(rows)) => {
                    for row in rows {
                        self.row(row.span().start, row.get_ref(), &TOKEN_KEYS, Self::token);
                    }
                }
                (_, DeValue::Table(inner)) if defaults.get(name).is_some_and(Value::is_table) => {
                    let known = defaults[name].as_table().cloned().unwrap_or_default();
                    self.section(name, inner, &known);
                }
                _ => {
                    let known = defaults.keys().map(String::as_str).chain(["endpoint", "token"]);
                    self.add(offset, format!("[{name}] is not known{}", nearest(name, known)));
                }
            }
        }
    }

    fn section(&mut self, section: &str, given: &DeTable<'_>, defaults: &Table) {
        for (key, value) in given {
            let name = key.get_ref().as_ref();
            let Some(default) = defaults.get(name) else {
                let what =
                    format!("{section}.{name} is not known{}", nearest(name, defaults.keys().map(String::as_str)));
                self.add(key.span().start, what);
                continue;
            };
            let wanted = default.type_str();
            let negative = matches!(value.get_ref(), DeValue::Integer(number) if number.as_str().starts_with('-'));
            if value.get_ref().type_str() != wanted || negative {
                self.add(value.span().start, format!("{section}.{name} must be {}, like {default}", article(wanted)));
            }
        }
    }

    fn row(&mut self, at: usize, row: &DeValue<'_>, known: &[&str], check: fn(&mut Self, usize, &DeTable<'_>)) {
        let DeValue::Table(row) = row else { return };
        for (key, _) in row {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                self.add(key.span().start, format!("{name} is not known here{}", nearest(name, known.iter().copied())));
            }
        }
        check(self, at, row);
    }

    fn token(&mut self, at: usize, row: &DeTable<'_>) {
        let text = |name: &str| {
            row.get(name).and_then(|value| Some((value.span().start, value.get_ref().as_str()?.to_owned())))
        };
        if text("name").is_none_or(|(_, name)| name.trim().is_empty()) {
            self.add(at, "a token needs a name");
        }
        match text("sha256") {
            Some((_, hash)) if hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => {}
            Some((offset, _)) => self
                .add(offset, "sha256 is not 64 hex digits — `meoktong config token NAME` makes a token and its hash"),
            None => self.add(at, "a token needs sha256 — `meoktong config token NAME` makes a token and its hash"),
        }
        let scopes = row.get("scopes").and_then(|value| value.get_ref().as_array());
        match scopes {
            Some(scopes) if !scopes.is_empty() => {
                for scope in scopes {
                    let known = scope.get_ref().as_str().unwrap_or_default();
                    if !SCOPES.contains(&known) {
                        let near = nearest(known, SCOPES.iter().copied());
                        self.add(
                            scope.span().start,
                            format!("scope {known:?} is not one of {}{near}", SCOPES.join(", ")),
                        );
                    }
                }
            }
            _ => self.add(at, format!("a token needs scopes, some of {}", SCOPES.join(", "))),
        }
    }

    fn endpoint(&mut self, at: usize, row: &DeTable<'_>) {
        let text = |name: &str| {
            row.get(name).and_then(|value| Some((value.span().start, value.get_ref().as_str()?.to_owned())))
        };
        if text("name").is_none() {
            self.add(at, "an endpoint needs a name");
        }
        if text("url").is_none() && text("url_env").is_none() {
            self.add(at, "an endpoint needs url or url_env");
        }
        let choices: [(&str, &[&str]); 2] = [("format", &FORMATS), ("min_impact", &["minor", "major", "critical"])];
        for (key, allowed) in choices {
            if let Some((offset, value)) = text(key)
                && !allowed.contains(&value.as_str())
            {
                self.add(
                    offset,
                    format!(
                        "{key} {value:?} is not one of {}{}",
                        allowed.join(", "),
                        nearest(&value, allowed.iter().copied())
                    ),
                );
            }
        }
    }
}

fn article(kind: &str) -> String {
    match kind {
        "integer" | "array" => format!("an {kind}"),
        _ => format!("a {kind}"),
    }
}

/// `, perhaps "x" is meant` when something near is known.
fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|word| (distance(wrong, word), word))
        .min()
        .filter(|(distance, word)| *distance <= 1 + word.chars().count() / 4)
        .map_or_else(String::new, |(_, word)| format!(", perhaps {word:?} is meant"))
}

/// Edit distance.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, &b) in other.iter().enumerate() {
            let changed = corner + usize::from(a != b);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use meoktong_index::Kind;

    #[test]
    fn the_default_file_is_the_defaults() {
        let config = Config::read("", "x").unwrap();
        assert_eq!(config.crawl.timeout_seconds, 20);
        assert!(config.source.iter().any(|source| source.name == "newsis" && source.enabled));
        assert!(Config::read(DEFAULT, "x").is_ok(), "and it is valid as a user's file");
    }

    #[test]
    fn a_user_file_lies_over_them() {
        let text = "[crawl]\ntimeout_seconds = 5\n[[source]]\nname = \"newsis\"\nenabled = false\n[[source]]\nname = \"own\"\n\
                    adapter = \"feed\"\nkind = \"post\"\nurl = \"https://a.example/rss\"\nschedule = \"0 * * * *\"\n";
        let config = Config::read(text, "x").unwrap();
        assert_eq!(config.crawl.timeout_seconds, 5);
        assert_eq!(config.crawl.max_body_mib, 15);
        assert!(!config.source("newsis").unwrap().enabled);
        assert_eq!(config.source("own").unwrap().kind, Kind::Post);
        assert!(config.source("newis").unwrap_err().contains("\"newsis\""));
    }

    #[test]
    fn all_mistakes_come_at_once_with_their_lines() {
        let text = "[crawl]\ntimeout_secs = 5\nrobots = \"yes\"\n[crwl]\n[[source]]\nname = \"own\"\nadapter = \"feeds\"\n\
                    kind = \"post\"\nurl = \"ftp://x\"\nschedule = \"often\"\n[[endpoint]]\nname = \"a\"\nformat = \"slak\"\n";
        let mistakes = Config::read(text, "my.toml").unwrap_err();
        let shown: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        let starts = |line: &str, what: &str| {
            assert!(shown.iter().any(|m| m.starts_with(line) && m.contains(what)), "{shown:#?}")
        };
        starts("my.toml:2:", "perhaps \"timeout_seconds\" is meant");
        starts("my.toml:3:", "crawl.robots must be a boolean");
        starts("my.toml:4:", "[crwl] is not known, perhaps \"crawl\"");
        starts("my.toml:7:", "perhaps \"feed\" is meant");
        starts("my.toml:9:", "must begin with https");
        starts("my.toml:10:", "is no schedule");
        starts("my.toml:11:", "url or url_env");
        starts("my.toml:13:", "perhaps \"slack\" is meant");
    }
}
