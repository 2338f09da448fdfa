use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

/// Prints each selector as it was understood, and which of the objects it chooses.
fn check(selectors: &[&str], expected: Expect) {
    let objects = [
        ("none", labels(&[])),
        (
            "web1",
            labels(&[("app", "web"), ("tier", "front"), ("cores", "4")]),
        ),
        (
            "web2",
            labels(&[("app", "web"), ("tier", ""), ("cores", "16")]),
        ),
        ("db", labels(&[("app", "db"), ("cores", "many")])),
    ];
    let mut text = String::new();
    for selector in selectors {
        match selector.parse::<Selector>() {
            Ok(parsed) => {
                let chosen = objects.iter().filter(|object| parsed.matches(&object.1));
                let names: Vec<&str> = chosen.map(|object| object.0).collect();
                writeln!(text, "{parsed}: {}", names.join(" ")).unwrap();
            }
            Err(error) => writeln!(text, "{selector}: {error}").unwrap(),
        }
    }
    expected.assert_eq(&text);
}

#[test]
fn every_form_of_selector_chooses_as_kubernetes_does() {
    check(
        &[
            "",
            "app=web",
            "app==web",
            "app!=web",
            "app in (web,db)",
            "app notin (web)",
            "tier",
            "!tier",
            "tier=",
            "tier!=",
            "tier in (,front)",
            "cores>4",
            "cores<5",
            "app = web , tier != front",
            "app in (web), !absent, cores > 3",
            "app=in",
            " \t",
            "app in (in, notin)",
            "app in (db,db)",
        ],
        expect![[r#"
            : none web1 web2 db
            app=web: web1 web2
            app=web: web1 web2
            app!=web: none db
            app in (db,web): web1 web2 db
            app!=web: none db
            tier: web1 web2
            !tier: none db
            tier=: web2
            tier!=: none web1 db
            tier in (,front): web1 web2
            cores>4: web2
            cores<5: web1
            app=web,tier!=front: web2
            app=web,!absent,cores>3: web1 web2
            app=in: 
            : none web1 web2 db
            app in (in,notin): 
            app=db: db
        "#]],
    );
}

#[test]
fn wrong_selectors_are_explained() {
    check(
        &[
            ",",
            "app=web,",
            "app web",
            "app in web",
            "app in (web",
            "app in ()",
            "app=(",
            "!",
            "=a",
            "in=a",
            "app in (a b)",
            "cores>x",
            "cores>",
            "a/b/c=d",
            "app=-x",
            "-app",
            "app=web\u{a0}",
            "app~web",
            "app=a)",
        ],
        expect![[r#"
            ,: expected a label's key at character 1 of the selector, found `,`
            app=web,: expected a label's key at character 9 of the selector, found the end
            app web: expected `=`, `==`, `!=`, `>`, `<`, `in`, `notin`, `,` or the end at character 5 of the selector, found `web`
            app in web: expected `(` at character 8 of the selector, found `web`
            app in (web: expected `,` or `)` at character 12 of the selector, found the end
            app in (): operator In of `app` takes at least one value, and has 0
            app=(: expected a value at character 5 of the selector, found `(`
            !: expected a label's key at character 2 of the selector, found the end
            =a: expected a label's key at character 1 of the selector, found `=`
            in=a: expected a label's key at character 1 of the selector, found `in`
            app in (a b): expected `,` or `)` at character 11 of the selector, found `b`
            cores>x: operator Gt of `cores` compares integers, and `x` is none
            cores>: operator Gt of `cores` compares integers, and `` is none
            a/b/c=d: label key `a/b/c` has 2 slashes; at most one, after a DNS prefix, is allowed
            app=-x: label value `-x` begins with `-`; it must do so with a letter or digit
            -app: label key `-app` begins with `-`; it must do so with a letter or digit
            app=web : expected `,` or the end at character 8 of the selector, found ` `
            app~web: label key `app~web` contains `~` at character 4; letters, digits, `-`, `_` and `.` are allowed
            app=a): expected `,` or the end at character 6 of the selector, found `)`
        "#]],
    );
}

#[test]
fn an_absent_selector_chooses_nothing_and_an_empty_one_everything() {
    let object = labels(&[("app", "web")]);
    assert!(!selects(None, &object));
    assert!(selects(Some(&Selector::everything()), &object));
    assert!(Selector::everything().matches(&labels(&[])));
}

#[test]
fn manifests_selectors_are_joined_and_their_mistakes_collected() {
    let selector = Selector::from_parts(
        [("app", "web")],
        [
            ("tier", Operator::NotIn, vec!["b", "a"]),
            ("zone", Operator::Exists, vec![]),
        ],
    );
    expect!["app=web,tier notin (a,b),zone"].assert_eq(&selector.unwrap().to_string());
    let errors = Selector::from_parts(
        [("app!", "web"), ("app", "we b")],
        [
            ("tier", Operator::In, vec![]),
            ("zone", Operator::Exists, vec!["a"]),
            ("n", Operator::Lt, vec!["a"]),
        ],
    );
    let text: Vec<String> = errors
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    expect![[r#"
        label key `app!` contains `!` at character 4; letters, digits, `-`, `_` and `.` are allowed
        label value `we b` contains ` ` at character 3; letters, digits, `-`, `_` and `.` are allowed
        operator In of `tier` takes at least one value, and has 0
        operator Exists of `zone` takes no value, and has 1
        operator Lt of `n` compares integers, and `a` is none"#]].assert_eq(&text.join("\n"));
    expect!["`in` is not an operator: they are In, NotIn, Exists, DoesNotExist, Gt and Lt"]
        .assert_eq(&"in".parse::<Operator>().unwrap_err().to_string());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn names_are_checked() {
    type Check = fn(&str) -> Result<(), NameError>;
    let (long, longer) = ("a".repeat(64), "a.".repeat(126) + "ab");
    let cases: [(Check, &[&str]); 5] = [
        (
            check_dns_label,
            &["web-1", "1", "", "Web", "a.b", "-a", "a-", &long],
        ),
        (check_service_name, &["web", "1web", "w_b"]),
        (
            check_dns_subdomain,
            &["a.b-c.1", &long, &longer, "a..b", ".a", "a.", "a.-b", "a_b"],
        ),
        (
            check_label_key,
            &[
                "app",
                "app.kubernetes.io/name",
                "A_b.c",
                "/a",
                "a/",
                "A/b",
                "a/b/c",
                "é",
                &long,
            ],
        ),
        (
            check_label_value,
            &["", "v1.0_a-b", "a b", ".a", "a_", &long],
        ),
    ];
    let lines = cases.iter().flat_map(|(check, names)| {
        names.iter().map(move |name| {
            let result = check(name).map_or_else(|error| error.to_string(), |()| "ok".into());
            format!("{name:.12}: {result}\n")
        })
    });
    expect![[r#"
        web-1: ok
        1: ok
        : name is empty
        Web: name `Web` contains `W` at character 1; lower-case letters, digits and `-` are allowed
        a.b: name `a.b` contains `.` at character 2; lower-case letters, digits and `-` are allowed
        -a: name `-a` begins with `-`; it must do so with a lower-case letter or digit
        a-: name `a-` ends with `-`; it must do so with a lower-case letter or digit
        aaaaaaaaaaaa: name has 64 characters; at most 63 are allowed
        web: ok
        1web: service name `1web` begins with `1`; it must do so with a lower-case letter
        w_b: service name `w_b` contains `_` at character 2; lower-case letters, digits and `-` are allowed
        a.b-c.1: ok
        aaaaaaaaaaaa: ok
        a.a.a.a.a.a.: name has 254 characters; at most 253 are allowed
        a..b: name `a..b` contains `.` at character 3; single dots between names are allowed
        .a: name `.a` contains `.` at character 1; single dots between names are allowed
        a.: name `a.` contains `.` at character 2; single dots between names are allowed
        a.-b: name `-b` begins with `-`; it must do so with a lower-case letter or digit
        a_b: name `a_b` contains `_` at character 2; lower-case letters, digits and `-` are allowed
        app: ok
        app.kubernet: ok
        A_b.c: ok
        /a: prefix of a label key is empty
        a/: label key is empty
        A/b: prefix of a label key `A` contains `A` at character 1; lower-case letters, digits and `-` are allowed
        a/b/c: label key `a/b/c` has 2 slashes; at most one, after a DNS prefix, is allowed
        é: label key `é` contains `é` at character 1; letters, digits, `-`, `_` and `.` are allowed
        aaaaaaaaaaaa: label key has 64 characters; at most 63 are allowed
        : ok
        v1.0_a-b: ok
        a b: label value `a b` contains ` ` at character 2; letters, digits, `-`, `_` and `.` are allowed
        .a: label value `.a` begins with `.`; it must do so with a letter or digit
        a_: label value `a_` ends with `_`; it must do so with a letter or digit
        aaaaaaaaaaaa: label value has 64 characters; at most 63 are allowed
    "#]].assert_eq(&lines.collect::<String>());
}

#[test]
fn labels_keep_their_order_and_the_last_of_a_key() {
    let set = labels(&[("b", "1"), ("a", "2"), ("b", "3")])
        .with("c", "4")
        .with("a", "5")
        .without("c");
    assert_eq!(set.iter().collect::<Vec<_>>(), [("a", "5"), ("b", "3")]);
    assert_eq!(
        (set.get("b"), set.get("c"), set.len()),
        (Some("3"), None, 2)
    );
    let config = bincode::config::standard();
    let bytes = bincode::serde::encode_to_vec(&set, config).unwrap();
    assert_eq!(
        bincode::serde::decode_from_slice(&bytes, config).unwrap(),
        (set, bytes.len())
    );
}

fn requirements() -> impl Strategy<Value = Requirement> {
    let key = "([a-z]{1,3}\\.[a-z]{1,3}/)?[a-zA-Z0-9]([a-z_.-]{0,3}[a-z0-9])?"
        .prop_filter("not an operator", |key| key != "in" && key != "notin");
    let value = || "([a-zA-Z0-9]([a-z_.-]{0,3}[a-z0-9])?)?";
    let values = prop_oneof![
        prop::collection::vec(value(), 1..4).prop_map(|values| (Operator::In, values)),
        prop::collection::vec(value(), 1..4).prop_map(|values| (Operator::NotIn, values)),
        Just((Operator::Exists, vec![])),
        Just((Operator::DoesNotExist, vec![])),
        any::<u32>().prop_map(|number| (Operator::Gt, vec![number.to_string()])),
        any::<u32>().prop_map(|number| (Operator::Lt, vec![number.to_string()])),
    ];
    (key, values).prop_map(|(key, (operator, values))| {
        Requirement::new(&key, operator, values.iter().map(String::as_str)).unwrap()
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same(requirements in prop::collection::vec(requirements(), 0..5)) {
        let selector = Selector::new(requirements);
        prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
    }

    #[test]
    fn no_text_panics(text in "[a-c=!<>(), \u{a0}é/.-]{0,20}|.{0,30}") {
        if let Ok(selector) = text.parse::<Selector>() {
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }
    }
}
