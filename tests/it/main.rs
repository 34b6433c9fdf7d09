//! The program on real captures: what it must find, and what must hold whatever it finds.

#[cfg(test)]
mod bounded;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod common;
#[cfg(test)]
mod coverage;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod determinism;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod explain;
#[cfg(test)]
mod healthy;
#[cfg(test)]
mod ignorance;
#[cfg(test)]
mod inputs;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod relations;
#[cfg(test)]
mod rulebooks;
#[cfg(test)]
mod support;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod truth;
#[cfg(test)]
mod tutorial;
#[cfg(test)]
mod wrappers;
