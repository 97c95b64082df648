//! The grammars told once more, naively: what one line says, found by searching and replacing in whole texts.
//!
//! Shares no code with the library and is fast at nothing; its forms come from the documentation of `Grammar` and `Format`.

use checksig::limits::LINE_BYTES_MAX;
use checksig::manifest::{Format, GnuMode, Grammar};

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    Nothing,
    /// A digest in lower case, and a name.
    Entry(String, Vec<u8>),
    Malformed,
}

/// What a line says that is the first of its manifest, without its end. NUL ends records, and LF lines.
pub fn first_line(line: &[u8], grammar: Grammar, mode: &mut GnuMode) -> Said {
    let is_record = grammar == Grammar::Only(Format::Zero);
    if !is_record && line.first() == Some(&b'#') {
        return Said::Nothing;
    }
    let text = if is_record { line } else { line.strip_suffix(b"\r").unwrap_or(line) };
    if !is_record && text.is_empty() {
        return Said::Nothing;
    }
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let is_marked = grammar != Grammar::Gnu && marks.iter().any(|mark| text.starts_with(mark));
    let entry = match grammar {
        Grammar::Gnu => gnu(text, mode),
        Grammar::Only(Format::Bagit) => bagit(text),
        Grammar::Only(Format::Zero) => untagged(text).or_else(|| bsd(text)),
        Grammar::Only(Format::Gnu | Format::GnuBinary) => escaped(text, untagged),
        Grammar::Only(Format::Bsd) => escaped(text, bsd),
        Grammar::Only(Format::OpenSsl) => escaped(text, openssl),
        _ => escaped(text, untagged).or_else(|| escaped(text, bsd)).or_else(|| escaped(text, openssl)),
    };
    match entry {
        Some((digest, name)) if !is_marked && text.len() <= LINE_BYTES_MAX && !name.contains(&0) => {
            Said::Entry(digest, name)
        }
        _ => Said::Malformed,
    }
}

type Entry = Option<(String, Vec<u8>)>;

/// A form that a `\` before it changes: its name is unescaped then.
fn escaped(text: &[u8], form: fn(&[u8]) -> Entry) -> Entry {
    let Some(text) = text.strip_prefix(b"\\") else { return form(text) };
    let (digest, name) = form(text)?;
    Some((digest, unescape(&name)?))
}

/// `DIGEST  NAME` or `DIGEST *NAME`.
fn untagged(text: &[u8]) -> Entry {
    let name = (text.get(40..42) == Some(b"  ") || text.get(40..42) == Some(b" *")).then(|| &text[42..])?;
    Some((digest(&text[..40])?, named(name)?))
}

/// `SHA1 (NAME) = DIGEST`.
fn bsd(text: &[u8]) -> Entry {
    tagged(text, b"SHA1 (", b") = ")
}

/// `SHA1(NAME)= DIGEST`.
fn openssl(text: &[u8]) -> Entry {
    tagged(text, b"SHA1(", b")= ")
}

fn tagged(text: &[u8], before: &[u8], between: &[u8]) -> Entry {
    let digits = text.len().checked_sub(40)?;
    let name = text[..digits].strip_prefix(before)?.strip_suffix(between)?;
    Some((digest(&text[digits..])?, named(name)?))
}

/// `DIGEST`, blanks, and a name in which three bytes are percent-encoded.
fn bagit(text: &[u8]) -> Entry {
    let behind = text.get(40..)?;
    let name = trimmed(behind);
    let digest = digest(&text[..40])?;
    if name.len() == behind.len() {
        return None;
    }
    // What one replacement makes is no code for the next: a percent sign comes of the last alone.
    let pieces = split(&named(name)?, b"%25").into_iter().map(|piece| {
        let piece = [&b"%0A"[..], b"%0a"].into_iter().fold(piece, |text, code| replaced(&text, code, b"\n"));
        [&b"%0D"[..], b"%0d"].into_iter().fold(piece, |text, code| replaced(&text, code, b"\r"))
    });
    Some((digest, pieces.collect::<Vec<_>>().join(&b'%')))
}

/// What `sha1sum -c` takes: blanks before, one blank for two once a line had one, and loose blanks around a tag.
fn gnu(text: &[u8], mode: &mut GnuMode) -> Entry {
    let text = trimmed(text);
    let (is_escaped, text) = text.strip_prefix(b"\\").map_or((false, text), |text| (true, text));
    let finish = |digest: String, name: &[u8]| {
        let name = if is_escaped { unescape(name)? } else { name.to_vec() };
        Some((digest, name))
    };
    if let Some(rest) = text.strip_prefix(b"SHA1") {
        let rest = rest.strip_prefix(b" ").unwrap_or(rest).strip_prefix(b"(")?;
        let digits = rest.len().checked_sub(40)?;
        let before = trimmed_end(trimmed_end(&rest[..digits]).strip_suffix(b"=")?);
        return finish(digest(&rest[digits..])?, before.strip_suffix(b")")?);
    }
    let digest = digest(text.get(..40)?)?;
    let field = text.get(41..).filter(|field| !field.is_empty() && b" \t".contains(&text[40]))?;
    let is_standard = field.len() > 1 && b" *".contains(&field[0]);
    if !is_standard && *mode == GnuMode::Standard {
        return None;
    }
    if *mode == GnuMode::Open {
        *mode = if is_standard { GnuMode::Standard } else { GnuMode::Reversed };
    }
    finish(digest, &field[usize::from(*mode == GnuMode::Standard)..])
}

fn digest(digits: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(digits).ok()?.to_lowercase();
    (text.len() == 40 && text.chars().all(|digit| "0123456789abcdef".contains(digit))).then_some(text)
}

fn named(name: &[u8]) -> Option<Vec<u8>> {
    (!name.is_empty()).then(|| name.to_vec())
}

/// Two backslashes are one, and no code of what is beside them.
fn unescape(name: &[u8]) -> Option<Vec<u8>> {
    let pieces = split(name, b"\\\\").into_iter().map(|piece| {
        let piece = replaced(&replaced(&piece, b"\\n", b"\n"), b"\\r", b"\r");
        (!piece.contains(&b'\\')).then_some(piece)
    });
    Some(pieces.collect::<Option<Vec<_>>>()?.join(&b'\\'))
}

fn trimmed(text: &[u8]) -> &[u8] {
    let blanks = text.iter().position(|byte| !b" \t".contains(byte)).unwrap_or(text.len());
    &text[blanks..]
}

fn trimmed_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !b" \t".contains(byte)).map_or(0, |last| last + 1);
    &text[..end]
}

/// The pieces between the places where the code stands, from left to right.
fn split(text: &[u8], code: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(code) {
            pieces.push(Vec::new());
            at += code.len();
        } else {
            pieces.last_mut().expect("a piece").push(text[at]);
            at += 1;
        }
    }
    pieces
}

fn replaced(text: &[u8], code: &[u8], by: &[u8]) -> Vec<u8> {
    split(text, code).join(by)
}
