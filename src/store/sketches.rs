//! Derived records: what of each notice is compared with all others, in two halves that are read in one go each.
//!
//! Never ground truth: a commit that brings a version takes the rows of its notice away in the same transaction.

use super::batch::{Batch, Rows, Trees};
use super::row::{self, Form, Table, key};
use super::{Derived, Half, Result};
use crate::model::{NoticeId, Tracked};

const PIECE_NUMBER_BYTES: usize = 2;

fn part(half: Half) -> u8 {
    match half {
        Half::Problems => b'p',
        Half::Measures => b'm',
    }
}

/// Rows of an older reading go with it.
pub(super) fn forget(batch: &mut Batch<'_>, notice: &NoticeId) -> Result<()> {
    for half in [Half::Problems, Half::Measures] {
        batch.remove_pieces(Table::Sketches, &key::sketch(part(half), notice.0.as_bytes()))?;
    }
    Ok(())
}

pub(super) fn put(batch: &mut Batch<'_>, derived: &Derived) -> Result<()> {
    let notice = derived.notice.0.as_bytes();
    let tracked: Option<Tracked> = batch.json(Table::Notices, notice)?;
    if tracked.is_none_or(|tracked| tracked.versions != derived.version) {
        return Ok(());
    }
    for (half, bytes) in [(Half::Problems, &derived.problems), (Half::Measures, &derived.measures)] {
        let key = key::sketch(part(half), notice);
        batch.put_pieces(Table::Sketches, &key, &row::seal(Table::Sketches, &key, Form::Whole, bytes))?;
    }
    Ok(())
}

/// All of one half, each row's pieces put together as they come.
pub(super) fn all(trees: &Trees, half: Half) -> Result<Vec<(NoticeId, Vec<u8>)>> {
    let mut all: Vec<(NoticeId, Vec<u8>)> = Vec::new();
    let mut sealed: Vec<u8> = Vec::new();
    let mut at: Vec<u8> = Vec::new();
    let mut close = |key: &[u8], sealed: &mut Vec<u8>| -> Result<()> {
        if key.is_empty() {
            return Ok(());
        }
        let spoilt = |why: &str| row::spoilt(Table::Sketches, key, why);
        let Some((length, row)) = sealed.split_first_chunk::<4>() else { return Err(spoilt("it is cut short")) };
        if u32::from_be_bytes(*length) as usize != row.len() {
            return Err(spoilt("a piece of it is missing"));
        }
        let (_, payload) = row::unseal(Table::Sketches, key, row)?;
        let notice = key.get(1..key.len() - 1).and_then(|notice| String::from_utf8(notice.to_vec()).ok());
        all.push((NoticeId(notice.ok_or_else(|| spoilt("it names no notice"))?), payload.to_vec()));
        sealed.clear();
        Ok(())
    };
    for row in trees.scan(Table::Sketches, &[part(half)]) {
        let (key, piece) = row?;
        let key = &key[..key.len().saturating_sub(PIECE_NUMBER_BYTES)];
        if at != key {
            close(&at, &mut sealed)?;
            at = key.to_vec();
        }
        sealed.extend(piece);
    }
    close(&at, &mut sealed)?;
    Ok(all)
}

pub(super) fn missing(trees: &Trees) -> Result<Vec<NoticeId>> {
    let mut missing = Vec::new();
    let mut kept = trees.tree(Table::Sketches).scan_prefix([part(Half::Problems)]).keys();
    let failed = super::errors::sled_at(&trees.path);
    let mut next = || kept.next().transpose().map_err(&failed);
    let mut head = next()?;
    for notice in trees.tree(Table::Notices).iter().keys() {
        let notice = notice.map_err(super::errors::sled_at(&trees.path))?;
        let wanted = key::sketch(part(Half::Problems), &notice);
        while head.as_ref().is_some_and(|head| head[..] < wanted[..]) {
            head = next()?;
        }
        if head.as_ref().is_none_or(|head| !head.starts_with(&wanted)) {
            missing.push(NoticeId(String::from_utf8_lossy(&notice).into_owned()));
        }
    }
    Ok(missing)
}
