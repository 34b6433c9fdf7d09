//! Components: whose log a file is.

/// The name of a component, as rules write it.
pub type Component = &'static str;

/// Where a component runs, and so of which nodes its log can be expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// On each node with the etcd role.
    Etcd,
    /// On each control-plane node.
    ControlPlane,
    /// On each node with the etcd or the control-plane role.
    Servers,
    /// On each node.
    Node,
    /// In pods.
    Pods,
    /// Nowhere in particular: not expected, used when there.
    Anywhere,
}

/// What is known of a component.
pub struct About {
    /// Its name.
    pub name: Component,
    /// Where it runs.
    pub runs: Runs,
    /// Beginnings of the names of its pods and containers. After one that ends in `#` there may only be what a Deployment puts
    /// behind its own name: `rancher-#` is `rancher-6bc7d658cd-zqzwv`, and not `rancher-monitoring-operator-…`.
    pub pods: &'static [&'static str],
    /// What only it writes, for logs whose path says nothing.
    pub tells: &'static [&'static str],
}

const fn about(
    name: Component,
    runs: Runs,
    pods: &'static [&'static str],
    tells: &'static [&'static str],
) -> About {
    About { name, runs, pods, tells }
}

/// All components. Among pods the first whose beginning fits wins, so longer names come before shorter ones.
pub const COMPONENTS: &[About] = &[
    about(
        "etcd",
        Runs::Etcd,
        &["etcd-"],
        &[
            "etcdmain:",
            "etcdserver:",
            "rafthttp:",
            "\"caller\":\"etcd",
            "\"caller\":\"rafthttp/",
            "raft.node:",
        ],
    ),
    about("kube-apiserver", Runs::ControlPlane, &["kube-apiserver"], &["kube-apiserver"]),
    about(
        "kube-controller-manager",
        Runs::ControlPlane,
        &["kube-controller-manager"],
        &["kube-controller-manager", "namespace_controller.go"],
    ),
    about("kube-scheduler", Runs::ControlPlane, &["kube-scheduler"], &["kube-scheduler"]),
    about("cloud-controller-manager", Runs::Pods, &["cloud-controller-manager"], &[]),
    about("kubelet", Runs::Node, &["kubelet"], &["kubelet.go:", "kubelet_node_status.go"]),
    about("kube-proxy", Runs::Node, &["kube-proxy"], &["proxier.go:"]),
    about("rke2-server", Runs::Servers, &[], &["Starting rke2"]),
    about("rke2-agent", Runs::Anywhere, &[], &[]),
    about("k3s-agent", Runs::Anywhere, &[], &["Starting k3s agent"]),
    about("k3s", Runs::Servers, &[], &["Starting k3s"]),
    about("containerd", Runs::Node, &[], &["io.containerd"]),
    about("crio", Runs::Anywhere, &[], &["crio["]),
    about("docker", Runs::Node, &[], &["dockerd["]),
    about("rancher-webhook", Runs::Pods, &["rancher-webhook"], &[]),
    about("rancher", Runs::Pods, &["rancher-#"], &["Rancher version"]),
    about("rancherd", Runs::Anywhere, &[], &[]),
    about("cattle-cluster-agent", Runs::Pods, &["cattle-cluster-agent", "cluster-register"], &[]),
    about("cattle-node-agent", Runs::Pods, &["cattle-node-agent"], &[]),
    about("rancher-system-agent", Runs::Anywhere, &[], &["rancher-system-agent"]),
    about("fleet-controller", Runs::Pods, &["fleet-controller"], &[]),
    about("fleet-agent", Runs::Pods, &["fleet-agent"], &[]),
    about("gitjob", Runs::Pods, &["gitjob"], &[]),
    about("harvester", Runs::Pods, &["harvester", "virt-", "vm-import-controller"], &[]),
    about("system-upgrade-controller", Runs::Pods, &["system-upgrade-controller"], &[]),
    about("wins", Runs::Anywhere, &["cattle-wins"], &[]),
    about("traefik", Runs::Pods, &["traefik", "rke2-traefik"], &[]),
    about("svclb", Runs::Pods, &["svclb-"], &[]),
    about("helm-install", Runs::Pods, &["helm-install-", "helm-delete-", "helm-operation-"], &[]),
    about("local-path-provisioner", Runs::Pods, &["local-path-provisioner"], &[]),
    about("snapshot-controller", Runs::Pods, &["snapshot-controller", "rke2-snapshot-controller"], &[]),
    about("gatekeeper", Runs::Pods, &["gatekeeper"], &[]),
    about("cert-manager", Runs::Pods, &["cert-manager"], &[]),
    about(
        "ingress-nginx",
        Runs::Pods,
        &["nginx-ingress-controller", "rke2-ingress-nginx", "ingress-nginx"],
        &[],
    ),
    about("coredns", Runs::Pods, &["coredns", "rke2-coredns"], &["plugin/errors"]),
    about("canal", Runs::Pods, &["canal", "rke2-canal"], &[]),
    about("calico", Runs::Pods, &["calico"], &[]),
    about("flannel", Runs::Pods, &["kube-flannel", "flannel"], &[]),
    about("cilium", Runs::Pods, &["cilium"], &[]),
    about(
        "longhorn",
        Runs::Pods,
        &[
            "longhorn",
            "instance-manager",
            "engine-image",
            "csi-attacher-",
            "csi-provisioner-",
            "csi-resizer-",
            "csi-snapshotter-",
        ],
        &[],
    ),
    about("metrics-server", Runs::Pods, &["metrics-server", "rke2-metrics-server"], &[]),
    about("nginx-proxy", Runs::Anywhere, &["nginx-proxy"], &[]),
    about("NetworkManager", Runs::Anywhere, &[], &[]),
    about("system", Runs::Node, &[], &[]),
    about("kernel", Runs::Node, &[], &[]),
    about("auditd", Runs::Anywhere, &[], &["type=SYSCALL msg=audit(", "type=AVC msg=audit("]),
    about("audit", Runs::Anywhere, &[], &["\"apiVersion\":\"audit.k8s.io"]),
    about("collector", Runs::Anywhere, &[], &[]),
    about("etcdctl", Runs::Anywhere, &[], &[]),
    about(POD, Runs::Pods, &[], &[]),
];

