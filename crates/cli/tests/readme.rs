//! The README's lines are those of a program that is built and run by the tests.

/// The lines of the first block of Rust, without its remarks.
fn shown(readme: &str) -> Vec<&str> {
    let block = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a block");
    block
        .lines()
        .map(|line| line.split(" //").next().unwrap_or(line).trim())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn the_readme_shows_the_example() {
    let readme = include_str!("../../../README.md");
    let example = include_str!("../examples/own_node.rs");
    let mut lines = example.lines().map(str::trim);
    for line in shown(readme) {
        assert!(
            lines.any(|one| one == line),
            "`{line}` of README.md is not, or not there, in examples/own_node.rs"
        );
    }
}
