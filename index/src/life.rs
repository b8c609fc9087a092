//! The life of an index: made, opened, written to, rebuilt beside itself, cleaned.
//!
//! A directory holds generations, each an index of the engine with a stamp that says how it was made, and a file
//! `current` that names the one in use. A rebuild fills a new generation while the old one serves, and then renames the
//! pointer: a crash at any moment leaves the old one or the new one, whole.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::indexer::IndexWriterOptions;
use tantivy::merge_policy::LogMergePolicy;
use tantivy::query::RangeQuery;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use crate::entry::Entry;
use crate::schema::{self, Fields};
use crate::search::SearchError;
use crate::tokens::{Adapter, Pairs, Tokens};

/// Bytes that the writer may hold before it writes a segment.
const WRITER_MEMORY: usize = 32 << 20;
/// A rebuild may hold more: fewer segments to merge.
const REBUILD_MEMORY: usize = 128 << 20;

/// Whether an existing index could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opened {
    /// It is as it was left.
    Kept,
    /// There was none, or it was made by another version; why.
    Empty(String),
}

/// The index in a directory.
pub struct SearchIndex {
    directory: Option<PathBuf>,
    stamp: Stamp,
    now: RwLock<Arc<Generation>>,
    pub(crate) fields: Fields,
    pub(crate) tokens: Arc<dyn Tokens>,
}

/// One index of the engine.
pub(crate) struct Generation {
    name: String,
    index: Index,
    pub(crate) reader: IndexReader,
    writer: Mutex<Option<IndexWriter>>,
    /// A rebuild has more of it; it also holds no document before it is given one, so nothing is replaced there.
    memory: usize,
}

const STAMP: &str = "meoktong.json";
const CURRENT: &str = "current";
const REBUILD_LOCK: &str = "rebuild.lock";

#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
struct Stamp {
    schema: u32,
    fingerprint: String,
}

impl Stamp {
    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_str(&std::fs::read_to_string(directory.join(STAMP)).ok()?).ok()
    }

    /// Why an index with this stamp cannot be used.
    fn differs(&self, found: Option<&Self>) -> Option<&'static str> {
        match found {
            None => Some("there was no index"),
            Some(found) if found.schema != self.schema => Some("the index has another layout"),
            Some(found) if found != self => Some("the index was built with another dictionary or analyzer"),
            Some(_) => None,
        }
    }
}

fn trouble(directory: &Path) -> impl Fn(std::io::Error) -> SearchError + '_ {
    |error| SearchError::Directory(directory.display().to_string(), error.to_string())
}

/// The generation in use, if its name is one that we give.
fn current(directory: &Path) -> Option<String> {
    let name = std::fs::read_to_string(directory.join(CURRENT)).ok()?;
    let name = name.trim();
    (name.starts_with("gen-") && !name.contains(['/', '\\', '.'])).then(|| name.to_owned())
}

/// Points `current` at a generation, in one step.
fn point(directory: &Path, name: &str) -> Result<(), SearchError> {
    let new = directory.join("current.new");
    std::fs::write(&new, name)
        .and_then(|()| File::open(&new)?.sync_all())
        .and_then(|()| std::fs::rename(&new, directory.join(CURRENT)))
        .map_err(trouble(directory))
}

impl SearchIndex {
    /// Opens the index in `directory`, or makes an empty one when there is none that fits this schema and the
    /// analyzer's fingerprint.
    ///
    /// # Errors
    /// When the directory cannot be read or written.
    pub fn open(directory: &Path, tokens: Arc<dyn Tokens>, fingerprint: &str) -> Result<(Self, Opened), SearchError> {
        let stamp = Stamp { schema: schema::VERSION, fingerprint: fingerprint.to_owned() };
        std::fs::create_dir_all(directory).map_err(trouble(directory))?;
        let found = current(directory).map(|name| directory.join(name));
        let reason = match stamp.differs(found.as_deref().and_then(Stamp::read).as_ref()) {
            Some(reason) => reason.to_owned(),
            None => match Self::reopen(directory, stamp.clone(), tokens.clone()) {
                Ok(index) => return Ok((index, Opened::Kept)),
                Err(error) => format!("the index was damaged ({error})"),
            },
        };
        let name = Self::make(directory, &stamp)?;
        point(directory, &name)?;
        sweep(directory, &name);
        Ok((Self::reopen(directory, stamp, tokens)?, Opened::Empty(reason)))
    }

    /// Opens the index in `directory` as it is and never writes to it: for a second process beside the one that does.
    /// None when there is no index, or one that another version made.
    ///
    /// # Errors
    /// When the index is damaged.
    pub fn open_read(
        directory: &Path,
        tokens: Arc<dyn Tokens>,
        fingerprint: &str,
    ) -> Result<Option<Self>, SearchError> {
        let stamp = Stamp { schema: schema::VERSION, fingerprint: fingerprint.to_owned() };
        let Some(name) = current(directory) else { return Ok(None) };
        if stamp.differs(Stamp::read(&directory.join(name)).as_ref()).is_some() {
            return Ok(None);
        }
        Self::reopen(directory, stamp, tokens).map(Some)
    }

