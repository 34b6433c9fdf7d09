//! Resources, their kinds, and whether they live in a namespace.
//!
//! The kind of an object from a built-in API group is its plain kind (`Pod`, `APIService`); from any other group it is
//! `Kind.group` (`Cluster.management.cattle.io`), because plain kinds clash there. Built-in groups have no dot or end in
//! `.k8s.io`, except `*.x-k8s.io`, which the SIGs use for custom resources.

/// A resource: `(plural, other names, kind, namespaced)`; the group is part of the kind when it is not built in.
type Resource = (&'static str, &'static [&'static str], &'static str, bool);

const RESOURCES: &[Resource] = &[
    ("apiservices", &["apiservice"], "APIService", false),
    ("certificatesigningrequests", &["csr", "certificatesigningrequest"], "CertificateSigningRequest", false),
    ("clusterrolebindings", &["clusterrolebinding"], "ClusterRoleBinding", false),
    ("clusterroles", &["clusterrole"], "ClusterRole", false),
    ("componentstatuses", &["cs", "componentstatus"], "ComponentStatus", false),
    ("configmaps", &["cm", "configmap"], "ConfigMap", true),
    ("controllerrevisions", &["controllerrevision"], "ControllerRevision", true),
    ("cronjobs", &["cj", "cronjob"], "CronJob", true),
    ("csidrivers", &["csidriver"], "CSIDriver", false),
    ("csinodes", &["csinode"], "CSINode", false),
    (
        "customresourcedefinitions",
        &["crds", "crd", "customresourcedefinition"],
        "CustomResourceDefinition",
        false,
    ),
    ("daemonsets", &["ds", "daemonset"], "DaemonSet", true),
    ("deployments", &["deploy", "deployment"], "Deployment", true),
    ("endpoints", &["ep", "endpoint"], "Endpoints", true),
    ("endpointslices", &["endpointslice"], "EndpointSlice", true),
    ("events", &["ev", "event"], "Event", true),
    ("flowschemas", &["flowschema"], "FlowSchema", false),
    ("horizontalpodautoscalers", &["hpa", "horizontalpodautoscaler"], "HorizontalPodAutoscaler", true),
    ("ingressclasses", &["ingressclass"], "IngressClass", false),
    ("ingresses", &["ing", "ingress"], "Ingress", true),
    ("jobs", &["job"], "Job", true),
    ("leases", &["lease"], "Lease", true),
    ("limitranges", &["limits", "limitrange"], "LimitRange", true),
    (
        "mutatingwebhookconfigurations",
        &["mutatingwebhookconfiguration", "mutatingwebhooks"],
        "MutatingWebhookConfiguration",
        false,
    ),
    ("namespaces", &["ns", "namespace"], "Namespace", false),
    ("networkpolicies", &["netpol", "networkpolicy"], "NetworkPolicy", true),
    ("nodes", &["no", "node"], "Node", false),
    ("persistentvolumeclaims", &["pvc", "pvcs", "persistentvolumeclaim"], "PersistentVolumeClaim", true),
    ("persistentvolumes", &["pv", "pvs", "persistentvolume"], "PersistentVolume", false),
    ("poddisruptionbudgets", &["pdb", "poddisruptionbudget"], "PodDisruptionBudget", true),
    ("pods", &["po", "pod"], "Pod", true),
    ("podsecuritypolicies", &["psp"], "PodSecurityPolicy", false),
    ("priorityclasses", &["pc", "priorityclass"], "PriorityClass", false),
    ("replicasets", &["rs", "replicaset"], "ReplicaSet", true),
    (
        "replicationcontrollers",
        &["rc", "replicationcontroller", "replication-controllers"],
        "ReplicationController",
        true,
    ),
    ("resourcequotas", &["quota", "resourcequota"], "ResourceQuota", true),
    ("rolebindings", &["rolebinding"], "RoleBinding", true),
    ("roles", &["role"], "Role", true),
    ("secrets", &["secret"], "Secret", true),
    ("serviceaccounts", &["sa", "serviceaccount"], "ServiceAccount", true),
    ("services", &["svc", "service"], "Service", true),
    ("statefulsets", &["sts", "statefulset"], "StatefulSet", true),
    ("storageclasses", &["sc", "storageclass"], "StorageClass", false),
    (
        "validatingwebhookconfigurations",
        &["validatingwebhookconfiguration", "validatingwebhooks"],
        "ValidatingWebhookConfiguration",
        false,
    ),
    ("volumeattachments", &["volumeattachment"], "VolumeAttachment", false),
    ("apps.catalog.cattle.io", &["apps"], "App.catalog.cattle.io", true),
    ("bundles.fleet.cattle.io", &["bundle.fleet.cattle.io", "bundles"], "Bundle.fleet.cattle.io", true),
    ("bundledeployments.fleet.cattle.io", &["bundledeployments"], "BundleDeployment.fleet.cattle.io", true),
    ("clusters.cluster.x-k8s.io", &[], "Cluster.cluster.x-k8s.io", true),
    ("clusters.fleet.cattle.io", &[], "Cluster.fleet.cattle.io", true),
    ("clusters.management.cattle.io", &[], "Cluster.management.cattle.io", false),
    ("clusters.provisioning.cattle.io", &[], "Cluster.provisioning.cattle.io", true),
    ("custommachines.rke.cattle.io", &["custommachines"], "CustomMachine.rke.cattle.io", true),
    ("etcdsnapshots.rke.cattle.io", &["etcdsnapshots"], "ETCDSnapshot.rke.cattle.io", true),
    ("gitrepos.fleet.cattle.io", &["gitrepos"], "GitRepo.fleet.cattle.io", true),
    ("helmchartconfigs.helm.cattle.io", &["helmchartconfigs"], "HelmChartConfig.helm.cattle.io", true),
    ("helmcharts.helm.cattle.io", &["helmcharts"], "HelmChart.helm.cattle.io", true),
    ("machines.cluster.x-k8s.io", &["machines"], "Machine.cluster.x-k8s.io", true),
    (
        "machinedeployments.cluster.x-k8s.io",
        &["machinedeployments"],
        "MachineDeployment.cluster.x-k8s.io",
        true,
    ),
    ("machinesets.cluster.x-k8s.io", &["machinesets"], "MachineSet.cluster.x-k8s.io", true),
    ("nodes.management.cattle.io", &[], "Node.management.cattle.io", true),
    ("projects.management.cattle.io", &["projects"], "Project.management.cattle.io", true),
    ("rkebootstraps.rke.cattle.io", &["rkebootstraps"], "RKEBootstrap.rke.cattle.io", true),
    (
        "rkebootstraptemplates.rke.cattle.io",
        &["rkebootstraptemplates"],
        "RKEBootstrapTemplate.rke.cattle.io",
        true,
    ),
    ("rkeclusters.rke.cattle.io", &["rkeclusters"], "RKECluster.rke.cattle.io", true),
    ("rkecontrolplanes.rke.cattle.io", &["rkecontrolplanes"], "RKEControlPlane.rke.cattle.io", true),
    ("settings.management.cattle.io", &["settings"], "Setting.management.cattle.io", false),
    ("volumes.longhorn.io", &[], "Volume.longhorn.io", true),
    ("nodes.longhorn.io", &[], "Node.longhorn.io", true),
    ("engines.longhorn.io", &["engines"], "Engine.longhorn.io", true),
    ("replicas.longhorn.io", &["replicas"], "Replica.longhorn.io", true),
    ("certificates.cert-manager.io", &["certificates"], "Certificate.cert-manager.io", true),
    ("etcdsnapshotfiles.k3s.cattle.io", &["etcdsnapshotfiles"], "ETCDSnapshotFile.k3s.cattle.io", false),
];

/// Groups of the machine kinds that Rancher generates for each cloud: `amazonec2machines.rke-machine.cattle.io`.
const MACHINE_GROUPS: &[&str] = &["rke-machine.cattle.io", "rke-machine-config.cattle.io"];

/// The kinds that are known by name, built in or not.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    RESOURCES.iter().map(|(_, _, kind, _)| *kind)
}

