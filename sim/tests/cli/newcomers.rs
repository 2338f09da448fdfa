//! What people meet who bring manifests of their own: good ones, wrong ones, and impossible arguments.

use std::fs;

use super::*;

/// Runs the program on `web.yaml` with these words before and after it; the exit code and what it says.
fn played(name: &str, content: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let directory = directory(name);
    fs::write(directory.join("web.yaml"), content).expect("the file is written");
    let output = wavetank(&directory, args);
    let errors = text(&output.stderr);
    assert!(!errors.contains("panicked"), "{errors}");
    (output.status.code(), text(&output.stdout), errors)
}

/// A run of `web.yaml` ends well and prints all of these words.
fn check_printed(name: &str, content: &str, words: &[&str]) {
    let (code, shown, errors) = played(name, content, &["run", "web.yaml"]);
    assert_eq!(code, Some(0), "{errors}");
    for word in words {
        assert!(shown.contains(word), "no `{word}` in:\n{shown}");
    }
}

#[test]
fn nodes_have_the_labels_of_their_kubelets() {
    let selecting = DEPLOYMENT.replace(
        "      containers:",
        "      nodeSelector: {kubernetes.io/os: linux, kubernetes.io/arch: amd64}\n      containers:",
    );
    check_printed("node-labels", &selecting, &["2/2", ", steady;"]);
    let node = "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\nstatus: {allocatable: {cpu: 4, memory: 8Gi, pods: 110}}\n";
    let with_node = format!("{selecting}{node}");
    check_printed("manifest-node-labels", &with_node, &["2/2", ", steady;"]);
    // A Node that says nothing of its size has the default one.
    let bare = "---\napiVersion: v1\nkind: Node\nmetadata: {name: n1}\n";
    let with_bare = format!("{selecting}{bare}");
    check_printed("bare-node", &with_bare, &["2/2", ", steady;"]);
}

#[test]
fn what_is_not_simulated_is_said() {
    let set = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  selector: {matchLabels: {app: db}}\n  template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: postgres}]}\n---\napiVersion: example.com/v1\nkind: Backup\nmetadata: {name: db}\n";
    check_printed(
        "not-simulated",
        set,
        &[
            "accepted, no effect: Backup 1",
            "accepted, not simulated yet: StatefulSet 1",
            "steady as far as it is simulated",
        ],
    );
}

