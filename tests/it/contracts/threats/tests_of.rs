//! The tests of the workspace, as the compiler finds them: from the root of each crate, module by module.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, ItemFn, Macro};

use crate::contracts::{files, is_test, root};

/// How far a test may be from what asserts: it calls a function that calls another.
const FARTHEST: usize = 5;

/// Whether a function is a test.
#[derive(Default, PartialEq, Eq)]
enum Test {
    #[default]
    No,
    Runs,
    SwitchedOff,
}

/// A function, as far as it matters here.
#[derive(Default)]
struct Function {
    krate: usize,
    test: Test,
    asserts: bool,
    calls: BTreeSet<String>,
    /// Whether it belongs to the tests: what the product does when it panics is no assertion of a test.
    is_of_tests: bool,
}

/// Every function that is compiled for the tests of the workspace.
pub(super) struct Tests {
    functions: BTreeMap<String, Vec<Function>>,
}

impl Tests {
    pub(super) fn of_the_workspace() -> Self {
        let mut roots = files("shared/src", &["shared/src/lib.rs"]);
        roots.extend(files("functions", &["/src/main.rs"]));
        roots.extend(files("local/src", &["local/src/lib.rs"]));
        roots.extend(files("tests/it", &["tests/it/main.rs"]));
        assert!(roots.len() > 9, "the crates are not found any more: {roots:?}");
        let mut tests = Self {
            functions: BTreeMap::new(),
        };
        for (krate, path) in roots.iter().enumerate() {
            let path = root().join(path);
            let folder = path.parent().expect("a folder").to_path_buf();
            tests.read(krate, &path, &folder);
        }
        tests
    }

    #[cfg(test)]
    fn of_text(text: &str) -> Self {
        let mut tests = Self {
            functions: BTreeMap::new(),
        };
        let file = syn::parse_file(text).expect("Rust");
        tests.items(0, &file.items, Path::new("/nowhere/tests"), true);
        tests
    }

    /// What keeps a function of this name from being a test that asserts something, if anything does.
    pub(super) fn check(&self, name: &str) -> Result<(), String> {
        let found = self.functions.get(name).ok_or("is not compiled for any test")?;
        let Some(test) = found.iter().find(|function| function.test != Test::No) else {
            return Err("is no test".to_owned());
        };
        if test.test == Test::SwitchedOff {
            return Err("is ignored".to_owned());
        }
        if self.asserts(test, FARTHEST) {
            return Ok(());
        }
        Err("asserts nothing".to_owned())
    }

    fn asserts(&self, function: &Function, farthest: usize) -> bool {
        let of_same_crate = |called: &&Function| called.krate == function.krate && called.is_of_tests;
        function.asserts
            || farthest > 0
                && function
                    .calls
                    .iter()
                    .filter_map(|name| self.functions.get(name))
                    .any(|called| {
                        called
                            .iter()
                            .filter(of_same_crate)
                            .any(|called| self.asserts(called, farthest - 1))
                    })
    }

    fn read(&mut self, krate: usize, path: &Path, folder: &Path) {
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shown = path.strip_prefix(root()).unwrap_or(path).to_string_lossy();
        let is_of_tests = is_test(&shown) || shown.starts_with("tests/");
        self.items(krate, &file.items, folder, is_of_tests);
    }

