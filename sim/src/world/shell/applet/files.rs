//! Programs that make and remove files.

use wavetank_core::time::SimTime;

use super::basic::failed;
use super::{Done, flags, size};
use crate::world::files::{Disks, Errno, View};
use crate::world::shell::machine::Ctx;

pub(super) fn run(words: &[String], ctx: &mut Ctx<'_>) -> Option<Done> {
    Some(match words[0].as_str() {
        "touch" => each(words, "rtd", ctx, touch),
        "rm" | "unlink" => rm(words, ctx),
        "mkdir" => mkdir(words, ctx),
        "rmdir" => each(words, "", ctx, |path, ctx| {
            let place = ctx.machine.view.find_link(ctx.disks, path)?;
            if !ctx.disks.tree(place.tree).node(place.node).is_directory() {
                return Err(Errno::NotDirectory);
            }
            ctx.machine.view.remove(ctx.disks, path, ctx.machine.clock)
        }),
        "chmod" => chmod(words, ctx),
        "chown" | "chgrp" => chown(words, ctx),
        "mktemp" => mktemp(words, ctx),
        "truncate" | "fallocate" => resize(words, ctx),
        _ => return None,
    })
}

/// Does something to each operand; errors are `name: path: text`.
fn each(
    words: &[String],
    valued: &str,
    ctx: &mut Ctx<'_>,
    act: impl Fn(&str, &mut Ctx<'_>) -> Result<(), Errno>,
) -> Done {
    let (_, operands) = flags(words, valued);
    if operands.is_empty() {
        return failed(&format!("{}: missing operand", words[0]), 1);
    }
    let mut done = Done::default();
    for operand in operands {
        let path = ctx.path(&operand);
        if let Err(error) = act(&path, ctx) {
            let quoted = if words[0] == "rmdir" {
                format!("'{operand}'")
            } else {
                operand
            };
            done.err
                .extend(format!("{}: {quoted}: {}\n", words[0], error.text()).into_bytes());
            done.code = 1;
        }
    }
    done
}

fn touch(path: &str, ctx: &mut Ctx<'_>) -> Result<(), Errno> {
    let now = ctx.machine.clock;
    let place = match ctx.machine.view.find(ctx.disks, path) {
        Ok(place) if place.read_only => return Err(Errno::ReadOnly),
        Ok(place) => place,
        Err(_) => ctx.machine.view.create(ctx.disks, path, now)?,
    };
    ctx.disks.tree_mut(place.tree).node_mut(place.node).modified = now;
    Ok(())
}

fn rm(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "");
    let is_forced = flags.contains_key(&'f');
    let recursive = flags.contains_key(&'r') || flags.contains_key(&'R');
    let mut done = Done::default();
    if operands.is_empty() && !is_forced {
        return failed("rm: missing operand", 1);
    }
    for operand in operands {
        let path = ctx.path(&operand);
        let now = ctx.machine.clock;
        let view = &ctx.machine.view;
        let result = view.find_link(ctx.disks, &path).and_then(|place| {
            let is_directory = ctx.disks.tree(place.tree).node(place.node).is_directory();
            match (is_directory, recursive) {
                (true, false) => Err(Errno::IsDirectory),
                (true, true) => remove_all(view, ctx.disks, &path, now),
                (false, _) => view.remove(ctx.disks, &path, now),
            }
        });
        match result {
            Ok(()) | Err(Errno::NotFound) if is_forced => (),
            Ok(()) => (),
            Err(Errno::IsDirectory) => {
                done.err
                    .extend(format!("rm: '{operand}' is a directory\n").into_bytes());
                done.code = 1;
            }
            Err(error) => {
                done.err.extend(
                    format!("rm: can't remove '{operand}': {}\n", error.text()).into_bytes(),
                );
                done.code = 1;
            }
        }
    }
    done
}

/// Removes a directory with what is in it, from the leaves up.
pub(crate) fn remove_all(
    view: &View,
    disks: &mut Disks,
    path: &str,
    now: SimTime,
) -> Result<(), Errno> {
    let mut stack = vec![path.to_owned()];
    let mut first_error = Ok(());
    while let Some(top) = stack.last().cloned() {
        let place = view.find_link(disks, &top)?;
        let is_directory = disks.tree(place.tree).node(place.node).is_directory();
        let inside = if is_directory {
            view.list(disks, &top)?
        } else {
            Vec::new()
        };
        if inside.is_empty() {
            view.remove(disks, &top, now)?;
            stack.pop();
            continue;
        }
        // Leaves go at once, directories wait their turn.
        let mut deeper = Vec::new();
        for name in inside {
            let whole = format!("{}/{name}", top.trim_end_matches('/'));
            match view.remove(disks, &whole, now) {
                Ok(()) => (),
                Err(Errno::NotEmpty) => deeper.push(whole),
                Err(error) => first_error = first_error.and(Err(error)),
            }
        }
        if deeper.is_empty() && first_error.is_err() {
            return first_error;
        }
        stack.extend(deeper);
    }
    first_error
}

fn mkdir(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "m");
    let mut done = Done::default();
    if operands.is_empty() {
        return failed("mkdir: missing operand", 1);
    }
    for operand in operands {
        let path = ctx.path(&operand);
        let now = ctx.machine.clock;
        let result = if flags.contains_key(&'p') {
            ctx.machine
                .view
                .make_directories(ctx.disks, &path, now)
                .map(|_| ())
        } else {
            ctx.machine.view.make_directory(ctx.disks, &path, now)
        };
        if let Err(error) = result {
            let text = format!(
                "mkdir: can't create directory '{operand}': {}\n",
                error.text()
            );
            done.err.extend(text.into_bytes());
            done.code = 1;
        }
    }
    done
}

