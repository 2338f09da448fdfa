//! `ls`, `find`, `readlink`, `du`.

use std::fmt::Write as _;

use super::basic::failed;
use super::{Done, flags};
use crate::world::files::{Errno, Kind, Node};
use crate::world::shell::machine::Ctx;
use crate::world::shell::text::pattern::Pattern;

/// How many files are looked at.
const FILES: usize = 20_000;

pub(super) fn run(words: &[String], ctx: &mut Ctx<'_>) -> Option<Done> {
    Some(match words[0].as_str() {
        "ls" => ls(words, ctx),
        "readlink" | "realpath" => links(words, ctx),
        "du" => du(words, ctx),
        "find" => find(&words[1..], ctx),
        "stat" => stat(words, ctx),
        _ => return None,
    })
}

fn node(path: &str, follows: bool, ctx: &Ctx<'_>) -> Result<Node, Errno> {
    let view = &ctx.machine.view;
    let place = if follows {
        view.find(ctx.disks, path)
    } else {
        view.find_link(ctx.disks, path)
    }?;
    Ok(ctx.disks.tree(place.tree).node(place.node).clone())
}

fn ls(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, mut operands) = flags(words, "");
    let has = |letter: char| flags.contains_key(&letter);
    if operands.is_empty() {
        operands.push(".".to_owned());
    }
    let mut done = Done::default();
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for operand in operands {
        let path = ctx.path(&operand);
        ctx.refresh(&path);
        match node(&path, !has('l') && !has('d'), ctx) {
            Ok(node) if node.is_directory() && !has('d') => directories.push((operand, path)),
            Ok(node) => files.push((operand, node)),
            Err(error) => {
                done.err
                    .extend(format!("ls: {operand}: {}\n", error.text()).into_bytes());
                done.code = 1;
            }
        }
    }
    let several = files.len() + directories.len() > 1;
    let mut text = String::new();
    for (name, node) in &files {
        entry(name, node, has('l'), ctx, &mut text);
    }
    for (shown, path) in directories {
        if several {
            if !text.is_empty() {
                text.push('\n');
            }
            let _ = writeln!(text, "{shown}:");
        }
        let mut names = ctx.machine.view.list(ctx.disks, &path).unwrap_or_default();
        if has('a') {
            names.splice(0..0, [".".to_owned(), "..".to_owned()]);
        } else if !has('A') {
            names.retain(|name| !name.starts_with('.'));
        }
        if has('r') {
            names.reverse();
        }
        if has('l') {
            let _ = writeln!(text, "total {}", names.len() * 4);
        }
        for name in names.iter().take(FILES) {
            if let Ok(node) = node(&format!("{path}/{name}"), false, ctx) {
                entry(name, &node, has('l'), ctx, &mut text);
            }
        }
    }
    done.out = text.into_bytes();
    done
}

fn entry(name: &str, node: &Node, is_long: bool, ctx: &mut Ctx<'_>, text: &mut String) {
    if !is_long {
        let _ = writeln!(text, "{name}");
        return;
    }
    let (kind, link) = match &node.kind {
        Kind::File(..) => ('-', String::new()),
        Kind::Directory(_) => ('d', String::new()),
        Kind::Link(to) => ('l', format!(" -> {to}")),
        Kind::Device(_) => ('c', String::new()),
    };
    let bits = (0..9)
        .rev()
        .map(|bit| match (node.mode >> bit & 1, bit % 3) {
            (0, _) => '-',
            (_, 2) => 'r',
            (_, 1) => 'w',
            (_, _) => 'x',
        });
    let bits: String = bits.collect();
    let seconds = ctx.outside.unix_time(node.modified);
    let date = super::system::run(
        &[
            "date".to_owned(),
            "-d".to_owned(),
            format!("@{seconds}"),
            "+%b %e %H:%M".to_owned(),
        ],
        ctx,
    );
    let date = String::from_utf8_lossy(&date.unwrap_or_default().out)
        .trim_end()
        .to_owned();
    let _ = writeln!(
        text,
        "{kind}{bits}    1 root     root     {:9} {date} {name}{link}",
        node.size()
    );
}

fn links(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "");
    let resolves = words[0] == "realpath" || flags.contains_key(&'f') || flags.contains_key(&'e');
    let mut done = Done::default();
    for operand in operands {
        let path = ctx.path(&operand);
        let found = if resolves {
            ctx.machine.view.real_path(ctx.disks, &path).ok()
        } else {
            match node(&path, false, ctx).map(|it| it.kind) {
                Ok(Kind::Link(to)) => Some(to),
                Ok(_) | Err(_) => None,
            }
        };
        match found {
            Some(found) => done.out.extend(format!("{found}\n").into_bytes()),
            None => done.code = 1,
        }
    }
    done
}

