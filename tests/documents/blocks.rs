//! The documents, and the fenced blocks in them. Runs none.

use std::fs;
use std::path::{Path, PathBuf};

pub(super) const TOP: &str = env!("CARGO_MANIFEST_DIR");

/// The documents of users, beside whatever is in `docs`.
pub(super) const DOCUMENTS: [&str; 3] = ["README.md", "bindings/c/README.md", "bindings/python/README.md"];

/// A fenced block of a document.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) language: String,
    pub(super) line: usize,
    pub(super) text: String,
}

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut inside = false;
    for (at, line) in text.lines().enumerate() {
        let is_hidden = line.trim_start_matches([' ', '>', '-', '*']).starts_with("```") && !line.starts_with("```");
        assert!(!is_hidden && !line.trim_start().starts_with("~~~"), "line {}: a block that nobody would find", at + 1);
        match line.strip_prefix("```") {
            Some(_) if inside => inside = false,
            Some(language) => {
                inside = true;
                blocks.push(Block { language: language.to_owned(), line: at + 1, text: String::new() });
            }
            None if inside => {
                let block = blocks.last_mut().expect("it was begun");
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!inside, "a block is not closed");
    blocks
}

pub(super) fn read(name: &str) -> String {
    fs::read_to_string(Path::new(TOP).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The documents of users: each has its name.
pub(super) fn documents() -> Vec<String> {
    let mut documents = pages(&Path::new(TOP).join("docs"));
    assert!(documents.iter().any(|name| name.starts_with("docs/guides/")), "{documents:?}");
    documents.extend(DOCUMENTS.map(str::to_owned));
    documents
}

/// Those below a folder, however deep.
fn pages(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let page = |path: PathBuf| {
        let name = path.strip_prefix(TOP).unwrap().to_str().unwrap().to_owned();
        if path.is_dir() { pages(&path) } else { Vec::from_iter(name.ends_with(".md").then_some(name)) }
    };
    paths.flat_map(page).collect()
}

/// The blocks of all of them in one language.
pub(super) fn examples(language: &str) -> Vec<(String, Block)> {
    let of = |name: String| blocks(&read(&name)).into_iter().map(move |block| (name.clone(), block));
    documents().into_iter().flat_map(of).filter(|(_, block)| block.language == language).collect()
}