/// The component of a pod that is none of the others.
pub const POD: Component = "pod";

/// What runs inside the one process of a K3s server.
pub const K3S: &[Component] = &[
    "k3s",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "cloud-controller-manager",
    "kubelet",
    "kube-proxy",
];

/// What runs inside the one process of a K3s agent.
pub const K3S_AGENT: &[Component] = &["k3s-agent", "kubelet", "kube-proxy"];

/// What is known of the component with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static About> {
    COMPONENTS.iter().find(|about| about.name == name)
}

/// The component of a pod or container with this name; `pod` when it is none that we know.
#[must_use]
pub fn of_pod(name: &str) -> Component {
    let begins = |start: &&'static str| match start.strip_suffix('#') {
        Some(start) => name.strip_prefix(start).is_some_and(|rest| rest.matches('-').count() == 1),
        None => name.starts_with(*start),
    };
    let fits = |about: &&About| about.pods.iter().any(&begins);
    COMPONENTS
        .iter()
        .filter(|about| matches!(about.runs, Runs::Pods) || !is_of_deployment(name))
        .find(fits)
        .map_or(POD, |about| about.name)
}

/// Whether a component runs in static pods, with a container of its own name.
fn is_static(component: Component) -> bool {
    find(component).is_some_and(|about| matches!(about.runs, Runs::Etcd | Runs::ControlPlane))
}

/// Whether a pod's name ends as a Deployment's does (`-6bc7d658cd-zqzwv`): what runs on the control plane are static pods, named
/// after their node, and an operator of it is another program.
fn is_of_deployment(name: &str) -> bool {
    let is_hash = |part: &str, length: std::ops::RangeInclusive<usize>| {
        let allowed = |c: u8| c.is_ascii_digit() || (c.is_ascii_lowercase() && !b"aeiou".contains(&c));
        length.contains(&part.len()) && part.bytes().all(allowed)
    };
    let mut parts = name.rsplit('-');
    let (pod, set) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // Kubernetes' own alphabet for such names has no vowels (apimachinery, `rand.SafeEncodeString`).
    is_hash(pod, 5..=5) && is_hash(set, 8..=10) && set.bytes().any(|c| c.is_ascii_digit())
}

