//! Which component wrote a line, when the line itself tells.
//!
//! A file is often that of one component and holds lines of others: k3s runs the kubelet, the API server and etcd in
//! one process, and a journal holds everything. Told from, in this order: where in the source the line was written
//! (klog writes a file's name, zap a directory with it, capnslog a package), the field `component`, and the program that a
//! wrapper names. What several components share (`reflector.go`, `leaderelection.go`, etcd's client) tells nothing;
//! neither do `k3s` and `rke2` as programs: what they themselves say is of the file's component, which knows whether
//! it is a server's or an agent's. Names are those of the components that artifacts have. Source: Kubernetes 1.21 to
//! 1.32 (files that exist in one component only, compared with the logs of each); etcd 3.3 to 3.6.

use super::Fields;

/// The component that wrote a line with these fields, by a program of this name. `None` when nothing tells.
#[must_use]
pub fn of(program: Option<&str>, fields: &Fields<'_>) -> Option<&'static str> {
    let mut component = None;
    for (name, value) in &fields.0 {
        match name.as_ref() {
            "caller" => {
                if let Some(found) = of_caller(value) {
                    return Some(found);
                }
            }
            "pkg" if ETCD_PACKAGES.contains(&value.as_ref()) => return Some("etcd"),
            "logger" if value == "etcd-client" => return None,
            "component" => component = component.or_else(|| of_program(value)),
            _ => {}
        }
    }
    component.or_else(|| of_program(program?))
}

/// Whether a component writes about other programs, into what is otherwise their own log: systemd, which starts them, and
/// the audit of the kernel.
#[must_use]
pub fn writes_about_others(component: &str) -> bool {
    component == SYSTEM
}

/// The component of what the machine itself and programs that nobody knows write to the system's log.
pub const SYSTEM: &str = "system";

/// The component that runs others in its process, by the name of its program. In its own journal the payload decides; in the log of
/// all programs what the payload leaves open is its own.
#[must_use]
pub fn supervisor(program: &str) -> Option<&'static str> {
    match program {
        "k3s" | "k3s-agent" => Some("k3s"),
        "rke2" | "rke2-server" => Some("rke2-server"),
        "rke2-agent" => Some("rke2-agent"),
        _ => None,
    }
}

/// Packages of etcd's server as capnslog names them. Its client (`clientv3`, `client`) is part of many programs.
const ETCD_PACKAGES: &[&str] = &[
    "auth",
    "compactor",
    "embed",
    "etcdmain",
    "etcdserver",
    "etcdserver/api",
    "etcdserver/api/etcdhttp",
    "etcdserver/api/snap",
    "etcdserver/api/v2http",
    "etcdserver/api/v2store",
    "etcdserver/api/v3compactor",
    "etcdserver/api/v3rpc",
    "etcdserver/auth",
    "etcdserver/membership",
    "lease",
    "mvcc",
    "pkg/fileutil",
    "pkg/netutil",
    "raft",
    "rafthttp",
    "snap",
    "wal",
];

/// Directories and files of etcd's server as zap names them. `etcd3/` would be the API server's.
const ETCD_CALLERS: &[&str] = &[
    "embed/etcd.go",
    "embed/serve.go",
    "embed/config",
    "etcdmain/",
    "etcdserver/",
    "fileutil/purge.go",
    "lease/lessor.go",
    "membership/cluster.go",
    "membership/store.go",
    "mvcc/",
    "raft/raft.go",
    "rafthttp/",
    "snap/db.go",
    "snap/snapshotter.go",
    "v3compactor/",
    "v3rpc/",
    "wal/wal.go",
    "wal/repair.go",
];

