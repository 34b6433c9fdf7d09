//! Logs of pods, by the names that the kubelet, the container runtimes and the collectors give to their files.

use super::component::{POD, of_pod, of_pod_container};
use super::{Component, LogIdentity, PodRef};

/// The log of a container in a pod.
#[must_use]
pub fn of_container(namespace: &str, pod: &str, container: &str, previous: bool) -> LogIdentity {
    LogIdentity {
        container: Some(container.to_owned()),
        ..of(of_pod_container(pod, container), namespace, pod, previous)
    }
}

/// The log of all containers of a pod.
#[must_use]
pub fn of_all_containers(namespace: &str, pod: &str, previous: bool) -> LogIdentity {
    of(of_pod(pod), namespace, pod, previous)
}

fn of(component: Component, namespace: &str, pod: &str, previous: bool) -> LogIdentity {
    let pod = PodRef { namespace: namespace.to_owned(), name: pod.to_owned() };
    LogIdentity { components: vec![component], pod: Some(pod), previous, ..LogIdentity::default() }
}

/// Namespace and pod of a directory of `/var/log/pods`: `<namespace>_<pod>_<uid>` (kubelet, `BuildPodLogsDirectory`).
#[must_use]
pub fn pod_directory(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.split('_');
    let (namespace, pod, uid) = (parts.next()?, parts.next()?, parts.next()?);
    let is_uid = !uid.is_empty() && uid.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    (is_uid && parts.next().is_none() && is_label(namespace) && is_dns_name(pod)).then_some((namespace, pod))
}

/// Whether a file in a container's directory of `/var/log/pods` is a log: `3.log`, `3.log.20261122-031134.gz`.
#[must_use]
pub fn run_of_file(name: &str) -> Option<u32> {
    let (run, rest) = name.split_once('.')?;
    let is_log = rest == "log" || rest.starts_with("log.");
    if is_log && !name.ends_with(".tmp") { run.parse().ok() } else { None }
}

/// `<pod>_<namespace>_<container>-<64 hexadecimal digits>.log` of `/var/log/containers`: the order is the reverse of
/// that of `/var/log/pods`.
#[must_use]
pub fn of_link(name: &str) -> Option<LogIdentity> {
    let base = super::rotation::base(name);
    let stem = base.strip_suffix(".log")?;
    let mut parts = stem.split('_');
    let (pod, namespace, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (container, id) = rest.rsplit_once('-')?;
    let fits = parts.next().is_none() && is_container_id(id) && is_label(namespace) && is_dns_name(pod);
    fits.then(|| of_container(namespace, pod, container, false))
}

/// `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, the names that the kubelet gave to Docker's containers.
#[must_use]
pub fn of_docker_name(name: &str) -> Option<LogIdentity> {
    let parts: Vec<&str> = name.split('_').collect();
    let ["k8s", container, pod, namespace, _uid, _attempt] = parts.as_slice() else { return None };
    let mut log = of_container(namespace, pod, container, false);
    // The pause container of a pod says nothing of what runs in it; the pod's name tells more than the container's.
    log.components = vec![if *container == "POD" { POD } else { of_pod_container(pod, container) }];
    Some(log)
}

/// Whether this is the id of a container: 64 hexadecimal digits.
#[must_use]
pub fn is_container_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether this can be the name of a namespace.
#[must_use]
pub fn is_label(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with('-')
}

/// Whether this can be the name of a pod.
#[must_use]
pub fn is_dns_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'.';
    (1..=253).contains(&text.len()) && text.bytes().all(fits) && !text.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(log: Option<LogIdentity>) -> String {
        let Some(log) = log else { return "none".to_owned() };
        let pod = log.pod.unwrap_or_default();
        let container = log.container.unwrap_or_default();
        format!("{} {}/{} {container}", log.components.join(","), pod.namespace, pod.name)
    }

    #[test]
    fn names_of_files_give_pod_and_container() {
        let id = "0123456789abcdef".repeat(4);
        let link = format!("coredns-1_kube-system_coredns-{id}.log");
        assert_eq!(shown(of_link(&link)), "coredns kube-system/coredns-1 coredns");
        assert_eq!(shown(of_link("a_b_c-12.log")), "none");
        assert_eq!(shown(of_docker_name("k8s_web_shop-1_shop_0a-1b_2")), "pod shop/shop-1 web");
        assert_eq!(
            shown(of_docker_name("k8s_POD_rancher-1_cattle-system_0a_0")),
            "pod cattle-system/rancher-1 POD"
        );
        assert_eq!(
            pod_directory("kube-system_etcd-n1.example_cbe1c39e"),
            Some(("kube-system", "etcd-n1.example"))
        );
        assert_eq!(pod_directory("a_b"), None);
        assert_eq!(pod_directory("a_b_zz"), None);
        assert_eq!(run_of_file("12.log.20261122-031134.gz"), Some(12));
        assert_eq!(run_of_file("0.log.20261122-031134.tmp"), None);
        assert_eq!(run_of_file("a.log"), None);
    }
}
