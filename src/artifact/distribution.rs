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