    /// An index in memory, for tests and one-off questions.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn in_memory(tokens: Arc<dyn Tokens>) -> Result<Self, SearchError> {
        let index = Index::create_in_ram(schema::schema().0);
        let generation = Generation::over("memory".into(), index, &tokens, WRITER_MEMORY)?;
        let stamp = Stamp { schema: schema::VERSION, fingerprint: String::new() };
        Ok(Self::with(None, stamp, generation, tokens))
    }

    fn with(directory: Option<PathBuf>, stamp: Stamp, generation: Generation, tokens: Arc<dyn Tokens>) -> Self {
        Self { directory, stamp, now: RwLock::new(Arc::new(generation)), fields: schema::schema().1, tokens }
    }

    fn reopen(directory: &Path, stamp: Stamp, tokens: Arc<dyn Tokens>) -> Result<Self, SearchError> {
        let name = current(directory).ok_or_else(|| {
            SearchError::Directory(directory.display().to_string(), "the file `current` names no index".into())
        })?;
        let index = Index::open_in_dir(directory.join(&name))?;
        let generation = Generation::over(name, index, &tokens, WRITER_MEMORY)?;
        Ok(Self::with(Some(directory.to_owned()), stamp, generation, tokens))
    }

    /// An empty generation; returns its name.
    fn make(directory: &Path, stamp: &Stamp) -> Result<String, SearchError> {
        let numbers = generations(directory).into_iter().filter_map(|name| name["gen-".len()..].parse::<u64>().ok());
        let name = format!("gen-{}", numbers.max().unwrap_or(0) + 1);
        let path = directory.join(&name);
        std::fs::create_dir_all(&path).map_err(trouble(directory))?;
        let settings = IndexSettings { docstore_compress_dedicated_thread: false, ..IndexSettings::default() };
        Index::builder().schema(schema::schema().0).settings(settings).create_in_dir(&path)?;
        // The stamp comes last: a crash in between leaves an index without stamp, which is built anew.
        let text = serde_json::to_string(stamp).expect("two plain fields are serialisable");
        std::fs::write(path.join(STAMP), text).map_err(trouble(directory))?;
        Ok(name)
    }

    /// What turns text into terms.
    #[must_use]
    pub fn tokens(&self) -> &Arc<dyn Tokens> {
        &self.tokens
    }

    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Goes over to the generation that another process has built, if there is one. Returns whether there was.
    ///
    /// # Errors
    /// When the new generation cannot be opened; the old one then goes on.
    pub fn follow(&self) -> Result<bool, SearchError> {
        let Some(directory) = &self.directory else { return Ok(false) };
        let Some(name) = current(directory).filter(|name| *name != self.generation().name) else { return Ok(false) };
        if self.stamp.differs(Stamp::read(&directory.join(&name)).as_ref()).is_some() {
            return Ok(false);
        }
        let index = Index::open_in_dir(directory.join(&name))?;
        let generation = Generation::over(name, index, &self.tokens, WRITER_MEMORY)?;
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(generation);
        Ok(true)
    }

    /// The last row that the index holds.
    ///
    /// # Errors
    /// When the engine fails.
    pub fn last_row(&self) -> Result<i64, SearchError> {
        Ok(self.generation().index.load_metas()?.payload.and_then(|row| row.parse().ok()).unwrap_or(0))
    }

    /// How many documents it holds.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.generation().reader.searcher().num_docs()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on disk of the generation in use; 0 in memory.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let Some(directory) = &self.directory else { return 0 };
        let files = std::fs::read_dir(directory.join(&self.generation().name)).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum()
    }

    /// Adds or replaces documents and remembers `last_row` in the same commit: after a crash either both or
    /// neither are there.
    ///
    /// # Errors
    /// When the engine fails; nothing of the batch is visible then. [`SearchError::Busy`] when another process writes.
    pub fn commit(&self, entries: &[Entry<'_>], last_row: i64) -> Result<(), SearchError> {
        self.write(last_row, |writer, may_hold| {
            for entry in entries {
                if may_hold {
                    writer.delete_term(Term::from_field_text(self.fields.id, &entry.document.id));
                }
                writer.add_document(entry.engine_document(&self.fields))?;
            }
            Ok(())
        })
    }

    /// Forgets documents published (or, where that is unknown, fetched) before a second.
    ///
    /// # Errors
    /// As [`SearchIndex::commit`].
    pub fn forget_before(&self, seconds: i64) -> Result<(), SearchError> {
        let last_row = self.last_row()?;
        let before = Term::from_field_u64(self.fields.place, schema::place(seconds, 0));
        self.write(last_row, |writer, _| {
            let old = RangeQuery::new(std::ops::Bound::Unbounded, std::ops::Bound::Excluded(before));
            writer.delete_query(Box::new(old))?;
            Ok(())
        })
    }

    fn write(
        &self,
        last_row: i64,
        change: impl FnOnce(&mut IndexWriter, bool) -> Result<(), SearchError>,
    ) -> Result<(), SearchError> {
        let generation = self.generation();
        let mut slot = generation.writer.lock().unwrap_or_else(PoisonError::into_inner);
        // On any failure the writer is dropped, and with it what it had taken in.
        let mut writer = match slot.take() {
            Some(writer) => writer,
            None => generation.new_writer()?,
        };
        change(&mut writer, generation.memory == WRITER_MEMORY)?;
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&last_row.to_string());
        prepared.commit()?;
        *slot = Some(writer);
        drop(slot);
        generation.reader.reload()?;
        Ok(())
    }

    /// Lets another process write: ends merges and gives the lock back.
    ///
    /// # Errors
    /// When a merge fails.
    pub fn release(&self) -> Result<(), SearchError> {
        let generation = self.generation();
        let writer = generation.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            writer.wait_merging_threads()?;
            generation.reader.reload()?;
        }
        Ok(())
    }
}

