//! Tables on the terminal.

use comfy_table::{ContentArrangement, Table};

/// A plain table with a head: no lines to disturb `grep` and `cut`.
pub fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(head.map(str::to_uppercase));
    table.add_rows(rows);
    table.trim_fmt()
}
