//! Distributions of Kubernetes, by the marks that they leave.

/// A distribution and its marks.
pub struct About {
    /// The name in rules and results.
    pub name: &'static str,
    /// Directories of collectors that hold its files.
    pub directories: &'static [&'static str],
    /// What its versions contain (`v1.30.4+rke2r1`).
    pub version_mark: Option<&'static str>,
    /// Components that only it has.
    pub components: &'static [&'static str],
}

/// All distributions that are told apart.
pub const DISTRIBUTIONS: &[About] = &[
    About {
        name: "rke1",
        directories: &["rke", "k8s"],
        version_mark: None,
        components: &["nginx-proxy", "docker", "cattle-node-agent"],
    },
    About {
        name: "rke2",
        directories: &["rke2"],
        version_mark: Some("+rke2"),
        components: &["rke2-server", "rke2-agent"],
    },
    About { name: "k3s", directories: &["k3s"], version_mark: Some("+k3s"), components: &["k3s"] },
    About { name: "kubeadm", directories: &["kubeadm"], version_mark: None, components: &[] },
];

/// The distribution whose files lie in a directory of this name.
#[must_use]
pub fn of_directory(name: &str) -> Option<&'static str> {
    DISTRIBUTIONS.iter().find(|about| about.directories.contains(&name)).map(|about| about.name)
}

/// The distribution whose mark a version carries.
#[must_use]
pub fn of_version(version: &str) -> Option<&'static str> {
    let marked = |about: &&About| about.version_mark.is_some_and(|mark| version.contains(mark));
    DISTRIBUTIONS.iter().find(marked).map(|about| about.name)
}

/// The distribution that alone has a component.
#[must_use]
pub fn only_with(component: &str) -> Option<&'static str> {
    DISTRIBUTIONS.iter().find(|about| about.components.contains(&component)).map(|about| about.name)
}

/// The host from whose name a distribution made the name of an etcd member: RKE1 puts `etcd-` before it, RKE2 and K3s eight
/// hexadecimal digits behind it.
#[must_use]
pub fn host_of_member(member: &str) -> &str {
    let member = member.strip_prefix("etcd-").unwrap_or(member);
    let is_suffix = |end: &str| end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    match member.rsplit_once('-') {
        Some((host, end)) if is_suffix(end) => host,
        _ => member,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_names_give_back_their_host() {
        for (member, host) in [
            ("etcd-k8s-etcd03", "k8s-etcd03"),
            ("rke2-srv03-87fa0602", "rke2-srv03"),
            ("n1", "n1"),
            ("a-b", "a-b"),
        ] {
            assert_eq!(host_of_member(member), host);
        }
    }
}
