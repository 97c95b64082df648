//! A Rust file as the tidiness rules see it: tokens without comments and literals, and the paths that it names.
//!
//! Knows no rule, and of the language only what a rule needs: it is no parser, and takes files that compile for granted.

/// A file of the tree: its path from the top of the tree, with `/`, and its text.
pub(crate) struct Source {
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with comments and literals blanked, byte for byte and line for line.
    code: String,
    /// The text with everything but comments blanked.
    pub(crate) comments: String,
}

/// A word or a sign (`::` is one) of the code, and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct Token<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
    start: usize,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Source {
        let (code, comments) = split(text);
        Source { path: path.to_owned(), text: text.to_owned(), code, comments }
    }

    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }

    /// The same file without what `#[cfg(test)]` keeps out of the product.
    pub(crate) fn without_tests(&self) -> Source {
        let tokens = self.tokens();
        let mut code = self.code.clone().into_bytes();
        for at in test_items(&tokens) {
            let end = item_end(&tokens, at);
            let end = tokens.get(end).map_or(code.len(), |token| token.start);
            code[tokens[at].start..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        }
        Source {
            path: self.path.clone(),
            text: self.text.clone(),
            code: text_of(code),
            comments: self.comments.clone(),
        }
    }

    /// The modules that the file declares under `#[cfg(test)]` and that have files of their own.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let tokens = self.tokens();
        let declared = |at: usize| {
            let end = item_end(&tokens, at);
            let [.., word, name, semicolon] = &tokens[at..end] else { return None };
            (word.text == "mod" && semicolon.text == ";").then(|| name.text.to_owned())
        };
        test_items(&tokens).into_iter().filter_map(declared).collect()
    }

    /// Every path that the code names, with its line, the trees of `use` taken apart. `crate`, `super` and `self` are
    /// resolved, so that such a path begins with `crate`; all others stand as they are written.
    pub(crate) fn paths(&self) -> Vec<(usize, Vec<String>)> {
        let tokens = self.tokens();
        let file = module_path(&self.path);
        let (mut inline, mut open, mut paths) = (Vec::new(), 0, Vec::new());
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at = match token.text {
                "{" => {
                    open += 1;
                    if at >= 2 && tokens[at - 2].text == "mod" {
                        inline.push((open, tokens[at - 1].text.to_owned()));
                    }
                    at + 1
                }
                "}" => {
                    inline.pop_if(|(depth, _)| *depth == open);
                    open -= 1;
                    at + 1
                }
                // The restriction in `pub(crate)` and the receiver `self` are no paths.
                "crate" | "super" | "self" if tokens.get(at + 1).is_none_or(|next| next.text != "::") => at + 1,
                text if is_word(text) => {
                    let here = file.iter().chain(inline.iter().map(|(_, name)| name)).cloned().collect();
                    let (base, next) = path_start(&tokens, at, here);
                    expand(&tokens, next, base, token.line, &mut paths)
                }
                _ => at + 1,
            };
        }
        paths
    }
}

/// `crate` and the modules that lead to the file.
fn module_path(path: &str) -> Vec<String> {
    let inner = path.strip_prefix("src/bin/checksig/").or_else(|| path.strip_prefix("src/")).unwrap_or(path);
    let stem = inner.strip_suffix(".rs").unwrap_or(inner);
    let names = stem.split('/').filter(|name| !matches!(*name, "mod" | "lib" | "main"));
    std::iter::once("crate").chain(names).map(str::to_owned).collect()
}

/// Resolves what a path may begin with; gives the base and the token behind it.
fn path_start(tokens: &[Token], at: usize, here: Vec<String>) -> (Vec<String>, usize) {
    match tokens[at].text {
        "self" => (here, at + 1),
        "super" => {
            let (mut base, mut at) = (here, at);
            while tokens.get(at).is_some_and(|token| token.text == "super") {
                base.pop();
                at += if tokens.get(at + 2).is_some_and(|token| token.text == "super") { 2 } else { 1 };
            }
            (base, at)
        }
        word => (vec![word.to_owned()], at + 1),
    }
}

