//! Holds the imports of the code against the table of rooms in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Segments of a path below `crate`.
type ModulePath = Vec<String>;

/// A room of the table: its name and the paths that it may import.
struct Room {
    name: String,
    allowed: Vec<ModulePath>,
}

#[test]
fn every_import_is_in_the_table_of_rooms() {
    let rooms = table_of_rooms();
    let mut forbidden = Vec::new();
    for (file, imports) in imports_of_rooms() {
        let room = rooms.iter().find(|room| room.name == room_of(&file));
        let Some(room) = room else { panic!("{} is in no room of the table", file.display()) };
        for import in imports {
            if import[0] != room.name && !room.allowed.iter().any(|allowed| import.starts_with(allowed)) {
                forbidden.push(format!("{}: crate::{}", file.display(), import.join("::")));
            }
        }
    }
    assert!(forbidden.is_empty(), "ARCHITECTURE.md does not allow these imports:\n{}", forbidden.join("\n"));
}

#[test]
fn every_import_of_the_table_is_used() {
    let mut used: BTreeMap<String, Vec<ModulePath>> = BTreeMap::new();
    for (file, imports) in imports_of_rooms() {
        used.entry(room_of(&file)).or_default().extend(imports);
    }
    for room in table_of_rooms() {
        let used = used.remove(&room.name).unwrap_or_else(|| panic!("there is no code of `{}`", room.name));
        for allowed in room.allowed {
            let is_used = used.iter().any(|import| import.starts_with(&allowed));
            assert!(is_used, "`{}` does not import `{}`", room.name, allowed.join("::"));
        }
    }
}

#[test]
fn imports_run_down_the_table() {
    let rooms = table_of_rooms();
    let names: Vec<_> = rooms.iter().map(|room| room.name.as_str()).collect();
    for (row, room) in rooms.iter().enumerate() {
        for allowed in &room.allowed {
            let target = names.iter().position(|name| *name == allowed[0]);
            let Some(target) = target else {
                panic!("`{}` imports `{}`, which is not a room", room.name, allowed[0])
            };
            assert!(target > row, "`{}` imports `{}`, which is above it", room.name, allowed[0]);
        }
    }
}

#[test]
fn paths_are_read_from_code() {
    let code = "use crate::a::b;\nuse crate::c::{self, d::{e, f}};\n// use crate::comment;\nfn x() { crate::g::h() }\n\
                use super::super::i::j;\nuse super::own;\n#[cfg(test)]\nmod tests { use crate::k; }\n";
    let paths: Vec<_> = paths_below_crate(code, 2).iter().map(|path| path.join("::")).collect();
    assert_eq!(paths, ["a::b", "c::d::e", "c::d::f", "c::self", "g::h", "i::j"]);
}

/// Reads the rows `| room | what it is for | what it imports |`.
fn table_of_rooms() -> Vec<Room> {
    let page = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let table = page.split("| room | what it is for | what it imports |").nth(1).expect("the table of rooms");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
        let [room, _, imports] = cells[..] else { panic!("a row has three cells: {row}") };
        Room {
            name: in_backticks(room).concat(),
            allowed: in_backticks(imports).iter().map(|path| segments(path)).collect(),
        }
    })
    .collect()
}

/// The texts in backticks.
fn in_backticks(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

fn segments(path: &str) -> ModulePath {
    path.split("::").map(ToOwned::to_owned).collect()
}

/// The paths below `crate` that each file of `src` uses outside tests. `lib.rs` only declares the rooms.
fn imports_of_rooms() -> Vec<(PathBuf, BTreeSet<ModulePath>)> {
    let source = repository().join("src");
    let mut files = Vec::new();
    collect_files(&source, &mut files);
    files.sort();
    let mut imports = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&source).unwrap().to_owned();
        let is_test = relative
            .components()
            .any(|part| ["tests", "tests.rs"].iter().any(|name| part.as_os_str() == *name));
        if is_test || relative == Path::new("lib.rs") {
            continue;
        }
        let code = std::fs::read_to_string(&file).unwrap().replace("metastudio_exporter::", "crate::");
        imports.push((relative.clone(), paths_below_crate(&code, depth(&relative))));
    }
    imports
}

fn collect_files(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The room of a file: the first part of its path below `src`.
fn room_of(file: &Path) -> String {
    let first = file.iter().next().unwrap().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// How many modules lie between a file's module and the crate's root, the file's own included.
fn depth(file: &Path) -> usize {
    let parts = file.components().count();
    if file.ends_with("mod.rs") { parts - 1 } else { parts }
}

/// Reads the paths that begin with `crate::`, or with as many `super::` as lead to the crate's root.
fn paths_below_crate(code: &str, depth: usize) -> BTreeSet<ModulePath> {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n").replace(&"super::".repeat(depth), "crate::");
    let mut paths = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        expand(rest, &mut Vec::new(), &mut paths);
    }
    paths
}

/// Reads one use tree, such as `a::{b, c::d}`, and returns the text behind it.
fn expand<'a>(text: &'a str, prefix: &mut ModulePath, paths: &mut BTreeSet<ModulePath>) -> &'a str {
    if let Some(mut group) = text.strip_prefix('{') {
        loop {
            group = group.trim_start().trim_start_matches(',').trim_start();
            if group.is_empty() || group.starts_with('}') {
                return group.get(1..).unwrap_or_default();
            }
            group = expand(group, &mut prefix.clone(), paths);
        }
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    let (segment, rest) = text.split_at(end);
    if segment.is_empty() {
        // `*`, or a character that ends the path.
        return rest.get(rest.chars().next().map_or(0, char::len_utf8)..).unwrap_or_default();
    }
    prefix.push(segment.to_owned());
    match rest.strip_prefix("::") {
        Some(rest) if rest.starts_with('{') || rest.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
            expand(rest, prefix, paths)
        }
        _ => {
            paths.insert(prefix.clone());
            rest
        }
    }
}

fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
