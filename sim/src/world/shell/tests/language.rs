//! The language, one feature after the other.

/// Everything that scripts print, compared with a real shell's.
#[test]
fn dump() {
    let Ok(path) = std::env::var("SCRIPTS") else { return };
    for file in std::fs::read_dir(path).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|it| it == "sh") {
            let text = std::fs::read_to_string(&path).unwrap();
            let shell = if path.to_str().unwrap().contains("bash") { "bash" } else { "sh" };
            let mut play = super::Play::with(&[shell, "-c", &text], &[], super::Network::default(), None);
            play.until(100_000);
            let mut out = String::new();
            for line in play.text.lines() {
                if let Some(rest) = line.get(7..) {
                    if rest.starts_with("| ") { out.push_str(&rest[2..]); out.push('\n'); }
                    else if line[6..].starts_with("| ") { out.push_str(&line[8..]); out.push('\n'); }
                }
            }
            out.push_str(&format!("={}\n", play.code.unwrap_or(-1)));
            std::fs::write(path.with_extension("ours"), out).unwrap();
            std::fs::write(path.with_extension("full"), &play.text).unwrap();
        }
    }
}
