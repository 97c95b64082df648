//! The command as its users meet it: arguments in, lines and an exit status out.
//!
//! Drives the built binary and knows nothing of what is inside; what the engine finds is the engine's own tests' matter.

mod command {
    mod audit;
    mod bags;
    mod create;
    mod docs;
    mod files;
    mod json;
    mod kernels;
    mod live;
    mod names;
    mod oracle;
    mod outcomes;
    mod output;
    mod pty;
    mod refusals;
    mod sha1sum;
    mod signals;
    mod support;
    mod terminal;
    mod text;
}
