//! The ratios as a picture (SVG).

use std::fmt::Write as _;

use crate::report::Row;

const WIDTH: f64 = 760.0;
/// Where bars begin and how much room they have.
const LEFT: f64 = 190.0;
const ROOM: f64 = 500.0;
const BAR: f64 = 14.0;
const STEP: f64 = 19.0;
/// The multiples that the axis, which is logarithmic, goes between.
const LEAST: f64 = 0.25;
const MOST: f64 = 64.0;

/// The processor time per request of each contestant as a multiple of the limit's, query by query, at that number of connections.
pub(crate) fn svg(rows: &[Row], connections: u32) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| row.connections == connections).collect();
    let mut body = String::new();
    let (mut y, mut before) = (58.0, "");
    for row in rows {
        if row.query != before {
            y += if before.is_empty() { 0.0 } else { 12.0 };
            push(&mut body, format_args!(r#"<text x="12" y="{:.0}" class="query">{}</text>"#, y + 11.0, row.query));
            before = row.query;
        }
        let end = place(row.ratio);
        let (begin, width) = (end.min(place(1.0)), (end - place(1.0)).abs().max(1.0));
        let class = if row.contestant == "gateway" || row.contestant == "cached" { "own" } else { "other" };
        push(&mut body, format_args!(r#"<text x="{:.0}" y="{:.0}" text-anchor="end">{}</text>"#, LEFT - 10.0, y + 11.0, row.contestant));
        push(&mut body, format_args!(r#"<rect x="{begin:.1}" y="{y:.0}" width="{width:.1}" height="{BAR}" class="{class}"/>"#));
        push(&mut body, format_args!(r#"<text x="{:.0}" y="{:.0}">{:.2}</text>"#, begin + width + 6.0, y + 11.0, row.ratio));
        y += STEP;
    }
    let mut axis = String::new();
    let mut multiple = LEAST;
    while multiple <= MOST {
        let x = place(multiple);
        push(&mut axis, format_args!(r#"<line x1="{x:.1}" y1="46" x2="{x:.1}" y2="{y:.0}" class="grid"/>"#));
        push(&mut axis, format_args!(r#"<text x="{x:.1}" y="40" text-anchor="middle">{multiple}</text>"#));
        multiple *= 2.0;
    }
    let title = format!("Processor time per request, as a multiple of a handwritten handler's; {connections} connections");
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {:.0}" font-family="system-ui, sans-serif" font-size="12">
<title>{title}</title>
<style>
  text {{ fill: #333 }} .query {{ font-weight: bold }} .grid {{ stroke: #ddd }} .own {{ fill: #2a7f62 }} .other {{ fill: #9aa5b1 }}
  @media (prefers-color-scheme: dark) {{ text {{ fill: #ddd }} .grid {{ stroke: #444 }} }}
</style>
<text x="12" y="18">{title}</text>
{axis}{body}</svg>
"#,
        y + 12.0
    )
}

/// Where a multiple stands on the axis.
fn place(multiple: f64) -> f64 {
    LEFT + ROOM * (multiple.clamp(LEAST, MOST) / LEAST).log2() / (MOST / LEAST).log2()
}

fn push(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _ = writeln!(out, "{line}");
}
