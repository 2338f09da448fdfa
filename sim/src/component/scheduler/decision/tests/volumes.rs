//! Volumes: each rule of S134–S137 on the smallest cluster that shows it.

use expect_test::expect;
use wavetank_core::object::spec::{
    AccessModes, ClaimPhase, ClaimRef, ClaimSpec, CsiDriver, CsiNodeSpec, PersistentVolumeSpec,
    StorageClassSpec, VolumePhase,
};
use wavetank_core::object::template::{Volume, VolumeSource};

use super::*;
use crate::component::scheduler::decision::volumes::{Claim, PersistentVolume};

const ZONE: &str = "topology.kubernetes.io/zone";
const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";

/// A pod that uses claims.
fn using(claims: &[&str]) -> PodSpec {
    let volume = |name: &&str| Volume {
        name: (*name).into(),
        source: VolumeSource::Claim((*name).into()),
    };
    PodSpec {
        volumes: claims.iter().map(volume).collect(),
        ..requests(100, MIB)
    }
}

/// Nodes `n0`, `n1` … in these zones, empty ones without a label, with these pods.
fn zones(nodes: &[(&str, &[PodSpec])]) -> Snapshot {
    let node = |(index, (zone, pods)): (usize, &(&str, &[PodSpec]))| {
        let labels = (!zone.is_empty()).then_some((ZONE, *zone));
        let row = NodeRow {
            labels: labels.into_iter().collect(),
            ..row(&format!("n{index}"), 4_000, 8 * GIB)
        };
        (row, pods.to_vec())
    };
    cluster(nodes.iter().enumerate().map(node).collect())
}

fn claim(class: &str, gib: i64) -> Claim {
    Claim {
        spec: ClaimSpec {
            class: Some(class.into()),
            request: gib * GIB,
            modes: AccessModes(1),
            is_block: false,
            selector: None,
            volume: "".into(),
            phase: ClaimPhase::Pending,
        },
        selected_node: None,
        is_going: false,
    }
}

/// A claim with a volume.
fn bound(volume: &str) -> Claim {
    let mut claim = claim("slow", 1);
    claim.spec.volume = volume.into();
    claim.spec.phase = ClaimPhase::Bound;
    claim
}

/// A free volume of the class `slow`, that can be reached from a zone, or from everywhere.
fn volume(gib: i64, zone: &str) -> PersistentVolumeSpec {
    let term = || expressions(vec![requirement(ZONE, NodeOperator::In, &[zone])]);
    PersistentVolumeSpec {
        capacity: gib * GIB,
        class: "slow".into(),
        modes: AccessModes(1),
        is_block: false,
        claim: None,
        affinity: (!zone.is_empty()).then(|| vec![term()]),
        driver: "".into(),
        handle: "".into(),
        is_deleted_with_claim: false,
        phase: VolumePhase::Available,
    }
}

fn class(provisioner: &str, waits: bool) -> StorageClassSpec {
    StorageClassSpec {
        provisioner: provisioner.into(),
        waits,
        topologies: Vec::new(),
        is_deleted_with_claim: true,
    }
}

fn set_claim(snapshot: &mut Snapshot, name: &str, claim: Claim) {
    let volumes = &mut snapshot.around.volumes;
    volumes.set_claim("default", name, Some(claim));
}

fn set_volume(snapshot: &mut Snapshot, name: &str, spec: PersistentVolumeSpec) {
    let volume = PersistentVolume::new(spec, Labels::default(), false);
    snapshot.around.volumes.set_volume(name, Some(volume));
}

fn set_class(snapshot: &mut Snapshot, name: &str, class: StorageClassSpec) {
    snapshot.around.volumes.set_class(name, Some(class));
}

/// `n0` can attach this many volumes of the driver `disks`.
fn set_limit(snapshot: &mut Snapshot, limit: u32) {
    let driver = CsiDriver {
        name: "disks".into(),
        limit: Some(limit),
        topology_keys: Vec::new(),
    };
    let drivers = CsiNodeSpec {
        drivers: vec![driver],
    };
    snapshot.around.volumes.set_drivers("n0", Some(drivers));
}

#[test]
fn a_missing_claim() {
    let expected = expect![[
        r#"0/1 nodes are available: persistentvolumeclaim "nope" not found. not found Rejectors(4294967296)"#
    ]];
    check(zones(&[("", &[])]), using(&["nope"]), &expected);
}

#[test]
fn a_claim_that_binds_at_once_has_to_be_bound() {
    let mut snapshot = zones(&[("", &[])]);
    set_class(&mut snapshot, "slow", class("disks", false));
    set_claim(&mut snapshot, "data", claim("slow", 1));
    check(
        snapshot,
        using(&["data"]),
        &expect![
            "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found Rejectors(17179869184)"
        ],
    );
}

