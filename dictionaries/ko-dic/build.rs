//! Unpacks the dictionary sources in `data/`, checks them against `data/SHA256SUMS` and compiles them with
//! lindera's builder into `OUT_DIR`, from where the library embeds them. Reads no network and writes nowhere else.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use lindera_dictionary::builder::DictionaryBuilder;
use lindera_dictionary::dictionary::Dictionary;
use lindera_dictionary::dictionary::metadata::Metadata;
use lindera_dictionary::viterbi::WordEntry;
use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Everything the dictionary is compiled from; `.xz` files are unpacked on the way.
const SOURCES: [&str; 6] =
    ["lexicon.csv.xz", "matrix.bin.xz", "char.def", "unk.def", "metadata.json", "context_id_freq.txt"];

/// Bytes of one entry in lindera's `dict.vals`: word id `u32`, cost `i16`, left id `u16`, right id `u16`.
const ENTRY_BYTES: usize = 10;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=data");
    println!("cargo::rerun-if-changed=build.rs");
    let data =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("CARGO_MANIFEST_DIR is not set")?).join("data");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    let (sources, compiled) = (out.join("sources"), out.join("ko-dic"));
    fs::create_dir_all(&sources)?;
    fs::create_dir_all(&compiled)?;

    let mut unpacked = unpack(&data)?;
    let matrix = unpacked.remove("matrix.bin").ok_or("matrix.bin is missing")?;
    for (name, bytes) in &unpacked {
        fs::write(sources.join(name), bytes)?;
    }
    let (forward, backward, costs) = matrix_parts(&matrix)?;
    // lindera reads the matrix as text of 10,292,646 lines. With the header alone it lays out the context-id
    // permutation; the costs follow below, in its own binary form, which saves writing and parsing 120 MB.
    fs::write(sources.join("matrix.def"), format!("{forward} {backward}\n"))?;

    let metadata = Metadata::load(&unpacked["metadata.json"])?;
    DictionaryBuilder::new(metadata)
        .with_context_id_freq(sources.join("context_id_freq.txt"))
        .build_dictionary(&sources, &compiled)?;
    write_matrix(&compiled, forward, backward, costs)?;
    write_tags(&compiled)?;
    fs::remove_dir_all(&sources)?;
    println!("cargo::rustc-env=LINDERA_WORKDIR={}", out.display());
    Ok(())
}

/// Reads the sources, compares their checksums and unpacks what is packed.
fn unpack(data: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let list = data.join("SHA256SUMS");
    let sums = fs::read_to_string(&list).map_err(|e| format!("cannot read {}: {e}", list.display()))?;
    let expected: BTreeMap<&str, &str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(sum, name)| (name, sum)).collect();
    let mut unpacked = BTreeMap::new();
    for name in SOURCES {
        let path = data.join(name);
        let bytes = fs::read(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let sum: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        if expected.get(name) != Some(&sum.as_str()) {
            return Err(format!(
                "checksum of {} is {sum}, SHA256SUMS has {}: restore the file, or make the data again (see README.md)",
                path.display(),
                expected.get(name).unwrap_or(&"none"),
            )
            .into());
        }
        match name.strip_suffix(".xz") {
            None => unpacked.insert(name.to_owned(), bytes),
            Some(stem) => {
                let mut plain = Vec::new();
                lzma_rust2::XzReader::new(Cursor::new(bytes), false)
                    .read_to_end(&mut plain)
                    .map_err(|e| format!("cannot unpack {}: {e}", path.display()))?;
                unpacked.insert(stem.to_owned(), plain)
            }
        };
    }
    Ok(unpacked)
}

/// MeCab's `matrix.bin`: two `u16` sizes, then the costs, right context id of the left word fastest.
fn matrix_parts(matrix: &[u8]) -> Result<(usize, usize, &[u8])> {
    let (head, costs) = matrix.split_at_checked(4).ok_or("matrix.bin is shorter than its header")?;
    let forward = usize::from(u16::from_le_bytes([head[0], head[1]]));
    let backward = usize::from(u16::from_le_bytes([head[2], head[3]]));
    if costs.len() != forward * backward * 2 {
        return Err(format!(
            "matrix.bin has {} bytes of costs, {forward} x {backward} need another number",
            costs.len()
        )
        .into());
    }
    Ok((forward, backward, costs))
}

