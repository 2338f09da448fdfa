use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

fn check(line: &str, expected: &Expect) {
    let shown = match parse(line) {
        Ok((command, idle)) => {
            let idle: Vec<&str> = idle.iter().map(|flag| flag.flag.as_str()).collect();
            let idle = match idle.len() {
                0 => String::new(),
                _ => format!("\nno effect: {}", idle.join(" ")),
            };
            format!("{command:?}{idle}")
        }
        Err(error) => {
            let code = if error.unsupported { "S013" } else { "S012" };
            let at = " ".repeat(error.start as usize);
            let carets = "^".repeat(error.length as usize);
            let help = error
                .help
                .map_or(String::new(), |help| format!("\nhelp: {help}"));
            format!("{line}\n{at}{carets} {code} {}{help}", error.message)
        }
    };
    expected.assert_eq(&shown);
}

// A table.
#[allow(clippy::too_many_lines)]
#[test]
fn lines_of_tutorials_are_read() {
    check(
        "scale deployment/hello --replicas=5",
        &expect![[
            r#"Scale { what: Selection { files: [], resources: [Resource { kind: "Deployment", name: Some("hello") }], labels: [], fields: [], namespaces: Default, all: false }, replicas: 5, current_replicas: None }"#
        ]],
    );
    check(
        "get pods -o wide",
        &expect![[
            r#"Get { what: Selection { files: [], resources: [Resource { kind: "Pod", name: None }], labels: [], fields: [], namespaces: Default, all: false }, output: Wide, show_labels: false, no_headers: false, label_columns: [], sort_by: None }"#
        ]],
    );
    check(
        "set image deployment/web web=web:2",
        &expect![[
            r#"SetImage { what: Selection { files: [], resources: [Resource { kind: "Deployment", name: Some("web") }], labels: [], fields: [], namespaces: Default, all: false }, images: [("web", "web:2")] }"#
        ]],
    );
    check(
        "rollout status deployment/web --timeout=90s",
        &expect![[
            r#"Rollout { action: Status, what: Selection { files: [], resources: [Resource { kind: "Deployment", name: Some("web") }], labels: [], fields: [], namespaces: Default, all: false }, timeout: Some(90.000000000s) }"#
        ]],
    );
    check(
        "drain worker-1 --ignore-daemonsets --timeout=5m",
        &expect![[
            r#"Drain(Drain { what: Selection { files: [], resources: [Resource { kind: "Node", name: Some("worker-1") }], labels: [], fields: [], namespaces: Default, all: false }, ignore_daemonsets: true, delete_emptydir_data: false, force: false, disable_eviction: false, grace_period: None, timeout: Some(300.000000000s), pod_selector: [] })"#
        ]],
    );
    check(
        "exec liveness-http -- rm -f /usr/share/nginx/html/index.html",
        &expect![[
            r#"Exec { what: Selection { files: [], resources: [Resource { kind: "Pod", name: Some("liveness-http") }], labels: [], fields: [], namespaces: Default, all: false }, container: None, command: ["rm", "-f", "/usr/share/nginx/html/index.html"] }"#
        ]],
    );
    check(
        "get events --field-selector involvedObject.name=liveness-http",
        &expect![[
            r#"Get { what: Selection { files: [], resources: [Resource { kind: "Event", name: None }], labels: [], fields: [FieldRequirement { field: "involvedObject.name", equal: true, value: "liveness-http" }], namespaces: Default, all: false }, output: Table, show_labels: false, no_headers: false, label_columns: [], sort_by: None }"#
        ]],
    );
    check(
        "create service clusterip myservice --tcp=80:9376",
        &expect![[
            r#"CreateObject(Service { service_type: "ClusterIP", name: "myservice", ports: [(80, "9376")], headless: false }, Default)"#
        ]],
    );
    check(
        "logs myapp-pod -c init-myservice --tail=2",
        &expect![[
            r#"Logs(Logs { what: Selection { files: [], resources: [Resource { kind: "Pod", name: Some("myapp-pod") }], labels: [], fields: [], namespaces: Default, all: false }, container: Some("init-myservice"), all_containers: false, previous: false, tail: Some(2), since: None, timestamps: false, prefix: false })"#
        ]],
    );
    check(
        "create -f manifests/batch.yaml",
        &expect![[
            r#"Create(Files { paths: ["manifests/batch.yaml"], recursive: false, namespaces: Default, labels: [], server_side: false })"#
        ]],
    );
    check(
        "delete pod -l app=db --grace-period=0 --force",
        &expect![[
            r#"Delete(Delete { what: Selection { files: [], resources: [Resource { kind: "Pod", name: None }], labels: [Requirement { key: "app", operator: In, values: ["db"] }], fields: [], namespaces: Default, all: false }, grace_period: Some(0), force: true, cascade: Background, wait: false, timeout: None, ignore_not_found: false })"#
        ]],
    );
    check(
        "kubectl -n shop delete svc,deploy web api --now",
        &expect![[
            r#"Delete(Delete { what: Selection { files: [], resources: [Resource { kind: "Service", name: Some("web") }, Resource { kind: "Deployment", name: Some("web") }, Resource { kind: "Service", name: Some("api") }, Resource { kind: "Deployment", name: Some("api") }], labels: [], fields: [], namespaces: Named("shop"), all: false }, grace_period: Some(1), force: false, cascade: Background, wait: true, timeout: None, ignore_not_found: false })"#
        ]],
    );
    check(
        "wait --for=condition=Available deployment/web --timeout=2m",
        &expect![[
            r#"Wait { what: Selection { files: [], resources: [Resource { kind: "Deployment", name: Some("web") }], labels: [], fields: [], namespaces: Default, all: false }, until: Condition { kind: "Available", status: "True" }, timeout: 120.000000000s }"#
        ]],
    );
    check(
        "taint nodes worker-1 gpu=true:NoSchedule old-",
        &expect![[
            r#"Taint { what: Selection { files: [], resources: [Resource { kind: "Node", name: Some("worker-1") }], labels: [], fields: [], namespaces: Default, all: false }, add: [Taint { key: "gpu", value: "true", effect: "NoSchedule" }], remove: [("old", None)], overwrite: false }"#
        ]],
    );
    check(
        "label pods -l app=web tier=front old- --overwrite",
        &expect![[
            r#"Label(Marks { what: Selection { files: [], resources: [Resource { kind: "Pod", name: None }], labels: [Requirement { key: "app", operator: In, values: ["web"] }], fields: [], namespaces: Default, all: false }, set: [("tier", "front")], remove: ["old"], overwrite: true })"#
        ]],
    );
    check(
        "patch hpa/store -p '{\"spec\": {\"minReplicas\": 2}}' --type=merge",
        &expect![[
            r#"Patch { what: Selection { files: [], resources: [Resource { kind: "HorizontalPodAutoscaler", name: Some("store") }], labels: [], fields: [], namespaces: Default, all: false }, kind: Merge, body: "{\"spec\": {\"minReplicas\": 2}}" }"#
        ]],
    );
    check(
        "exec -it web-0 -c main -- sh -c 'kill 1'",
        &expect![[r#"
            Exec { what: Selection { files: [], resources: [Resource { kind: "Pod", name: Some("web-0") }], labels: [], fields: [], namespaces: Default, all: false }, container: Some("main"), command: ["sh", "-c", "kill 1"] }
            no effect: -it"#]],
    );
    check(
        "evict web-0 -nshop",
        &expect![[
            r#"Evict { what: Selection { files: [], resources: [Resource { kind: "Pod", name: Some("web-0") }], labels: [], fields: [], namespaces: Named("shop"), all: false }, grace_period: None }"#
        ]],
    );
}

// A table.
#[allow(clippy::too_many_lines)]
#[test]
fn mistakes_in_lines() {
    check(
        "scale web --replicas=5",
        &expect![[r#"
        scale web --replicas=5
              ^^^ S012 kubectl scale needs KIND/NAME: `scale deployment/web --replicas=5`"#]],
    );
    check(
        "port-forward svc/web 8080:80",
        &expect![[r#"
        port-forward svc/web 8080:80
        ^^^^^^^^^^^^ S013 `port-forward` has no effect in a run; use `traffic` for requests
        help: supported: apply, create, delete, replace, scale, set, rollout, patch, label, annotate, taint, cordon, uncordon, drain, exec, run, expose, wait, autoscale, get, describe, logs, top, evict"#]],
    );
    check(
        "scale deployment/web",
        &expect![[r#"
        scale deployment/web
        ^^^^^ S012 kubectl scale needs --replicas=N"#]],
    );
    check(
        "scale deployment/web --replicas=many",
        &expect![[r#"
        scale deployment/web --replicas=many
                                        ^^^^ S012 --replicas needs a whole number, not `many`"#]],
    );
    check(
        "drain worker-1 --ignore-daemonset",
        &expect![[r#"
        drain worker-1 --ignore-daemonset
                       ^^^^^^^^^^^^^^^^^^ S013 kubectl drain has no flag `--ignore-daemonset` in a run
        help: did you mean `--ignore-daemonsets`?"#]],
    );
    check(
        "gett pods",
        &expect![[r#"
        gett pods
        ^^^^ S013 kubectl has no command `gett` in a run
        help: did you mean `get`?"#]],
    );
    check(
        "set image deployment/web",
        &expect![[r#"
        set image deployment/web
        ^^^^^^^^^ S012 kubectl set image needs CONTAINER=IMAGE: `set image deployment/web web=web:2`"#]],
    );
    check(
        "delete pods",
        &expect![[r#"
        delete pods
               ^^^^ S012 kubectl delete needs a name, -l or --all
        help: write `delete pod/NAME`"#]],
    );
    check(
        "get pods | grep web",
        &expect![[r#"
        get pods | grep web
                 ^ S013 `|` is shell; a line is one kubectl command
        help: write a list of lines: kubectl: [first, second]"#]],
    );
    check(
        "exec web-0 ls",
        &expect![[r#"
        exec web-0 ls
        ^^^^ S012 kubectl exec needs a command after `--`: `exec web-0 -- ls /`"#]],
    );
    check(
        "rollout history deployment/web",
        &expect![[r#"
        rollout history deployment/web
                ^^^^^^^ S013 `rollout history` has no effect in a run
        help: there are restart, undo, pause, resume, status"#]],
    );
    check(
        "delete dpeloyment web",
        &expect![[r#"
        delete dpeloyment web
               ^^^^^^^^^^ S012 there is no kind `dpeloyment`
        help: did you mean `deployment`?"#]],
    );
    check(
        "taint nodes worker-1 gpu=true",
        &expect![[r#"
        taint nodes worker-1 gpu=true
                             ^^^^^^^^ S012 a taint needs an effect
        help: write `gpu=true:NoSchedule`"#]],
    );
    check(
        "wait pod/a --timeout=60",
        &expect![[r#"
        wait pod/a --timeout=60
        ^^^^ S012 kubectl wait needs --for: `wait --for=condition=Ready pod/NAME --timeout=60s`"#]],
    );
    check(
        "apply -f -",
        &expect![[r#"
        apply -f -
                 ^ S013 `-f -` cannot be read in a run
        help: name a file beside the scenario"#]],
    );
    check(
        "get pods 'a",
        &expect![[r#"
        get pods 'a
                 ^ S012 a quote is not closed"#]],
    );
    check(
        "",
        &expect![[r#"

        ^ S012 a kubectl command is wanted here
        help: commands are apply, create, delete, replace, scale, set, rollout, patch, label, annotate, taint, cordon, uncordon, drain, exec, run, expose, wait, autoscale, get, describe, logs, top, evict"#]],
    );
}

proptest! {
    #[test]
    fn any_line_is_read_or_refused(line in "\\PC{0,80}") {
        let _ = parse(&line).is_ok();
    }

    #[test]
    fn words_of_lines_never_panic(
        pieces in proptest::collection::vec(proptest::sample::select(vec![
            "kubectl", "get", "delete", "set", "image", "create", "service", "clusterip", "-n",
            "-l", "--", "-", "pod/a", "pods", "a=b", "a-", "--replicas", "--replicas=3", "taint",
            "rollout", "undo", "'", "-it", "--tcp=1", "drain", "é", "-f", "x:NoExecute",
        ]), 0..12)
    ) {
        let line = pieces.join(" ");
        if let Err(error) = parse(&line) {
            let end = error.start as usize + error.length as usize;
            prop_assert!(end <= line.chars().count().max(1) + 1, "{line}: {error:?}");
        }
    }
}
