//! The functions of the C header, as it declares them.
//!
//! Reads what cbindgen writes, and no other C.

/// A function.
#[derive(Debug)]
pub(crate) struct Prototype {
    pub(crate) name: String,
    pub(crate) returns: String,
    pub(crate) parameters: Vec<Parameter>,
    /// The comment before it, without its slashes.
    pub(crate) doc: String,
}

/// A parameter: `const char *` and `root`, say.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub(crate) kind: String,
    pub(crate) name: String,
}

/// Every function that a header declares, in its order.
pub(crate) fn prototypes(header: &str) -> Vec<Prototype> {
    let (mut found, mut doc, mut words) = (Vec::new(), String::new(), String::new());
    let functions = header.split_once("extern \"C\" {").expect("the functions stand in it").1;
    for line in functions.lines().skip(2).take_while(|line| !line.starts_with('#')) {
        if let Some(comment) = line.strip_prefix("//") {
            doc += comment;
            continue;
        }
        words += line.trim_start();
        words.push(' ');
        if line.ends_with(';') {
            found.push(prototype(&std::mem::take(&mut words), std::mem::take(&mut doc)));
        }
    }
    found
}

fn prototype(words: &str, doc: String) -> Prototype {
    let (head, rest) = words.split_once('(').expect("a function");
    let (inside, _) = rest.split_once(')').expect("its end");
    let Parameter { kind: returns, name } = parameter(head);
    let parameters = inside.split(',').filter(|one| one.trim() != "void").map(parameter).collect();
    Prototype { name, returns, parameters, doc }
}

fn parameter(words: &str) -> Parameter {
    let words = words.trim();
    let at = words.rfind([' ', '*']).expect("a type and a name") + 1;
    Parameter { kind: words[..at].trim_end().to_owned(), name: words[at..].to_owned() }
}
