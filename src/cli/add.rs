use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use url::Url;

use super::catalogue;
use super::desk::Folder;
use super::output::{Exit, Output};
use super::tryout::{print_listing, rehearsal_house};
use crate::flow::rehearse::{self, As, Rehearsal};
use crate::model::{Listing, Region, Source, SourceId};

/// Fetches a listing page, shows the entries it finds, and writes a source's file for it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  huitoukan add https://www.qzlc.gov.cn/zwgk/qzbm/jyj/ggl/ --region 福建/泉州/鲤城\n  huitoukan add --from-catalogue putian-discipline central-nhsa"
)]
pub struct AddArgs {
    /// Address of the column (栏目) that lists the notices
    #[arg(required_unless_present = "from_catalogue")]
    url: Option<Url>,
    /// Take these columns over from the catalogue, which `sources --catalogue` lists; asks no site anything
    #[arg(long, value_name = "NAME", num_args = 1.., conflicts_with_all = ["url", "id", "name", "region", "sector"])]
    from_catalogue: Vec<String>,
    /// Name of the file in config/sources; made from the address where none is given
    #[arg(long)]
    id: Option<String>,
    /// The source's name as readers see it
    #[arg(long)]
    name: Option<String>,
    /// Place, from large to small: 福建/泉州/鲤城
    #[arg(long, default_value = "")]
    region: String,
    /// Kind of body: 工商联, 卫生健康
    #[arg(long)]
    sector: Option<String>,
    /// Show what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

impl AddArgs {
    pub async fn run(&self, folder: &Folder) -> anyhow::Result<ExitCode> {
        let Some(url) = &self.url else { return catalogue::take(folder, &self.from_catalogue, self.dry_run) };
        let config = folder.load()?;
        if let Some(known) = config.sources.iter().find(|source| source.listing == *url) {
            bail!("source {} watches this address already", known.id);
        }
        let id = SourceId(self.id.clone().unwrap_or_else(|| id_of(url)));
        if let Some(odd) = id.0.chars().find(|c| !c.is_alphanumeric() && !matches!(c, '-' | '_')) {
            bail!("--id names a file: letters, digits, - and _ only, no {odd:?}");
        }
        let path = folder.config.join("sources").join(format!("{id}.toml"));
        if path.exists() {
            bail!("{} exists; give another name with --id", path.display());
        }
        let mut source = Source::new(id, url.clone());
        source.region = Region(self.region.clone());
        let (house, filter) = rehearsal_house(folder, config, &source)?;
        let listing = match rehearse::address(&house, &house.setup(), &source, url, As::Listing).await {
            Rehearsal::Listing(listing) => listing,
            Rehearsal::Nothing(problem) => {
                let text = format!("this address cannot be watched as it is: {problem}\n{}", advice(&problem.name, &problem.evidence));
                bail!("{}", text.trim_end())
            }
            Rehearsal::Notice(_) => bail!("this is one notice, not a listing; give the address of the column that lists it"),
        };
        let mut output = Output::of_terminal();
        print_listing(&listing, &filter, &mut output)?;
        let text = self.text(url, &listing);
        if self.dry_run {
            write!(output.out, "\n{text}")?;
            return Ok(Exit::Well.into());
        }
        write_new(&path, &text)?;
        if let Err(problems) = folder.load() {
            // What was asked for makes no sound configuration: a running daemon must not stumble over it.
            let _ = fs::remove_file(&path);
            return Err(problems.context("nothing was written"));
        }
        writeln!(output.err, "written to {}", path.display())?;
        if self.region.is_empty() || self.name.is_none() {
            writeln!(output.err, "give it there the name and the region (福建/泉州/鲤城) by which readers and subscribers know it")?;
        }
        writeln!(output.err, "`huitoukan check {}` visits it now; a running daemon picks it up by itself", source.id)?;
        Ok(Exit::Well.into())
    }

    fn text(&self, url: &Url, listing: &Listing) -> String {
        let host = url.host_str().unwrap_or_default();
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let mut text = format!("name    = {}\nlisting = {}\n", quoted(self.name.as_deref().unwrap_or(host)), quoted(url.as_str()));
        if !self.region.is_empty() {
            let _ = writeln!(text, "region  = {}", quoted(&self.region));
        }
        if let Some(sector) = &self.sector {
            let _ = writeln!(text, "sector  = {}", quoted(sector));
        }
        if listing.family != "unknown" {
            let _ = writeln!(text, "family  = {}", quoted(listing.family));
        }
        text
    }
}

/// What to do about an address that gives no listing.
fn advice(problem: &str, evidence: &str) -> &'static str {
    match problem {
        _ if evidence.contains("allow_private") => "",
        "gone" => "Is the address written right? Copy it from the address line of a browser that shows the list.",
        "no-entries" => {
            "If it is one notice, give the address of the column (栏目) that lists it. What is tried goes into a file of your own in config/sources, with `name` and `listing` above it; config/sources/quanzhou-licheng.toml in the repository explains every key, and `huitoukan try NAME` shows what it does."
        }
        "unreachable" => "Try again later, or look whether a browser reaches it from this machine.",
        "tls" => "See `tls` in config/sources of the repository for servers with old or incomplete certificates.",
        "robots" => {
            "The site asks programs to stay away from it; see `robots` in config/sources of the repository before you decide otherwise."
        }
        _ => "The site keeps programs out, or shows something else than a listing; look at it with a browser.",
    }
}

/// A file name made from an address: host without www and its ending, then the last parts of the path.
fn id_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or("source");
    let host = host.strip_prefix("www.").unwrap_or(host);
    let host = host.strip_suffix(".gov.cn").or_else(|| host.strip_suffix(".cn")).unwrap_or(host);
    let is_index = |part: &&str| part.starts_with("index.") || part.is_empty();
    let parts: Vec<&str> = url.path_segments().map(|parts| parts.filter(|part| !is_index(part)).collect()).unwrap_or_default();
    let column = parts.iter().rev().take(2).rev().copied().collect::<Vec<_>>().join("-");
    let slug = |text: &str| -> String {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
    };
    [slug(host), slug(&column)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

pub(super) fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::id_of;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        assert_eq!(id_of(&url.parse().unwrap()), expected);
    }

    #[test]
    fn a_source_is_named_after_its_host_and_column() {
        check("https://www.qzlc.gov.cn/zwgk/qzbm/jyj/ggl/", "qzlc-jyj-ggl");
        check("http://hfpc.xm.gov.cn/xwzx/tzgg/index.html", "hfpc-xm-xwzx-tzgg");
        check("http://127.0.0.1:8080/", "127-0-0-1");
    }
}
