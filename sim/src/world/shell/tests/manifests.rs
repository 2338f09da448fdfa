//! The scripts of public manifests and of recorded scenarios, as they are written there.

use expect_test::expect;

use super::{Network, Play, Signal, check};

#[test]
fn the_third_start_succeeds() {
    let script = "echo x >> /w/n; [ $(wc -l </w/n) -ge 3 ] && exit 0; sleep 1; exit 1";
    for (before, code) in [("", 1), ("x\n", 1), ("x\nx\n", 0)] {
        let mut play = Play::with(
            &["sh", "-c", script],
            &[("/w/n", before)],
            Network::default(),
            None,
        );
        play.until(5_000);
        assert_eq!(play.code, Some(code));
        assert_eq!(play.file("/w/n"), format!("{before}x\n"));
    }
}

#[test]
fn a_liveness_file() {
    let mut play = Play::sh("touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600");
    play.until(29_000)
        .exec(&["cat", "/tmp/healthy"])
        .until(31_000)
        .exec(&["cat", "/tmp/healthy"]);
    play.exec(&["test", "-e", "/tmp/live"])
        .exec(&["/no/such/binary"])
        .done(expect![[r#"
        29.000 4 ends with 0
        31.000 [7] ! cat: can't open '/tmp/healthy': No such file or directory
        31.000 7 ends with 1
        31.000 8 ends with 1
        31.000 cannot exec: exec: "/no/such/binary": stat /no/such/binary: no such file or directory
    "#]]);
}

#[test]
fn a_sidecar_that_comes_up() {
    let mut play = Play::sh("trap 'exit 0' TERM; sleep 4; touch /tmp/up; sleep 3600 & wait");
    play.until(1_000)
        .signal(Signal::TERM)
        .until(10_000)
        .done(expect![[r#"
             4.000 1 ends with 0
        "#]]);
}

#[test]
fn hooks() {
    let mut play = Play::sh("trap 'exit 0' TERM; sleep 3600 & wait");
    play.until(100)
        .exec(&["sh", "-c", "sleep 1; echo hi > /tmp/ps"])
        .exec(&["sh", "-c", "exit 250"]);
    play.until(2_000).exec(&[
        "/bin/sh",
        "-c",
        "echo Hello from the postStart handler > /usr/share/message",
    ]);
    play.exec(&[
        "/bin/sh",
        "-c",
        "nginx -s quit; while killall -0 nginx; do sleep 1; done",
    ]);
    play.exec(&["sh", "-c", "test -d /proc/1"]).exec(&[
        "sh",
        "-c",
        "sleep 30; redis-cli -p 26379 sentinel reset argocd",
    ]);
    play.until(40_000).signal(Signal::TERM).done(expect![[r#"
        0.100 5 ends with 250
        1.100 3 ends with 0
        2.000 6 ends with 0
        2.000 [7] | start worker processes
        2.000 9 ends with 0
        2.100 port 80 opens
        32.000 unknown: redis-cli at 1:11
        32.000 [10] ! sh: redis-cli: not found
        32.000 10 ends with 127
        40.000 1 ends with 0
        40.000 7 ends with 137
        40.000 port 80 closes
    "#]]);
}

#[test]
fn jobs() {
    check(
        "date; echo Hello from the Kubernetes cluster",
        expect![[r#"
             0.000 | Thu Jan  1 00:00:00 UTC 2026
             0.000 | Hello from the Kubernetes cluster
             0.000 1 ends with 0
        "#]],
    );
    Play::new(&["bash", "-c", "echo \"Hello world! I'm going to exit with 42 to simulate a software bug.\" && sleep 30 && exit 42"]).until(60_000).done(expect![[r#"
        0.000 | Hello world! I'm going to exit with 42 to simulate a software bug.
        30.000 1 ends with 42
    "#]]);
    let mut play = Play::new(&[
        "bash",
        "-c",
        "JOB_COMPLETION_INDEX=3\nmkdir /input\nitems=(foo bar baz qux xyz)\necho ${items[$JOB_COMPLETION_INDEX]} > /input/data.txt\nrev /input/data.txt",
    ]);
    play.until(10).done(expect![[r#"
         0.000 | xuq
         0.000 1 ends with 0
    "#]]);
}

#[test]
fn a_load_test_waits_for_its_target() {
    let script = r#"MAX_RETRIES=12
RETRY_INTERVAL=10
FRONTEND_ADDR=frontend:80
for i in $(seq 1 $MAX_RETRIES); do
  echo "Attempt $i: Pinging frontend: ${FRONTEND_ADDR}..."
  STATUSCODE=$(wget --server-response http://${FRONTEND_ADDR} 2>&1 | awk '/^  HTTP/{print $2}')
  if [ $STATUSCODE -eq 200 ]; then
      echo "Frontend is reachable."
      exit 0
  fi
  echo "Error: Could not reach frontend - Status code: ${STATUSCODE}"
  sleep $RETRY_INTERVAL
done
echo "Failed to reach frontend after $MAX_RETRIES attempts."
exit 1
"#;
    let network = Network {
        names: vec![("frontend", 15, "10.96.3.3")],
        servers: vec![("10.96.3.3", 80, 200, "ok")],
        ..Network::default()
    };
    Play::with(&["/bin/sh", "-ec", script], &[], network, None)
        .until(60_000)
        .done(expect![[r#"
            0.000 | Attempt 1: Pinging frontend: frontend:80...
            0.005 ! sh: 200: unknown operand
            0.005 | Error: Could not reach frontend - Status code: 
            10.005 | Attempt 2: Pinging frontend: frontend:80...
            10.010 ! sh: 200: unknown operand
            10.010 | Error: Could not reach frontend - Status code: 
            20.010 | Attempt 3: Pinging frontend: frontend:80...
            20.020 | Frontend is reachable.
            20.020 1 ends with 0
        "#]]);
}

#[test]
fn a_database_finds_its_place() {
    let script = r"set -ex
# The server's number comes from the ordinal.
[[ $HOSTNAME =~ -([0-9]+)$ ]] || exit 1
ordinal=${BASH_REMATCH[1]}
echo [mysqld] > /mnt/conf.d/server-id.cnf
# Zero is reserved.
echo server-id=$((100 + $ordinal)) >> /mnt/conf.d/server-id.cnf
if [[ $ordinal -eq 0 ]]; then
  cp /mnt/config-map/primary.cnf /mnt/conf.d/
else
  cp /mnt/config-map/replica.cnf /mnt/conf.d/
fi
";
    let files = [
        ("/mnt/config-map/primary.cnf", "log-bin\n"),
        ("/mnt/conf.d/x", ""),
    ];
    let mut play = Play::with(&["bash", "-c", script], &files, Network::default(), None);
    play.until(10);
    assert_eq!(
        play.file("/mnt/conf.d/server-id.cnf"),
        "[mysqld]\nserver-id=100\n"
    );
    assert_eq!(play.file("/mnt/conf.d/primary.cnf"), "log-bin\n");
    play.done(expect![[r#"
         0.000 ! + ordinal=0
         0.000 ! + echo '[mysqld]'
         0.000 ! + echo server-id=100
         0.000 ! + cp /mnt/config-map/primary.cnf /mnt/conf.d/
         0.000 1 ends with 0
    "#]]);
}

#[test]
fn a_log_is_written_and_followed() {
    let mut play = Play::sh("while true; do echo \"logging\" >> /opt/logs.txt; sleep 1; done");
    play.until(500)
        .exec(&["sh", "-c", "tail -F /opt/logs.txt"])
        .until(3_200)
        .signal(Signal::KILL)
        .done(expect![[r#"
             0.500 [3] | logging
             1.500 [3] | logging
             2.500 [3] | logging
             3.200 1 ends with 137
             3.200 3 ends with 137
        "#]]);
}

/// Every script under the shelf's manifests is understood, though some of their programs are not known.
#[test]
fn all_scripts_parse() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let Ok(mut todo) =
        std::fs::read_dir(&root).map(|it| it.flatten().map(|it| it.path()).collect::<Vec<_>>())
    else {
        println!("skipped: {} is not there", root.display());
        return;
    };
    let mut count = 0;
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(
                std::fs::read_dir(&path)
                    .into_iter()
                    .flatten()
                    .flatten()
                    .map(|it| it.path()),
            );
        } else if path.extension().is_some_and(|it| it == "sh") {
            let text = std::fs::read_to_string(&path).unwrap();
            if let Err(error) = crate::world::shell::syntax::parse(&text) {
                panic!("{}: {error:?}", path.display());
            }
            count += 1;
        }
    }
    println!("{count} scripts");
}