/// The kind behind a resource's name as kubectl takes it: `pods`, `po`, `deployment.apps`, `nodes.management.cattle.io`.
#[must_use]
pub fn kind_of(resource: &str) -> Option<&'static str> {
    let resource = resource.to_ascii_lowercase();
    let find = |name: &str| {
        RESOURCES
            .iter()
            .find(|(plural, others, ..)| *plural == name || others.contains(&name))
            .map(|(_, _, kind, _)| *kind)
    };
    if let Some(kind) = find(&resource) {
        return Some(kind);
    }
    let (name, group) = resource.split_once('.')?;
    if is_built_in(group) {
        return find(name).filter(|kind| !kind.contains('.'));
    }
    // `kubectl get all` writes the singular: `gitrepo.fleet.cattle.io/x`.
    find(&format!("{name}s.{group}"))
}

/// The kind of an object, from its `kind` and `apiVersion`.
#[must_use]
pub fn kind_name(kind: &str, api_version: &str) -> String {
    match api_version.split_once('/') {
        Some((group, _)) if !is_built_in(group) => format!("{kind}.{group}"),
        _ => kind.to_owned(),
    }
}

fn is_built_in(group: &str) -> bool {
    !group.contains('.') || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io"))
}

/// Whether objects of this kind live in a namespace; `None` for a kind that is not in the table.
#[must_use]
pub fn is_namespaced(kind: &str) -> Option<bool> {
    RESOURCES
        .iter()
        .find(|(_, _, known, _)| *known == kind)
        .map(|(.., namespaced)| *namespaced)
        .or_else(|| MACHINE_GROUPS.iter().any(|group| kind.ends_with(group)).then_some(true))
}

