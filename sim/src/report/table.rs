//! Columns of text, as wide as they need to be.
//!
//! Cells end at tabs, and cells of one column in consecutive lines form a block of one width, as in
//! `kubectl`, whose tables people compare with ours.

/// The columns of `kubectl get`: at least 6 wide, 3 spaces between.
const GET: (usize, usize) = (6, 3);
/// The columns of `kubectl describe`: 2 spaces between.
const DESCRIBE: (usize, usize) = (0, 2);

/// A table: a line of headings, and rows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    /// The headings; none are printed when there are none.
    pub headings: Vec<String>,
    /// The rows, each with a cell a heading.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with these headings.
    #[must_use]
    pub fn new(headings: &[&str]) -> Self {
        Self {
            headings: headings.iter().map(|text| (*text).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// The table as `kubectl get` prints it, without spaces at the ends of lines.
    #[must_use]
    pub fn print(&self) -> String {
        let mut text = String::new();
        let headings = Some(&self.headings).filter(|headings| !headings.is_empty());
        for row in headings.into_iter().chain(&self.rows) {
            text.push_str(&row.join("\t"));
            text.push('\n');
        }
        align(&text, GET)
    }
}

/// Aligns text whose cells end at tabs as `kubectl describe` does.
#[must_use]
pub fn describe(text: &str) -> String {
    align(text, DESCRIBE)
}

/// Aligns the cells of `text`; columns are at least `minimum` wide and `padding` apart.
fn align(text: &str, (minimum, padding): (usize, usize)) -> String {
    let lines: Vec<Vec<&str>> = text
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let mut widths: Vec<Vec<usize>> = lines.iter().map(|line| vec![0; line.len()]).collect();
    fit(&lines, &mut widths, 0, (minimum, padding));
    let mut aligned = String::with_capacity(text.len() * 2);
    for (line, widths) in lines.iter().zip(&widths) {
        let mut row = String::new();
        for (cell, width) in line.iter().zip(widths) {
            row.push_str(cell);
            let length = cell.chars().count();
            row.extend(std::iter::repeat_n(' ', width.saturating_sub(length)));
        }
        aligned.push_str(row.trim_end());
        aligned.push('\n');
    }
    aligned
}

/// Finds the widths of a column's blocks. The last cell of a line belongs to no column.
fn fit(
    lines: &[Vec<&str>],
    widths: &mut [Vec<usize>],
    column: usize,
    (minimum, padding): (usize, usize),
) {
    let mut begin = 0;
    while begin < lines.len() {
        let block = lines[begin..]
            .iter()
            .take_while(|line| line.len() > column + 1)
            .count();
        if block == 0 {
            begin += 1;
            continue;
        }
        let end = begin + block;
        let widest = lines[begin..end]
            .iter()
            .map(|line| line[column].chars().count())
            .max()
            .unwrap_or(0);
        let width = (widest + padding).max(minimum);
        for widths in &mut widths[begin..end] {
            widths[column] = width;
        }
        fit(
            &lines[begin..end],
            &mut widths[begin..end],
            column + 1,
            (minimum, padding),
        );
        begin = end;
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_need_to_be() {
        let mut table = Table::new(&["NAME", "READY", "AGE"]);
        table
            .rows
            .push(vec!["web-1".into(), "1/1".into(), "5s".into()]);
        table
            .rows
            .push(vec!["a".into(), String::new(), String::new()]);
        expect![[r#"
            NAME    READY   AGE
            web-1   1/1     5s
            a
        "#]]
        .assert_eq(&table.print());
    }

    #[test]
    fn blocks_of_lines_have_widths_of_their_own() {
        expect![[r#"
            Name:  web
            Labels:
              a-long-key:  1
              b:           2
            Node:          node-1
        "#]]
        .assert_eq(&describe(
            "Name:\tweb\nLabels:\n  a-long-key:\t1\n  b:\t2\nNode:\tnode-1\n",
        ));
    }
}
