//! XLS and ET, the binary workbooks of Excel 97 to 2003 (MS-XLS, BIFF8), to rows as Excel shows them.

use super::shape::Draft;
use crate::model::Unreadable;

pub fn read(book: &[u8]) -> Result<Draft, Unreadable> {
    let _ = book;
    Err(Unreadable::Format { format: "xls".to_owned() })
}
