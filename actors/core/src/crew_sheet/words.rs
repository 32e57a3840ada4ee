//! The closed vocabularies of a crew message. A word that is not here is not said; what each is called stands in the templates.

use jiff::civil::Time;

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is its word")]
        pub enum $name {
            $($variant,)*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The stable word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }

            /// Reads its word, whatever its case; spaces and hyphens count as underscores.
            pub fn read(text: &str) -> Option<Self> {
                match key(text).as_str() {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

vocabulary! {
    /// How much there is.
    Volume {
        Small = "small",
        Medium = "medium",
        Large = "large",
        Xl = "xl",
        Studio = "studio",
        OneBr = "1br",
        TwoBr = "2br",
        ThreeBr = "3br",
        FourBr = "4br",
        FiveBr = "5br",
    }
}

vocabulary! {
    /// A part of the day.
    PartOfDay {
        Morning = "morning",
        Afternoon = "afternoon",
        Evening = "evening",
        Flexible = "flexible",
    }
}

vocabulary! {
    /// A thing that is moved.
    Thing {
        Armchair = "armchair",
        Bag = "bag",
        Bed = "bed",
        Bicycle = "bicycle",
        Bookcase = "bookcase",
        Box = "box",
        Cabinet = "cabinet",
        Carpet = "carpet",
        Chair = "chair",
        Chest = "chest",
        Computer = "computer",
        Crib = "crib",
        Desk = "desk",
        Dishwasher = "dishwasher",
        Dresser = "dresser",
        Dryer = "dryer",
        Freezer = "freezer",
        Fridge = "fridge",
        Lamp = "lamp",
        Mattress = "mattress",
        Microwave = "microwave",
        Mirror = "mirror",
        Oven = "oven",
        Piano = "piano",
        Plant = "plant",
        Safe = "safe",
        Shelf = "shelf",
        Sofa = "sofa",
        Stove = "stove",
        Suitcase = "suitcase",
        Table = "table",
        Treadmill = "treadmill",
        Tv = "tv",
        Wardrobe = "wardrobe",
        WashingMachine = "washing_machine",
        AirConditioner = "air_conditioner",
    }
}

vocabulary! {
    /// Something that is done besides.
    Service {
        Assembly = "assembly",
        Cleaning = "cleaning",
        Crane = "crane",
        Disassembly = "disassembly",
        Disposal = "disposal",
        Insurance = "insurance",
        Loaders = "loaders",
        Loading = "loading",
        Materials = "materials",
        Packing = "packing",
        Storage = "storage",
        Unloading = "unloading",
        Unpacking = "unpacking",
    }
}

/// What else there is: a thing that needs care, or something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extra {
    /// A thing.
    Thing(Thing),
    /// Something to be done.
    Service(Service),
}

impl Extra {
    /// Reads its word.
    pub fn read(text: &str) -> Option<Self> {
        Thing::read(text).map(Self::Thing).or_else(|| Service::read(text).map(Self::Service))
    }

    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Thing(thing) => thing.as_str(),
            Self::Service(service) => service.as_str(),
        }
    }
}

/// When on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In a part of it.
    Part(PartOfDay),
    /// At a time, to the minute.
    At(Time),
}

impl When {
    /// Reads `morning`, `14:30` and `exact:14:30`.
    pub fn read(text: &str) -> Option<Self> {
        if let Some(part) = PartOfDay::read(text) {
            return Some(Self::Part(part));
        }
        let digits = text.strip_prefix("exact:").unwrap_or(text).as_bytes();
        let &[h1, h2, b':', m1, m2] = digits else { return None };
        let number = |tens: u8, ones: u8| {
            (tens.is_ascii_digit() && ones.is_ascii_digit())
                .then(|| i8::try_from((tens - b'0') * 10 + ones - b'0').ok())?
        };
        Time::new(number(h1, h2)?, number(m1, m2)?, 0, 0).ok().map(Self::At)
    }

    /// As a brief has it.
    pub fn word(self) -> String {
        match self {
            Self::Part(part) => part.as_str().to_owned(),
            Self::At(time) => format!("{:02}:{:02}", time.hour(), time.minute()),
        }
    }
}

fn key(text: &str) -> String {
    // Longer than the longest word: not worth a copy.
    if text.len() > 32 {
        return String::new();
    }
    text.trim().to_lowercase().replace([' ', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_only_known_words_are_words() {
        assert_eq!(Thing::read("Washing machine"), Some(Thing::WashingMachine));
        assert_eq!(Volume::read("1BR"), Some(Volume::OneBr));
        assert_eq!(When::read("exact:09:05").map(When::word).as_deref(), Some("09:05"));
        for other in ["fridge, call Dana", "dana", "9:05", "24:00", "exact:", "morning Dana", "14:30 +447700900001"] {
            assert_eq!((Extra::read(other), Volume::read(other), When::read(other)), (None, None, None), "{other}");
        }
    }
}
