//! What is known of a stop: its floor, and whether there is a lift. In a brief it is one of the services, written so that both people
//! and we read it: `pickup 1 floor 3 no lift`.

use std::fmt;

/// Which stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Where things are picked up, from 1.
    Pickup(u8),
    /// Where they go.
    Delivery,
}

/// What is known of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Which.
    pub place: Place,
    /// The floor, where it is known.
    pub floor: Option<i8>,
    /// Whether there is a lift, where it is known.
    pub lift: Option<bool>,
}

/// There are no more pickups than this.
const PICKUPS: u8 = 9;

impl Stop {
    /// Floors between these are floors.
    pub const FLOORS: std::ops::RangeInclusive<i8> = -5..=99;

    /// Reads what its `Display` wrote, and nothing else.
    pub fn read(text: &str) -> Option<Self> {
        let (place, mut rest) = if let Some(rest) = text.strip_prefix("delivery") {
            (Place::Delivery, rest)
        } else {
            let rest = text.strip_prefix("pickup ")?;
            let no = rest.chars().next().and_then(|c| c.to_digit(10)).and_then(|no| u8::try_from(no).ok())?;
            (Place::Pickup(no), rest.get(1..)?)
        };
        let lift = if let Some(before) = rest.strip_suffix(" no lift") {
            rest = before;
            Some(false)
        } else if let Some(before) = rest.strip_suffix(" lift") {
            rest = before;
            Some(true)
        } else {
            None
        };
        let floor = match rest {
            "" => None,
            floor => Some(floor.strip_prefix(" floor ")?.parse().ok()?),
        };
        let stop = Self { place, floor, lift };
        // `+3` and `03` are numbers too, but not ours.
        (stop.is_sane() && stop.to_string() == text).then_some(stop)
    }

    fn is_sane(self) -> bool {
        let place = match self.place {
            Place::Pickup(no) => (1..=PICKUPS).contains(&no),
            Place::Delivery => true,
        };
        place && self.floor.is_none_or(|floor| Self::FLOORS.contains(&floor))
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Pickup(no) => write!(f, "pickup {no}")?,
            Place::Delivery => f.write_str("delivery")?,
        }
        if let Some(floor) = self.floor {
            write!(f, " floor {floor}")?;
        }
        match self.lift {
            Some(true) => f.write_str(" lift"),
            Some(false) => f.write_str(" no lift"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_reads_back_as_it_was_written_and_nothing_else_is_one() {
        for text in
            ["pickup 1", "pickup 2 floor -1", "pickup 1 floor 3 no lift", "delivery floor 12 lift", "delivery lift"]
        {
            assert_eq!(Stop::read(text).map(|stop| stop.to_string()).as_deref(), Some(text));
        }
        for other in
            ["", "pickup", "pickup 0", "pickup é", "pickup 1 floor 03", "pickup 1 floor 100", "delivery call Dana lift"]
        {
            assert_eq!(Stop::read(other), None, "{other}");
        }
    }
}
