//! The figures of the page on speed are those of BENCHMARKS.md, rounded. Measures nothing.

use crate::blocks::read;

/// How the page calls the data sets of the benchmarks.
const DATA_SETS: [(&str, &str); 4] = [
    ("100 000 files of 4 KiB", "small: "),
    ("12 000 files, 2.8 GiB", "mixed: "),
    ("32 files of 64 MiB", "large: "),
    ("one file of 2 GiB", "huge: "),
];

/// The rows of all tables, by cells.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let cells = |line| str::trim_matches(line, '|').split('|').map(str::trim).collect();
    text.lines().filter(|line| line.starts_with('|')).map(cells).collect()
}

#[test]
fn the_figures_of_the_page_on_speed_are_measured() {
    let (page, benchmarks) = (read("docs/speed.md"), read("BENCHMARKS.md"));
    let measured = |data_set: &str, cache: &str, tool: &str| {
        let benchmarks = rows(&benchmarks);
        let row = benchmarks.into_iter().find(|row| row[0].starts_with(data_set) && row[1..3] == [cache, tool]);
        let row = row.unwrap_or_else(|| panic!("BENCHMARKS.md: no row of {data_set}, {cache}, {tool}"));
        [row[3], row[6]].map(|figure| figure.parse::<f64>().unwrap())
    };
    let (mut cache, mut compared) = ("", 0);
    for row in rows(&page) {
        match row[0] {
            "in memory" => cache = "hot",
            "on the disk" => cache = "cold",
            name => {
                let Some((_, data_set)) = DATA_SETS.iter().find(|(known, _)| *known == name) else {
                    assert!(name.starts_with("---"), "{name}: no data set");
                    continue;
                };
                let [seconds, times] = measured(data_set, cache, "checksig verify");
                let [others, _] = measured(data_set, cache, "sha1sum -c");
                for (shown, figure) in row[1..].iter().zip([seconds, others, times]) {
                    let (number, unit) = shown.split_once(' ').unwrap_or((*shown, ""));
                    let places = number.split_once('.').map_or(0, |(_, places)| places.len());
                    // Half of the last place.
                    let tolerance = 0.5 * 10f64.powi(-i32::try_from(places).unwrap()) + 1e-9;
                    let number: f64 = number.parse().unwrap();
                    assert!((number - figure).abs() <= tolerance, "{name}, {cache}: {number} {unit} is {figure}");
                    compared += 1;
                }
            }
        }
    }
    assert_eq!(compared, 21, "every figure of both tables");
}
