//! The examples in `tests/command/*.trycmd`, run as a user would type them.
//!
//! `TRYCMD=overwrite cargo test --test command docs` writes down what comes out now; read the difference before you
//! commit it.

#[test]
fn examples_are_true() {
    trycmd::TestCases::new().case("tests/command/*.trycmd").env("COLUMNS", "80").env("NO_COLOR", "1");
}
