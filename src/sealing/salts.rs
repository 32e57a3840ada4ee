//! What can really be destroyed: salts, one for each partition of the store, in a file that is overwritten where it lies.
//!
//! A store that appends keeps what it has replaced or removed until it needs the room, so nothing is erased by removing its row:
//! neither sealed details nor the sealed key beside them. But that key opens with the tenant's key and the partition's salt
//! together. To erase for good, a partition gets a new salt, what stays is sealed under it, and the old salt is overwritten with
//! zeros on the disk: whatever of the erased still lies in the store's file, in whichever copy, opens with nothing any more.
//!
//! ```text
//! sector 0:     "BATONSLT" | format u16 | 0 … | at 16: 32 bytes, with which prints of addresses are made
//! sector 1 + n: salt n % 2 of partition n / 2: number u32 | 32 bytes | crc32c of the place and both
//! ```
//!
//! Sectors have 512 bytes, the smallest a disk writes whole: a salt is there or it is not. A partition with two salts is being
//! gone over; that is carried on at the next start.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use baton_actors::store::keys::PARTITIONS;
use parking_lot::{Mutex, RwLock};
use secrecy::zeroize::Zeroizing;

use super::key::drawn;

/// The file's name in the store's folder.
pub const SALTS_FILE: &str = "sealing-salts";

const MAGIC: [u8; 10] = *b"BATONSLT\x01\x00";
const SECTOR: usize = 512;
const SLOT: usize = 40;
const PRINT_AT: u64 = 16;

/// The salts of all partitions.
pub struct Salts {
    partitions: RwLock<Vec<Pair>>,
    /// With it prints of addresses are made. It never changes, or what was refused would be forgotten.
    print: Zeroizing<[u8; 32]>,
    /// None: they live as long as the process.
    file: Option<File>,
    /// One change at a time.
    changing: Mutex<()>,
    /// Held by whoever goes over a partition.
    working: tokio::sync::Mutex<()>,
}

/// A numbered salt.
#[derive(Clone)]
pub(super) struct Salt {
    pub(super) no: u32,
    pub(super) bytes: Zeroizing<[u8; 32]>,
}

/// The salts of one partition.
#[derive(Clone)]
struct Pair {
    now: Salt,
    /// What is to be destroyed once nothing needs it.
    before: Option<Salt>,
}

impl Salts {
    fn empty() -> Self {
        let partitions = RwLock::default();
        Self { partitions, print: drawn(), file: None, changing: Mutex::new(()), working: tokio::sync::Mutex::new(()) }
    }

    /// Salts for trying out, in memory alone.
    pub fn in_memory() -> Self {
        let partitions = (0..PARTITIONS).map(|_| Pair { now: Salt::new(1), before: None }).collect();
        Self { partitions: RwLock::new(partitions), ..Self::empty() }
    }

    /// Salts that everybody knows, for what was sealed long ago.
    #[cfg(test)]
    pub(super) fn known(byte: u8) -> Self {
        let salt = Salt { no: 1, bytes: Zeroizing::new([byte; 32]) };
        let partitions = (0..PARTITIONS).map(|_| Pair { now: salt.clone(), before: None }).collect();
        Self { partitions: RwLock::new(partitions), ..Self::empty() }
    }

    /// The salts of a store's folder; none where it has none yet.
    pub fn open(folder: &Path) -> std::io::Result<Option<Self>> {
        let path = folder.join(SALTS_FILE);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Zeroizing::new(vec![0; length()]);
        file.read_exact_at(&mut bytes, 0)?;
        let partitions = pairs(&bytes).ok_or_else(|| damaged("a partition has no salt"))?;
        for place in 0..2 * usize::from(PARTITIONS) {
            // What was being written or destroyed when the power went is gone over once more.
            if slot(&bytes, place).is_none() {
                file.write_all_at(&[0; SECTOR], at(place))?;
            }
        }
        let print = if let Some(print) = print(&bytes) {
            print
        } else {
            let print = drawn();
            file.write_all_at(print.as_slice(), PRINT_AT)?;
            print
        };
        file.sync_data()?;
        Ok(Some(Self { partitions: RwLock::new(partitions), file: Some(file), print, ..Self::empty() }))
    }

    /// Draws salts for a folder that has none.
    pub fn make(folder: &Path) -> std::io::Result<Self> {
        Self::write(folder, &Self::in_memory().bytes())
    }

