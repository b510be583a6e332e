//! The IDs of a page in little memory.

/// The IDs of a page, in one text: a hundred thousand texts of their own would take twice the memory.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ids {
    text: String,
    ends: Vec<u32>,
}

impl FromIterator<String> for Ids {
    fn from_iter<I: IntoIterator<Item = String>>(ids: I) -> Self {
        let mut all = Self::default();
        for id in ids {
            all.text.push_str(&id);
            all.ends.push(u32::try_from(all.text.len()).unwrap_or(u32::MAX));
        }
        all.text.shrink_to_fit();
        all
    }
}

impl Ids {
    pub(super) fn get(&self, row: u32) -> &str {
        let end_of = |row: u32| self.ends.get(row as usize).map_or(self.text.len(), |end| *end as usize);
        let start = row.checked_sub(1).map_or(0, end_of);
        self.text.get(start..end_of(row)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The places of the IDs.
    pub(super) fn rows(&self) -> std::ops::Range<u32> {
        // As many as the ends, which are `u32`.
        0..u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }
}

/// The first eight bytes of a text, as a number in the order of the texts.
pub(super) fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = text.len().min(8);
    bytes[..length].copy_from_slice(&text.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}