/// The permission bits after a mode such as `755`, `+x` or `u+rwx,g-w`.
pub(super) fn mode(text: &str, old: u16) -> Option<u16> {
    if let Ok(mode) = u16::from_str_radix(text, 8) {
        return (mode <= 0o7777).then_some(mode);
    }
    let mut mode = old;
    for clause in text.split(',') {
        let sign = clause.find(['+', '-', '='])?;
        let mut who = 0;
        for letter in clause[..sign].chars() {
            who |= match letter {
                'u' => 0o700,
                'g' => 0o070,
                'o' => 0o007,
                'a' => 0o777,
                _ => return None,
            };
        }
        let who = if who == 0 { 0o777 } else { who };
        let mut bits = 0;
        for letter in clause[sign + 1..].chars() {
            bits |= match letter {
                'r' => 0o444,
                'w' => 0o222,
                'x' | 'X' => 0o111,
                's' | 't' => 0,
                _ => return None,
            };
        }
        mode = match &clause[sign..=sign] {
            "+" => mode | bits & who,
            "-" => mode & !(bits & who),
            _ => mode & !who | bits & who,
        };
    }
    Some(mode)
}

fn chmod(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let is_flag = |it: &&String| matches!(it.as_str(), "-R" | "-v" | "-f" | "-c");
    let recursive = words.iter().any(|it| it == "-R");
    let operands: Vec<&String> = words[1..].iter().filter(|it| !is_flag(it)).collect();
    let Some((text, paths)) = operands.split_first() else {
        return failed("chmod: missing operand", 1);
    };
    let mut done = Done::default();
    for operand in paths {
        let mut todo = vec![ctx.path(operand)];
        while let Some(path) = todo.pop() {
            let place = match ctx.machine.view.find(ctx.disks, &path) {
                Ok(place) if place.read_only => Err(Errno::ReadOnly),
                other => other,
            };
            let place = match place {
                Ok(place) => place,
                Err(error) => {
                    done.err
                        .extend(format!("chmod: {operand}: {}\n", error.text()).into_bytes());
                    done.code = 1;
                    continue;
                }
            };
            let node = ctx.disks.tree_mut(place.tree).node_mut(place.node);
            match mode(text, node.mode) {
                Some(mode) => node.mode = mode,
                None => return failed(&format!("chmod: invalid mode '{text}'"), 1),
            }
            if recursive && let Ok(names) = ctx.machine.view.list(ctx.disks, &path) {
                todo.extend(names.iter().map(|name| format!("{path}/{name}")));
            }
        }
    }
    done
}

fn chown(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (_, operands) = flags(words, "");
    let mut done = Done::default();
    for operand in operands.iter().skip(1) {
        let path = ctx.path(operand);
        let error = match ctx.machine.view.find(ctx.disks, &path) {
            Ok(place) if place.read_only => Errno::ReadOnly,
            Ok(_) => continue,
            Err(error) => error,
        };
        done.err
            .extend(format!("{}: {operand}: {}\n", words[0], error.text()).into_bytes());
        done.code = 1;
    }
    done
}

fn mktemp(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "p");
    let pattern = operands.first().map_or("tmp.XXXXXX", String::as_str);
    let stem = pattern.trim_end_matches('X');
    let directory = flags.get(&'p').map_or("/tmp", String::as_str);
    let whole = if stem.contains('/') {
        stem.to_owned()
    } else {
        format!("{directory}/{stem}")
    };
    let letters: Vec<char> = ('A'..='Z').chain('a'..='z').collect();
    for _ in 0..100 {
        ctx.machine.random = ctx.machine.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut noise = crate::world::shell::machine::mix(ctx.machine.random);
        let mut path = whole.clone();
        for _ in 0..6 {
            path.push(letters[usize::try_from(noise % 52).unwrap_or(0)]);
            noise /= 52;
        }
        let at = ctx.path(&path);
        let now = ctx.machine.clock;
        if ctx.machine.view.find_link(ctx.disks, &at).is_ok() {
            continue;
        }
        let result = if flags.contains_key(&'d') {
            ctx.machine.view.make_directory(ctx.disks, &at, now)
        } else {
            ctx.machine.view.create(ctx.disks, &at, now).map(|_| ())
        };
        return match result {
            Ok(()) => super::basic::out(format!("{path}\n").into_bytes()),
            Err(error) => failed(&format!("mktemp: {pattern}: {}", error.text()), 1),
        };
    }
    failed(&format!("mktemp: {pattern}: File exists"), 1)
}

/// `truncate -s` and `fallocate -l`: the size is right, and nothing is kept of the zeros.
fn resize(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let (flags, operands) = flags(words, "slo");
    let text = flags
        .get(&'s')
        .or_else(|| flags.get(&'l'))
        .cloned()
        .unwrap_or_default();
    let Some(size) = size(&text) else {
        return failed(&format!("{}: invalid number '{text}'", words[0]), 1);
    };
    let mut done = Done::default();
    for operand in operands {
        let path = ctx.path(&operand);
        let now = ctx.machine.clock;
        let result = ctx
            .machine
            .view
            .create(ctx.disks, &path, now)
            .and_then(|place| {
                let tree = ctx.disks.tree_mut(place.tree);
                tree.truncate(place.node, size, now)
            });
        if let Err(error) = result {
            done.err
                .extend(format!("{}: {operand}: {}\n", words[0], error.text()).into_bytes());
            done.code = 1;
        }
    }
    done
}
