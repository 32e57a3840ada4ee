//! What stands between a claim and the private details of a job: gates, each of which a tenant and a job can switch off, have a
//! person pass, or have the engine pass by itself.

use serde::{Deserialize, Serialize};

/// A step between the claim and the work. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Gate {
    /// The desk confirms the winner.
    Confirm,
    /// The invoice is out.
    Invoice,
    /// It is paid.
    Payment,
    /// The private details are handed to the winner.
    Release,
}

/// Who passes a gate. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Dial {
    /// Nobody: there is no such gate, and the job skips it.
    Off,
    /// A person.
    #[default]
    Person,
    /// The engine, as soon as the gates before it are passed.
    Engine,
}

/// The gates of a tenant, or of a job. Strict where nothing is said: a person passes each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gates {
    /// Who confirms the winner.
    pub confirm: Dial,
    /// Who issues the invoice.
    pub invoice: Dial,
    /// Who notes the payment.
    pub payment: Dial,
    /// Who releases the details.
    pub release: Dial,
}

/// What a job says of its gates; where it says nothing, its tenant's hold, also when they change later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnGates {
    /// Who confirms the winner.
    pub confirm: Option<Dial>,
    /// Who issues the invoice.
    pub invoice: Option<Dial>,
    /// Who notes the payment.
    pub payment: Option<Dial>,
    /// Who releases the details.
    pub release: Option<Dial>,
}

/// Some of the gates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GateSet(u8);

impl Gate {
    /// All of them, in the order in which they are passed.
    pub const ALL: [Self; 4] = [Self::Confirm, Self::Invoice, Self::Payment, Self::Release];

    /// The stable word for the gate.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::Release => "release",
        }
    }

    /// The stable word for a job that has passed it.
    pub fn passed(self) -> &'static str {
        match self {
            Self::Confirm => "confirmed",
            Self::Invoice => "invoiced",
            Self::Payment => "paid",
            Self::Release => "released",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Confirm => 1,
            Self::Invoice => 2,
            Self::Payment => 4,
            Self::Release => 8,
        }
    }
}

impl Dial {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Person => "person",
            Self::Engine => "engine",
        }
    }
}

impl Gates {
    /// No gates at all.
    pub const OPEN: Self = Self { confirm: Dial::Off, invoice: Dial::Off, payment: Dial::Off, release: Dial::Off };

    /// Who passes a gate.
    pub fn of(&self, gate: Gate) -> Dial {
        match gate {
            Gate::Confirm => self.confirm,
            Gate::Invoice => self.invoice,
            Gate::Payment => self.payment,
            Gate::Release => self.release,
        }
    }

    /// Whether there is such a gate.
    pub fn has(&self, gate: Gate) -> bool {
        match self.of(gate) {
            Dial::Off => false,
            Dial::Person | Dial::Engine => true,
        }
    }
}

impl OwnGates {
    /// The gates that hold: a job's own, or its tenant's.
    #[must_use]
    pub fn over(self, tenant: Gates) -> Gates {
        Gates {
            confirm: self.confirm.unwrap_or(tenant.confirm),
            invoice: self.invoice.unwrap_or(tenant.invoice),
            payment: self.payment.unwrap_or(tenant.payment),
            release: self.release.unwrap_or(tenant.release),
        }
    }
}

impl GateSet {
    /// Whether a gate is among them.
    pub fn contains(self, gate: Gate) -> bool {
        self.0 & gate.bit() != 0
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// They, in the order in which they are passed.
    pub fn iter(self) -> impl Iterator<Item = Gate> {
        Gate::ALL.into_iter().filter(move |gate| self.contains(*gate))
    }

    /// Their words, for a person.
    pub fn words(self) -> String {
        self.iter().map(Gate::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl FromIterator<Gate> for GateSet {
    fn from_iter<I: IntoIterator<Item = Gate>>(gates: I) -> Self {
        Self(gates.into_iter().fold(0, |bits, gate| bits | gate.bit()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_says_what_it_says_and_its_tenant_the_rest() {
        let tenant = Gates { invoice: Dial::Off, ..Gates::default() };
        let own = OwnGates { payment: Some(Dial::Engine), ..OwnGates::default() };
        let held = own.over(tenant);
        assert_eq!(Gate::ALL.map(|gate| held.of(gate).as_str()), ["person", "off", "engine", "person"]);
        assert!(Gate::ALL.iter().all(|gate| Gates::default().has(*gate) && !Gates::OPEN.has(*gate)));
    }

    #[test]
    fn some_gates_are_named_in_order() {
        let some: GateSet = [Gate::Payment, Gate::Confirm].into_iter().collect();
        assert_eq!(some.words(), "confirm, payment");
        assert!(!some.contains(Gate::Release) && GateSet::default().is_empty());
    }
}
