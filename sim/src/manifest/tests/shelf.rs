//! Real manifests of other projects, when they lie beside the repository.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::diagnostic::{Severity, Sources, Style};
use crate::manifest::{capacities, hints, import};

fn shelf(folder: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared")
        .join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: there is no {}", path.display());
    None
}

/// Reads a path of the shelf; returns kinds with their numbers, and warnings by code.
fn summary(path: &std::path::Path) -> String {
    let mut sources = Sources::new();
    let import = import(&[path.to_string_lossy()], &mut sources);
    let drawn = import.diagnostics.render(&sources, Style::Plain);
    assert!(!import.diagnostics.has_errors(), "{drawn}");
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for imported in &import.objects {
        *kinds.entry(imported.object.kind()).or_default() += 1;
    }
    let mut warnings: BTreeMap<&str, usize> = BTreeMap::new();
    let nodes = capacities(&import.objects);
    let hints = hints(&import.objects, &nodes, &|_| false);
    for diagnostic in import.diagnostics.iter().chain(&hints) {
        assert_ne!(diagnostic.severity, Severity::Error);
        *warnings.entry(diagnostic.code).or_default() += 1;
    }
    let list = |map: BTreeMap<&str, usize>| {
        map.into_iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let without: usize = import.no_effect.iter().map(|(_, count)| count).sum();
    format!(
        "{}; {without} without effect; messages: {}\n",
        list(kinds),
        list(warnings)
    )
}

#[test]
fn every_folder_of_manifests_loads() {
    let Some(manifests) = shelf("manifests") else {
        return;
    };
    let mut folders: Vec<PathBuf> = std::fs::read_dir(&manifests)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    let mut text = String::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        text.push_str(&format!("{name}: {}", summary(&folder)));
    }
    expect_test::expect![[r#"
        argo-cd-ha: ClusterRole 3, ClusterRoleBinding 3, ConfigMap 9, CustomResourceDefinition 3, Deployment 6, NetworkPolicy 8, Role 7, RoleBinding 7, Secret 2, Service 12, ServiceAccount 8, StatefulSet 2; 31 without effect; messages: S019 6
        bookinfo: Deployment 6, Service 4, ServiceAccount 4; 0 without effect; messages: 
        cassandra: Service 1, StatefulSet 1, StorageClass 1; 0 without effect; messages: 
        descheduler: ClusterRole 1, ClusterRoleBinding 1, ConfigMap 1, CronJob 1, Deployment 1, Job 1, Role 1, RoleBinding 1, ServiceAccount 1; 4 without effect; messages: 
        fluentd-daemonset: ClusterRole 1, ClusterRoleBinding 1, DaemonSet 1, ServiceAccount 1; 2 without effect; messages: 
        gke-daemonset-priority: DaemonSet 1, Deployment 1, PriorityClass 4; 0 without effect; messages: 
        guestbook: Deployment 3, Service 3; 0 without effect; messages: 
        hpa-php-apache: Deployment 1, HorizontalPodAutoscaler 1, Service 1; 0 without effect; messages: M007 1
        ingress-nginx: ClusterRole 2, ClusterRoleBinding 2, ConfigMap 1, Deployment 1, IngressClass 1, Job 2, Namespace 1, Role 2, RoleBinding 2, Service 2, ServiceAccount 2, ValidatingWebhookConfiguration 1; 10 without effect; messages: S019 3
        k8s-docs-jobs: CronJob 1, Job 10; 0 without effect; messages: M013 1
        k8s-docs-pods: Deployment 1, Pod 13, PodDisruptionBudget 1, ResourceQuota 1, Service 1, StatefulSet 1; 0 without effect; messages: M013 5, S019 2
        kube-prometheus: APIService 1, Alertmanager 1, ClusterRole 8, ClusterRoleBinding 7, ConfigMap 3, DaemonSet 1, Deployment 5, NetworkPolicy 8, PodDisruptionBudget 3, Prometheus 1, PrometheusRule 8, Role 4, RoleBinding 5, Secret 3, Service 8, ServiceAccount 8, ServiceMonitor 13; 56 without effect; messages: S019 6
        metrics-server: APIService 1, ClusterRole 2, ClusterRoleBinding 2, Deployment 1, RoleBinding 1, Service 1, ServiceAccount 1; 6 without effect; messages: 
        mysql-replicated: ConfigMap 1, Service 2, StatefulSet 1; 0 without effect; messages: 
        online-boutique: Deployment 12, Service 12, ServiceAccount 11; 0 without effect; messages: 
        zookeeper: PodDisruptionBudget 1, Service 2, StatefulSet 1; 0 without effect; messages: 
    "#]].assert_eq(&text);
}

#[test]
fn a_cluster_of_1200_nodes_loads() {
    let Some(folder) = shelf("datasets/gpu-cluster") else {
        return;
    };
    let mut text = String::new();
    for name in ["nodes-1200.yaml", "pods-1200.yaml"] {
        text.push_str(&format!("{name}: {}", summary(&folder.join(name))));
    }
    expect_test::expect![[r#"
        nodes-1200.yaml: Node 1213; 0 without effect; messages: 
        pods-1200.yaml: Pod 7064; 0 without effect; messages: S019 1
    "#]]
    .assert_eq(&text);
}