#[test]
fn a_claim_that_is_lost_or_going() {
    let mut snapshot = zones(&[("", &[])]);
    let mut lost = bound("v");
    lost.spec.phase = ClaimPhase::Lost;
    set_claim(&mut snapshot, "data", lost);
    check(
        snapshot.clone(),
        using(&["data"]),
        &expect![[
            r#"0/1 nodes are available: persistentvolumeclaim "data" bound to non-existent persistentvolume "v". not found Rejectors(17179869184)"#
        ]],
    );
    let going = Claim {
        is_going: true,
        ..bound("v")
    };
    set_claim(&mut snapshot, "data", going);
    check(
        snapshot,
        using(&["data"]),
        &expect![[
            r#"0/1 nodes are available: persistentvolumeclaim "data" is being deleted. not found Rejectors(17179869184)"#
        ]],
    );
}

#[test]
fn one_pod_alone() {
    let mut snapshot = zones(&[("", &[using(&["data"])]), ("", &[])]);
    let mut alone = bound("v");
    alone.spec.modes = AccessModes(8);
    set_claim(&mut snapshot, "data", alone);
    set_volume(&mut snapshot, "v", volume(1, ""));
    check(
        snapshot.clone(),
        using(&["data"]),
        &expect![
            "0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. no new claims to deallocate, preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod. Rejectors(4294967296)"
        ],
    );
    let important = PodSpec {
        priority: 10,
        ..using(&["data"])
    };
    check(
        snapshot,
        important,
        &expect![
            "0/2 nodes are available: 2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod. Rejectors(4294967296)"
        ],
    );
}

#[test]
fn volumes_of_nodes_and_of_nowhere() {
    let mut snapshot = zones(&[("a", &[]), ("b", &[])]);
    set_claim(&mut snapshot, "data", bound("v"));
    set_volume(&mut snapshot, "v", volume(1, "b"));
    check(snapshot.clone(), using(&["data"]), &expect!["n1 of 1"]);
    set_volume(&mut snapshot, "v", volume(1, "c"));
    check(
        snapshot.clone(),
        using(&["data"]),
        &expect![
            "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(17179869184)"
        ],
    );
    set_claim(&mut snapshot, "data", bound("gone"));
    check(
        snapshot,
        using(&["data"]),
        &expect![[
            r#"0/2 nodes are available: persistentvolume "gone" not found. not found Rejectors(34359738368)"#
        ]],
    );
}

#[test]
fn the_first_consumer_chooses() {
    let mut snapshot = zones(&[("a", &[]), ("b", &[])]);
    set_class(
        &mut snapshot,
        "slow",
        class("kubernetes.io/no-provisioner", true),
    );
    set_claim(&mut snapshot, "data", claim("slow", 2));
    // Nothing is there, and nobody makes it.
    check(
        snapshot.clone(),
        using(&["data"]),
        &expect![
            "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(17179869184)"
        ],
    );
    // Too small in one zone, large enough in the other.
    set_volume(&mut snapshot, "small", volume(1, "a"));
    set_volume(&mut snapshot, "large", volume(3, "b"));
    check(snapshot.clone(), using(&["data"]), &expect!["n1 of 1"]);
    // Reserved for another claim.
    let mut reserved = volume(3, "b");
    reserved.claim = Some(ClaimRef {
        namespace: "default".into(),
        name: "other".into(),
        uid: "".into(),
    });
    set_volume(&mut snapshot, "large", reserved);
    check(
        snapshot,
        using(&["data"]),
        &expect![
            "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(17179869184)"
        ],
    );
}

