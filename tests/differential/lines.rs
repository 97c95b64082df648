//! Lines of manifests by chance: well-formed, only just so, not quite, and noise.
//!
//! Knows nothing of how a line is read.

use super::allowed::Allowed;
use super::chance::Chance;
use super::tree::{FILES, OTHERS, digest};

/// A manifest as it is given to ours and to GNU's; they are the same but where a difference is allowed.
#[derive(Default)]
pub(crate) struct Manifest {
    pub(crate) ours: Vec<u8>,
    pub(crate) theirs: Vec<u8>,
    pub(crate) lines: u64,
}

const SHAPES: [&str; 30] = [
    "D  N",
    "D  N",
    "D  N",
    "D  N",
    "D  N",
    "D  N",
    "D  N",
    "D  N",
    "D *N",
    "D *N",
    "SHA1 (N) = D",
    "SHA1 (N) = D",
    "SHA1(N)= D",
    "D N",
    "D\tN",
    "D\t N",
    "D\t*N",
    "DN",
    "D",
    "D ",
    "D  ",
    "SHA1 (N)=D",
    "SHA1\t(N) = D",
    "SHA1  (N) = D",
    "SHA1 (N) \t=\t D",
    "SHA1 (N) = D ",
    "SHA1 (N) D",
    "SHA1 (N",
    "SHA256 (N) = D",
    "sha1 (N) = D",
];

const NOISE: [&[u8]; 12] = [
    b"# a comment",
    b"",
    b"\r",
    b" ",
    b"\t \t",
    b"nonsense",
    b"#",
    b" # no comment",
    b"\xef\xbb\xbf# BOM",
    b"\xff\xfea\0",
    b"SHA1 () = da39a3ee5e6b4b0d3255bfef95601890afd80709",
    b"d41d8cd98f00b204e9800998ecf8427e  a",
];

/// A manifest of lines that are mostly about files of the tree.
pub(crate) fn manifest(chance: &mut Chance, allowed: &mut Vec<Allowed>) -> Manifest {
    let mut manifest = Manifest::default();
    // Most manifests are what somebody once wrote; in some, nearly every line is odd.
    let oddity = chance.pick(&[30, 12, 4, 2]);
    // Few have more lines than a buffer or a batch holds.
    let lines = if chance.once_in(50) { 1_000 + chance.below(4_000) } else { chance.below(14) };
    let reversed = chance.once_in(8);
    for at in 0..lines {
        let mut line = if chance.once_in(oddity) { odd_line(chance) } else { plain_line(chance, reversed) };
        if chance.once_in(4 * oddity) {
            mutate(chance, &mut line);
        }
        let end: &[u8] = match chance.below(40) {
            0 | 1 => b"\r\n",
            2 => b"\r\r\n",
            3 => b" \n",
            4 => b"\n\n",
            5 if at + 1 == lines => b"",
            6 if at + 1 == lines => b"\r",
            _ => b"\n",
        };
        // What a mutation put in may be several lines.
        for piece in line.split(|&byte| byte == b'\n') {
            manifest.lines += 1;
            manifest.ours.extend_from_slice(piece);
            manifest.theirs.extend_from_slice(&Allowed::line_for_gnu(piece, allowed));
            manifest.ours.push(b'\n');
            manifest.theirs.push(b'\n');
        }
        manifest.ours.pop();
        manifest.theirs.pop();
        manifest.ours.extend_from_slice(end);
        manifest.theirs.extend_from_slice(end);
    }
    manifest
}

fn plain_line(chance: &mut Chance, reversed: bool) -> Vec<u8> {
    let name = if chance.once_in(5) { chance.pick(&OTHERS) } else { chance.pick(&FILES) };
    let right = if chance.once_in(6) { digest(b"wrong") } else { digest(name) };
    let escaped = escape(name);
    let (before, shown) = if escaped == name { (&b""[..], name) } else { (&b"\\"[..], &escaped[..]) };
    let parts: [&[u8]; 4] = match (reversed, chance.below(8)) {
        (true, _) => [before, right.as_bytes(), b" ", shown],
        (false, 0) => return [before, b"SHA1 (", shown, b") = ", right.as_bytes()].concat(),
        (false, 1) => [before, right.as_bytes(), b" *", shown],
        (false, _) => [before, right.as_bytes(), b"  ", shown],
    };
    parts.concat()
}

fn odd_line(chance: &mut Chance) -> Vec<u8> {
    match chance.below(60) {
        0..12 => return chance.pick(&NOISE).to_vec(),
        12 => return long_line(chance),
        _ => {}
    }
    let name = match chance.below(10) {
        0..4 => escape(chance.pick(&FILES)),
        4..7 => chance.pick(&FILES).to_vec(),
        7 => chance.pick(&OTHERS).to_vec(),
        8 => [chance.pick(&FILES), &b"\0"[..], chance.pick(&[&b""[..], b"b", b"\n"])].concat(),
        _ => chance.pick(&[&b"a\\"[..], b"a\\t", b"", b"-", b"a\\\\", b"\\n", b")", b"="]).to_vec(),
    };
    let before = chance.pick(&["", "", "", "\\", "\\", " ", "\t\\", "\\ ", "#", " #", "\\\\", " \t "]);
    let plain = if before.ends_with('\\') { unescape(&name) } else { name.clone() };
    let right = match chance.below(8) {
        0 => digest(&plain).to_uppercase(),
        1 => digest(&plain)[1..].to_owned(),
        2 => digest(&plain) + "0",
        3 => digest(&plain).replace('a', "g"),
        4 => "00".to_owned() + &digest(&plain)[2..],
        _ => digest(&plain),
    };
    let mut line = before.as_bytes().to_vec();
    for byte in chance.pick(&SHAPES).bytes() {
        match byte {
            b'D' => line.extend_from_slice(right.as_bytes()),
            b'N' => line.extend_from_slice(&name),
            other => line.push(other),
        }
    }
    line
}

/// Names longer than Linux takes, lines longer than ours are, and comments that may be as long as they like.
fn long_line(chance: &mut Chance) -> Vec<u8> {
    let length = chance.pick(&[255, 256, 4_095, 4_096, 16_300, 40_000, 300_000]);
    let before = match chance.below(3) {
        0 => "# ".to_owned(),
        1 => "nonsense".to_owned(),
        _ => digest(b"a") + "  ",
    };
    let mut line = before.into_bytes();
    line.resize(line.len() + length, b'n');
    line
}

fn mutate(chance: &mut Chance, line: &mut Vec<u8>) {
    for _ in 0..=chance.below(3) {
        let at = chance.below(line.len() + 1);
        match chance.below(3) {
            0 => line.insert(at, chance.pick(b" \t\\\n\r*()=#0fG\0-")),
            1 if at < line.len() => {
                line.remove(at);
            }
            _ if at < line.len() => line[at] = chance.pick(b" \t\\\n\r*()=#0fG\0-"),
            _ => {}
        }
    }
}

fn escape(name: &[u8]) -> Vec<u8> {
    name.iter()
        .flat_map(|&byte| match byte {
            b'\\' => b"\\\\".to_vec(),
            b'\n' => b"\\n".to_vec(),
            b'\r' => b"\\r".to_vec(),
            other => vec![other],
        })
        .collect()
}

fn unescape(escaped: &[u8]) -> Vec<u8> {
    FILES.into_iter().find(|name| escape(name) == escaped).unwrap_or(escaped).to_vec()
}
