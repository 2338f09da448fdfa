//! Programs that look at the machine: `date`, `hostname`, `ps`, `env` …

use std::fmt::Write as _;

use super::Done;
use super::basic::{failed, out};
use crate::world::shell::machine::{Ctx, Found, Pid, Signal};

pub(super) fn run(words: &[String], ctx: &mut Ctx<'_>) -> Option<Done> {
    let rest = &words[1..];
    let line = |text: &str| out(format!("{text}\n").into_bytes());
    Some(match words[0].as_str() {
        "date" => date(rest, ctx),
        "hostname" => match rest.first().map(String::as_str) {
            Some("-i" | "-I") => line(&ctx.outside.addresses().join(" ")),
            Some("-s") => line(ctx.machine.hostname.split('.').next().unwrap_or_default()),
            Some(_) | None => line(&ctx.machine.hostname.clone()),
        },
        "env" | "printenv" => printenv(rest, ctx),
        "id" => match rest.first().map(String::as_str) {
            Some("-u" | "-g") => line("0"),
            Some("-un" | "-gn") => line("root"),
            Some(_) | None => line("uid=0(root) gid=0(root) groups=0(root)"),
        },
        "whoami" | "groups" => line("root"),
        "arch" => line("x86_64"),
        "nproc" => line("1"),
        "tty" => failed("not a tty", 1),
        "uname" => uname(rest, ctx),
        "ps" => ps(ctx),
        "pgrep" | "pkill" | "killall" | "pidof" => by_name(words, ctx),
        "which" => which(rest, ctx),
        "uptime" => line(" 00:00:00 up 0 min,  0 users,  load average: 0.00, 0.00, 0.00"),
        "df" => line(
            "Filesystem           1K-blocks      Used Available Use% Mounted on\noverlay              100000000         0 100000000   0% /",
        ),
        "free" => line(
            "              total        used        free      shared  buff/cache   available\nMem:       16000000           0    16000000           0           0    16000000",
        ),
        "sysctl" | "mount" | "umount" => Done::default(),
        _ => return None,
    })
}

fn printenv(names: &[String], ctx: &mut Ctx<'_>) -> Done {
    let env = ctx.process().initial.clone();
    let mut done = Done::default();
    if names.is_empty() {
        for (name, value) in env.iter() {
            done.out.extend(format!("{name}={value}\n").into_bytes());
        }
    }
    for name in names {
        match env.get(name) {
            Some(value) => done.out.extend(format!("{value}\n").into_bytes()),
            None => done.code = 1,
        }
    }
    done
}

fn uname(flags: &[String], ctx: &Ctx<'_>) -> Done {
    let host = &ctx.machine.hostname;
    let text = match flags.first().map(String::as_str) {
        Some("-a") => format!("Linux {host} 6.1.0 #1 SMP x86_64 GNU/Linux"),
        Some("-n") => host.clone(),
        Some("-r") => "6.1.0".to_owned(),
        Some("-m") => "x86_64".to_owned(),
        Some(_) | None => "Linux".to_owned(),
    };
    out(format!("{text}\n").into_bytes())
}

fn which(names: &[String], ctx: &mut Ctx<'_>) -> Done {
    let mut done = Done::default();
    for name in names.iter().filter(|it| !it.starts_with('-')) {
        match ctx.look_up(name, None) {
            Found::Script(path) => done
                .out
                .extend(format!("{}\n", path.replace("//", "/")).into_bytes()),
            Found::Shell => done.out.extend(format!("/bin/{name}\n").into_bytes()),
            Found::Applet(base) => done.out.extend(format!("/usr/bin/{base}\n").into_bytes()),
            Found::Missing | Found::Denied => done.code = 1,
        }
    }
    done
}

/// As busybox prints it, without the time that was used.
fn ps(ctx: &mut Ctx<'_>) -> Done {
    let mut text = "PID   USER     TIME  COMMAND\n".to_owned();
    for (pid, process) in &ctx.machine.processes {
        let name = if *pid == ctx.pid && process.name.is_empty() {
            "ps".to_owned()
        } else {
            process.name.join(" ")
        };
        let _ = writeln!(text, "{:5} root      0:00 {name}", pid.0);
    }
    out(text.into_bytes())
}

/// Processes by the name of their program.
fn by_name(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let is_kill = matches!(words[0].as_str(), "pkill" | "killall");
    let mut signal = Some(Signal::TERM);
    let mut whole = false;
    let mut names = Vec::new();
    for word in &words[1..] {
        match word.strip_prefix('-') {
            Some("f") => whole = true,
            Some("0") => signal = None,
            Some("q" | "x" | "w" | "v" | "s") => (),
            Some(name) if is_kill => signal = Signal::parse(name).or(signal),
            Some(_) => (),
            None => names.push(word.clone()),
        }
    }
    let mut done = Done::default();
    let mut all: Vec<String> = Vec::new();
    for name in &names {
        let own = ctx.pid;
        let matching = ctx.machine.processes.iter().filter(|(pid, process)| {
            let is_match = match words[0].as_str() {
                "pkill" | "pgrep" if whole => process.name.join(" ").contains(name.as_str()),
                "pkill" | "pgrep" => process.command().contains(name.as_str()),
                _ => process.command() == name,
            };
            **pid != own && is_match
        });
        let found: Vec<Pid> = matching.map(|(pid, _)| *pid).collect();
        if found.is_empty() {
            done.code = 1;
            if words[0] == "killall" {
                done.err
                    .extend(format!("killall: {name}: no process killed\n").into_bytes());
            }
        }
        for pid in found {
            match signal {
                Some(signal) if is_kill => {
                    ctx.machine.deliver(pid, signal, false);
                }
                Some(_) | None => all.push(pid.0.to_string()),
            }
        }
    }
    if !is_kill && !all.is_empty() {
        let separator = if words[0] == "pidof" { " " } else { "\n" };
        done.out = format!("{}\n", all.join(separator)).into_bytes();
    }
    done
}

