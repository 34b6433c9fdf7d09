//! Text in columns as kubectl's tabwriter lays it out: cells begin where their headings begin, counted in characters.

/// One column.
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// The character at which it begins.
    start: usize,
}

/// The columns of a table.
pub struct Grid {
    /// From left to right.
    pub columns: Vec<Column>,
}

impl Grid {
    /// The columns that a heading line begins: headings are at least two spaces apart.
    pub fn parse(text: &str) -> Self {
        let columns =
            split_at_gaps(text).into_iter().map(|(start, heading)| Column { heading, start }).collect();
        Self { columns }
    }

    /// Where the first column begins.
    pub fn indent(&self) -> usize {
        self.columns.first().map_or(0, |column| column.start)
    }

    /// The place of a heading among the columns.
    pub fn index(&self, heading: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.heading == heading)
    }

    /// The cells of a row, one for each column; `None` if the row fits neither the columns nor their number.
    ///
    /// A cell that is not blank begins where its heading does. A row in which one does not was not printed so: words were
    /// replaced after printing, or it was pasted. Then runs of spaces part the cells, if they give the right number.
    pub fn cells(&self, text: &str) -> Option<Vec<String>> {
        let chars: Vec<char> = text.trim_end().chars().collect();
        let is_blank = |at: usize| chars.get(at).is_none_or(|c| *c == ' ');
        let fits = self.columns.iter().all(|column| column.start.checked_sub(1).is_none_or(is_blank))
            && !is_blank(self.indent());
        let starts = self.columns.iter().map(|column| column.start);
        let ends = self.columns.iter().skip(1).map(|column| column.start).chain([chars.len()]);
        let slices: Vec<&[char]> = starts
            .zip(ends)
            .map(|(start, end)| {
                let end = end.min(chars.len());
                chars.get(start.min(end)..end).unwrap_or_default()
            })
            .collect();
        let begins = |slice: &[char]| slice.first() != Some(&' ') || slice.iter().all(|c| *c == ' ');
        let by_place =
            || slices.iter().map(|slice| slice.iter().collect::<String>().trim().to_owned()).collect();
        if fits && slices.iter().all(|slice| begins(slice)) {
            return Some(by_place());
        }
        let by_gap: Vec<String> = split_at_gaps(text).into_iter().map(|(_, cell)| cell).collect();
        if by_gap.len() == self.columns.len() {
            return Some(by_gap);
        }
        // Right-aligned columns still lie below their headings, but then no cell holds a gap.
        let cells: Vec<String> = by_place();
        (fits && !cells.iter().any(|cell| cell.contains("  "))).then_some(cells)
    }

    /// The cell of a row under a heading.
    pub fn cell<'c>(&self, cells: &'c [String], heading: &str) -> Option<&'c str> {
        self.index(heading).and_then(|n| cells.get(n)).map(String::as_str)
    }
}

/// Splits at runs of two or more spaces; each part with the character at which it begins.
fn split_at_gaps(text: &str) -> Vec<(usize, String)> {
    let mut parts: Vec<(usize, String)> = Vec::new();
    let mut spaces = 2;
    for (n, c) in text.trim_end().chars().enumerate() {
        if c == ' ' {
            spaces += 1;
            continue;
        }
        match parts.last_mut() {
            Some((_, part)) if spaces < 2 => {
                if spaces == 1 {
                    part.push(' ');
                }
                part.push(c);
            }
            _ => parts.push((n, c.to_string())),
        }
        spaces = 0;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_counted_in_characters_and_may_be_empty() {
        let grid = Grid::parse("  NAME   NOMINATED NODE   AGE");
        for (text, expected) in [
            ("  größe  a                3d", Some(["größe", "a", "3d"])),
            ("  x                       3d", Some(["x", "", "3d"])),
            ("  longer-than-column   a   3d", Some(["longer-than-column", "a", "3d"])),
            // The first word was replaced by a shorter one: the row no longer fits.
            ("  ab  node-a   3d", Some(["ab", "node-a", "3d"])),
            ("  ab  node-a            3d", Some(["ab", "node-a", "3d"])),
            ("too few", None),
        ] {
            let found = grid.cells(text);
            assert_eq!(found, expected.map(|cells| cells.map(str::to_owned).to_vec()), "{text}");
        }
    }
}