/// Follows a path from the token behind `base`, through the braces of a `use`; gives the token behind the path.
fn expand(tokens: &[Token], at: usize, base: Vec<String>, line: usize, paths: &mut Vec<(usize, Vec<String>)>) -> usize {
    let text = |at: usize| tokens.get(at).map_or("", |token| token.text);
    if text(at) != "::" {
        paths.push((line, base));
        return at;
    }
    match text(at + 1) {
        "{" => {
            let mut at = at + 2;
            while !matches!(text(at), "}" | "") {
                at = match text(at) {
                    word if is_word(word) && word != "as" => {
                        let longer = [&base[..], &[word.to_owned()]].concat();
                        expand(tokens, at + 1, longer, tokens[at].line, paths)
                    }
                    "as" => at + 2,
                    _ => at + 1,
                };
            }
            at + 1
        }
        word if is_word(word) => {
            let longer = [&base[..], &[word.to_owned()]].concat();
            expand(tokens, at + 2, longer, line, paths)
        }
        // `*` of a glob, `<` of generic arguments.
        _ => {
            paths.push((line, base));
            at + 1
        }
    }
}

/// Where the attributes `#[cfg(test)]` and `#[cfg(all(test, …))]` begin.
fn test_items(tokens: &[Token]) -> Vec<usize> {
    let begins = |at: usize, signs: &[&str]| signs.iter().zip(&tokens[at..]).all(|(sign, token)| *sign == token.text);
    let is_test = |at: &usize| {
        begins(*at, &["#", "[", "cfg", "(", "test", ")"])
            || begins(*at, &["#", "[", "cfg", "(", "all", "(", "test", ","])
    };
    (0..tokens.len().saturating_sub(6)).filter(is_test).collect()
}

/// The token behind the item whose attributes begin at `at`: behind its `;` or its last `}`.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let (mut nested, mut in_braces) = (0, 0);
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.text {
            "(" | "[" => nested += 1,
            ")" | "]" => nested -= 1,
            "{" => in_braces += 1,
            "}" => in_braces -= 1,
            _ => {}
        }
        let ends = token.text == "}" && in_braces == 0 || token.text == ";" && in_braces == 0 && nested == 0;
        if ends {
            return index + 1;
        }
    }
    tokens.len()
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let in_word = |character: char| character.is_alphanumeric() || character == '_';
    let (mut tokens, mut line, mut start) = (Vec::new(), 1, 0);
    while let Some(first) = code[start..].chars().next() {
        let rest = &code[start..];
        let length = match first {
            _ if in_word(first) => rest.find(|character| !in_word(character)).unwrap_or(rest.len()),
            ':' if rest.starts_with("::") => 2,
            _ => first.len_utf8(),
        };
        if !first.is_whitespace() {
            tokens.push(Token { text: &rest[..length], line, start });
        }
        line += usize::from(first == '\n');
        start += length;
    }
    tokens
}

/// The code and the comments of a text, each with all else blanked.
fn split(text: &str) -> (String, String) {
    let (mut code, mut comments) = (Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let after_word = code.last().is_some_and(|byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_');
        let (length, is_comment, is_code) = match literal_length(rest, after_word) {
            _ if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), true, false),
            _ if rest.starts_with("/*") => (block_comment_length(rest), true, false),
            Some(length) => (length, false, false),
            None => (rest.chars().next().map_or(1, char::len_utf8), false, true),
        };
        let blank = |part: &str| part.bytes().map(|byte| if byte == b'\n' { byte } else { b' ' }).collect::<Vec<_>>();
        let (part, behind) = rest.split_at(length);
        code.extend(if is_code { part.as_bytes().to_vec() } else { blank(part) });
        comments.extend(if is_comment { part.as_bytes().to_vec() } else { blank(part) });
        rest = behind;
    }
    (text_of(code), text_of(comments))
}

fn block_comment_length(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let (step, change) = match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        (at, depth) = (at + step, depth + change);
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of the string or character at the start of the text, if one is there; a lifetime is none.
fn literal_length(text: &str, after_word: bool) -> Option<usize> {
    let unprefixed = text.strip_prefix(['b', 'c']).unwrap_or(text);
    let raw = unprefixed.strip_prefix('r').map(|rest| (rest.trim_start_matches('#'), rest.len()));
    if let (Some((rest, length)), false) = (raw, after_word)
        && rest.starts_with('"')
    {
        let end = format!("\"{}", "#".repeat(length - rest.len()));
        let body = text.len() - rest.len() + 1;
        return Some(text[body..].find(&end).map_or(text.len(), |at| body + at + end.len()));
    }
    let quote = match text.as_bytes() {
        [b'"', ..] => b'"',
        [b'\'', b'\\', ..] => b'\'',
        [b'\'', ..] if text.chars().nth(2) == Some('\'') => b'\'',
        _ => return None,
    };
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == quote && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    Some(end.map_or(text.len(), |at| at + 2))
}

fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("whole characters are blanked or kept")
}