#[test]
fn two_claims_share_the_smallest_volumes() {
    let mut snapshot = zones(&[("a", &[]), ("b", &[])]);
    set_class(&mut snapshot, "slow", class("", true));
    set_claim(&mut snapshot, "large", claim("slow", 3));
    set_claim(&mut snapshot, "small", claim("slow", 1));
    for (name, gib, zone) in [
        ("a1", 5, "a"),
        ("a2", 2, "a"),
        ("b1", 4, "b"),
        ("b2", 2, "b"),
    ] {
        set_volume(&mut snapshot, name, volume(gib, zone));
    }
    snapshot.refresh();
    let pod = shape(using(&["large", "small"]));
    let plan = |node| {
        snapshot
            .around
            .volumes
            .plan(&pod, snapshot.node(NodeId(node)))
    };
    expect![[r#"
        Ok(Plan { bindings: [(("default", "small"), "a2"), (("default", "large"), "a1")], provisions: [] })
        Ok(Plan { bindings: [(("default", "small"), "b2"), (("default", "large"), "b1")], provisions: [] })"#]].assert_eq(&format!("{:?}\n{:?}", plan(0), plan(1)));
}

#[test]
fn a_class_makes_volumes_where_it_may() {
    let mut snapshot = zones(&[("a", &[]), ("b", &[])]);
    let mut made = class("disks", true);
    made.topologies = vec![vec![(ZONE.into(), vec!["b".into(), "c".into()])]];
    set_class(&mut snapshot, "slow", made);
    set_claim(&mut snapshot, "data", claim("slow", 2));
    check(snapshot.clone(), using(&["data"]), &expect!["n1 of 1"]);
    // Somebody chose the other node before.
    let chosen = Claim {
        selected_node: Some("n0".into()),
        ..claim("slow", 2)
    };
    set_claim(&mut snapshot, "data", chosen);
    check(
        snapshot,
        using(&["data"]),
        &expect![
            "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind. no new claims to deallocate, preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling. Rejectors(17179869184)"
        ],
    );
}

#[test]
fn attach_limits() {
    let mut snapshot = zones(&[("", &[using(&["first"])]), ("", &[])]);
    set_limit(&mut snapshot, 2);
    for (index, name) in ["first", "second", "third"].into_iter().enumerate() {
        let disk = PersistentVolumeSpec {
            driver: "disks".into(),
            handle: format!("d{index}").into(),
            ..volume(1, "")
        };
        set_volume(&mut snapshot, name, disk);
        set_claim(&mut snapshot, name, bound(name));
    }
    let verdicts = |snapshot: &mut Snapshot, claims: &[&str]| {
        let mut profile = Profile::new(0);
        explain(snapshot, &mut profile, using(claims))
    };
    // One more is the second; the one that is attached already counts once.
    let one = verdicts(&mut snapshot.clone(), &["first", "second"]);
    let two = verdicts(&mut snapshot.clone(), &["second", "third"]);
    set_limit(&mut snapshot, 0);
    snapshot.remove_node(NodeId(1));
    let none = verdicts(&mut snapshot, &["second"]);
    expect![[r#"
        TaintToleration [300, 300]
        NodeResourcesFit [97, 98]
        NodeResourcesBalancedAllocation [74, 74]
        n1 of 2
        n1 of 1
        0/1 nodes are available: 1 node(s) exceed max volume count. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod. Rejectors(8589934592)"#]].assert_eq(&format!("{one}\n{two}\n{none}"));
}

#[test]
fn zones_of_old() {
    let mut snapshot = zones(&[("a", &[]), ("b", &[]), ("", &[])]);
    set_claim(&mut snapshot, "data", bound("v"));
    let old = |zones: &str| {
        let labels = [(BETA_ZONE, zones)].into_iter().collect();
        PersistentVolume::new(volume(1, ""), labels, false)
    };
    let volumes = &mut snapshot.around.volumes;
    volumes.set_volume("v", Some(old("b__c")));
    snapshot.refresh();
    let id = snapshot.add_shape(shape(using(&["data"])));
    let request = Request {
        pod: INCOMING,
        shape: id,
        nominated: None,
        percentage: 0,
    };
    let framework = framework::Framework::default();
    let trace = trace::trace(&framework, &snapshot, &request, 0);
    let told = |(node, asked): &(NodeId, trace::Asked)| match asked {
        trace::Asked::Verdict(verdict) => {
            let reasons = framework.reasons(snapshot.shape(id), *verdict);
            format!("n{} {reasons:?}", node.0)
        }
        trace::Asked::Absent => "absent".to_owned(),
    };
    let told: Vec<_> = trace.verdicts.iter().map(told).collect();
    expect![[r#"
        n0 ["node(s) had no available volume zone"]
        n1 []
        n2 []"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn what_is_given_away_is_not_given_twice() {
    let mut snapshot = zones(&[("a", &[])]);
    set_class(&mut snapshot, "slow", class("", true));
    set_claim(&mut snapshot, "one", claim("slow", 1));
    set_claim(&mut snapshot, "two", claim("slow", 1));
    set_volume(&mut snapshot, "v", volume(1, "a"));
    let pods = [shape(using(&["one"])), shape(using(&["two"]))];
    let node = snapshot.node(NodeId(0)).clone();
    let volumes = &mut snapshot.around.volumes;
    let plan = volumes.plan(&pods[0], &node).expect("there is one");
    volumes.assume(&plan, "n0", PodId(0));
    assert!(volumes.plan(&pods[0], &node).is_ok(), "its own");
    assert!(volumes.plan(&pods[1], &node).is_err(), "another's");
    volumes.release(PodId(0));
    assert!(volumes.plan(&pods[1], &node).is_ok(), "free again");
}