/// The resource that a file's path names: `kubectl/pods`, `get-nodes.json`, `rancher-prov/clusters.fleet.cattle.io`,
/// `cluster-resources/storage-classes.json`.
#[must_use]
pub fn kind_of_path(path: &str) -> Option<&'static str> {
    let name = file_stem(path);
    let name = name.strip_prefix("get-").unwrap_or(name);
    kind_of_words(name).or_else(|| kind_of(name.split('-').next()?))
}

/// A resource whose words some collectors part with dashes: `pod-disruption-budgets`.
fn kind_of_words(name: &str) -> Option<&'static str> {
    kind_of(name).or_else(|| kind_of(&name.replace('-', "")))
}

/// The resource that the folder of a file names, else its own name: `cluster-resources/pods/default.json`,
/// `custom-resources/helmcharts.helm.cattle.io/kube-system.json`, `core/pods/web-0.yaml`. For documents that do not say
/// their kind; the folder comes first, as the file in it is called after a namespace or an object.
#[must_use]
pub fn kind_of_place(path: &str) -> Option<&'static str> {
    kind_of_words(parent(path)).or_else(|| kind_of_path(path))
}

/// The last component of a path, without an extension of a text file.
#[must_use]
pub fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    [".txt", ".json", ".yaml", ".yml", ".log", ".out"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension))
        .unwrap_or(name)
}

/// The last component but one of a path.
#[must_use]
pub fn parent(path: &str) -> &str {
    path.rsplit('/').nth(1).unwrap_or_default()
}

/// Whether a path is of a file that a collector fills with kubectl's output, whatever is in it.
#[must_use]
pub fn is_kubectl_path(path: &str) -> bool {
    matches!(parent(path), "kubectl" | "rancher-prov") || file_stem(path).starts_with("get-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_carry_their_group_unless_it_is_built_in() {
        for (kind, version, expected) in [
            ("Pod", "v1", "Pod"),
            ("Deployment", "apps/v1", "Deployment"),
            ("APIService", "apiregistration.k8s.io/v1", "APIService"),
            ("Cluster", "cluster.x-k8s.io/v1beta1", "Cluster.cluster.x-k8s.io"),
            ("Node", "management.cattle.io/v3", "Node.management.cattle.io"),
        ] {
            assert_eq!(kind_name(kind, version), expected);
        }
    }

    #[test]
    fn resources_are_found_as_kubectl_names_them() {
        for (resource, expected) in [
            ("pods", Some("Pod")),
            ("deployment.apps", Some("Deployment")),
            ("nodes.management.cattle.io", Some("Node.management.cattle.io")),
            ("gitrepo.fleet.cattle.io", Some("GitRepo.fleet.cattle.io")),
            ("nodes.example.com", None),
            ("networkpolicies.projectcalico.org", None),
            ("version", None),
        ] {
            assert_eq!(kind_of(resource), expected, "{resource}");
        }
        assert_eq!(kind_of_path("a/extra-kubectl/get-events-sorted.txt"), Some("Event"));
        assert_eq!(kind_of_path("x/rke2/kubectl/nodes.json"), Some("Node"));
        assert_eq!(kind_of_path("x/etcd/endpointstatus"), None);
        for (path, expected) in [
            ("b/cluster-resources/pods/default.json", Some("Pod")),
            ("b/cluster-resources/pods/jobs.json", Some("Pod")),
            ("b/cluster-resources/pod-disruption-budgets/a.json", Some("PodDisruptionBudget")),
            ("b/cluster-resources/custom-resource-definitions.json", Some("CustomResourceDefinition")),
            ("b/cluster-resources/clusterRoleBindings.json", Some("ClusterRoleBinding")),
            (
                "b/custom-resources/helmcharts.helm.cattle.io/kube-system.json",
                Some("HelmChart.helm.cattle.io"),
            ),
            ("b/cluster-resources/auth-cani-list/default.json", None),
            ("b/node-metrics/primary-node.json", None),
        ] {
            assert_eq!(kind_of_place(path), expected, "{path}");
        }
        assert_eq!(is_namespaced("AmazonEC2Machine.rke-machine.cattle.io"), Some(true));
    }
}
