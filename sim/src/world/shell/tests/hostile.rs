//! Scripts that mean harm, and text that is no script: neither panics nor takes memory without bound.

use proptest::prelude::*;

use super::Play;

/// Runs a script for a while; whatever it does is fine as long as it is done soon.
fn survives(script: &str) {
    for shell in ["sh", "bash"] {
        Play::new(&[shell, "-c", script]).until(1_000);
    }
}

#[test]
fn deep_nesting() {
    for (open, close) in [
        ("(", ")"),
        ("$(", ")"),
        ("((", "))"),
        ("$((", "))"),
        ("${a:-", "}"),
        ("\"$(", ")\""),
        ("{ ", ";}"),
        ("if ", "; then :; fi"),
        ("! ", ""),
        ("`", "`"),
        ("[[ ( ", " ) ]]"),
        ("case x in x) ", ";; esac"),
        ("f() ", ""),
        ("[ ! ", "]"),
        ("echo $((-", "1))"),
        ("a=(", ")"),
        ("<<", ""),
        ("${a/", "}"),
        ("${a:", "}"),
        ("expr \\( ", " \\)"),
    ] {
        for depth in [3, 30, 3_000] {
            survives(&format!(
                "{}echo x{}",
                open.repeat(depth),
                close.repeat(depth)
            ));
        }
    }
}

#[test]
fn growth() {
    survives("x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done");
    survives("x=a; while :; do x=\"$x$x$x$x\"; set -- $x; done");
    survives("f() { f; }; f");
    survives("f() { f | f & }; f");
    survives("while :; do sleep 100 & done");
    survives(
        "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
    );
    survives("yes > /f");
    survives("yes | cat | sort");
    survives("cat /dev/zero");
    survives("x=$(yes)");
    survives("x=$(cat /dev/urandom)");
    survives("i=0; while :; do i=$((i+1)); mkdir d$i; eval v$i=1; done");
    survives(
        "printf '%9999999999d' 1; printf '%*d' 99999999 1; seq 99999999999; echo {1..99999999}",
    );
    survives("set -- $(seq 100000); shift 5; echo $#");
    survives("trap 'kill -TERM $$' TERM; kill -TERM $$; trap 'exit' EXIT; exit");
    survives("while :; do exec 5>/dev/null; exec 6<&5; done");
    survives(
        "sed -E 's/((a*)*)*b/x/' /etc/passwd; echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac | grep -E '(a|aa)+$'; grep -E '(((x{900}){900}){900})' f",
    );
    survives(
        "eval eval eval 'eval \"$(echo eval)\"'; . /dev/zero; sh /dev/urandom; sh < /dev/zero",
    );
    survives(
        "echo $((9223372036854775807+1)) $((-9223372036854775807-1)) $((1/0)); echo $(( -9223372036854775808 / -1 )); echo $((a=b,b=a,a))",
    );
    survives(
        "a='a'; echo $((a)); sleep 99999999999999999999; timeout 18446744073709551615 sleep 1; read -t 99999999999999 x",
    );
    survives(
        "ln -s a b; ln -s b a; cat a; mv / /x; rm -rf /; cp -r / /x; ls -l; find / ; cd /; mkdir -p $(printf 'a/%.0s' $(seq 500))",
    );
    survives(
        "dd if=/dev/zero of=/big bs=1G count=99999999999; ls -l /big; cat /big | wc -c & sleep 1",
    );
    survives("x=${1:?no}; y=${x:0:-99999999999}; z=${x: -5:3}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn words_of_shell_in_any_order(words in prop::collection::vec(prop::sample::select(vec![
        "if", "then", "fi", "else", "while", "do", "done", "for", "in", "case", "esac", "{", "}", "(", ")", "((", "))",
        "[[", "]]", ";", ";;", "&", "&&", "||", "|", "<", ">", ">>", "<<E\n", "E\n", "\n", "$(", "${", "$((", "`", "'",
        "\"", "\\", "x", "x=1", "x=(", "$x", "${x:-", "${x//", "echo", "sleep 1", "exit", "trap", "TERM", "wait", "read",
        "break", "continue", "return", "local", "set -e", "exec", "eval", "*", "~", "!", "=", "#", "kill", "$$", "é", "-",
        "sed", "s/a/b/", "awk", "{print $1}", "grep", "test", "[", "]", "printf", "%s", "cat", "f()", "f", "2>&1", "-1",
    ]), 0..30)) {
        survives(&words.join(" "));
        survives(&words.concat());
    }

    #[test]
    fn any_text(text in "\\PC{0,60}") {
        survives(&text);
    }

    #[test]
    fn any_pattern(pattern in "[a-c*?.+(){}|\\[\\]^$0-9,\\\\-]{0,20}", text in "[a-c]{0,20}") {
        for extended in [true, false] {
            if let Ok(regex) = crate::world::shell::text::regex::Regex::new(&pattern, extended, false) {
                regex.is_match(&text);
            }
        }
        crate::world::shell::text::pattern::Pattern::new(&pattern).matches(&text);
        let _ = crate::world::shell::applet::is_known(&pattern);
    }
}