impl Generation {
    fn over(name: String, index: Index, tokens: &Arc<dyn Tokens>, memory: usize) -> Result<Self, SearchError> {
        index.tokenizers().register(schema::KOREAN, Adapter::new(tokens.clone()));
        index.tokenizers().register(schema::PAIRS, Adapter::new(Arc::new(Pairs)));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok(Self { name, index, reader, writer: Mutex::new(None), memory })
    }

    fn new_writer(&self) -> Result<IndexWriter, SearchError> {
        // One thread for each: the machine has crawls and analyses to do.
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(self.memory)
            .build();
        let writer: IndexWriter<TantivyDocument> =
            self.index.writer_with_options(options).map_err(|error| match error {
                tantivy::TantivyError::LockFailure(..) => SearchError::Busy,
                other => other.into(),
            })?;
        let mut policy = LogMergePolicy::default();
        // Commits of a few documents come every second: eight of them become one.
        policy.set_min_num_segments(8);
        policy.set_min_layer_size(2_000);
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
        Ok(writer)
    }
}

/// Names of the generations in a directory.
fn generations(directory: &Path) -> Vec<String> {
    let files = std::fs::read_dir(directory).into_iter().flatten().flatten();
    files.filter_map(|file| file.file_name().into_string().ok()).filter(|name| name.starts_with("gen-")).collect()
}

/// Removes all but one generation, and what the layout before generations left behind.
fn sweep(directory: &Path, keep: &str) {
    for file in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let name = file.file_name();
        if ![keep, CURRENT, REBUILD_LOCK].iter().any(|kept| name == *kept) {
            // What cannot be removed now is removed at the next chance.
            let path = file.path();
            let _ = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
        }
    }
}

/// A new generation that is being filled while the old one serves.
pub struct Rebuild {
    directory: PathBuf,
    name: String,
    index: SearchIndex,
    _lock: File,
}

impl Rebuild {
    /// Begins an empty generation beside the one in use.
    ///
    /// # Errors
    /// When the directory cannot be written, or another rebuild runs.
    pub fn begin(directory: &Path, tokens: Arc<dyn Tokens>, fingerprint: &str) -> Result<Self, SearchError> {
        std::fs::create_dir_all(directory).map_err(trouble(directory))?;
        let lock = File::create(directory.join(REBUILD_LOCK)).map_err(trouble(directory))?;
        lock.try_lock().map_err(|_| SearchError::Busy)?;
        if let Some(name) = current(directory) {
            // What a rebuild left that was cut off.
            sweep(directory, &name);
        }
        let stamp = Stamp { schema: schema::VERSION, fingerprint: fingerprint.to_owned() };
        let name = SearchIndex::make(directory, &stamp)?;
        let engine = Index::open_in_dir(directory.join(&name))?;
        let generation = Generation::over(name.clone(), engine, &tokens, REBUILD_MEMORY)?;
        let index = SearchIndex::with(Some(directory.to_owned()), stamp, generation, tokens);
        Ok(Self { directory: directory.to_owned(), name, index, _lock: lock })
    }

    /// The index to fill.
    #[must_use]
    pub fn index(&self) -> &SearchIndex {
        &self.index
    }

    /// Puts the new generation in the place of the old one, and removes that.
    ///
    /// # Errors
    /// When the directory cannot be written; the old one then stays.
    pub fn finish(self) -> Result<(), SearchError> {
        self.index.release()?;
        point(&self.directory, &self.name)?;
        sweep(&self.directory, &self.name);
        Ok(())
    }
}
