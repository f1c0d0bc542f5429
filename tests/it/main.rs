//! One binary, so that the workspace links once for all tests across packages.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod corpora;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod people;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod site;
#[cfg(test)]
mod stacks;
#[cfg(test)]
mod system;