/// `date`, in UTC.
fn date(words: &[String], ctx: &mut Ctx<'_>) -> Done {
    let now = ctx.machine.clock;
    let mut seconds = ctx.outside.unix_time(now);
    let mut format = "%a %b %e %H:%M:%S %Z %Y".to_owned();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if let Some(given) = word.strip_prefix('+') {
            given.clone_into(&mut format);
        } else if word == "-d" || word == "--date" {
            let given = words.next().map(String::as_str).unwrap_or_default();
            match given.strip_prefix('@').and_then(|it| it.parse().ok()) {
                Some(given) => seconds = given,
                None if given == "now" => (),
                None => return failed(&format!("date: invalid date '{given}'"), 1),
            }
        } else if word.starts_with("-I") || word == "--iso-8601" {
            format = if word.contains('s') && word.len() > 2 {
                "%Y-%m-%dT%H:%M:%S+00:00"
            } else {
                "%Y-%m-%d"
            }
            .to_owned();
        } else if word == "-R" {
            "%a, %d %b %Y %H:%M:%S +0000".clone_into(&mut format);
        }
    }
    let nanos = now.nanos() % wavetank_core::time::NANOS_PER_SECOND;
    out(format!("{}\n", formatted(&format, seconds, nanos)).into_bytes())
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

/// The text of an instant, by the letters of `strftime`.
fn formatted(format: &str, unix: i64, nanos: u64) -> String {
    let unix = unix.clamp(-62_135_596_800, 253_402_300_799);
    let (days, second) = (unix.div_euclid(86_400), unix.rem_euclid(86_400));
    let (year, month, day, of_year) = civil(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let week_day = DAYS[usize::try_from(days.rem_euclid(7)).unwrap_or(0)];
    let month_name = MONTHS[usize::try_from(month - 1).unwrap_or(0)];
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let mut kind = letters.next();
        let cuts = kind.filter(|it| matches!(it, '3' | '6' | '9' | '-'));
        if cuts.is_some() {
            kind = letters.next();
        }
        let _ = match kind {
            Some('Y') => write!(text, "{year}"),
            Some('y') => write!(text, "{:02}", year.rem_euclid(100)),
            Some('m') => write!(text, "{month:02}"),
            Some('d') => write!(text, "{day:02}"),
            Some('e') => write!(text, "{day:2}"),
            Some('H') => write!(text, "{hour:02}"),
            Some('I') => write!(text, "{:02}", (hour + 11) % 12 + 1),
            Some('M') => write!(text, "{minute:02}"),
            Some('S') => write!(text, "{second:02}"),
            Some('N') if cuts == Some('3') => write!(text, "{:03}", nanos / 1_000_000),
            Some('N') if cuts == Some('6') => write!(text, "{:06}", nanos / 1_000),
            Some('N') => write!(text, "{nanos:09}"),
            Some('j') => write!(text, "{of_year:03}"),
            Some('a') => write!(text, "{}", &week_day[..3]),
            Some('A') => write!(text, "{week_day}"),
            Some('b' | 'h') => write!(text, "{}", &month_name[..3]),
            Some('B') => write!(text, "{month_name}"),
            Some('F') => write!(text, "{year}-{month:02}-{day:02}"),
            Some('T') => write!(text, "{hour:02}:{minute:02}:{second:02}"),
            Some('R') => write!(text, "{hour:02}:{minute:02}"),
            Some('D') => write!(text, "{month:02}/{day:02}/{:02}", year.rem_euclid(100)),
            Some('c') => write!(
                text,
                "{} {} {day:2} {hour:02}:{minute:02}:{second:02} {year}",
                &week_day[..3],
                &month_name[..3]
            ),
            Some('s') => write!(text, "{unix}"),
            Some('p') => write!(text, "{}", if hour < 12 { "AM" } else { "PM" }),
            Some('u') => write!(text, "{}", (days + 3).rem_euclid(7) + 1),
            Some('w') => write!(text, "{}", (days + 4).rem_euclid(7)),
            Some('Z') => write!(text, "UTC"),
            Some('z') => write!(text, "+0000"),
            Some('n') => writeln!(text),
            Some('t') => write!(text, "\t"),
            Some('%') => write!(text, "%"),
            Some(other) => write!(text, "%{other}"),
            None => write!(text, "%"),
        };
    }
    text
}

/// Year, month, day and day of the year of a day since 1970, in the Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64, i64) {
    // Years that begin in March: the leap day is the last one.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let since_january = if month <= 2 {
        of_year - 306
    } else {
        of_year + 59 + i64::from(is_leap)
    };
    (year, month, day, since_january + 1)
}