/// Files that one component of Kubernetes has alone, as klog names them; sorted.
const FILES: &[(&str, &str)] = &[
    ("apiapproval_controller.go", "kube-apiserver"),
    ("apiservice_controller.go", "kube-apiserver"),
    ("attach_detach_controller.go", "kube-controller-manager"),
    ("autoregister_controller.go", "kube-apiserver"),
    ("available_controller.go", "kube-apiserver"),
    ("cadvisor_stats_provider.go", "kubelet"),
    ("cluster_authentication_trust_controller.go", "kube-apiserver"),
    ("clusterroleaggregation_controller.go", "kube-controller-manager"),
    ("container_log_manager.go", "kubelet"),
    ("container_manager_linux.go", "kubelet"),
    ("cpu_manager.go", "kubelet"),
    ("crd_finalizer.go", "kube-apiserver"),
    ("crdregistration_controller.go", "kube-apiserver"),
    ("cronjob_controllerv2.go", "kube-controller-manager"),
    ("customresource_discovery_controller.go", "kube-apiserver"),
    ("daemon_controller.go", "kube-controller-manager"),
    ("endpoints_controller.go", "kube-controller-manager"),
    ("endpointslice_controller.go", "kube-controller-manager"),
    ("endpointslicemirroring_controller.go", "kube-controller-manager"),
    ("establishing_controller.go", "kube-apiserver"),
    ("eviction_manager.go", "kubelet"),
    ("fs_resource_analyzer.go", "kubelet"),
    ("garbagecollector.go", "kube-controller-manager"),
    ("graph_builder.go", "kube-controller-manager"),
    ("handler_proxy.go", "kube-apiserver"),
    ("image_gc_manager.go", "kubelet"),
    ("kubelet.go", "kubelet"),
    ("kubelet_getters.go", "kubelet"),
    ("kubelet_network.go", "kubelet"),
    ("kubelet_network_linux.go", "kubelet"),
    ("kubelet_node_status.go", "kubelet"),
    ("kubelet_pods.go", "kubelet"),
    ("kubelet_volumes.go", "kubelet"),
    ("kuberuntime_container.go", "kubelet"),
    ("kuberuntime_gc.go", "kubelet"),
    ("kuberuntime_image.go", "kubelet"),
    ("kuberuntime_logs.go", "kubelet"),
    ("kuberuntime_manager.go", "kubelet"),
    ("kuberuntime_sandbox.go", "kubelet"),
    ("memory_manager.go", "kubelet"),
    ("mirror_client.go", "kubelet"),
    ("namespace_controller.go", "kube-controller-manager"),
    ("namespaced_resources_deleter.go", "kube-controller-manager"),
    ("naming_controller.go", "kube-apiserver"),
    ("node_authorizer.go", "kube-apiserver"),
    ("nodeshutdown_manager_linux.go", "kubelet"),
    ("nonstructuralschema_controller.go", "kube-apiserver"),
    ("plugin_watcher.go", "kubelet"),
    ("pod_container_deletor.go", "kubelet"),
    ("pod_startup_latency_tracker.go", "kubelet"),
    ("pod_workers.go", "kubelet"),
    ("proxier.go", "kube-proxy"),
    ("pv_controller_base.go", "kube-controller-manager"),
    ("pv_protection_controller.go", "kube-controller-manager"),
    ("pvc_protection_controller.go", "kube-controller-manager"),
    ("reconciler_common.go", "kubelet"),
    ("replica_set.go", "kube-controller-manager"),
    ("schedule_one.go", "kube-scheduler"),
    ("status_manager.go", "kubelet"),
    ("storage_rbac.go", "kube-apiserver"),
    ("storage_scheduling.go", "kube-apiserver"),
    ("tokens_controller.go", "kube-controller-manager"),
    ("topology_manager.go", "kubelet"),
    ("ttl_controller.go", "kube-controller-manager"),
    ("ttlafterfinished_controller.go", "kube-controller-manager"),
];

