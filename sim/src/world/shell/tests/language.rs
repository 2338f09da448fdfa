//! The language, one feature after the other. What is expected here was compared with other shells.

use super::says;

#[test]
fn words() {
    says(
        r#"x=5; y="a  b"; echo $x $y "$y" '$x' "${x}z" ${z:-def} ${z-def} "${x:+set}" ${#y}"#,
        "5 a b a  b $x 5z def def set 4",
    );
    says(
        r#"p=/a/b/c.tar.gz; echo ${p##*/} ${p%/*} ${p%%.*} ${p#*.}"#,
        "c.tar.gz /a/b /a/b/c tar.gz",
    );
    says(
        r#"IFS=:; v=a:b::c; for p in $v; do echo "<$p>"; done"#,
        "<a>\n<b>\n<>\n<c>",
    );
    says(
        r#"set -- a "b c" d; for a; do echo "[$a]"; done; echo $# "$@"; shift; echo $1"#,
        "[a]\n[b c]\n[d]\n3 a b c d\nb c",
    );
    says(
        r#"f() { echo $#; }; f "$@"; f "$*"; f $nothing; f a"$@"b; x='a b'; f $x; f "$x""#,
        "0\n1\n0\n1\n2\n1",
    );
    says(
        "cat <<X\nhello $((1+1)) \\$x\nX\ncat <<'X'\nraw $x\nX",
        "hello 2 $x\nraw $x",
    );
}

#[test]
fn arithmetic() {
    says(
        "echo $((1+2*3)) $((0x10)) $((1<<4)) $((5>3?7:8)) $((!0)) $((-7/2)) $((-7%3)) $((010))",
        "7 16 16 7 1 -3 -1 8",
    );
    says(
        "i=5; echo $((i+=3)) $i $((i++)) $i; echo $((1/0)); echo no",
        "8 8 8 9\nsh: divide by zero\nends with 2",
    );
}

#[test]
fn control() {
    says(
        "for i in a b; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done",
        "a1\nb1",
    );
    says(
        "case abc in x) ;; a*) echo star;; *) echo no;; esac",
        "star",
    );
    says("f() { echo $1 $#; return 3; }; f a b; echo $?", "a 2\n3");
    says(
        "set -e; false || echo caught; if false; then :; fi; ! true; (exit 4) || echo sub; echo before; false; echo after",
        "caught\nsub\nbefore\nends with 1",
    );
    says("trap 'echo bye $?' EXIT; exit 7", "bye 7\nends with 7");
    says(
        "sh -c 'kill -9 $$'; echo $?; sleep 100 & kill $!; wait $!; echo $?",
        "137\n143",
    );
    says(
        "x=$(exit 3); echo $?; (trap 'echo sub; exit 5' TERM; kill -TERM $(sh -c 'echo $PPID'); echo x); echo $?",
        "3\nsub\n5",
    );
}

#[test]
fn bash() {
    let script = "a=(x y z); echo ${a[1]} ${#a[@]}; [[ web-12 =~ -([0-9]+)$ ]] && echo ${BASH_REMATCH[1]}; for ((i=0;i<2;i++)); do echo $i; done; echo {1..3} <<< x; s=hello; echo ${s^^} ${s:1:3} ${s//l/L}";
    let mut play = super::Play::new(&["bash", "-c", script]);
    play.until(10).done(expect_test::expect![[r#"
         0.000 | y 3
         0.000 | 12
         0.000 | 0
         0.000 | 1
         0.000 | 1 2 3
         0.000 | HELLO ell heLLo
         0.000 1 ends with 0
    "#]]);
}

#[test]
fn errors() {
    says(
        "cat /none; echo $?",
        "cat: can't open '/none': No such file or directory\n1",
    );
    says(
        "echo x > /none/x; echo $?",
        "sh: can't create /none/x: nonexistent directory\n1",
    );
    says(
        "mkdir /a; rm /a; rmdir /a/b; mkdir /a",
        "rm: '/a' is a directory\nrmdir: '/a/b': No such file or directory\nmkdir: can't create directory '/a': File exists\nends with 1",
    );
    says(
        "if true; then echo",
        "sh: line 1: syntax error: unexpected end of file (expecting \"fi\")\nends with 2",
    );
}