    /// Puts the salts of a backup into a folder that has none.
    pub fn write(folder: &Path, bytes: &[u8]) -> std::io::Result<Self> {
        let slots = 2 * usize::from(PARTITIONS) * SLOT;
        let print_of = bytes.get(slots..).filter(|rest| [0, 32].contains(&rest.len()));
        let (Some(print_of), Some(bytes)) = (print_of, bytes.get(..slots)) else {
            return Err(damaged("they are of another length"));
        };
        let mut whole = Zeroizing::new(vec![0; length()]);
        put(&mut whole, 0, &MAGIC);
        put(&mut whole, PRINT_AT as usize, print_of);
        for (place, slot) in bytes.chunks(SLOT).enumerate() {
            put(&mut whole, at(place) as usize, slot);
        }
        pairs(&whole).ok_or_else(|| damaged("a partition has no salt"))?;
        // Under its name only once it is whole.
        let (path, partial) = (folder.join(SALTS_FILE), folder.join("sealing-salts.partial"));
        match std::fs::remove_file(&partial) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial)?;
        file.write_all(&whole)?;
        file.sync_all()?;
        std::fs::rename(&partial, &path)?;
        File::open(folder)?.sync_all()?;
        Self::open(folder)?.ok_or_else(|| damaged("it went"))
    }

    /// All of them, as a backup keeps them.
    pub fn bytes(&self) -> Zeroizing<Vec<u8>> {
        let slots = 2 * usize::from(PARTITIONS) * SLOT;
        let mut bytes = Zeroizing::new(vec![0; slots + 32]);
        put(&mut bytes, slots, self.print.as_slice());
        for (partition, pair) in (0..PARTITIONS).zip(self.partitions.read().iter()) {
            for salt in pair.before.iter().chain([&pair.now]) {
                let place = place(partition, salt.no);
                put(&mut bytes, place * SLOT, &*salt.slot(place));
            }
        }
        bytes
    }

    /// The same of a folder whose salts may be in use; none where it has none.
    pub fn copy(folder: &Path) -> std::io::Result<Option<Zeroizing<Vec<u8>>>> {
        let bytes = match std::fs::read(folder.join(SALTS_FILE)) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let partitions = pairs(&bytes).ok_or_else(|| damaged("a partition has no salt"))?;
        let print = print(&bytes).unwrap_or_else(drawn);
        let salts = Self { partitions: RwLock::new(partitions), print, ..Self::empty() };
        Ok(Some(salts.bytes()))
    }

    /// With what prints of addresses are made.
    pub(super) fn print(&self) -> &[u8; 32] {
        &self.print
    }

    /// What a partition seals with.
    pub(super) fn now(&self, partition: u8) -> Option<Salt> {
        self.partitions.read().get(usize::from(partition)).map(|pair| pair.now.clone())
    }

    /// The salt of this number, while it is there.
    pub(super) fn numbered(&self, partition: u8, no: u32) -> Option<Salt> {
        let partitions = self.partitions.read();
        let pair = partitions.get(usize::from(partition))?;
        pair.before.iter().chain([&pair.now]).find(|salt| salt.no == no).cloned()
    }

    /// Held by whoever goes over a partition, from the second salt to the end of the first.
    pub fn working(&self) -> &tokio::sync::Mutex<()> {
        &self.working
    }

    /// Whether a partition is being gone over.
    pub fn is_turning(&self, partition: u8) -> bool {
        self.partitions.read().get(usize::from(partition)).is_some_and(|pair| pair.before.is_some())
    }

    /// From now on a partition seals with a new salt; the one before opens until it is destroyed. Says the number of the one that
    /// seals. Where it is being gone over already, that goes on.
    pub fn turn(&self, partition: u8) -> std::io::Result<u32> {
        let _alone = self.changing.lock();
        let Some(pair) = self.partitions.read().get(usize::from(partition)).cloned() else { return Ok(0) };
        if pair.before.is_some() {
            return Ok(pair.now.no);
        }
        let next = Salt::new(pair.now.no.checked_add(1).ok_or_else(|| damaged("there are no more numbers"))?);
        self.overwrite(place(partition, next.no), Some(&next))?;
        let no = next.no;
        self.set(partition, Pair { now: next, before: Some(pair.now) });
        Ok(no)
    }

    /// Overwrites the salt before: what only it opens is gone.
    pub fn destroy_before(&self, partition: u8) -> std::io::Result<()> {
        let _alone = self.changing.lock();
        let Some(pair) = self.partitions.read().get(usize::from(partition)).cloned() else { return Ok(()) };
        if let Some(before) = pair.before {
            self.overwrite(place(partition, before.no), None)?;
            self.set(partition, Pair { now: pair.now, before: None });
        }
        Ok(())
    }

    fn overwrite(&self, place: usize, salt: Option<&Salt>) -> std::io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut sector = Zeroizing::new([0; SECTOR]);
        if let Some(salt) = salt {
            put(sector.as_mut_slice(), 0, &*salt.slot(place));
        }
        file.write_all_at(sector.as_slice(), at(place))?;
        file.sync_data()
    }

    fn set(&self, partition: u8, pair: Pair) {
        if let Some(place) = self.partitions.write().get_mut(usize::from(partition)) {
            *place = pair;
        }
    }
}

impl Salt {
    fn new(no: u32) -> Self {
        Self { no, bytes: drawn() }
    }

    fn slot(&self, place: usize) -> Zeroizing<[u8; SLOT]> {
        let mut slot = Zeroizing::new([0; SLOT]);
        put(slot.as_mut_slice(), 0, &self.no.to_le_bytes());
        put(slot.as_mut_slice(), 4, self.bytes.as_slice());
        let crc = checksum(place, slot.as_slice());
        put(slot.as_mut_slice(), 36, &crc.to_le_bytes());
        slot
    }
}

