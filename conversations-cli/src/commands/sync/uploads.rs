//! [`Uploads`]: what a day adds to the folder.

use object_store::PutPayload;
use object_store::path::Path;

use super::folder::Folder;
use crate::failure::Failure;
use crate::output::Output;

/// The index and the file of a day, written and not yet in the folder. The thread that writes days does not wait until a
/// disk or a store has accepted them.
#[derive(Default)]
pub(crate) struct Uploads {
    pub(crate) index: Option<(Path, PutPayload)>,
    pub(crate) file: Option<Output>,
}

impl Uploads {
    pub(crate) async fn complete(self, folder: &Folder) -> Result<(), Failure> {
        let index = async {
            match self.index {
                Some((path, index)) => folder.put(&path, index).await,
                None => Ok(()),
            }
        };
        let file = async {
            match self.file {
                Some(file) => file.complete().await,
                None => Ok(()),
            }
        };
        tokio::try_join!(index, file).map(drop)
    }
}
