use std::io::{self, Write};
use std::path::PathBuf;

use clap::ValueEnum;

use super::parcel::Parcel;
use super::rows::WhichArgs;
use super::{Cli, Exit, Output, desk};
use crate::flow::ask::export::{Wanted, export};
use crate::flow::house::House;
use crate::table::Format;

/// Writes all that is kept and understood as tables with a codebook, for researchers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  huitoukan export --format csv --bom --region 福建 tables")]
pub struct ExportArgs {
    /// Folder to write into: empty, or an earlier export, which is replaced
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// How the tables are written
    #[arg(long, value_enum, default_value_t = Wish::Jsonl)]
    format: Wish,
    /// Begin CSV files with a byte order mark, which Excel needs to read Chinese
    #[arg(long)]
    bom: bool,
    /// Only the newest version of each notice
    #[arg(long)]
    latest: bool,
    /// Also the texts of notices that were withdrawn (撤下)
    #[arg(long)]
    withdrawn: bool,
    /// Mobile, identity and bank card numbers and names of contact persons as they are printed, instead of masked
    #[arg(long)]
    unmasked: bool,
    #[command(flatten)]
    which: WhichArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Wish {
    Jsonl,
    Csv,
    Parquet,
}

impl ExportArgs {
    fn wanted(&self) -> anyhow::Result<Wanted> {
        if self.bom && self.format != Wish::Csv {
            anyhow::bail!("--bom is for CSV: add --format csv, or leave it out");
        }
        let format = match self.format {
            Wish::Jsonl => Format::Jsonl,
            Wish::Csv => Format::Csv { bom: self.bom },
            Wish::Parquet => Format::Parquet,
        };
        Ok(Wanted { format, latest: self.latest, withdrawn: self.withdrawn, unmasked: self.unmasked })
    }

    /// Asks for the files, wherever the store is, and writes them here: a daemon may see another file system than we do.
    pub async fn receive(&self, cli: &Cli, output: &mut Output) -> anyhow::Result<Exit> {
        self.wanted()?;
        let parcel = Parcel::for_folder(&self.folder)?;
        let out = output.out.redirect(Box::new(parcel.clone()));
        let exit = desk::answered(cli, output).await;
        output.out.redirect(out);
        match exit {
            Ok(Exit::Well) => {
                parcel.unpack()?;
                writeln!(output.err, "written to {}; CODEBOOK.md says what every column means", self.folder.display())?;
                Ok(Exit::Well)
            }
            other => {
                parcel.throw_away();
                other
            }
        }
    }

    /// Sends the files, piece by piece, to [`ExportArgs::receive`].
    pub fn run(&self, house: &House, output: &mut Output) -> anyhow::Result<Exit> {
        let which = self.which.which(house, None)?;
        let out = output.out.exact();
        let mut send = |name: &str, bytes: &[u8]| -> io::Result<()> { super::parcel::send(out, name, bytes) };
        let files = export(house, &which, &self.wanted()?, &mut send)?;
        for file in files.iter().filter(|file| file.rows > 0) {
            writeln!(output.err, "{:>9} row(s) {}", file.rows, file.path)?;
        }
        output.out.flush()?;
        Ok(Exit::Well)
    }
}