/// The component of a container in a pod: the pod's own, or the container's where the pod's name says nothing.
#[must_use]
pub fn of_pod_container(pod: &str, container: &str) -> Component {
    match of_pod(pod) {
        // The sidecars of every storage driver are called so.
        POD if container.starts_with("csi-") => POD,
        POD => of_pod(container),
        // Beside a program of the control plane, its pod runs others, which are not it.
        component if is_static(component) && container != component && !container.starts_with(component) => {
            of_pod(container)
        }
        component => component,
    }
}

/// The component whose name a file carries (`etcd-node1.log`, `kubelet`): the longest name that stands alone in it.
#[must_use]
pub fn of_file_name(name: &str) -> Option<Component> {
    let lower = name.to_ascii_lowercase();
    let stands_alone = |needle: &str| {
        let needle = needle.to_ascii_lowercase();
        lower.match_indices(&needle).any(|(at, _)| {
            let before = lower.get(..at).and_then(|head| head.chars().next_back());
            let after = lower.get(at + needle.len()..).and_then(|tail| tail.chars().next());
            !before.is_some_and(|c| c.is_ascii_alphanumeric())
                && !after.is_some_and(|c| c.is_ascii_alphabetic())
        })
    };
    COMPONENTS
        .iter()
        .filter(|about| !matches!(about.name, POD | "system" | "audit" | "collector"))
        .filter(|about| stands_alone(about.name))
        .max_by_key(|about| about.name.len())
        .map(|about| about.name)
}

/// The component that alone writes what stands in these first bytes of a log.
#[must_use]
pub fn of_content(head: &[u8]) -> Option<Component> {
    let head = String::from_utf8_lossy(head);
    COMPONENTS.iter().find(|about| about.tells.iter().any(|tell| head.contains(tell))).map(|about| about.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_known_by_the_beginning_of_their_name() {
        assert_eq!(of_pod("rancher-webhook-5d7b9b6c9-abcde"), "rancher-webhook");
        assert_eq!(of_pod("rancher-6bc7d658cd-zqzwv"), "rancher");
        assert_eq!(of_pod("shop-api-1"), "pod");
        assert_eq!(of_pod("rancher-monitoring-grafana-6bc7d658cd-zqzwv"), "pod");
        assert_eq!(of_pod("etcd-srv01"), "etcd");
        assert_eq!(of_pod("etcd-operator-6bc7d658cd-zqzwv"), "pod");
        assert_eq!(of_pod_container("etcd-srv01", "etcd-metrics"), "etcd");
        assert_eq!(of_pod_container("etcd-srv01", "setup"), "pod");
        assert_eq!(of_pod_container("ebs-driver-1", "csi-attacher"), "pod");
        assert_eq!(of_pod("rke2-traefik-abc"), "traefik");
        assert_eq!(of_pod("svclb-traefik-1a"), "svclb");
        assert_eq!(of_pod("helm-install-rke2-coredns-1a"), "helm-install");
    }

    #[test]
    fn file_names_give_the_longest_name_that_stands_alone() {
        assert_eq!(of_file_name("etcd-node1.log"), Some("etcd"));
        assert_eq!(of_file_name("kube-controller-manager.log"), Some("kube-controller-manager"));
        assert_eq!(of_file_name("rancher-webhook.txt"), Some("rancher-webhook"));
        assert_eq!(of_file_name("etcdctl.txt"), Some("etcdctl"));
        assert_eq!(of_file_name("mydetcd.log"), None);
        assert_eq!(of_file_name("k3s-agent.log"), Some("k3s-agent"));
        assert_eq!(of_file_name("NetworkManager.log"), Some("NetworkManager"));
    }

    #[test]
    fn speakers_are_components() {
        for name in crate::log::speaker::names() {
            assert!(find(name).is_some(), "{name}");
        }
    }
}