#[test]
fn the_end_says_what_pods_wait_for() {
    let large = DEPLOYMENT.replace(
        "image: web:1",
        "image: web:1\n        resources: {requests: {cpu: 64}}",
    );
    check_printed(
        "waiting",
        &large,
        &[
            "waiting  pod/web-",
            "and 1 more: Pending: 0/3 nodes are available: 3 Insufficient cpu",
            "not steady",
        ],
    );
    let probed = DEPLOYMENT.replace(
        "image: web:1",
        "image: web:1\n        readinessProbe: {httpGet: {path: /, port: 9000}}",
    );
    let (code, shown, errors) = played("undeclared", &probed, &["run", "web.yaml"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(
        errors.contains("asks port 9000, which no container lists"),
        "{errors}"
    );
    assert!(
        shown.contains("the readiness probe of container web fails"),
        "{shown}"
    );
}

#[test]
fn a_container_without_ports_listens_where_it_is_asked() {
    let bare = DEPLOYMENT.replace(
        "ports: [{containerPort: 80}]",
        "readinessProbe: {httpGet: {path: /, port: 9000}}\n        livenessProbe: {grpc: {port: 9001}}",
    );
    let (code, shown, errors) = played("bare-ports", &bare, &["run", "web.yaml"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(shown.contains(", steady;"), "{shown}");
    assert_eq!(errors, "");
}

#[test]
fn well_known_images_listen_where_they_do() {
    let nginx = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  containers:\n  - {name: web, image: \"docker.io/library/nginx:1.29\", readinessProbe: {httpGet: {path: /, port: 80}}}\n";
    check_printed("nginx", nginx, &["1/1", ", steady;"]);
}

#[test]
fn impossible_arguments_are_refused_before_the_run() {
    let refused = |name: &str, args: &[&str], words: &[&str]| {
        let (code, shown, errors) = played(name, DEPLOYMENT, args);
        assert_eq!(code, Some(2), "{args:?}: {errors}");
        assert_eq!(shown, "", "{args:?}");
        for word in words {
            assert!(errors.contains(word), "{args:?}: no `{word}` in:\n{errors}");
        }
    };
    refused(
        "log-directory",
        &["run", "web.yaml", "--log", "."],
        &["--log .", "directory"],
    );
    refused(
        "log-nowhere",
        &["run", "web.yaml", "--log", "no/run.wtl"],
        &["no/run.wtl", "no such directory"],
    );
    refused(
        "log-device",
        &["run", "web.yaml", "--log", "/dev/full"],
        &["/dev/full", "device"],
    );
    refused(
        "nodes",
        &["run", "web.yaml", "--nodes", "4294967295"],
        &["4294967295", "1000000"],
    );
    refused(
        "seed",
        &["run", "web.yaml", "--seed", "99999999999999999999"],
        &["--seed"],
    );
    refused(
        "set",
        &["run", "web.yaml", "--set", "n=3"],
        &["no parameters", "scenario"],
    );
    refused(
        "jobs",
        &["sweep", "web.yaml", "--jobs", "0"],
        &["--jobs", "1..=1024"],
    );
    refused(
        "seeds",
        &["sweep", "web.yaml", "--seeds", "0"],
        &["--seeds"],
    );
    refused("sweep", &["sweep", "web.yaml"], &["S035", "wavetank run"]);
    refused("unknown", &["swim", "web.yaml"], &["swim"]);
}

#[test]
fn numbers_beyond_all_bounds_are_refused() {
    let many = DEPLOYMENT.replace("replicas: 2", "replicas: 2147483647");
    check_refused(
        "replicas",
        "web.yaml",
        many.as_bytes(),
        &["web.yaml:5", "2000000"],
    );
    let head = "apiVersion: wavetank/v1\nkind: Scenario\n";
    let nodes = format!("{head}cluster: {{nodes: 4000000000}}\n");
    check_refused(
        "many-nodes",
        "s.yaml",
        nodes.as_bytes(),
        &["s.yaml:3", "1000000"],
    );
    let deep = format!("a: {}{}\n", "[".repeat(5_000), "]".repeat(5_000));
    check_refused("nesting", "a.yaml", deep.as_bytes(), &["a.yaml:1"]);
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for pair in [b"ab", b"bc", b"cd", b"de", b"ef", b"fg", b"gh"] {
        let (old, new) = (char::from(pair[0]), char::from(pair[1]));
        let aliases = vec![format!("*{old}"); 9].join(",");
        bomb.push_str(&format!("{new}: &{new} [{aliases}]\n"));
    }
    check_refused("bomb", "a.yaml", bomb.as_bytes(), &["a.yaml", "aliases"]);
}

#[test]
fn texts_in_other_encodings_are_explained() {
    let wide: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(DEPLOYMENT.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    check_refused(
        "utf16",
        "a.yaml",
        &wide,
        &["a.yaml", "UTF-16", "save it as UTF-8"],
    );
    check_refused(
        "gzip",
        "a.yaml",
        &[0x1f, 0x8b, 8, 0, 0xff],
        &["a.yaml", "gunzip"],
    );
    let windows = format!("\u{feff}{}", DEPLOYMENT.replace('\n', "\r\n"));
    check_printed("windows", &windows, &["2/2", ", steady;"]);
}

#[test]
fn a_hundred_messages_of_a_kind_are_enough() {
    let wrong =
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: x}]}\n";
    let (code, _, errors) = played("flood", &wrong.repeat(300), &["run", "web.yaml"]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("and 200 more of this kind"), "{errors}");
    assert!(errors.contains("nothing was run"), "{errors}");
}

#[test]
fn several_json_objects_may_follow_each_other() {
    let pod = |name: &str| {
        format!(
            "{{\n\t\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {{\"name\": \"{name}\"}},\n\t\"spec\": {{\"containers\": [{{\"name\": \"a\", \"image\": \"nginx\"}}]}}\n}}\n"
        )
    };
    let both = format!("{}{}", pod("one"), pod("two"));
    check_printed("json", &both, &["one ", "two ", ", steady;"]);
    let wrong = both.replace("\"two\"", "2");
    check_refused(
        "json-wrong",
        "a.json",
        wrong.as_bytes(),
        &["a.json:6", "metadata.name"],
    );
}

#[test]
fn a_failing_liveness_probe_is_no_rest() {
    let failing = DEPLOYMENT.replace(
        "image: web:1",
        "image: web:1\n        livenessProbe: {httpGet: {path: /, port: 9000}, initialDelaySeconds: 20}",
    );
    check_printed("liveness", &failing, &["CrashLoopBackOff", "not steady"]);
}

#[test]
fn a_step_that_may_fail_fails_nothing() {
    let scenario = "apiVersion: wavetank/v1\nkind: Scenario\nmanifests: [web.yaml]\ntimeline:\n- {at: 1s, kubectl: delete pod nobody, mayFail: true}\n";
    let run = |name: &str, scenario: &str| {
        let directory = directory(name);
        fs::write(directory.join("web.yaml"), DEPLOYMENT).expect("the file is written");
        fs::write(directory.join("s.yaml"), scenario).expect("the file is written");
        let output = wavetank(&directory, &["run", "s.yaml"]);
        (
            output.status.code(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let (code, shown, errors) = run("may-fail", scenario);
    assert_eq!(code, Some(0), "{shown}{errors}");
    assert!(shown.contains("\"nobody\" not found"), "{shown}");
    assert!(!shown.contains("FAILED"), "{shown}");
    let (code, shown, _) = run("must-not-fail", &scenario.replace(", mayFail: true", ""));
    assert_eq!(code, Some(1));
    assert!(shown.contains("FAILED"), "{shown}");
}

#[test]
fn scenarios_with_what_is_not_there_are_refused() {
    let head = "apiVersion: wavetank/v1\nkind: Scenario\n";
    let service = "---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{name: http, port: 80}]}\n";
    let traffic = |to: &str| {
        format!(
            "{head}traffic: {{users: {{to: \"service/{to}\", open: {{rate: 1/s}}}}}}\nrun: {{until: 5s}}\n---\n{DEPLOYMENT}{service}"
        )
    };
    let refused = |name: &str, content: &str, words: &[&str]| {
        check_refused(name, "s.yaml", content.as_bytes(), words);
    };
    refused(
        "no-service",
        &traffic("wbe"),
        &["s.yaml:3", "no Service `wbe`", "service/web"],
    );
    refused(
        "no-port",
        &traffic("web:https"),
        &["s.yaml:3", "`https`", "80"],
    );
    let directory = directory("named-port");
    for profile in ["lab", "ideal", "lan", "cloud", "wan"] {
        let run = format!("network: {{profile: {profile}}}\nrun:");
        let scenario = traffic("web:http").replace("run:", &run);
        fs::write(directory.join("s.yaml"), scenario).expect("the file is written");
        let output = wavetank(&directory, &["run", "s.yaml"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("requests users: "));
    }
    let braces = format!(
        "{head}parameters: {{n: {{type: int, default: 3}}}}\ntimeline:\n- {{at: 1s, kubectl: \"scale deployment/web --replicas=$n\"}}\n---\n{DEPLOYMENT}"
    );
    refused("braces", &braces, &["s.yaml:5", "write `${n}`"]);
}

/// Half of a log is shown as far as it goes, and nobody takes it for the whole.
#[test]
fn a_cut_log_is_a_mistake_unless_it_is_accepted() {
    let directory = directory("cut");
    fs::write(directory.join("web.yaml"), DEPLOYMENT).expect("the file is written");
    let run = wavetank(&directory, &["run", "web.yaml", "--log", "run.wtl"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let whole = fs::read(directory.join("run.wtl")).expect("the log");
    fs::write(directory.join("cut.wtl"), &whole[..whole.len() / 2]).expect("a cut log");
    let get = |more: &[&str]| {
        let args = [&["get", "pods", "--log", "cut.wtl"], more].concat();
        let output = wavetank(&directory, &args);
        (output.status.code(), text(&output.stderr))
    };
    let (code, errors) = get(&[]);
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("cut.wtl is cut at byte"), "{errors}");
    assert!(errors.contains("--salvage"), "{errors}");
    assert_eq!(get(&["--salvage"]).0, Some(0));
}

#[test]
fn what_is_read_and_not_played_is_told() {
    let directory = directory("not-played");
    let script = DEPLOYMENT.replace(
        "image: web:1",
        "image: web:1\n        command: [/bin/sh, -c, \"sleep 5; exit 1\"]",
    );
    let scenario = format!(
        "apiVersion: wavetank/v1\nkind: Scenario\nimages: {{web: {{program: {{needs: {{service/db: {{}}}}}}}}}}\nrun: {{until: 20s}}\n---\n{script}"
    );
    fs::write(directory.join("s.yaml"), scenario).expect("the file is written");
    let output = wavetank(&directory, &["run", "s.yaml"]);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for words in [
        "`images.web.program.needs` is read, and has no effect yet",
        "a container runs a shell script, and scripts are not played yet",
    ] {
        assert!(errors.contains(words), "no `{words}` in:\n{errors}");
    }
}

#[test]
fn requests_to_a_service_that_comes_later_break_no_invariant() {
    let directory = directory("later-service");
    let scenario = format!(
        "apiVersion: wavetank/v1\nkind: Scenario\ntraffic: {{users: {{to: service/web, open: {{rate: 5/s}}, stop: 20s}}}}\ntimeline:\n- {{at: 10s, kubectl: expose deployment/web --port=80}}\n---\n{DEPLOYMENT}"
    );
    fs::write(directory.join("s.yaml"), scenario).expect("the file is written");
    let output = wavetank(&directory, &["run", "s.yaml"]);
    let shown = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{shown}{}",
        text(&output.stderr)
    );
    assert!(shown.contains("connectTimeout"), "{shown}");
}

#[test]
fn lines_with_a_namespace_work_there() {
    let directory = directory("namespaces");
    fs::write(directory.join("web.yaml"), DEPLOYMENT).expect("the file is written");
    let scenario = "apiVersion: wavetank/v1\nkind: Scenario\ntimeline:\n- {at: 1s, kubectl: create namespace shop}\n- {after: 1s, kubectl: create deployment front --image=nginx -n shop}\n- {after: 1s, kubectl: apply -f web.yaml -n shop}\n- {after: 1s, kubectl: run box --image=nginx -n shop}\n- {after: 20s, kubectl: exec box -n shop -- touch /tmp/x}\n";
    fs::write(directory.join("s.yaml"), scenario).expect("the file is written");
    let output = wavetank(&directory, &["run", "s.yaml"]);
    let shown = text(&output.stdout);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{shown}{}",
        text(&output.stderr)
    );
    for name in ["front ", "web ", "box "] {
        let line = shown
            .lines()
            .find(|line| line.starts_with("shop ") && line.contains(name));
        assert!(line.is_some(), "{name} is not in `shop`:\n{shown}");
    }
    assert!(
        shown.contains("`touch /tmp/x` is not played yet"),
        "{shown}"
    );
}

#[test]
fn a_scenario_that_cannot_be_read_is_no_manifest() {
    let scenario = "# mine\napiVersion: wavetank/v1\nkind: Scenario\ntimeline:\n- {at: 1s, kubectl: patch deployment/web -p '{\"spec\": 1}'}\n";
    check_refused(
        "unreadable",
        "s.yaml",
        scenario.as_bytes(),
        &["error[S0", "s.yaml:5"],
    );
}

#[test]
fn invariants_are_known_by_their_ids() {
    let head = "apiVersion: wavetank/v1\nkind: Scenario\n";
    let skip = format!("{head}invariants: {{skip: {{X-66: I know better}}}}\n");
    check_refused(
        "skip",
        "s.yaml",
        skip.as_bytes(),
        &["s.yaml:3", "no invariant `X-66`", "X-6"],
    );
    let violates = format!("{head}expect:\n- violates: P-99\n");
    check_refused(
        "violates",
        "s.yaml",
        violates.as_bytes(),
        &["s.yaml:4", "`P-99`"],
    );
}
