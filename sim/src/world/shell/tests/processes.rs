//! Processes, signals, pipes and the network over time.

use expect_test::expect;

use super::{Network, Play, Signal, check};

#[test]
fn process_1_without_a_trap_ignores_term() {
    Play::sh("sleep 3600")
        .until(1_000)
        .signal(Signal::TERM)
        .until(5_000)
        .signal(Signal::KILL)
        .done(expect![[r#"
             5.000 1 ends with 137
        "#]]);
}

#[test]
fn exec_makes_the_program_process_1() {
    Play::sh("exec sleep 60")
        .until(1_000)
        .exec(&["ps"])
        .signal(Signal::TERM)
        .until(70_000)
        .done(expect![[r#"
            1.000 [2] | PID   USER     TIME  COMMAND
            1.000 [2] |     1 root      0:00 sleep 60
            1.000 [2] |     2 root      0:00 ps
            1.000 2 ends with 0
            60.000 1 ends with 0
        "#]]);
}

#[test]
fn a_trap_ends_wait_at_once() {
    Play::sh("trap 'exit 0' TERM; sleep 3600 & wait")
        .until(1_500)
        .signal(Signal::TERM)
        .done(expect![[r#"
             1.500 1 ends with 0
        "#]]);
}

#[test]
fn a_trap_waits_for_the_command_in_the_foreground() {
    Play::sh("trap 'echo late; exit 3' TERM; sleep 10; echo never")
        .until(1_000)
        .signal(Signal::TERM)
        .until(20_000)
        .done(expect![[r#"
        10.000 | late
        10.000 1 ends with 3
    "#]]);
}

#[test]
fn an_ignored_signal_is_ignored_by_children() {
    Play::sh("trap '' TERM; while :; do sleep 1; done")
        .until(1_500)
        .signal(Signal::TERM)
        .exec(&["sh", "-c", "kill -TERM -1"])
        .until(3_000)
        .signal(Signal::KILL)
        .done(expect![[r#"
             1.500 4 ends with 0
             3.000 1 ends with 137
        "#]]);
}

#[test]
fn a_trap_that_takes_time() {
    Play::sh("trap 'sleep 2; exit 0' TERM; sleep 3600 & wait")
        .until(1_000)
        .signal(Signal::TERM)
        .until(9_000)
        .done(expect![[r#"
             3.000 1 ends with 0
        "#]]);
}

#[test]
fn nobody_kills_process_1_from_within() {
    Play::sh("sleep 5; echo alive")
        .until(1_000)
        .exec(&["kill", "-9", "1"])
        .until(9_000)
        .done(expect![[r#"
             1.000 3 ends with 0
             5.000 | alive
             5.000 1 ends with 0
        "#]]);
}

#[test]
fn what_process_1_leaves_is_killed() {
    Play::sh("(sleep 2; echo never) & sleep 1; exit 4")
        .until(1_000)
        .until(9_000)
        .done(expect![[r#"
             1.000 1 ends with 4
        "#]]);
}

#[test]
fn orphans_go_to_process_1() {
    check(
        "sh -c 'sleep 2 & echo $PPID'; ps; sleep 3; ps",
        expect![[r#"
             0.000 | 1
             0.000 | PID   USER     TIME  COMMAND
             0.000 |     1 root      0:00 sh -c sh -c 'sleep 2 & echo $PPID'; ps; sleep 3; ps
             0.000 |     3 root      0:00 sleep 2
             0.000 |     4 root      0:00 ps
             3.000 | PID   USER     TIME  COMMAND
             3.000 |     1 root      0:00 sh -c sh -c 'sleep 2 & echo $PPID'; ps; sleep 3; ps
             3.000 |     6 root      0:00 ps
             3.000 1 ends with 0
        "#]],
    );
}

#[test]
fn waiting_for_a_name() {
    let network = Network {
        names: vec![("myservice", 5, "10.96.1.2")],
        ..Network::default()
    };
    Play::with(
        &[
            "sh",
            "-c",
            "until nslookup myservice; do echo waiting for myservice; sleep 2; done",
        ],
        &[],
        network,
        None,
    )
    .until(60_000)
    .done(expect![[r#"
         0.005 | Server:		10.96.0.10
         0.005 | Address:	10.96.0.10:53
         0.005 | 
         0.005 | ** server can't find myservice.default.svc.cluster.local: NXDOMAIN
         0.005 | 
         0.005 | waiting for myservice
         2.010 | Server:		10.96.0.10
         2.010 | Address:	10.96.0.10:53
         2.010 | 
         2.010 | ** server can't find myservice.default.svc.cluster.local: NXDOMAIN
         2.010 | 
         2.010 | waiting for myservice
         4.015 | Server:		10.96.0.10
         4.015 | Address:	10.96.0.10:53
         4.015 | 
         4.015 | ** server can't find myservice.default.svc.cluster.local: NXDOMAIN
         4.015 | 
         4.015 | waiting for myservice
         6.020 | Server:		10.96.0.10
         6.020 | Address:	10.96.0.10:53
         6.020 | 
         6.020 | Name:	myservice.default.svc.cluster.local
         6.020 | Address: 10.96.1.2
         6.020 | 
         6.020 1 ends with 0
    "#]]);
}

#[test]
fn requests() {
    let network = Network {
        names: vec![
            ("web", 0, "10.96.0.9"),
            ("bad", 0, "10.96.0.8"),
            ("slow", 0, "10.96.0.7"),
        ],
        servers: vec![
            ("10.96.0.9", 80, 200, "hello\n"),
            ("10.96.0.8", 80, 503, ""),
            ("10.96.0.7", 80, 0, ""),
        ],
        ..Network::default()
    };
    let script = "wget -qO- web; wget -O - http://bad/x; wget -T 2 -q -O - slow; wget -q nobody; curl -s http://web; \
        curl -fsS http://bad; echo $?; curl -s -o /dev/null -w '%{http_code}\\n' bad; curl -m 1 http://slow; echo $?; \
        nc -z web 80 && echo open; nc -zv web 81; echo $?; wget http://web/f; cat f";
    Play::with(&["sh", "-c", script], &[], network, None)
        .until(60_000)
        .done(expect![[r#"
             0.010 | hello
             0.020 ! Connecting to bad (10.96.0.8:80)
             0.020 ! wget: server returned error: HTTP/1.1 503 Service Unavailable
             2.020 ! wget: download timed out
             2.025 ! wget: bad address 'nobody'
             2.035 | hello
             2.045 ! curl: (22) The requested URL returned error: 503
             2.045 | 22
             2.055 | 503
             3.055 ! curl: (28) Connection timed out after 1000 milliseconds
             3.055 | 28
             3.065 | open
             3.075 ! nc: web (10.96.0.9:81): Connection refused
             3.075 | 1
             3.085 ! Connecting to web (10.96.0.9:80)
             3.085 ! saving to 'f'
             3.085 ! 'f' saved
             3.085 | hello
             3.085 1 ends with 0
        "#]]);
}

#[test]
fn a_daemon_listens_and_ends() {
    Play::new(&["nginx"])
        .until(1_000)
        .signal(Signal::TERM)
        .until(2_000)
        .done(expect![[r#"
             0.000 | start worker processes
             0.100 port 80 opens
             1.000 port 80 closes
             1.000 1 ends with 0
        "#]]);
}

#[test]
fn a_server_of_files() {
    let mut play = Play::sh(
        "mkdir /www; echo page > /www/index.html; httpd -f -p 8080 -h /www & sleep 2; rm /www/index.html; sleep 2",
    );
    play.until(1_000);
    assert_eq!(
        play.machine.serve(8080, "/", &play.disks),
        Some((200, b"page\n".to_vec()))
    );
    assert_eq!(
        play.machine.serve(8080, "/none", &play.disks),
        Some((404, Vec::new()))
    );
    assert_eq!(
        play.machine.serve(8080, "/../etc/passwd", &play.disks),
        Some((404, Vec::new()))
    );
    play.until(3_000);
    assert_eq!(
        play.machine.serve(8080, "/", &play.disks),
        Some((404, Vec::new()))
    );
    assert_eq!(play.machine.serve(80, "/", &play.disks), None);
}

#[test]
fn memory_without_end() {
    Play::with(
        &["sh", "-c", "sleep 2; tail /dev/zero"],
        &[],
        Network::default(),
        Some(16 << 20),
    )
    .until(9_000)
    .done(expect![[r#"
         2.015 out of memory
         2.015 1 ends with 137
    "#]]);
}

#[test]
fn a_file_is_followed() {
    check(
        "(sleep 2; echo one > /f; sleep 3; echo two >> /f) & timeout 8 tail -F /f; echo $?",
        expect![[r#"
             0.000 ! tail: can't open '/f': No such file or directory
             3.000 ! tail: /f has appeared; following end of new file
             3.000 | one
             6.000 | two
             8.000 | 124
             8.000 1 ends with 0
        "#]],
    );
}

#[test]
fn reading_with_a_limit() {
    check(
        "(sleep 5; echo late) | { read -t 2 x; echo $? $x; read y; echo $? $y; }",
        expect![[r#"
             2.000 | 1
             5.000 | 0 late
             5.000 1 ends with 0
        "#]],
    );
}

#[test]
fn pipes_are_in_step() {
    check(
        "for i in 1 2 3; do echo $i; sleep 1; done | while read n; do echo got $n; done",
        expect![[r#"
             0.000 | got 1
             1.000 | got 2
             2.000 | got 3
             3.000 1 ends with 0
        "#]],
    );
}

#[test]
fn timeout_sends_term_and_then_kill() {
    check(
        "timeout 2 sleep 9; echo $?; timeout -k 1 2 sh -c 'trap \"\" TERM; sleep 1; sleep 9'; echo $?; timeout 5 true; echo $?",
        expect![[r#"
             2.000 | 124
             5.000 | 137
             5.000 | 0
             5.000 1 ends with 0
        "#]],
    );
}

#[test]
fn unknown_commands_are_reported_once() {
    check(
        "frobnicate; echo $?; for i in 1 2; do\n  frobnicate -x; done; nodetool status || exit 1",
        expect![[r#"
             0.000 unknown: frobnicate at 1:1
             0.000 ! sh: frobnicate: not found
             0.000 | 127
             0.000 ! sh: frobnicate: not found
             0.000 ! sh: frobnicate: not found
             0.000 unknown: nodetool at 2:24
             0.000 ! sh: nodetool: not found
             0.000 1 ends with 1
        "#]],
    );
}

#[test]
fn a_busy_loop_is_slowed_down() {
    let mut play = Play::sh("trap 'echo bye; exit 0' TERM; while :; do :; done");
    play.until(600_000)
        .signal(Signal::TERM)
        .until(700_000)
        .done(expect![[r#"
            1.000 busy
            600.000 | bye
            600.000 1 ends with 0
        "#]]);
}

#[test]
fn a_loop_that_counts_takes_time_but_ends() {
    check(
        "i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done; echo $i",
        expect![[r#"
             0.100 | 5000
             0.100 1 ends with 0
        "#]],
    );
}