fn length() -> usize {
    (1 + 2 * usize::from(PARTITIONS)) * SECTOR
}

fn place(partition: u8, no: u32) -> usize {
    2 * usize::from(partition) + usize::from(no % 2 == 1)
}

fn at(place: usize) -> u64 {
    ((1 + place) * SECTOR) as u64
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    if let Some(there) = bytes.get_mut(at..at + what.len()) {
        there.copy_from_slice(what);
    }
}

fn checksum(place: usize, slot: &[u8]) -> u32 {
    let place = crc32c::crc32c(&(place as u64).to_le_bytes());
    crc32c::crc32c_append(place, slot.get(..36).unwrap_or_default())
}

/// The salt at a place of the file; none where there is none, or where it was torn.
fn slot(bytes: &[u8], place: usize) -> Option<Salt> {
    let slot = bytes.get(at(place) as usize..)?.get(..SLOT)?;
    let (no, rest) = slot.split_first_chunk::<4>()?;
    let (salt, crc) = rest.split_first_chunk::<32>()?;
    let no = u32::from_le_bytes(*no);
    let whole = no > 0 && crc == checksum(place, slot).to_le_bytes();
    whole.then(|| Salt { no, bytes: Zeroizing::new(*salt) })
}

fn print(bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let print = bytes.get(PRINT_AT as usize..)?.first_chunk::<32>()?;
    print.iter().any(|byte| *byte != 0).then(|| Zeroizing::new(*print))
}

fn pairs(bytes: &[u8]) -> Option<Vec<Pair>> {
    if !bytes.starts_with(&MAGIC) {
        return None;
    }
    let pair = |partition: u8| {
        let place = 2 * usize::from(partition);
        match (slot(bytes, place), slot(bytes, place + 1)) {
            (Some(one), Some(two)) if one.no < two.no => Some(Pair { now: two, before: Some(one) }),
            (Some(one), Some(two)) => Some(Pair { now: one, before: Some(two) }),
            (Some(now), None) | (None, Some(now)) => Some(Pair { now, before: None }),
            (None, None) => None,
        }
    };
    (0..PARTITIONS).map(pair).collect()
}

fn damaged(what: &str) -> std::io::Error {
    std::io::Error::new(ErrorKind::InvalidData, what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(file: &Path, salt: &Salt) -> bool {
        let bytes = std::fs::read(file).unwrap();
        bytes.windows(32).any(|window| window == salt.bytes.as_slice())
    }

    #[test]
    fn a_destroyed_salt_is_nowhere_in_the_file_and_the_new_one_outlives_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Salts::open(folder.path()).unwrap().is_none());
        let salts = Salts::make(folder.path()).unwrap();
        let file = folder.path().join(SALTS_FILE);
        let old = salts.now(7).unwrap();
        assert!(holds(&file, &old) && !salts.is_turning(7));
        assert_eq!(salts.turn(7).unwrap(), 2);
        assert_eq!(salts.turn(7).unwrap(), 2, "it goes on");
        assert!(salts.numbered(7, 1).is_some() && salts.is_turning(7));
        drop(salts);
        let salts = Salts::open(folder.path()).unwrap().unwrap();
        assert!(salts.is_turning(7) && salts.numbered(7, 1).unwrap().bytes == old.bytes, "after a crash it is known");
        let new = salts.now(7).unwrap();
        salts.destroy_before(7).unwrap();
        assert!(!holds(&file, &old) && holds(&file, &new));
        assert!(salts.numbered(7, 1).is_none() && !salts.is_turning(7));
        let again = Salts::open(folder.path()).unwrap().unwrap();
        assert!(again.now(7).unwrap().bytes == new.bytes && again.now(8).unwrap().no == 1);
    }

    #[test]
    fn what_was_torn_is_gone_over_and_a_partition_without_any_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let salts = Salts::make(folder.path()).unwrap();
        salts.turn(3).unwrap();
        let file = folder.path().join(SALTS_FILE);
        let mut bytes = std::fs::read(&file).unwrap();
        // Half of the new salt was written.
        bytes[at(place(3, 2)) as usize + 20..][..20].fill(0);
        std::fs::write(&file, &bytes).unwrap();
        let salts = Salts::open(folder.path()).unwrap().unwrap();
        assert_eq!(salts.now(3).unwrap().no, 1);
        assert!(std::fs::read(&file).unwrap()[at(place(3, 2)) as usize..][..SECTOR].iter().all(|byte| *byte == 0));
        bytes[at(place(3, 1)) as usize] ^= 1;
        std::fs::write(&file, &bytes).unwrap();
        assert!(Salts::open(folder.path()).is_err());
    }

    #[test]
    fn a_copy_holds_what_the_file_holds() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let salts = Salts::make(one.path()).unwrap();
        salts.turn(1).unwrap();
        let copy = Salts::write(two.path(), &salts.bytes()).unwrap();
        assert!(copy.bytes() == salts.bytes() && copy.is_turning(1));
        assert!(Salts::write(two.path(), b"short").is_err());
    }
}