/// All paths below one, parents first, with their depth.
fn below(path: &str, most: usize, ctx: &Ctx<'_>) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut todo = vec![(path.to_owned(), 0)];
    while let Some((path, depth)) = todo.pop() {
        if found.len() >= FILES {
            break;
        }
        let is_directory = ctx
            .machine
            .view
            .find_link(ctx.disks, &path)
            .is_ok_and(|place| ctx.disks.tree(place.tree).node(place.node).is_directory());
        if is_directory && depth < most {
            let names = ctx.machine.view.list(ctx.disks, &path).unwrap_or_default();
            let whole = path.trim_end_matches('/');
            todo.extend(
                names
                    .iter()
                    .rev()
                    .map(|name| (format!("{whole}/{name}"), depth + 1)),
            );
        }
        found.push((path, depth));
    }
    found
}

fn du(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, mut operands) = flags(words, "d");
    if operands.is_empty() {
        operands.push(".".to_owned());
    }
    let mut text = String::new();
    for operand in operands {
        let path = ctx.path(&operand);
        if let Err(error) = node(&path, false, ctx) {
            return failed(&format!("du: {operand}: {}", error.text()), 1);
        }
        let all = below(&path, usize::MAX, ctx);
        let sizes = all
            .iter()
            .filter_map(|(path, _)| node(path, false, ctx).ok());
        let blocks: u64 = sizes.map(|node| node.size().div_ceil(4096) * 4).sum();
        let shown = if flags.contains_key(&'h') {
            format!("{}.{}M", blocks / 1024, blocks % 1024 * 10 / 1024)
        } else if flags.contains_key(&'m') {
            blocks.div_ceil(1024).to_string()
        } else if flags.contains_key(&'b') {
            (blocks * 1024).to_string()
        } else {
            blocks.to_string()
        };
        let _ = writeln!(text, "{shown}\t{operand}");
    }
    super::basic::out(text.into_bytes())
}

fn find(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let first = words
        .iter()
        .position(|it| it.starts_with('-'))
        .unwrap_or(words.len());
    let mut roots = words[..first].to_vec();
    if roots.is_empty() {
        roots.push(".".to_owned());
    }
    let mut tests: Vec<(String, String)> = Vec::new();
    let (mut deletes, mut most) = (false, usize::MAX);
    let mut rest = words[first..].iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-delete" => deletes = true,
            "-print" => (),
            "-maxdepth" => most = rest.next().and_then(|it| it.parse().ok()).unwrap_or(most),
            "-name" | "-type" | "-iname" | "-mindepth" => {
                tests.push((word.clone(), rest.next().cloned().unwrap_or_default()));
            }
            other => return failed(&format!("find: unrecognized: {other}"), 1),
        }
    }
    let mut done = Done::default();
    for root in roots {
        let whole = ctx.path(&root);
        if let Err(error) = node(&whole, false, ctx) {
            done.err
                .extend(format!("find: {root}: {}\n", error.text()).into_bytes());
            done.code = 1;
            continue;
        }
        for (path, depth) in below(&whole, most, ctx) {
            let Ok(node) = node(&path, false, ctx) else {
                continue;
            };
            let name = path
                .trim_end_matches('/')
                .rsplit('/')
                .next()
                .unwrap_or_default();
            let passes = tests.iter().all(|(test, value)| match test.as_str() {
                "-name" => Pattern::new(value).matches(name),
                "-iname" => Pattern::new(&value.to_lowercase()).matches(&name.to_lowercase()),
                "-mindepth" => depth >= value.parse().unwrap_or(0),
                _ => match node.kind {
                    Kind::File(..) => value == "f",
                    Kind::Directory(_) => value == "d",
                    Kind::Link(_) => value == "l",
                    Kind::Device(_) => value == "c",
                },
            });
            if passes && deletes {
                let _ = ctx.machine.view.remove(ctx.disks, &path, ctx.machine.clock);
            } else if passes {
                let shown = format!("{root}{}", &path[whole.len().min(path.len())..]);
                done.out.extend(format!("{shown}\n").into_bytes());
            }
        }
    }
    done
}

fn stat(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "c");
    let mut text = String::new();
    for operand in operands {
        let path = ctx.path(&operand);
        let node = match node(&path, false, ctx) {
            Ok(node) => node,
            Err(error) => {
                return failed(
                    &format!("stat: can't stat '{operand}': {}", error.text()),
                    1,
                );
            }
        };
        let modified = ctx.outside.unix_time(node.modified).to_string();
        let format = flags
            .get(&'c')
            .map_or("  File: %n\n  Size: %s\n", String::as_str);
        let line = format
            .replace("%n", &operand)
            .replace("%s", &node.size().to_string())
            .replace("%a", &format!("{:o}", node.mode))
            .replace("%Y", &modified)
            .replace("%u", "0")
            .replace("%g", "0")
            .replace("%U", "root")
            .replace("%G", "root");
        let _ = writeln!(text, "{}", line.trim_end());
    }
    super::basic::out(text.into_bytes())
}