/// Programs as journald, syslog and kubectl name them, with their components; sorted.
const PROGRAMS: &[(&str, &str)] = &[
    ("auditd", "system"),
    ("cloud-controller-manager", "cloud-controller-manager"),
    ("containerd", "containerd"),
    ("coredns", "coredns"),
    ("docker", "docker"),
    ("dockerd", "docker"),
    ("etcd", "etcd"),
    ("kernel", "kernel"),
    ("kube-apiserver", "kube-apiserver"),
    ("kube-controller-manager", "kube-controller-manager"),
    ("kube-proxy", "kube-proxy"),
    ("kube-scheduler", "kube-scheduler"),
    ("kubelet", "kubelet"),
    ("metrics-server", "metrics-server"),
    ("rancher-system-agent", "rancher-system-agent"),
    ("systemd", "system"),
];

fn of_program(program: &str) -> Option<&'static str> {
    let name = program.strip_suffix(".service").unwrap_or(program);
    look_up(PROGRAMS, name)
}

fn of_caller(caller: &str) -> Option<&'static str> {
    if caller.contains('/') {
        return ETCD_CALLERS.iter().any(|start| caller.starts_with(start)).then_some("etcd");
    }
    let (file, _) = caller.split_once(':')?;
    look_up(FILES, file)
}

fn look_up(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let at = table.binary_search_by(|(row, _)| (*row).cmp(name)).ok()?;
    table.get(at).map(|(_, component)| *component)
}

/// Every name that [`of`] may give.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().chain(PROGRAMS).map(|(_, component)| *component).chain(["etcd"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::read;

    fn check(line: &str, expected: Option<&str>) {
        assert_eq!(read(line).speaker, expected, "{line}");
    }

    #[test]
    fn the_tables_are_sorted() {
        for table in [FILES, PROGRAMS] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn the_place_in_the_source_tells() {
        let klog = |file: &str| format!("E1122 03:41:19.405968       1 {file}:361] lost");
        check(&klog("kubelet_node_status.go"), Some("kubelet"));
        check(&format!("Nov 22 03:41:20 cp-1 k3s[1]: {}", klog("proxier.go")), Some("kube-proxy"));
        for shared in ["reflector.go", "leaderelection.go", "request.go", "trace.go", "controller.go"] {
            check(&klog(shared), None);
            check(&format!("Nov 22 03:41:20 cp-1 k3s[1]: {}", klog(shared)), None);
        }
        check(r#"{"level":"warn","caller":"rafthttp/peer.go:7","msg":"x"}"#, Some("etcd"));
        check(r#"{"level":"warn","caller":"clientv3/retry_interceptor.go:62","msg":"x"}"#, None);
        check(r#"{"level":"warn","logger":"etcd-client","caller":"v3@v3.5.9/retry.go:62","msg":"x"}"#, None);
        check(r#"{"level":"warn","caller":"etcd3/watcher.go:62","msg":"x"}"#, None);
        check("2026-11-22 03:11:30.140405 E | rafthttp: lost", Some("etcd"));
        check("2026-11-22 03:11:30.140405 E | clientv3: lost", None);
        check("raft2026/11/22 02:45:41 INFO: became leader", Some("etcd"));
    }

    #[test]
    fn the_program_tells_unless_many_speak_in_it() {
        check("Nov 22 03:41:20 cp-1 kubelet[7]: x", Some("kubelet"));
        check("Sun 2026-11-22 03:41:20 UTC cp-1 kubelet.service[7]: x", Some("kubelet"));
        check("Nov 22 03:41:20 cp-1 kernel: x", Some("kernel"));
        check("[pod/etcd-cp-1/etcd] x", Some("etcd"));
        for many in ["k3s", "rke2", "sshd", "kubelet-helper"] {
            check(
                &format!("Nov 22 03:41:20 cp-1 {many}[7]: time=\"2026-11-22T03:41:20Z\" level=info msg=x"),
                None,
            );
        }
        check("time=\"2026-11-22T03:41:20Z\" level=info msg=x component=kubelet", Some("kubelet"));
    }
}
