//! A small disk of our own: an ext4 file system in a file, whose power can be cut. Needs root and loop devices.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A mounted file system; unmounted when dropped.
pub struct LoopDisk {
    image: PathBuf,
    mounted: PathBuf,
}

impl LoopDisk {
    /// Makes a disk of so many MiB inside the folder; or says why this machine cannot.
    pub fn make(folder: &Path, name: &str, mib: u64) -> Result<Self, String> {
        let image = folder.join(format!("{name}.img"));
        std::fs::File::create(&image).and_then(|file| file.set_len(mib << 20)).map_err(|error| error.to_string())?;
        // Without lazy initialisation, which would write behind our back.
        let options = ["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"];
        run(Command::new("mkfs.ext4").args(options).arg(&image))?;
        Self::mount(image)
    }

    /// What the disk would hold had the power gone now: the image without the file system's unwritten pages, its journal
    /// replayed by mounting it.
    pub fn after_a_power_cut(&self, name: &str) -> Result<Self, String> {
        let image = self.image.with_file_name(format!("{name}.img"));
        std::fs::copy(&self.image, &image).map_err(|error| error.to_string())?;
        Self::mount(image)
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.mounted
    }

    fn mount(image: PathBuf) -> Result<Self, String> {
        let mounted = image.with_extension("mounted");
        std::fs::create_dir_all(&mounted).map_err(|error| error.to_string())?;
        run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(&mounted))?;
        Ok(Self { image, mounted })
    }
}

impl Drop for LoopDisk {
    fn drop(&mut self) {
        let _ = run(Command::new("umount").arg("--lazy").arg(&self.mounted));
        let _ = std::fs::remove_file(&self.image);
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let what = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{what}: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if output.status.success() { Ok(()) } else { Err(format!("{what}: {told}")) }
}
