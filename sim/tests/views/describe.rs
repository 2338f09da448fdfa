//! Descriptions.

use expect_test::{Expect, expect};
use wavetank_sim::report::describe::describe;
use wavetank_sim::report::select::{Resource, one};

use crate::script::*;

fn check_describe(seconds: u64, resource: &str, name: &str, expected: Expect) {
    let loaded = whole().load(seconds);
    let view = loaded.snapshot();
    let resource = Resource::parse(resource).unwrap();
    let wavetank_sim::report::select::Item::Object(object) =
        one(&view, resource, "default", name).unwrap()
    else {
        panic!("not an object");
    };
    expected.assert_eq(&describe(&view, object).unwrap());
}

#[test]
fn objects_are_described_as_by_kubectl() {
    check_describe(
        33,
        "pod",
        "web-6f8d-x2bqk",
        expect![[r#"
        Name:                      web-6f8d-x2bqk
        Namespace:                 default
        Priority:                  0
        Service Account:           default
        Node:                      node-1
        Start Time:                Thu, 01 Jan 2026 00:00:01 +0000
        Labels:                    app=web
        Annotations:               <none>
        Status:                    Terminating (lasts 22s)
        Termination Grace Period:  30s
        IP:                        10.244.1.7
        IPs:
          IP:           10.244.1.7
        Controlled By:  ReplicaSet/web-6f8d
        Init Containers:
          proxy:
            Image:          proxy:1
            Port:           <none>
            Host Port:      <none>
            State:          Running
              Started:      Thu, 01 Jan 2026 00:00:01 +0000
            Ready:          True
            Restart Count:  0
            Environment:    <none>
            Mounts:         <none>
        Containers:
          web:
            Image:          web:1
            Port:           8080/TCP
            Host Port:      0/TCP
            State:          Running
              Started:      Thu, 01 Jan 2026 00:00:01 +0000
            Ready:          True
            Restart Count:  0
            Requests:
              cpu:        100m
              memory:     128Mi
            Environment:  <none>
            Mounts:       <none>
        Conditions:
          Type           Status
          Initialized    True
          Ready          True
          PodScheduled   True
        Volumes:         <none>
        QoS Class:       BestEffort
        Node-Selectors:  <none>
        Tolerations:     <none>
        Events:
          Type    Reason     Age   From               Message
          ----    ------     ----  ----               -------
          Normal  Scheduled  32s   default-scheduler  Successfully assigned default/web-6f8d-x2bqk to node-1
          Normal  Pulled     32s   kubelet            Successfully pulled image "web:1" in 1.234s (1.234s including waiting). Image size: 50000000 bytes.
          Normal  Started    32s   kubelet            Container started
          Normal  Killing    22s   kubelet            Stopping container web
    "#]],
    );
    check_describe(
        33,
        "node",
        "node-1",
        expect![[r#"
        Name:               node-1
        Roles:              control-plane
        Labels:             node-role.kubernetes.io/control-plane=
        Annotations:        <none>
        CreationTimestamp:  Thu, 01 Jan 2026 00:00:00 +0000
        Taints:             <none>
        Unschedulable:      false
        Conditions:
          Type            Status  LastTransitionTime               Reason                   Message
          ----            ------  ------------------               ------                   -------
          MemoryPressure  False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          DiskPressure    False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          PIDPressure     False   Thu, 01 Jan 2026 00:00:01 +0000  NodeHasSufficientMemory
          Ready           True    Thu, 01 Jan 2026 00:00:01 +0000  KubeletReady
        Capacity:
          cpu:     4
          memory:  16Gi
          pods:    110
        Allocatable:
          cpu:                4
          memory:             16Gi
          pods:               110
        Non-terminated Pods:  (2 in total)
          Namespace           Name            CPU Requests  CPU Limits  Memory Requests  Memory Limits
          ---------           ----            ------------  ----------  ---------------  -------------
          default             web-6f8d-x2bqk  100m (2%)     0 (0%)      128Mi (0%)       0 (0%)
          default             web-6f8d-z4c7d  100m (2%)     0 (0%)      128Mi (0%)       0 (0%)
        Allocated resources:
          Resource  Requests    Limits
          --------  --------    ------
          cpu       200m (5%)   0 (0%)
          memory    256Mi (1%)  0 (0%)
        Events:     <none>
    "#]],
    );
    check_describe(
        33,
        "deploy",
        "web",
        expect![[r#"
        Name:                   web
        Namespace:              default
        CreationTimestamp:      Thu, 01 Jan 2026 00:00:01 +0000
        Labels:                 app=web
        Annotations:            <none>
        Selector:               app=web
        Replicas:               2 desired | 0 updated | 0 total | 0 available | 0 unavailable
        StrategyType:           RollingUpdate
        MinReadySeconds:        0
        RollingUpdateStrategy:  25% max unavailable, 25% max surge
        Pod Template:
          Labels:  app=web
          Init Containers:
           proxy:
            Image:        proxy:1
            Port:         <none>
            Host Port:    <none>
            Environment:  <none>
            Mounts:       <none>
          Containers:
           web:
            Image:      web:1
            Port:       8080/TCP
            Host Port:  0/TCP
            Requests:
              cpu:         100m
              memory:      128Mi
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        OldReplicaSets:    web-6f8d (0/2 replicas created)
        NewReplicaSet:     <none>
        Events:
          Type    Reason             Age   From                   Message
          ----    ------             ----  ----                   -------
          Normal  ScalingReplicaSet  32s   deployment-controller  Scaled up replica set web-6f8d from 0 to 2
    "#]],
    );
    check_describe(
        33,
        "rs",
        "web-6f8d",
        expect![[r#"
        Name:           web-6f8d
        Namespace:      default
        Selector:       app=web
        Labels:         app=web
        Annotations:    deployment.kubernetes.io/desired-replicas: 2
                        deployment.kubernetes.io/max-replicas: 3
                        deployment.kubernetes.io/revision: 1
        Controlled By:  Deployment/web
        Replicas:       0 current / 2 desired
        Pods Status:    2 Running / 0 Waiting / 0 Succeeded / 0 Failed
        Pod Template:
          Labels:  app=web
          Init Containers:
           proxy:
            Image:        proxy:1
            Port:         <none>
            Host Port:    <none>
            Environment:  <none>
            Mounts:       <none>
          Containers:
           web:
            Image:      web:1
            Port:       8080/TCP
            Host Port:  0/TCP
            Requests:
              cpu:         100m
              memory:      128Mi
            Environment:   <none>
            Mounts:        <none>
          Volumes:         <none>
          Node-Selectors:  <none>
          Tolerations:     <none>
        Events:
          Type    Reason            Age   From                   Message
          ----    ------            ----  ----                   -------
          Normal  SuccessfulCreate  32s   replicaset-controller  Created pod: web-6f8d-x2bqk
          Normal  SuccessfulCreate  32s   replicaset-controller  Created pod: web-6f8d-z4c7d
    "#]],
    );
    check_describe(
        33,
        "svc",
        "web",
        expect![[r#"
        Name:                     web
        Namespace:                default
        Labels:                   <none>
        Annotations:              <none>
        Selector:                 app=web
        Type:                     ClusterIP
        IP Family Policy:         SingleStack
        IP Families:              IPv4
        IP:                       10.96.0.5
        IPs:                      10.96.0.5
        Port:                     <unset>  80/TCP
        TargetPort:               8080/TCP
        Endpoints:                10.244.1.8:8080
        Session Affinity:         None
        Internal Traffic Policy:  Cluster
        Events:                   <none>
    "#]],
    );
}
