//! The folder the demo lives in: store, configuration and sample files. It goes when the demo does, unless it is kept.

use std::fs::{DirBuilder, remove_dir_all};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::cli::exit::{Exit, Failure};

/// A new folder that only this user can look into.
pub struct Folder {
    path: PathBuf,
    is_kept: bool,
}

impl Folder {
    /// Makes one among the temporary files.
    pub fn make(is_kept: bool) -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("baton-demo-{}", uuid::Uuid::new_v4().simple()));
        DirBuilder::new().mode(0o700).create(&path).map_err(|error| unwritten(&path, &error))?;
        Ok(Self { path, is_kept })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts a file into it.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<PathBuf, Failure> {
        let path = self.path.join(name);
        std::fs::write(&path, content).map_err(|error| unwritten(&path, &error))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.is_kept {
            // Whoever empties temporary files finds it otherwise.
            let _ = remove_dir_all(&self.path);
        }
    }
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Store, format!("{} cannot be written ({error}); TMPDIR names another place", path.display()))
}
