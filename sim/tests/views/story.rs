//! Explanations, logs, differences, counts, and what lines of a timeline show.

use expect_test::{Expect, expect};
use wavetank_core::id::{Kind, PodId};
use wavetank_core::time::SimTime;
use wavetank_sim::report::Loaded;
use wavetank_sim::report::diff::diff;
use wavetank_sim::report::explain::{Subject, explain};
use wavetank_sim::report::line::{Asked, answers};
use wavetank_sim::report::log::{CatOptions, cat, stat, verify};
use wavetank_sim::report::logs::{Lines, LogOptions};

use crate::script::*;

#[test]
fn a_lost_request_is_explained() {
    let script = whole();
    let open = || Ok(script.log());
    let found = explain(open, &Subject::Request("users".into(), 417), None).unwrap();
    expect![[r#"
        request users/417   sent t=1.100s   LOST connectTimeout at t=2.100s
          1          t=1.000s   seq 24   rv 12   replicaset-controller       pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
          2   <- 1   t=1.020s   seq 25           kubelet node-1              pod/web-6f8d-x2bqk: TERM to web
          3   <- 1   t=1.020s   seq 26           kubelet node-1              pod/web-6f8d-x2bqk: event Killing: Stopping container web
          4   <- 1   t=1.030s   seq 27   rv 13   endpoint-slice-controller   endpointslice/web-abcde: 10.244.1.7 ready=false serving=false terminating=true
          5          t=2.100s   seq 28           users                       request users/417 to pod/web-6f8d-x2bqk: connectTimeout after 1000.000 ms
    "#]].assert_eq(&found.print());
    let missing = explain(open, &Subject::Request("users".into(), 3), None).unwrap_err();
    expect!["request users/3 is not in the log by itself: requests that end well are only counted, and 1 of users did not: 417"].assert_eq(&missing.to_string());
}

#[test]
fn a_pods_life_is_explained() {
    let script = whole();
    let subject = Subject::Object(Kind::Pod, None, "web-6f8d-x2bqk".into());
    let found = explain(|| Ok(script.log()), &subject, None).unwrap();
    expect![[r#"
        pod/web-6f8d-x2bqk
          1           t=-9.000s   seq 1    rv 2    scenario                deployment/web is created with 2 replicas
          2   <- 1    t=-8.990s   seq 2    rv 3    deployment-controller   replicaset/web-6f8d is created with 2 replicas
          3   <- 2    t=-8.980s   seq 4    rv 4    replicaset-controller   pod/web-6f8d-x2bqk is created for replicaset/web-6f8d
          4   <- 3    t=-8.970s   seq 6    rv 5    default-scheduler       pod/web-6f8d-x2bqk is bound to node-1
          5   <- 4    t=-8.970s   seq 7            default-scheduler       pod/web-6f8d-x2bqk: event Scheduled: Successfully assigned default/web-6f8d-x2bqk to node-1
          6           t=-8.900s   seq 12           kubelet node-1          pod/web-6f8d-x2bqk: event Pulled: Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
          7           t=-8.900s   seq 13           kubelet node-1          pod/web-6f8d-x2bqk: event Started: Container started
          8           t=-8.800s   seq 14           kubelet node-1          pod/web-6f8d-x2bqk: web starts
          9           t=-8.750s   seq 15           kubelet node-1          pod/web-6f8d-x2bqk: web logs "ready to serve"
         10           t=-8.100s   seq 16   rv 8    kubelet node-1          pod/web-6f8d-x2bqk status: Running, podIP=10.244.1.7, startTime, proxy running, proxy started=true, proxy ready=true, web running, web ready=true, Initialized=True, Ready=True
         11           t=1.000s    seq 24   rv 12   replicaset-controller   pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
         12   <- 11   t=1.020s    seq 25           kubelet node-1          pod/web-6f8d-x2bqk: TERM to web
         13   <- 11   t=1.020s    seq 26           kubelet node-1          pod/web-6f8d-x2bqk: event Killing: Stopping container web
    "#]].assert_eq(&found.print());
}

fn check_logs(options: &LogOptions, expected: Expect) {
    let script = whole();
    let mut lines = Lines::of(PodId(1));
    let loaded = Loaded::load_with(script.log(), None, |_, record| lines.observe(record)).unwrap();
    let names = ["proxy".to_owned(), "web".to_owned()];
    let text = lines.print(&loaded.snapshot(), (&names, 1), options);
    expected.assert_eq(&text.unwrap_or_else(|error| error.to_string()));
}

#[test]
fn lines_of_containers_are_printed() {
    check_logs(
        &LogOptions::default(),
        expect![[r#"
        again
    "#]],
    );
    let previous = LogOptions {
        previous: true,
        timestamps: true,
        ..LogOptions::default()
    };
    check_logs(
        &previous,
        expect![[r#"
        2026-01-01T00:00:01.900000Z ready to serve
    "#]],
    );
    let other = LogOptions {
        container: Some("nope".into()),
        ..LogOptions::default()
    };
    check_logs(
        &other,
        expect!["container nope is not valid for pod web-6f8d-z4c7d: it has proxy, web"],
    );
}

#[test]
fn logs_are_compared() {
    let (one, mut other) = (whole(), web());
    assert!(diff(one.log(), one.log()).unwrap().is_empty());
    crash(&mut other);
    expect![[r#"
        the first 24 facts are equal; they part at t=1.000s (facts in all: 34 and 29)
            t=-8.100s  kubelet node-1: pod/web-6f8d-z4c7d status: Running, podIP=10.244.1.8, startTime, proxy running, proxy started=true, proxy ready=true, web running, web ready=true, Initialized=True, Ready=True
            t=-8.000s  scenario: service/web is created
            t=-7.990s  endpoint-slice-controller: endpointslice/web-abcde is created for service/web with 2 endpoints
          - t=1.000s  replicaset-controller: pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
          - t=1.020s  kubelet node-1: pod/web-6f8d-x2bqk: TERM to web
          - t=1.020s  kubelet node-1: pod/web-6f8d-x2bqk: event Killing: Stopping container web
          + t=3.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web terminated Error (1), web ready=false
          + t=4.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web lastState, web waiting CrashLoopBackOff
          + t=13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web starts
        objects that differ at the end:
          endpointslice.discovery.k8s.io/web-abcde: .endpoints[0].conditions.ready false → true, .endpoints[0].conditions.serving false → true, .endpoints[0].conditions.terminating true → false, .metadata.generation 2 → 1
          pod/web-6f8d-x2bqk: .metadata.deletionGracePeriodSeconds 30 → null, .metadata.deletionTimestamp "2026-01-01T00:00:41Z" → null, .metadata.generation 2 → 1, .metadata.resourceVersion "12" → "8"
          pod/web-6f8d-z4c7d: .metadata.resourceVersion "16" → "14"
    "#]].assert_eq(&diff(one.log(), other.log()).unwrap().print());
}

#[test]
fn logs_are_counted_and_verified() {
    let script = whole();
    expect![[r#"
        scenario     views (83385ec3fcadbc1ad14c63b4c42ee40633beb75d836eec5d9589b446a994e63f)
        model        0.1.0
        seed         1
        recorded     facts, from t=-10.000s to t=13.000s
        ending       clean
        digest       c63f5a061ed088e309d5d1ea1e24ba60c1e7d2acea4722f1b4e56779ee952443
        size         1203 bytes in 1 blocks
        facts        34, 617 bytes, 18.1 each
        deliveries   0, 0 bytes, - each
        definitions  15, 422 bytes, 28.1 each
        checkpoints  0

        FACT                  COUNT   BYTES   EACH
        EventRecorded         10      76      7.6
        PodChanged.Status     5       142     28.4
        Runtime               4       25      6.2
        Runtime.Logged        3       21      7.0
        PodChanged.Bound      2       12      6.0
        PodCreated            2       36      18.0
        DeploymentCreated     1       16      16.0
        NodeCreated           1       36      36.0
        PodChanged.Deleting   1       7       7.0
        ReplicaSetCreated     1       21      21.0
        RequestEnded          1       15      15.0
        ServiceCreated        1       19      19.0
        SliceChanged          1       18      18.0
        SliceCreated          1       44      44.0
    "#]]
    .assert_eq(&stat(script.log()).unwrap().print());
    let found = verify(script.log()).unwrap();
    assert!(found.is_whole());
    assert_eq!(found.facts, script.records.len() as u64);
}

#[test]
fn records_are_printed_one_a_line() {
    let script = whole();
    let mut text = String::new();
    let options = CatOptions {
        from: Some(SimTime::from_secs(11)),
        ..CatOptions::default()
    };
    cat(script.log(), options, |line| {
        text.push_str(line);
        text.push('\n');
        true
    })
    .unwrap();
    expect![[r#"
        24                  1.000s  replicaset-controller: pod/web-6f8d-x2bqk: deletionTimestamp is written (grace 30s)
        25      <24         1.020s  kubelet node-1: pod/web-6f8d-x2bqk: TERM to web
        26      <24         1.020s  kubelet node-1: pod/web-6f8d-x2bqk: event Killing: Stopping container web
        27      <24         1.030s  endpoint-slice-controller: endpointslice/web-abcde: 10.244.1.7 ready=false serving=false terminating=true
        28                  2.100s  users: request users/417 to pod/web-6f8d-x2bqk: connectTimeout after 1000.000 ms
        29                  3.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web terminated Error (1), web ready=false
        30                  4.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web lastState, web waiting CrashLoopBackOff
        31                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web starts
        32                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d: web logs "again"
        33                 13.000s  kubelet node-1: pod/web-6f8d-z4c7d status: web running, web restarts=1, web ready=true
    "#]].assert_eq(&text);
}

/// What lines of a timeline show, each just before the record with its number.
fn check_lines(lines: &[(u64, &str)], expected: Expect) {
    let script = whole();
    let asked: Vec<_> = lines
        .iter()
        .map(|(seq, line)| Asked {
            seq: *seq,
            at: script.records[usize::try_from(*seq).unwrap() - 1].at,
            line,
        })
        .collect();
    let texts = answers(script.log(), &asked).unwrap();
    let mut text = String::new();
    for ((_, line), answer) in lines.iter().zip(texts) {
        text.push_str(&format!("$ {line}\n{answer}"));
    }
    expected.assert_eq(&text);
}

#[test]
fn lines_of_a_timeline_are_answered() {
    check_lines(
        &[
            (34, "get pods"),
            (24, "kubectl get pods"),
            (20, "logs web-6f8d-z4c7d"),
            (34, "logs web-6f8d-z4c7d --previous --timestamps --prefix"),
            (34, "logs deploy/web -c web --since 1m"),
            (34, "logs -l app=web --all-containers --tail 1"),
            (34, "logs web-6f8d-z4c7d -c nope"),
            (34, "logs nobody"),
            (34, "logs job/nobody"),
            (
                34,
                "get po -o custom-columns=NAME:.metadata.name,GONE:{.metadata.deletionTimestamp}",
            ),
            (34, "get pods,nodes -o name"),
            (34, "describe services nobody"),
            (34, "top pods"),
        ],
        expect![[r#"
            $ get pods
            NAME             READY   STATUS        RESTARTS      AGE
            web-6f8d-x2bqk   2/2     Terminating   0             22s
            web-6f8d-z4c7d   2/2     Running       1 (10s ago)   22s
            $ kubectl get pods
            NAME             READY   STATUS    RESTARTS   AGE
            web-6f8d-x2bqk   2/2     Running   0          1s
            web-6f8d-z4c7d   2/2     Running   0          1s
            $ logs web-6f8d-z4c7d
            $ logs web-6f8d-z4c7d --previous --timestamps --prefix
            [pod/web-6f8d-z4c7d/web] 2026-01-01T00:00:01.900000Z ready to serve
            $ logs deploy/web -c web --since 1m
            Found 2 pods, using pod/web-6f8d-x2bqk
            ready to serve
            $ logs -l app=web --all-containers --tail 1
            ready to serve
            again
            $ logs web-6f8d-z4c7d -c nope
            error: container nope is not valid for pod web-6f8d-z4c7d: it has proxy, web
            $ logs nobody
            Error from server (NotFound): pods "nobody" not found
            $ logs job/nobody
            Error from server (NotFound): jobs.batch "nobody" not found
            $ get po -o custom-columns=NAME:.metadata.name,GONE:{.metadata.deletionTimestamp}
            NAME             GONE
            web-6f8d-x2bqk   2026-01-01T00:00:41Z
            web-6f8d-z4c7d   <none>
            $ get pods,nodes -o name
            pod/web-6f8d-x2bqk
            pod/web-6f8d-z4c7d
            node/node-1
            $ describe services nobody
            Error from server (NotFound): services "nobody" not found
            $ top pods
            error: Metrics API not available
        "#]],
    );
}