/// Writes the costs as lindera's `matrix.mtx`, under the context-id permutation that its builder chose.
fn write_matrix(compiled: &Path, forward: usize, backward: usize, costs: &[u8]) -> Result<()> {
    let metadata = Metadata::load(&fs::read(compiled.join("metadata.json"))?)?;
    let map = metadata.context_id_map.ok_or("metadata.json asks for no connection_id_mapping")?;
    if map.left.len() != backward || map.right.len() != forward {
        return Err("context-id permutation and matrix differ in size".into());
    }
    const HEADER: usize = 6;
    let mut mtx = vec![0u8; HEADER + costs.len()];
    mtx[0..2].copy_from_slice(&(-1i16).to_le_bytes());
    mtx[2..4].copy_from_slice(&u16::try_from(forward)?.to_le_bytes());
    mtx[4..6].copy_from_slice(&u16::try_from(backward)?.to_le_bytes());
    for (left, from) in costs.chunks_exact(forward * 2).enumerate() {
        let start = HEADER + usize::from(map.left[left]) * forward * 2;
        let to = &mut mtx[start..start + forward * 2];
        for (right, cost) in from.chunks_exact(2).enumerate() {
            let at = usize::from(map.right[right]) * 2;
            to[at..at + 2].copy_from_slice(cost);
        }
    }
    fs::write(compiled.join("matrix.mtx"), mtx)?;
    Ok(())
}

/// Writes what the segmenter asks of every token without touching the word's details: `tags.bin` (a `u16` tag number
/// for each word id), `tags.txt` (the tags in order) and `left_penalty.bin` (an `i16` for each left context id: what
/// mecab-ko adds when a word of that kind follows a space).
fn write_tags(compiled: &Path) -> Result<()> {
    let dictionary = Dictionary::load_from_path(compiled)?;
    let rules = dictionary.metadata.space_penalty.as_ref().ok_or("metadata.json has no space_penalty")?;
    let count = dictionary.prefix_dictionary.word_count();
    let mut numbers: BTreeMap<String, u16> = BTreeMap::new();
    let mut tags: Vec<u16> = Vec::with_capacity(count);
    let mut penalties: Vec<i32> = Vec::with_capacity(count);
    for id in 0..count {
        let tag = dictionary.word_details_iter(id).next().ok_or_else(|| format!("word {id} has no details"))?;
        let next = u16::try_from(numbers.len())?;
        let number = match numbers.get(tag) {
            Some(number) => *number,
            None => {
                numbers.insert(tag.to_owned(), next);
                next
            }
        };
        tags.push(number);
        penalties.push(rules.cost_for_tag(tag));
    }

    // The penalty goes by part of speech; so does the left context id, hence one stands for the other.
    let size = dictionary.connection_cost_matrix.backward_size as usize;
    let mut by_left: Vec<Option<i16>> = vec![None; size];
    for entry in fs::read(compiled.join("dict.vals"))?.chunks_exact(ENTRY_BYTES) {
        let id = u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]) as usize;
        let left = usize::from(u16::from_le_bytes([entry[6], entry[7]]));
        let penalty = i16::try_from(penalties[id])?;
        match by_left[left] {
            Some(known) if known != penalty => {
                return Err(format!("left context id {left} stands for penalties {known} and {penalty}").into());
            }
            _ => by_left[left] = Some(penalty),
        }
    }
    // One entry read through lindera guards the layout assumed above against a change in a newer lindera.
    let probe: Vec<WordEntry> = dictionary.prefix_dictionary.find_surface("하늘");
    if probe.is_empty() || probe.iter().any(|e| e.left_id() as usize >= size || e.word_id().id() as usize >= count) {
        return Err("the compiled dictionary does not find a common noun: lindera's layout has changed".into());
    }

    let tag_bytes: Vec<u8> = tags.iter().flat_map(|tag| tag.to_le_bytes()).collect();
    let penalty_bytes: Vec<u8> = by_left.iter().flat_map(|p| p.unwrap_or(0).to_le_bytes()).collect();
    let mut names = vec![""; numbers.len()];
    for (name, number) in &numbers {
        names[usize::from(*number)] = name;
    }
    fs::write(compiled.join("tags.bin"), tag_bytes)?;
    fs::write(compiled.join("tags.txt"), names.join("\n"))?;
    fs::write(compiled.join("left_penalty.bin"), penalty_bytes)?;
    Ok(())
}
