//! A disk of a story's own, which can be filled, broken and mended.

use std::path::Path;
use std::process::Command;

use super::loop_disk::LoopDisk;

/// How large it is, in MiB.
const SIZE: u64 = 192;

pub struct Disk(LoopDisk);

impl Disk {
    /// None, with the reason printed, where this machine cannot.
    pub fn make(work: &Path) -> Option<Self> {
        match LoopDisk::make(work, "disk", SIZE) {
            Ok(disk) => Some(Self(disk)),
            Err(reason) => {
                eprintln!("SKIPPED: this needs a loop-mounted file system, and so root: {reason}");
                None
            }
        }
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// How many bytes are free.
    pub fn free(&self) -> u64 {
        let all = rustix::fs::statvfs(self.path()).unwrap();
        all.f_bavail * all.f_frsize
    }

    /// From now on nothing can be written to it, as after an error of the disk; or why this machine cannot do that.
    pub fn breaks(&self) -> Result<(), String> {
        run(Command::new("mount").args(["-o", "remount,errors=remount-ro"]).arg(self.path()))?;
        let device = run(Command::new("findmnt").args(["-n", "-o", "SOURCE"]).arg(self.path()))?;
        let name = device.trim().trim_start_matches("/dev/");
        std::fs::write(format!("/sys/fs/ext4/{name}/trigger_fs_error"), "1").map_err(|error| error.to_string())
    }

    /// It is checked, and mounted again.
    pub fn is_mended(&self) {
        let image = self.path().with_extension("img");
        run(Command::new("umount").arg(self.path())).unwrap();
        // It answers 1 where it has mended something.
        let _ = run(Command::new("e2fsck").arg("-fy").arg(&image));
        run(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(self.path())).unwrap();
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
