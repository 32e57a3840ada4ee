//! Providers that live on loopback: servers that speak the real wire, lose, repeat, delay and refuse on demand, and show what
//! arrived. The demo's people live in them, and tests prove the channels against them.

pub mod people;
pub mod telegram;