    /// Reads items; modules without a body stand in `folder`.
    fn items(&mut self, krate: usize, items: &[Item], folder: &Path, is_of_tests: bool) {
        for item in items {
            match item {
                Item::Fn(function) => {
                    let name = function.sig.ident.to_string();
                    self.add(&name, found(krate, function, is_of_tests));
                }
                Item::Impl(block) => {
                    for item in &block.items {
                        if let syn::ImplItem::Fn(function) = item {
                            let mut found = body(&function.block);
                            (found.krate, found.is_of_tests) = (krate, is_of_tests);
                            self.add(&function.sig.ident.to_string(), found);
                        }
                    }
                }
                Item::Macro(properties) if properties.mac.path.is_ident("proptest") => {
                    for (name, found) in property_tests(krate, &properties.mac) {
                        self.add(&name, found);
                    }
                }
                Item::Mod(module) => {
                    let name = module.ident.to_string();
                    let is_of_tests = is_of_tests || name == "tests";
                    let below = folder.join(&name);
                    match &module.content {
                        Some((_, items)) => self.items(krate, items, &below, is_of_tests),
                        None => match file_of(folder, &name, &module.attrs) {
                            Some(path) => self.read(krate, &path, &below),
                            None => panic!("{}: no file for the module {name}", folder.display()),
                        },
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, name: &str, found: Function) {
        self.functions.entry(name.to_owned()).or_default().push(found);
    }
}

/// The file of a module, which may say itself where it is.
fn file_of(folder: &Path, name: &str, attributes: &[Attribute]) -> Option<PathBuf> {
    let given = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("path"))
        .find_map(|attribute| {
            let syn::Meta::NameValue(pair) = &attribute.meta else {
                return None;
            };
            let syn::Expr::Lit(literal) = &pair.value else {
                return None;
            };
            let syn::Lit::Str(path) = &literal.lit else { return None };
            Some(folder.join(path.value()))
        });
    let usual = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    given.into_iter().chain(usual).find(|path| path.exists())
}

fn found(krate: usize, function: &ItemFn, is_of_tests: bool) -> Function {
    let has = |name: &str| {
        function
            .attrs
            .iter()
            .any(|attribute| attribute.path().segments.last().is_some_and(|last| last.ident == name))
    };
    let test = match (has("test"), has("ignore") || has("cfg")) {
        (false, _) => Test::No,
        (true, false) => Test::Runs,
        (true, true) => Test::SwitchedOff,
    };
    let mut found = body(&function.block);
    found.asserts |= has("should_panic");
    Function {
        krate,
        test,
        is_of_tests,
        ..found
    }
}

fn body(block: &Block) -> Function {
    let mut body = Body(Function::default());
    body.visit_block(block);
    body.0
}

/// Collects what a body asserts and calls.
struct Body(Function);

impl<'a> Visit<'a> for Body {
    fn visit_macro(&mut self, called: &'a Macro) {
        let name = called
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default();
        self.0.asserts |= ["assert", "prop_assert", "panic"]
            .iter()
            .any(|begin| name.starts_with(begin));
        // What stands within a macro that runs code, such as `join!`, is not parsed.
        let words = called.tokens.to_string();
        self.0.asserts |= !name.starts_with("debug_") && words.contains("assert");
        visit::visit_macro(self, called);
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        if let syn::Expr::Path(path) = call.func.as_ref() {
            self.0
                .calls
                .extend(path.path.segments.last().map(|last| last.ident.to_string()));
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        self.0.calls.insert(call.method.to_string());
        self.0.asserts |= ["unwrap_err", "expect_err"].iter().any(|name| call.method == name);
        visit::visit_expr_method_call(self, call);
    }
}

/// The tests in a `proptest!` block, which is no Rust as it stands.
fn property_tests(krate: usize, block: &Macro) -> Vec<(String, Function)> {
    let text = block.tokens.to_string();
    text.split("# [test]")
        .skip(1)
        .filter_map(|test| {
            let after = test.split_once("fn ")?.1;
            let name = after.split(|c: char| !c.is_alphanumeric() && c != '_').next()?;
            let is_ignored = test.split("fn ").next().is_some_and(|head| head.contains("ignore"));
            let found = Function {
                krate,
                test: if is_ignored { Test::SwitchedOff } else { Test::Runs },
                asserts: after.contains("assert"),
                is_of_tests: true,
                ..Function::default()
            };
            Some((name.to_owned(), found))
        })
        .collect()
}

#[test]
fn a_name_alone_is_not_enough() {
    // Another contract looks for this word in every file.
    let text = "fn helper() { assert!(true) }
         fn no_attribute() { assert!(true) }
         #[test] fn empty() {}
         #[test] fn asserts() { assert_eq!(1, 1) }
         #[tokio::test] async fn through_another() { helper() }
         #[test] #[switched_off] fn ignored() { assert!(true) }
         #[test] #[cfg(windows)] fn elsewhere() { assert!(true) }
         proptest! { #[test] fn property(x in 0..1) { prop_assert!(x < 1) } }"
        .replace("switched_off", "ignore");
    let tests = Tests::of_text(&text);
    for (name, problem) in [
        ("asserts", None),
        ("through_another", None),
        ("property", None),
        ("no_attribute", Some("is no test")),
        ("empty", Some("asserts nothing")),
        ("ignored", Some("is ignored")),
        ("elsewhere", Some("is ignored")),
        ("gone", Some("is not compiled for any test")),
    ] {
        assert_eq!(tests.check(name).err().as_deref(), problem, "{name}");
    }
}
